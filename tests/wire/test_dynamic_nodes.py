"""`NodeLabels` in the real dynamic server, against a stand-in for an API server that knows nodes only."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from components.dynamic.nodes import NodeLabelsProvider
from federation.nodes import REGION, ZONE
from tests.wire.dynamic_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    UNKNOWN,
    Diff,
    Server,
    refusal,
    server_fixture,
)

LABELS = {REGION: "us", ZONE: "east"}
NOTHING: dict[str, Any] = {"missing": [], "kept": []}


class NodesApi:
    """Keeps what is applied, label by label with one manager each; no conflicts, no other kinds."""

    def __init__(self) -> None:
        self.labels: dict[str, dict[str, tuple[str, str]]] = {"n1": {}}
        self.tokens: list[str | None] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                api.tokens.append(self.headers["Authorization"])
                assert self.path.startswith("/api/v1/nodes?")
                self._answer({"items": [api.node(name) for name in api.labels]})

            def do_PATCH(self) -> None:
                url = urlsplit(self.path)
                (manager,) = parse_qs(url.query)["fieldManager"]
                assert parse_qs(url.query)["force"] == ["false"]
                name = url.path.rpartition("/")[2]
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                others = {k: v for k, v in api.labels[name].items() if v[1] != manager}
                ours = {k: (v, manager) for k, v in body["metadata"]["labels"].items()}
                api.labels[name] = others | ours
                self._answer(api.node(name))

            def _answer(self, body: object) -> None:
                data = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.port = self._server.server_address[1]

    def node(self, name: str) -> dict[str, Any]:
        labels = self.labels[name]
        managed = [
            {"manager": m, "fieldsV1": {"f:metadata": {"f:labels": {f"f:{k}": {}}}}}
            for k, (_, m) in labels.items()
        ]
        plain = {k: v for k, (v, _) in labels.items()}
        return {"metadata": {"name": name, "uid": f"u-{name}", "labels": plain, "managedFields": managed}}

    def seen(self, name: str = "n1") -> dict[str, str]:
        return {k: v for k, (v, _) in self.labels[name].items()}

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


@pytest.fixture(name="api")
def api_fixture() -> Iterator[NodesApi]:
    api = NodesApi()
    yield api
    api.stop()


def kubeconfig(api: NodesApi, bearer: str = "t-1") -> str:
    return yaml.safe_dump(
        {
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{api.port}"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
            "users": [{"name": "c", "user": {"token": bearer}}],
            "current-context": "c",
        }
    )


def inputs(api: NodesApi, **more: Any) -> dict[str, Any]:
    wish = {"cluster": "fc01", "federation": "fed", "region": "us", "zones": ["east"]}
    return {**wish, "kubeconfig": kubeconfig(api), **more}


def test_nodes_are_labelled_and_what_is_removed_is_ours(server: Server, api: NodesApi) -> None:
    api.labels["n1"]["tier"] = ("front", "kubectl")
    remote, props = server.of(NodeLabelsProvider()), inputs(api)
    made = remote.create(remote.check({}, props))
    assert (made.id, made.outs) == ("fed/fc01", {**props, **NOTHING})
    assert api.seen() == {**LABELS, "tier": "front"}
    assert remote.read(made.id, made.outs).outs == made.outs
    assert remote.diff(made.id, made.outs, props) == Diff(changes=False, delete_before_replace=True)
    remote.delete(made.id, made.outs)
    assert api.seen() == {"tier": "front"}
    assert server.stderr == ""


def test_a_node_that_came_later_is_a_change_after_a_refresh_and_is_labelled_then(
    server: Server, api: NodesApi
) -> None:
    remote, props = server.of(NodeLabelsProvider()), inputs(api)
    made = remote.create(props)
    api.labels["n2"] = {}
    drifted = remote.read(made.id, made.outs).outs
    assert drifted["missing"] == ["n2"]
    assert remote.diff(made.id, drifted, props).changes
    assert remote.update(made.id, drifted, props) == {**props, **NOTHING}
    assert api.seen("n2") == LABELS


def test_a_label_of_somebody_else_stays_and_is_told(server: Server, api: NodesApi) -> None:
    api.labels["n1"][ZONE] = ("west", "cloud")
    made = server.of(NodeLabelsProvider()).create(inputs(api))
    assert made.outs["kept"] == [f"n1 {ZONE}=west"]
    assert api.seen() == {REGION: "us", ZONE: "west"}
    assert (
        f"cluster fc01: kept, as somebody else has set it: node n1 {ZONE}=west" in server.stdout.splitlines()
    )


@pytest.mark.parametrize(
    ("news", "changes", "replaces"),
    [
        ({"region": "eu"}, True, []),
        ({"zones": ["east", "west"]}, True, []),
        ({"kubeconfig": UNKNOWN}, True, []),
        ({"cluster": "fc02"}, True, ["cluster"]),
        ({"federation": "other"}, True, ["federation"]),
    ],
)
def test_a_change_of_labels_is_an_update_and_of_the_owner_a_replacement(
    server: Server, api: NodesApi, news: dict[str, Any], changes: bool, replaces: list[str]
) -> None:
    old = {**inputs(api), **NOTHING}
    found = server.of(NodeLabelsProvider()).diff("fed/fc01", old, {**inputs(api), **news})
    assert found == Diff(changes, replaces, delete_before_replace=True)
    assert api.tokens == [], "a preview asks no cluster"


def test_a_renewed_file_wins_over_the_kept_text(server: Server, api: NodesApi, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(kubeconfig(api, "t-2"))
    remote = server.of(NodeLabelsProvider())
    made = remote.create(inputs(api, kubeconfigPath=str(file)))
    file.unlink()
    remote.read(made.id, made.outs)
    assert api.tokens == ["Bearer t-2", "Bearer t-1"]


def test_a_cluster_that_is_down_is_not_gone(server: Server, api: NodesApi) -> None:
    remote, props = server.of(NodeLabelsProvider()), inputs(api)
    made = remote.create(props)
    api.stop()
    assert remote.read(made.id, made.outs).outs == made.outs
    assert "warning: node labels are as last seen: cluster fc01: " in server.stdout
    message = refusal(remote.delete, made.id, made.outs)
    assert message.startswith("cluster fc01: cannot remove the labels of its nodes: http://127.0.0.1:")
    assert message.endswith(
        "Next: bring it back, or if it is gone for good, set PULUMI_K8S_DELETE_UNREACHABLE=true "
        "and run the same command again."
    )
    assert server.stderr == ""


def test_a_cluster_that_is_gone_for_good_holds_up_no_destroy(
    api: NodesApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    props = inputs(api)
    api.stop()
    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
    NodeLabelsProvider().delete("fed/fc01", props)
    assert capsys.readouterr().out.startswith("warning: labels of its nodes stay: cluster fc01: ")
