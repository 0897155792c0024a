"""The stand-in's HTTPS: connections, drops, bodies, and where it may listen."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from lab.azure.files import Files
from lab.azure.server import Server, require_safe_place
from lab.azure.service import Service
from lab.errors import LabError
from tests.wire.azure_arm_wire import CORE, Running, running

VERSION = "?api-version=2024-03-01"


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(
        tmp_path_factory.mktemp("azure"), rates={"arm-writes": {"calls": 1000, "seconds": 1}}
    ) as server:
        yield server


@pytest.fixture
def connection(azure: Running) -> Iterator[http.client.HTTPSConnection]:
    context = ssl.create_default_context(cafile=azure.authority)
    made = http.client.HTTPSConnection(azure.server.host, context=context, timeout=20)
    yield made
    made.close()


def test_a_connection_is_used_again(azure: Running, connection: http.client.HTTPSConnection) -> None:
    for method, path in (("GET", "/standin/health"), ("HEAD", "/standin/health"), ("GET", "/nowhere")):
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        assert not answer.will_close
    assert answer.status == 401


def test_a_silent_client_holds_up_nobody(azure: Running) -> None:
    address, _, port = azure.server.host.partition(":")
    with socket.create_connection((address, int(port))):
        assert azure.request("GET", "/standin/health").json() == {"status": "up"}


def test_a_drop_is_a_connection_that_ends(azure: Running) -> None:
    path = f"{azure.subscription}/resourceGroups/dropped{VERSION}"
    headers = {"Authorization": f"Bearer {azure.token()}"}
    for when, status in (("before", 404), ("after", 200)):
        with pytest.raises(requests.ConnectionError):
            azure.request(
                "PUT",
                path,
                json={"location": "westus"},
                headers={**headers, "x-standin-fault": json.dumps({"drop": when})},
            )
        assert azure.request("GET", path, headers=headers).status_code == status


def test_odd_paths_and_queries_are_read_as_arm_does(azure: Running) -> None:
    azure.as_operator(
        "PUT", f"{azure.subscription}/resourceGroups/a(b)_c.d{VERSION}", json={"location": "westus"}
    )
    for path in (
        f"/{azure.subscription}/resourceGroups/a(b)_c.d{VERSION}",
        f"{azure.subscription}/RESOURCEGROUPS/A%28b%29_c.d/{VERSION}",
        f"{azure.subscription}/resourceGroups/a(b)_c.d?API-VERSION=2024-03-01",
    ):
        assert azure.as_operator("GET", path).status_code == 200, path


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": "x"}, 411),
        ({"Content-Length": "99999999"}, 413),
    ],
)
def test_bodies_have_a_length_and_a_limit(
    connection: http.client.HTTPSConnection, headers: dict[str, str], status: int
) -> None:
    connection.putrequest("PUT", "/standin/health")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == status


def test_many_clients_at_once_lose_nothing(azure: Running) -> None:
    headers = {"Authorization": f"Bearer {azure.token()}"}

    def make(i: int) -> int:
        path = f"{azure.subscription}/resourceGroups/many{i}{VERSION}"
        return azure.request("PUT", path, json={"location": "westus"}, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(make, range(40))) == [201] * 40
    listed = azure.as_operator("GET", f"{azure.subscription}/resourceGroups{VERSION}").json()["value"]
    assert len([g for g in listed if g["name"].startswith("many")]) == 40


def test_the_log_has_no_secrets(azure: Running, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "azure"):
        token = azure.token()
        azure.request(
            "GET", f"{azure.subscription}{VERSION}&x=hidden", headers={"Authorization": f"Bearer {token}"}
        )
    assert "/oauth2/v2.0/token 200" in caplog.text
    for secret in (token, azure.settings.client_secret, "hidden"):
        assert secret not in caplog.text


# What the SDK's clients make of faults


@pytest.fixture
def network(azure: Running) -> Iterator[NetworkManagementClient]:
    settings = azure.settings
    with (
        ClientSecretCredential(
            client_id=settings.client_id, client_secret=settings.client_secret, **azure.for_credential()
        ) as credential,
        ResourceManagementClient(credential, settings.subscription_id, **azure.for_client()) as groups,
        NetworkManagementClient(credential, settings.subscription_id, **azure.for_client()) as client,
    ):
        groups.resource_groups.create_or_update("faults", {"location": "westus"})
        yield client


def _script(azure: Running, *rules: object) -> None:
    assert azure.as_operator("POST", "/standin/faults", json=list(rules)).json() == {"rules": len(rules)}


GATEWAY = {"location": "westus", "properties": {"idleTimeoutInMinutes": 10}}


def test_a_failed_operation_is_an_error_with_its_code(
    azure: Running, network: NetworkManagementClient
) -> None:
    rule = {
        "match": {"method": "PUT", "path": "natGateways"},
        "operation": "fail",
        "code": "AllocationFailed",
    }
    _script(azure, rule)
    with pytest.raises(HttpResponseError, match="AllocationFailed"):
        network.nat_gateways.begin_create_or_update("faults", "failed", GATEWAY).result(20)
    assert (
        network.nat_gateways.begin_create_or_update("faults", "failed", GATEWAY).result(20).name == "failed"
    )


def test_an_operation_that_hangs_is_not_done_until_it_may_end(
    azure: Running, network: NetworkManagementClient
) -> None:
    _script(azure, {"match": {"method": "PUT", "path": "natGateways"}, "operation": "hang"})
    poller = network.nat_gateways.begin_create_or_update("faults", "slow", GATEWAY)
    poller.wait(0.3)
    assert not poller.done()
    with pytest.raises(HttpResponseError, match="AnotherOperationInProgress") as refused:
        network.nat_gateways.begin_create_or_update("faults", "slow", GATEWAY)
    assert refused.value.status_code == 409
    _script(azure)
    assert poller.result(20).properties.provisioning_state == "Succeeded"


def test_throttling_says_when_to_come_back(azure: Running, network: NetworkManagementClient) -> None:
    rule = {"match": {"path": "natGateways"}, "status": 429, "code": "TooManyRequests", "retry_after": 1}
    _script(azure, rule)
    with pytest.raises(HttpResponseError) as refused:
        network.nat_gateways.get("faults", "none")
    assert refused.value.status_code == 429
    headers = getattr(refused.value.response, "headers", {})
    assert headers["Retry-After"] == "1"


def test_a_client_sees_a_dropped_connection(azure: Running, network: NetworkManagementClient) -> None:
    _script(azure, {"match": {"path": "natGateways"}, "drop": "before"})
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        network.nat_gateways.get("faults", "none")


# Where it may listen


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_safe(address: str) -> None:
    require_safe_place(address, None)


@pytest.mark.parametrize("address", ["0.0.0.0", "10.98.0.1", "::", "192.0.2.1"])  # noqa: S104
@pytest.mark.parametrize("fabric", [None, "no-such-fabric"])
def test_any_other_place_is_refused(address: str, fabric: str | None) -> None:
    with pytest.raises(LabError, match="it runs on a loopback address or in a lab's fabric only"):
        require_safe_place(address, fabric)


def test_the_server_does_not_even_bind_elsewhere(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.ensure_certificates("10.98.0.1")
    with pytest.raises(LabError):
        Server(Service(kinds=CORE), certificate=files.certificate, key=files.key, address="0.0.0.0")  # noqa: S104


def test_a_stopped_server_leaves_no_operation(tmp_path: Path) -> None:
    with running(tmp_path, operation_seconds=60.0) as azure:
        group = f"{azure.subscription}/resourceGroups/g"
        azure.as_operator("PUT", f"{group}{VERSION}", json={"location": "westus"})
        gateway = f"{group}/providers/Microsoft.Network/natGateways/n?api-version=2024-05-01"
        assert azure.as_operator("PUT", gateway, json={"location": "westus"}).status_code == 201
    assert not [t for t in threading.enumerate() if t.name.startswith("operation-")]
