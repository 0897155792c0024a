"""`DnsRecords` in the real dynamic server with two stores: a real etcd, and the stand-in for Azure DNS over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.dynamic.records import DnsRecordsProvider
from federation.azure.cloud import cloud_of
from federation.dns.azure_store import AzureStore
from lab.azure import dns
from tests.wire.azure_arm_wire import CORE, Running, running
from tests.wire.dynamic_fixtures import Remote, Server, refusal, server_fixture
from tests.wire.etcd_fixtures import Etcd
from tests.wire.etcd_fixtures import running as etcd_running
from tests.wire.records_fixtures import (
    EAST,
    GLOBAL,
    US,
    WEST,
    Federated,
    federated_fixture,
    inputs_of,
    store,
)

__all__ = ["federated_fixture", "server_fixture"]
ALL = {
    GLOBAL: ["10.0.0.2", "10.0.1.2"],
    US: ["10.0.0.2", "10.0.1.2"],
    EAST: ["10.0.0.2"],
    WEST: ["10.0.1.2"],
}


@pytest.fixture(scope="module", name="etcd")
def etcd_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    with etcd_running(tmp_path_factory.mktemp("etcd")) as etcd:
        yield etcd


@pytest.fixture(name="azure")
def azure_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """With a zone; the dynamic server that is started afterwards is logged in."""
    with running(tmp_path / "azure", kinds=(*CORE, *dns.KINDS)) as azure:
        settings = azure.settings
        monkeypatch.setenv("ARM_TENANT_ID", settings.tenant_id)
        monkeypatch.setenv("ARM_CLIENT_ID", settings.client_id)
        monkeypatch.setenv("ARM_CLIENT_SECRET", settings.client_secret)
        group = f"{azure.subscription}/resourceGroups/rg"
        assert azure.as_operator("PUT", f"{group}?api-version=2024-03-01", json={"location": "westus"}).ok
        assert azure.as_operator(
            "PUT", f"{zone_id(azure)}?api-version=2018-05-01", json={"location": "global"}
        ).ok
        yield azure


def zone_id(azure: Running) -> str:
    return f"{azure.subscription}/resourceGroups/rg/providers/Microsoft.Network/dnszones/example.com"


@pytest.fixture(name="records")
def records_fixture(azure: Running, request: pytest.FixtureRequest) -> Remote:
    assert azure
    server: Server = request.getfixturevalue("server")
    return server.of(DnsRecordsProvider())


@pytest.fixture(name="inputs")
def inputs_fixture(federated: Federated, etcd: Etcd, azure: Running) -> dict[str, Any]:
    cloud = cloud_of(metadata_host=azure.url, ca_file=azure.authority, environ={})
    one = AzureStore.of(
        cloud, subscription=azure.settings.subscription_id, resource_group="rg", zone="example.com."
    )
    given = {key: value for key, value in one.as_props().items() if value is not None}
    inputs = inputs_of(federated, store(etcd.endpoint), seconds=1)
    return inputs | {"stores": [*inputs["stores"], given]}


def there(azure: Running) -> dict[str, list[str]]:
    """A sets in the zone."""
    found = azure.as_operator("GET", f"{zone_id(azure)}/A?api-version=2018-05-01").json()["value"]
    return {
        each["properties"]["fqdn"].rstrip("."): sorted(
            r["ipv4Address"] for r in each["properties"]["ARecords"]
        )
        for each in found
    }


def test_records_live_in_both_stores_from_the_first_up_to_the_last(
    records: Remote, inputs: dict[str, Any], azure: Running, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue("server")
    checked = records.check({}, inputs)
    made = records.create(checked)
    assert there(azure) == ALL
    assert made.outs["names"] == [GLOBAL, US, EAST, WEST]
    for name in ("coredns", "azure"):
        assert f"service default/nginx: {name}: + nginx.default.fed.svc.us 30 IN A 10.0.0.2" in server.stdout
    assert not records.diff(made.id, made.outs, checked).changes
    assert records.read(made.id, made.outs).outs["drift"] == []
    path = f"{zone_id(azure)}/A/nginx.default.fed.svc.us?api-version=2018-05-01"
    assert azure.as_operator("DELETE", path).ok
    refreshed = records.read(made.id, made.outs)
    assert refreshed.outs["drift"] == [f"azure: {US} A is gone"]
    assert records.diff(made.id, refreshed.outs, checked).changes
    records.update(made.id, refreshed.outs, checked)
    assert there(azure) == ALL
    records.delete(made.id, made.outs)
    assert there(azure) == {}
    assert azure.settings.client_secret not in server.stdout + server.stderr


def test_a_store_that_is_left_loses_the_records(
    records: Remote, inputs: dict[str, Any], azure: Running
) -> None:
    made = records.create(inputs)
    only = inputs | {"stores": inputs["stores"][:1]}
    assert records.diff(made.id, made.outs, only).changes
    outs = records.update(made.id, made.outs, only)
    assert there(azure) == {}
    records.delete(made.id, outs)


def test_a_zone_that_was_deleted_by_hand_does_not_stop_the_removal(
    records: Remote, inputs: dict[str, Any], azure: Running
) -> None:
    only = inputs | {"stores": inputs["stores"][1:]}
    made = records.create(only)
    assert azure.as_operator("DELETE", f"{zone_id(azure)}?api-version=2018-05-01").ok
    assert azure.service.operations.wait(20)
    assert records.read(made.id, made.outs).id == "", "gone with it"
    assert "zone example.com in Azure DNS: it is not there: ResourceNotFound" in refusal(records.create, only)
    records.delete(made.id, made.outs)


def test_what_azure_refuses_is_told_in_one_line(
    records: Remote, inputs: dict[str, Any], azure: Running
) -> None:
    rule = {
        "match": {"method": "PUT", "count": None},
        "status": 403,
        "code": "AuthorizationFailed",
        "message": "No.",
    }
    assert azure.as_operator("POST", "/standin/faults", json=[rule]).ok
    assert refusal(records.create, inputs).splitlines()[0] == (
        "zone example.com in Azure DNS: AuthorizationFailed: No. "
        "Next: give who is logged in the role DNS Zone Contributor on the zone."
    )
