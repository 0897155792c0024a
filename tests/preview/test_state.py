"""What becomes of a snapshot in a preview without access, and of what the program declares."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from components import offline as program
from components.dynamic.base import differs, unknown
from federation import etcd_files, offline
from federation.errors import FederationError
from federation.kubeconfig import endpoint
from federation.offline import (
    CERTIFICATE,
    ELSEWHERE,
    NOBODY,
    NOWHERE_KUBECONFIG,
    OPAQUE,
    REDACTED,
    VARIABLE,
    Facts,
)
from federation.preview import state
from federation.preview.events import SECRET_MARK, SIGNATURE, UNKNOWN
from federation.preview.snapshot import redacted
from federation.topology.models import EtcdTls
from tests.preview.state_fixtures import CERTIFICATE as PUBLIC
from tests.preview.state_fixtures import ENCRYPTED, PROVIDER, ROOT, exported, resource, small, urn

PROVIDERS = {"type": "passphrase", "state": {"salt": "of the new stack"}}


def snapshot(*more: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(redacted(exported([*small(), *more]), "state"))
    return found


def imported(*more: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Type to resource, as the engine is given it."""
    made = state.importable(snapshot(*more), PROVIDERS)
    assert made["deployment"]["secrets_providers"] == PROVIDERS
    return {each["type"]: each for each in made["deployment"]["resources"]}


def sealed(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET_MARK, "plaintext": json.dumps(value)}


def test_outputs_that_are_one_secret_get_the_shape_of_the_inputs() -> None:
    secret = imported()["kubernetes:core/v1:Secret"]
    data = {"a": REDACTED, "ca.crt": PUBLIC, "tls.key": REDACTED}
    assert secret["outputs"]["data"] == sealed(data)
    assert secret["outputs"]["__inputs"] == sealed({"data": data, "kind": "Secret"})


def test_a_secret_that_is_one_as_a_whole_gets_one_entry_on_both_sides() -> None:
    data = {"data": ENCRYPTED}
    whole = resource("kubernetes:core/v1:Secret", "whole", inputs=data, outputs={**data, "__inputs": data})
    found = state.importable(snapshot(whole), PROVIDERS)["deployment"]["resources"]
    (made,) = [each for each in found if each["urn"].endswith("::whole")]
    one = {"data": sealed({OPAQUE: REDACTED})}
    assert (made["inputs"], made["outputs"]) == (one, {**one, "__inputs": one})
    hidden, now = {"data": REDACTED}, {"data": {"a": secret("x"), "b": "open"}}
    assert declared("kubernetes:core/v1:Secret", now, hidden) == {"data": {OPAQUE: secret(REDACTED)}}
    now["data"]["c"] = UNKNOWN
    assert declared("kubernetes:core/v1:Secret", now, hidden)["data"] == {
        OPAQUE: secret(REDACTED),
        "c": UNKNOWN,
    }, "what is made anew is a difference"
    assert declared("kubernetes:core/v1:Secret", now)["data"]["b"] == "open", "policies see what is new"


def test_a_provider_looks_where_nobody_is() -> None:
    provider = imported()["pulumi:providers:kubernetes"]
    for part in ("inputs", "outputs"):
        assert provider[part] == {"clusterIdentifier": "fc01", "kubeconfig": sealed(NOWHERE_KUBECONFIG)}


def test_a_component_gets_no_inputs_that_it_has_not() -> None:
    assert "inputs" not in imported()["pulumi:pulumi:Stack"]


def test_the_state_tells_where_members_are_and_that_of_a_host_that_is_none() -> None:
    host = resource("pulumi-python:dynamic/federation:Host", "h", inputs={"cluster": "fc00"}, outputs={})
    init = resource(
        "pulumi-python:dynamic/federation:Init", "i", outputs={"endpoint": "https://[fd00::1]:32443"}
    )
    found = state.facts(snapshot(host, init)["deployment"]["resources"])
    assert found.servers == {"fc01": "https://10.0.0.1:6443", "fc00": "https://[fd00::1]"}
    assert (found.tenant, found.subscription) == (NOBODY, NOBODY)
    assert endpoint(found.kubeconfig("fc01"))[0] == "https://10.0.0.1:6443"
    assert endpoint(found.kubeconfig("new"))[0] == f"https://{ELSEWHERE}"


def test_the_state_tells_of_azure() -> None:
    group = resource("azure-native:resources:ResourceGroup", "g", id="/subscriptions/sub-1/resourceGroups/g")
    identity = resource(
        "azure-native:managedidentity:UserAssignedIdentity", "u", outputs={"tenantId": "tenant-1"}
    )
    zone = resource(
        "azure-native:dns:Zone",
        "z",
        external=True,
        outputs={"name": "example.com", "nameServers": ["ns1.example.net."]},
    )
    found = state.facts(snapshot(group, identity, zone)["deployment"]["resources"])
    assert (found.tenant, found.subscription) == ("tenant-1", "sub-1")
    assert found.nameservers == {"example.com": ("ns1.example.net.",)}


def test_facts_are_read_as_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = state.facts(snapshot()["deployment"]["resources"])
    facts.write(tmp_path / "facts.json")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "facts.json"))
    assert offline.known() == facts
    monkeypatch.delenv(VARIABLE)
    assert offline.known() is None


def test_facts_that_cannot_be_read_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "facts.json").write_text('{"servers": 1}')
    monkeypatch.setenv(VARIABLE, str(tmp_path / "facts.json"))
    with pytest.raises(
        FederationError, match="Next: unset it, or run `fedctl preview --offline`, which sets it"
    ):
        offline.known()


def test_an_update_with_placeholders_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program.begin()  # with access, nothing
    Facts().write(tmp_path / "facts.json")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "facts.json"))
    monkeypatch.setattr("pulumi.runtime.is_dry_run", lambda: False)
    with pytest.raises(FederationError) as refused:
        program.begin()
    assert str(refused.value) == (
        "FEDERATION_OFFLINE: it is set, and this is no preview. Next: unset FEDERATION_OFFLINE."
    )


def declared(kind: str, inputs: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Inputs as the engine is told them."""
    struct = Struct()
    struct.update(inputs)
    program.declared(kind, struct, before or {})
    return json_format.MessageToDict(struct)


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET_MARK, "value": value}


def test_every_secret_that_is_declared_is_hidden_and_what_is_not_known_stays_so() -> None:
    given = {"a": secret("x"), "b": [{"c": secret({"d": "x"})}], "e": UNKNOWN, "f": "open", "g": 1.0}
    assert declared("x:y:Z", given) == {
        "a": secret(REDACTED),
        "b": [{"c": secret(REDACTED)}],
        "e": UNKNOWN,
        "f": "open",
        "g": 1.0,
    }


def test_what_was_made_of_a_placeholder_is_as_it_was() -> None:
    given = {"hash": REDACTED, "me": NOBODY, "list": [f"https://{ELSEWHERE}"], "new": NOBODY, "other": "b"}
    before = {"hash": "abc", "me": "someone", "list": ["https://10.0.0.1"], "other": "a"}
    assert declared("x:y:Z", given, before) == {
        "hash": "abc",
        "me": "someone",
        "list": ["https://10.0.0.1"],
        "new": NOBODY,
        "other": "b",
    }


def test_a_kubernetes_provider_is_led_nowhere() -> None:
    found = declared("pulumi:providers:kubernetes", {"kubeconfig": secret("apiVersion: v1")})
    assert found == {"kubeconfig": secret(NOWHERE_KUBECONFIG)}
    assert declared("pulumi:providers:kubernetes", {"kubeconfig": UNKNOWN}) == {"kubeconfig": UNKNOWN}


def test_files_of_an_etcd_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Facts().write(tmp_path / "facts.json")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "facts.json"))
    tls = EtcdTls(ca="$NOWHERE/ca.crt", certificate="$NOWHERE/tls.crt", key="$NOWHERE/tls.key")
    assert etcd_files.read(tls, "dns.tls") == etcd_files.EtcdFiles(CERTIFICATE, CERTIFICATE, REDACTED)
    for text in (CERTIFICATE, b64encode(CERTIFICATE.encode()).decode()):
        assert offline.placeholder(text)


def test_urns_are_those_of_the_engine() -> None:
    component = urn("a:b:C", "c")
    assert program.urn(ROOT, "a:b:C", "c") == component
    assert program.urn(component, "pulumi:providers:kubernetes", "fc01") == PROVIDER.replace(
        "pulumi:providers", "a:b:C$pulumi:providers"
    )


def test_the_digest_of_a_placeholder_is_one_in_base64_too() -> None:
    kubeconfig = Facts().kubeconfig("fc01")
    assert offline.placeholder(kubeconfig)
    assert offline.short_digest("plain") == "a116c9ed46d62077"
    assert offline.digest(f"key: {REDACTED}") == REDACTED
    assert offline.digest("key: UkVEQUNURUQvU0VDUkVULw==") == REDACTED


def test_dynamic_providers_see_no_change_in_a_secret_they_are_not_told_of() -> None:
    assert not differs(REDACTED, REDACTED)
    assert not differs(REDACTED, ["a list with a secret inside"])
    assert differs(REDACTED, UNKNOWN), "it will be made anew"
    assert differs(REDACTED, None), "it is gone"
    assert unknown({"stores": REDACTED})
