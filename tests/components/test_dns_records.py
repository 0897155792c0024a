"""The inputs of `DnsRecords`, under Pulumi's mocks: no engine, no store."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.dynamic import records as provider
from components.dynamic.records import DnsRecords, DnsRecordsArgs
from federation.dns.store import Store
from federation.errors import NotInTimeError
from tests.components.recorder_fixtures import Recorder, program, secret

FOUND = {
    "names": ["nginx.default.fed.svc.example.com"],
    "addresses": ["10.0.0.2"],
    "placements": {"fc01": ["10.0.0.2"]},
    "records": [],
    "owner": "fed",
    "drift": [],
}
MEMBERS = [{"name": "fc01", "region": "us", "zones": ["east"]}]


@pytest.fixture(name="recorder")
def recorder_fixture() -> Recorder:
    return Recorder("nginx.default.fed.svc.example.com", FOUND)


def records(**changes: Any) -> DnsRecords:
    inputs: dict[str, Any] = {
        "federation": "fed",
        "domain": "example.com",
        "ttl": 30,
        "namespace": "default",
        "service": "nginx",
        "members": MEMBERS,
        "federation_kubeconfig": "F",
        "stores": [pulumi.Output.secret({"provider": "coredns", "key": "K"})],
    }
    return DnsRecords("nginx", DnsRecordsArgs(**inputs | changes))


def test_the_resource_has_a_type_of_its_own_and_complete_inputs(recorder: Recorder) -> None:
    program(lambda: records().id.apply(lambda _: None))
    assert recorder.types["nginx"] == "pulumi-python:dynamic/federation:DnsRecords"
    assert recorder.inputs["nginx"] == {
        "federation": "fed",
        "domain": "example.com",
        "ttl": 30,
        "namespace": "default",
        "service": "nginx",
        "members": MEMBERS,
        "federationKubeconfig": secret("F"),
        "stores": secret([{"provider": "coredns", "key": "K"}]),
        "timeoutSeconds": 180,
    }


def test_names_are_outputs_and_ways_to_stores_are_secrets(recorder: Recorder) -> None:
    seen: list[Any] = []

    def body() -> pulumi.Output[None]:
        made = records()
        secrets = [made.stores.is_secret(), made.federationKubeconfig.is_secret(), made.names.is_secret()]
        outputs = [made.names, made.addresses, made.placements, made.records, made.owner, made.drift]
        return pulumi.Output.all(*secrets, *outputs).apply(seen.extend)

    program(body)
    assert seen == [True, True, False, *FOUND.values()]


def test_removal_gives_up_a_store_whose_pods_are_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def opened(_store: Store, _domain: str, *, seconds: float) -> Any:
        raise NotInTimeError("pods of etcd", f"not so within {seconds:g} s: there are none", "see them")

    monkeypatch.setattr(provider, "open_backend", opened)
    store = {"provider": "coredns", "endpoints": ["https://etcd"], "ca": "", "certificate": "", "key": ""}
    props = {
        "federation": "fed",
        "domain": "example.com",
        "ttl": 30.0,
        "namespace": "default",
        "service": "nginx",
        "members": MEMBERS,
        "stores": [store],
    }
    provider.DnsRecordsProvider().delete("nginx.default.fed.svc.example.com", props)
    assert capsys.readouterr().out == (
        "warning: service default/nginx: its records stay, as a store of them does not answer: pods of etcd: not so "
        "within 15 s: there are none. Once it does: fedctl records remove default/nginx --federation fed --domain "
        "example.com --store FILE\n"
    )
