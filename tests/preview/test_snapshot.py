"""A snapshot: no secret is in it, however it came into the state, and the same state gives the same text."""

from __future__ import annotations

import base64
import json
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from federation.cli.commands import app
from federation.offline import REDACTED
from federation.preview.events import SECRET_MARK, SIGNATURE
from federation.preview.snapshot import HIDDEN, SnapshotError, leaks, redacted
from tests.preview.state_fixtures import CERTIFICATE, ENCRYPTED, STACK, exported, resource, small
from tests.unit import kubeconfig_fixtures

PEM = "-----BEGIN PRIVATE KEY-----\nTUlJRXZRSUJBREFO\n-----END PRIVATE KEY-----\n"  # gitleaks:allow
KUBECONFIG = yaml.safe_dump(kubeconfig_fixtures.config("mine"))
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl"  # gitleaks:allow


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PLANTED: dict[str, Any] = {
    "a secret, encrypted": {"anything": ENCRYPTED},
    "a secret, in clear": {"anything": {SIGNATURE: SECRET_MARK, "plaintext": '"hunter2-hunter2"'}},
    "a private key": {"anything": PEM},
    "a private key in base64": {"anything": in_base64(PEM)},
    "a private key in base64 of base64": {"anything": in_base64(in_base64(PEM))},
    "a kubeconfig": {"anything": KUBECONFIG},
    "a kubeconfig in base64": {"anything": [in_base64(KUBECONFIG)]},
    "a kubeconfig as JSON in a list": {"list": [json.dumps(yaml.safe_load(KUBECONFIG))]},
    "a token of a service account": {"anything": {"deep": [f"Bearer {TOKEN}"]}},
    "a token by its key": {"token": "hunter2-hunter2"},
    "a password by its key": {"password": "hunter2-hunter2"},
    "a client secret by its key": {"clientSecret": "hunter2-hunter2"},
    "a connection string": {"anything": "Endpoint=x;SharedAccessKey=aHVudGVyMi1odW50ZXIy"},
    "a variable of a container": {"env": [{"name": "DB_PASSWORD", "value": "hunter2-hunter2"}]},
    "an option of a program": {"args": ["--admin-password=hunter2-hunter2"]},
    "a URL with a password": {"anything": "https://admin:hunter2-hunter2@example.com/"},
    "a ciphertext": {"anything": "v1:q83vEjRWeJCrze8S:c2VjcmV0c2VjcmV0c2VjcmV0"},
    "a token of GitHub": {"anything": "ghp_hunter2hunter2hunter2hunter2"},
}
TELLING = ("hunter2", "TUlJRXZRSUJBREFO", "ciphertext", "salt", "eyJhbGci", "ghp_", "v1:q83v", "aHVudGVyMi1")


def planted(where: Any) -> str:
    state = small()
    state.append(resource("example:index:Thing", "thing", inputs=where, outputs=deepcopy(where)))
    return redacted(exported(state), "state")


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_planted_in_a_state_is_not_in_its_snapshot(what: str) -> None:
    text = planted(PLANTED[what])
    assert [word for word in TELLING if word in text] == []
    assert in_base64(PEM)[:24] not in text
    assert "client-key-data" not in text
    assert list(leaks(json.loads(text))) == []


@given(data=st.data())
def test_it_is_nowhere_however_deep_it_was(data: st.DataObject) -> None:
    where = data.draw(st.sampled_from(list(PLANTED.values())))
    for key in data.draw(st.lists(st.sampled_from(["spec", "metadata", "data", "value", "0"]), max_size=6)):
        where = [where] if key == "0" else {key: where}
    text = planted({"outer": where})
    assert [word for word in TELLING if word in text] == []
    assert list(leaks(json.loads(text))) == []


def test_a_secret_stays_a_secret_and_what_is_none_stays_as_it_was() -> None:
    found = json.loads(redacted(exported(small()), "state"))
    by_type = {each["type"]: each for each in found["deployment"]["resources"]}
    secret = by_type["kubernetes:core/v1:Secret"]
    assert secret["outputs"]["data"] == HIDDEN
    assert secret["inputs"]["data"] == {"ca.crt": CERTIFICATE, "a": REDACTED, "tls.key": HIDDEN}
    join = by_type["pulumi-python:dynamic/federation:Join"]
    assert join["outputs"] == {"member": "fc01", "kubeconfig": HIDDEN, "endpoint": "https://10.0.0.1:6443"}
    assert "secrets_providers" not in found["deployment"]


@given(seed=st.integers())
def test_the_same_state_in_another_order_gives_the_same_text(seed: int) -> None:
    state = small()
    state += [resource("example:index:Thing", f"thing-{n}", created="2026-11-29") for n in range(5)]
    mixed = [{**each, "modified": f"at {seed}"} for each in state]
    random.Random(seed).shuffle(mixed)
    assert redacted(exported(mixed), "state") == redacted(exported(state), "state")


def test_each_resource_comes_after_what_it_needs() -> None:
    state = small()[::-1]
    order = [each["urn"] for each in json.loads(redacted(exported(state), ""))["deployment"]["resources"]]
    assert order == [each["urn"] for each in small()]


def test_what_is_no_state_is_refused() -> None:
    with pytest.raises(SnapshotError) as refused:
        redacted('{"resources": []}', "state in x.json")
    assert str(refused.value) == (
        "state in x.json: it has no deployment, so it is not the state of a stack. "
        "Next: make it with `pulumi stack export --stack STACK`, without --show-secrets."
    )


def test_a_key_that_would_be_left_is_refused_and_named() -> None:
    state = [*small(), resource("example:index:Thing", PEM)]
    with pytest.raises(
        SnapshotError, match=r"something like a secret would be left at deployment.resources\[\d\]"
    ):
        redacted(exported(state), "state")


def test_the_command_writes_a_file_and_a_second_run_finds_it_as_it_is(tmp_path: Path) -> None:
    source, target = tmp_path / "state.json", tmp_path / "snapshots/prod.json"
    source.write_text(exported(small()))
    words = ["snapshot", "--stack", "prod", "--file", str(source), "--output", str(target)]
    first = CliRunner().invoke(app, words)
    assert (first.exit_code, first.stdout) == (0, f"{target}: 4 resources\n")
    again = CliRunner().invoke(app, [*words, "--json"])
    assert json.loads(again.stdout) == {"file": str(target), "resources": 4, "changed": False}
    assert STACK in target.read_text()


def test_the_command_reads_the_standard_input_and_writes_the_standard_output() -> None:
    words = ["snapshot", "--stack", "prod", "--file", "-", "--output", "-"]
    done = CliRunner().invoke(app, words, input=exported(small()))
    assert json.loads(done.stdout) == json.loads(redacted(exported(small()), "state"))
