"""When certificates and tokens end: of kubeconfigs, of Secrets, and of servers that are asked."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.certificates import Spec, authority, issue
from federation.kube import Object
from federation.report import asking
from federation.report.certificates import Certificate, of_context, of_secrets, of_token
from tests.unit.api_server_fixtures import Serve, pair, serve_fixture  # noqa: F401
from tests.unit.dns_live_fixtures import cluster, reader_secret
from tests.unit.kube_fixtures import FakeKube
from tests.unit.kubeconfig_fixtures import b64

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
CA = authority("ca", days=100, now=NOW)
CLIENT = issue(Spec(common_name="admin", usages=("client",), days=20), CA, now=NOW)
PART = issue(Spec(common_name="system:karmada:scheduler", usages=("client",), days=50), CA, now=NOW)
USER = {"client-certificate-data": b64(PART.certificate), "client-key-data": b64(PART.key)}
OLD = authority("ca", days=5, now=NOW, key=CA.key)


def kubeconfig(server: str, ca: str, user: dict[str, Any] | None = None, *more: str) -> str:
    """A context "fed" and others, all of them leading to the same server."""
    names = ("fed", *more)
    section = {"server": server, "certificate-authority-data": b64(ca)}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": section}],
            "users": [{"name": "u", "user": user or {"token": "t"}}],
            "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in names],
            "current-context": "fed",
        }
    )


def ends(days: int) -> datetime:
    return NOW + timedelta(days=days)


def test_a_context_tells_of_its_client_certificate_and_of_the_authority_that_ends_last() -> None:
    user = {"client-certificate-data": b64(CLIENT.certificate), "client-key-data": b64(CLIENT.key)}
    text = kubeconfig("https://fed:5443", OLD.certificate + CA.certificate, user)
    assert [*of_context(text, "federation API")] == [
        Certificate("authority", "federation API", ends(100)),
        Certificate("client certificate", "federation API", ends(20)),
    ]


def test_a_context_that_cannot_be_used_is_a_row_that_says_so() -> None:
    assert [*of_context("contexts: []", "member fc01")] == [
        Certificate("kubeconfig", "member fc01", None, "no context of no name")
    ]
    text = kubeconfig("https://fed:5443", "no certificate")
    assert [*of_context(text, "x")] == [Certificate("authority", "x", None, "not a certificate in PEM")]


@pytest.mark.parametrize(
    ("days", "problem"),
    [
        (30.1, None),
        (29.9, "client certificate of federation API ends on 2026-12-29, in 29 days"),
        (1.5, "client certificate of federation API ends on 2026-12-01, in 1 day"),
        (0.5, "client certificate of federation API ends on 2026-11-30, in 0 days"),
        (-0.1, "client certificate of federation API has ended on 2026-11-29"),
    ],
)
def test_what_ends_within_a_month_is_a_problem(days: float, problem: str | None) -> None:
    found = Certificate("client certificate", "federation API", NOW + timedelta(days=days))
    assert found.problem(NOW) == problem


def test_what_is_not_known_is_no_problem() -> None:
    assert Certificate("server certificate", "member fc01", None, "it is behind a proxy").problem(NOW) is None


def token(**claims: Any) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{middle}.c2ln"


def test_a_token_says_when_it_ends_or_never_does() -> None:
    expected = [Certificate("token", "member fc01", ends(3))]
    assert [*of_token("member fc01", token(exp=ends(3).timestamp()))] == expected
    never = ("", "opaque", "a.b.c", token(sub="x"), token(exp="soon"), token(exp=1e300), token(exp=None))
    for text in never:
        assert [*of_token("member fc01", text)] == []


def secret(name: str, **files: str) -> Object:
    data = {key.replace("_", "."): b64(text) for key, text in files.items()}
    return {"kind": "Secret", "metadata": {"name": name, "namespace": "federation-system"}, "data": data}


def test_each_certificate_in_secrets_is_told_once_and_no_key() -> None:
    found = of_secrets(
        [
            secret("etcd", ca_crt=CA.certificate, server_crt=CLIENT.certificate, server_key=CLIENT.key),
            secret("webhook", ca_crt=CA.certificate, note_txt="no certificate"),
            secret("scheduler", kubeconfig=kubeconfig("https://fed:5443", CA.certificate, USER)),
            secret("controller", config_json=json.dumps({"ca": CA.certificate})),
            {"kind": "Secret", "metadata": {"name": "empty", "namespace": "x"}},
            {"kind": "Secret", "metadata": {"name": "binary", "namespace": "x"}, "data": {"a": "/w=="}},
        ],
        "fc01",
    )
    assert found == [
        Certificate("server.crt", "federation-system/etcd in fc01", ends(20)),
        Certificate("kubeconfig", "federation-system/scheduler in fc01", ends(50)),
        Certificate("ca.crt", "federation-system/etcd in fc01", ends(100)),
    ]


def asked(plane: FakeKube, text: str, folder: Path, *places: str) -> asking.Found:
    return asking.found(plane.kube, text, folder, federation="fed" if places else None, places=places)


def test_a_server_is_asked_for_its_certificate(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    own = pair(days=12)
    text = kubeconfig(serve(own).url, own.certificate)
    found = asked(FakeKube(), text, tmp_path)
    served, ca = found.certificates
    assert (served.what, served.where, served.note) == ("server certificate", "federation API", "")
    assert served.expires == ca.expires
    assert served.days(datetime.now(UTC)) == 11
    assert found.versions == (("federation API (kube-apiserver)", "v1.36.3"),)


def test_a_server_whose_certificate_is_not_known_is_a_row_that_says_why(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    url = serve(pair()).url

    def note(server: str, ca: str) -> str:
        return asked(FakeKube(), kubeconfig(server, ca), tmp_path).certificates[0].note

    assert note(url, CA.certificate) == "it is not valid: self-signed certificate"
    expired = pair(days=-1)
    assert note(serve(expired).url, expired.certificate) == "it is not valid: certificate has expired"
    assert note("https://127.0.0.1:1", CA.certificate) == ("the server does not answer: Connection refused")
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:2")
    assert note("https://10.0.0.1:6443", CA.certificate) == "it is behind a proxy"


def test_members_tell_of_their_servers_authorities_and_tokens(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    own = pair(days=40)
    reader = reader_secret("fc01", serve(own).url)
    reader["data"] |= {"caBundle": b64(own.certificate), "token": b64(token(exp=ends(9).timestamp()))}
    broken = {"kind": "Secret", "metadata": {"name": "fc02", "namespace": "karmada-system"}, "data": {}}
    text = kubeconfig("http://127.0.0.1:9", CA.certificate, None, "fc01", "other")
    found = asked(FakeKube(reader, broken), text, tmp_path).certificates
    assert [(each.what, each.where) for each in found] == [
        ("server certificate", "member fc01"),
        ("authority", "federation API"),
        ("authority", "member fc01"),
        ("token", "member fc01"),
        ("authority", "fc01, in this kubeconfig"),
    ]
    assert found[3].expires == ends(9)


def test_the_cluster_of_the_control_plane_tells_of_secrets_and_images(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    host = serve()
    containers = [{"name": "k", "image": "registry.example/karmada/karmada-scheduler:v1.18.2"}]
    program = {
        "metadata": {"name": "karmada-scheduler", "namespace": "federation-system"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }
    none = {"items": [], "metadata": {"resourceVersion": "1"}}
    host.says(
        (200, none | {"items": [secret("etcd", server_crt=CLIENT.certificate)]}),
        (200, none | {"items": [program]}),
        (200, none),
    )
    found = asked(FakeKube(), kubeconfig(host.url, CA.certificate, None, "fc01"), tmp_path, "fc01", "fc09")
    assert found.certificates[-1] == Certificate("server.crt", "federation-system/etcd in fc01", ends(20))
    assert found.versions[1:] == (
        ("federation-system/karmada-scheduler in fc01", "karmada-scheduler:v1.18.2"),
    )
    label = "labelSelector=app.kubernetes.io%2Fpart-of%3Dfederation%2Capp.kubernetes.io%2Finstance%3Dfed"
    assert all(label in each.path for each in host.asked)


def test_a_cluster_that_refuses_is_a_row_that_says_so(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    host = serve()
    host.says((403, {"message": "no"}))
    found = asked(FakeKube(), kubeconfig(host.url, CA.certificate, None, "fc01"), tmp_path, "fc01")
    assert found.certificates[-1].what == "certificates of the federation"
    assert "no" in found.certificates[-1].note


def test_karmada_tells_of_versions_and_nodes(tmp_path: Path) -> None:
    told = cluster("fc01", spec={"apiEndpoint": "https://10.0.0.1:6443"})
    told["status"] |= {"kubernetesVersion": "v1.36.3", "nodeSummary": {"totalNum": 3, "readyNum": 2}}
    text = kubeconfig("https://127.0.0.1:1", CA.certificate, None, "fc01")
    first, second = asking.clusters(FakeKube(told, cluster("fc02")).kube, text, tmp_path)
    assert (first.name, first.version, first.endpoint, first.nodes) == (
        "fc01",
        "v1.36.3",
        "https://10.0.0.1:6443",
        (2, 3),
    )
    assert (second.version, second.endpoint, second.nodes) == ("", "", None)


def test_nodes_that_karmada_does_not_see_are_counted_by_the_kubeconfigs_own_contexts(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    member = serve()
    nodes = [
        {
            "status": {
                "conditions": [
                    {"type": "Ready", "status": status},
                    {"type": "DiskPressure", "status": "True"},
                ]
            }
        }
        for status in ("True", "False", "Unknown")
    ]
    member.says((200, {"items": [*nodes, {"metadata": {}}], "metadata": {"resourceVersion": "1"}}))
    plane = FakeKube(cluster("fc01")).kube
    text = kubeconfig(member.url, CA.certificate, None, "fc01")
    assert asking.clusters(plane, text, tmp_path)[0].nodes == (1, 4)
    member.says((403, {"message": "no"}))
    assert asking.clusters(plane, text, tmp_path)[0].nodes is None
