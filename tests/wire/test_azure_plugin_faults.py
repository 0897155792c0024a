"""A cloud that throttles, fails, is busy, never ends or leads elsewhere: the plugin waits, or says what for."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from lab.azure.files import Files
from lab.azure.http import Request, Response
from lab.azure.plugin.servicer import Provider
from lab.azure.plugin.values import read
from lab.azure.server import Server
from lab.azure.service import Service
from lab.azure.settings import Settings
from tests.wire.azure_arm_wire import Running
from tests.wire.azure_plugin_fixtures import KINDS, FailedError, Made, Plugin, plugged, speaking


@pytest.fixture(scope="module", name="shared")
def shared_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    with plugged(tmp_path_factory.mktemp("azure"), retry_after=0) as plugin:
        yield plugin


@pytest.fixture(name="plugin")
def plugin_fixture(shared: Plugin) -> Iterator[Plugin]:
    made = shared.create(
        "resources:ResourceGroup", "group", {"resourceGroupName": "group", "location": "westus"}
    )
    yield shared
    faults(shared)
    shared.delete(made)


def faults(plugin: Plugin, *rules: Any) -> None:
    plugin.azure.service.faults.replace(json.dumps(rules).encode())


def put(path: str, **fault: Any) -> dict[str, Any]:
    return {"match": {"method": "PUT", "path": path, "count": fault.pop("count", 1)}, **fault}


def network(plugin: Plugin, *, timeout: float = 20, **more: Any) -> Made:
    inputs = {
        "resourceGroupName": "group",
        "virtualNetworkName": "net",
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        **more,
    }
    return plugin.create("network:VirtualNetwork", "net", inputs, timeout)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "code": "TooManyRequests", "retry_after": 1, "count": 2},
        {"status": 503, "code": "ServiceUnavailable", "count": 2},
        {"status": 500, "count": 1},
        {"status": 409, "code": "AnotherOperationInProgress", "count": 2},
        {"status": 409, "code": "Conflict", "message": "Another operation is in progress.", "count": 1},
        {"drop": "before", "count": 2},
        {"drop": "after", "count": 1},
    ],
    ids=lambda fault: "-".join(str(v) for v in fault.values()),
)
def test_what_passes_is_waited_for(plugin: Plugin, fault: dict[str, Any]) -> None:
    faults(plugin, put("virtualNetworks/net$", **fault))
    assert plugin.refresh(network(plugin))


def test_throttling_that_outlasts_the_deadline_is_told_and_nothing_is_made(plugin: Plugin) -> None:
    faults(
        plugin, put("virtualNetworks/net$", status=429, code="TooManyRequests", retry_after=60, count=None)
    )
    with pytest.raises(FailedError, match=r"^network:VirtualNetwork net: TooManyRequests: ") as failed:
        network(plugin, timeout=2)
    assert failed.value.partial is None


@pytest.mark.parametrize(
    "code", ["QuotaExceeded", "ResourceGroupNotFound", "AuthorizationFailed", "InvalidLocation"]
)
def test_a_refusal_is_one_line_with_the_next_step(plugin: Plugin, code: str) -> None:
    steps = {
        "QuotaExceeded": "ask for more quota, or choose another size, count or region",
        "ResourceGroupNotFound": "run `pulumi refresh`, which notes what is gone, then `pulumi up`",
        "AuthorizationFailed": "give the identity that the message names a role for this action, then run it again",
        "InvalidLocation": "correct what the message names and run `pulumi up` again",
    }
    faults(plugin, put("virtualNetworks/net$", status=403, code=code, message="Two\n  lines."))
    with pytest.raises(FailedError) as failed:
        network(plugin)
    assert str(failed.value) == f"network:VirtualNetwork net: {code}: Two lines. Next: {steps[code]}."


def test_an_operation_that_never_ends_is_noted_and_the_next_update_goes_on(plugin: Plugin) -> None:
    faults(plugin, put("virtualNetworks/net$", operation="hang"))
    since = time.monotonic()
    with pytest.raises(
        FailedError, match=r"has not ended within its time: operation [0-9a-f-]+ is in progress"
    ) as failed:
        network(plugin, timeout=2)
    assert time.monotonic() - since < 10
    partial = failed.value.partial
    assert partial is not None
    assert partial.id.endswith("/virtualNetworks/net")
    assert read(partial.properties)["provisioningState"] == "Creating"
    assert read(partial.inputs)["virtualNetworkName"] == "net"
    made = Made(
        "azure-native:network:VirtualNetwork",
        "net",
        read(partial.inputs),
        partial.id,
        read(partial.properties),
    )
    letting_go = threading.Timer(1, faults, [plugin])
    letting_go.start()
    plugin.update(made)
    letting_go.join()
    assert made.outputs["provisioningState"] == "Succeeded"


def test_a_create_waits_for_the_one_that_was_killed(plugin: Plugin) -> None:
    faults(plugin, put("virtualNetworks/net$", operation="hang"))
    with pytest.raises(FailedError):
        network(plugin, timeout=1)
    with pytest.raises(FailedError, match="provisioningState is Creating") as failed:
        network(plugin, timeout=1)
    assert failed.value.partial is not None, "it is ours, and must be noted"
    with pytest.raises(FailedError) as failed:
        network(plugin, timeout=1, tags={"team": "other"})
    assert failed.value.partial is None, "it is somebody else's"
    letting_go = threading.Timer(1, faults, [plugin])
    letting_go.start()
    assert network(plugin).outputs["provisioningState"] == "Succeeded"
    letting_go.join()


@pytest.mark.parametrize("operation", ["fail", "fail-after"])
def test_an_operation_that_fails_is_noted_and_the_next_create_repairs_it(
    plugin: Plugin, operation: str
) -> None:
    faults(
        plugin, put("virtualNetworks/net$", operation=operation, code="InternalNetworkError", message="No.")
    )
    with pytest.raises(FailedError, match=r"^network:VirtualNetwork net: InternalNetworkError: No") as failed:
        network(plugin)
    assert failed.value.partial is not None
    assert network(plugin, tags={"team": "a"}).outputs["provisioningState"] == "Succeeded"


def test_a_delete_waits_and_can_be_run_again(plugin: Plugin) -> None:
    made = network(plugin)
    hang = {"match": {"method": "DELETE", "path": "virtualNetworks/net$"}, "operation": "hang"}
    faults(plugin, hang)
    with pytest.raises(FailedError, match="has not ended within its time"):
        plugin.delete(made, timeout=1)
    faults(plugin)
    plugin.delete(made)
    assert not plugin.refresh(made)


def test_a_network_that_another_has_changed_meanwhile_is_read_anew(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our read and our write somebody adds a subnet: it is there afterwards."""
    made = network(plugin)
    from lab.azure.plugin import crud  # noqa: PLC0415

    keep = crud._keep_children
    calls: list[int] = []

    def between(type_: Any, body: Any, live: Any) -> None:
        keep(type_, body, live)
        if not calls:
            calls.append(1)
            plugin.create(
                "network:Subnet",
                "nodes",
                {"resourceGroupName": "group", "virtualNetworkName": "net", "addressPrefix": "10.0.0.0/24"},
            )
            plugin.update(copy.deepcopy(made), tags={"team": "z"})  # the network's etag is another now

    monkeypatch.setattr(crud, "_keep_children", between)
    plugin.update(made, tags={"team": "a"})
    assert [s["name"] for s in made.outputs["subnets"]] == ["nodes"]
    assert made.outputs["tags"] == {"team": "a"}


def test_a_cancelled_update_ends_soon_and_is_noted(tmp_path: Path) -> None:
    with plugged(tmp_path / "azure", retry_after=5) as plugin:
        plugin.create(
            "resources:ResourceGroup", "group", {"resourceGroupName": "group", "location": "westus"}
        )
        faults(plugin, put("virtualNetworks/net$", operation="hang"))
        cancelling = threading.Timer(1, plugin.cancel)
        cancelling.start()
        since = time.monotonic()
        with pytest.raises(FailedError, match="the update was cancelled") as failed:
            network(plugin, timeout=60)
        assert time.monotonic() - since < 10
        assert failed.value.partial is not None
        cancelling.join()


def test_a_token_that_has_expired_is_renewed(tmp_path: Path) -> None:
    with plugged(tmp_path / "azure", retry_after=0) as plugin:
        group = plugin.create(
            "resources:ResourceGroup", "g", {"resourceGroupName": "g", "location": "westus"}
        )
        faults(
            plugin,
            {"match": {"path": "resourcegroups/g$"}, "status": 401, "code": "ExpiredAuthenticationToken"},
        )
        assert plugin.refresh(group)
        lasting = {
            "match": {"path": "resourcegroups/g$", "count": None},
            "status": 401,
            "code": "InvalidAuthenticationToken",
        }
        faults(plugin, lasting)
        with pytest.raises(FailedError, match=r"InvalidAuthenticationToken: .* Next: log in anew"):
            plugin.refresh(group)


# A server that is not as it should be

Handler = Callable[[Request, Callable[[Request], Response]], Response]


class Twisted:
    """A `Service` whose answers a test changes."""

    def __init__(self, directory: Path, twist: Handler) -> None:
        self._service = Service(
            Settings(operation_seconds=0, retry_after=0), kinds=KINDS, directory=directory
        )
        self.settings, self._twist = self._service.settings, twist
        self.seen: list[str] = []

    def handle(self, request: Request) -> Response:
        self.seen.append(f"{request.method} {request.path}")
        return self._twist(request, self._service.handle)

    def stop(self) -> None:
        self._service.stop()


@contextmanager
def twisted(directory: Path, twist: Handler) -> Iterator[tuple[Plugin, Twisted]]:
    files = Files(directory)
    files.make()
    files.ensure_certificates("127.0.0.1")
    service = Twisted(directory, twist)
    server = Server(cast(Service, service), certificate=files.certificate, key=files.key)
    server.start()
    try:
        azure = Running(server, files)
        with speaking(Provider({"FEDERATION_AZURE_CA": str(files.authority)}), azure) as plugin:
            plugin.configure()
            yield plugin, service
    finally:
        server.stop()


ELSEWHERE = "https://management.azure.com/subscriptions/x"
GROUP = {"resourceGroupName": "g", "location": "westus"}


@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
def test_an_operation_elsewhere_is_not_asked_for(tmp_path: Path, header: str) -> None:
    def twist(request: Request, handle: Callable[[Request], Response]) -> Response:
        response = handle(request)
        if request.method != "PUT":
            return response
        return Response(status=202, body=response.body, headers={**response.headers, header: ELSEWHERE})

    with (
        twisted(tmp_path, twist) as (plugin, _),
        pytest.raises(
            FailedError, match=r"it was led to https://management.azure.com, where it does not go"
        ) as failed,
    ):
        plugin.create("resources:ResourceGroup", "g", GROUP)
    assert failed.value.partial is not None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(tmp_path: Path, status: int) -> None:
    def twist(request: Request, handle: Callable[[Request], Response]) -> Response:
        if "resourceGroups" in request.path:
            return Response(status=status, headers={"Location": ELSEWHERE})
        return handle(request)

    with (
        twisted(tmp_path, twist) as (plugin, _),
        pytest.raises(FailedError, match=f"resources:ResourceGroup g: HTTP {status}"),
    ):
        plugin.create("resources:ResourceGroup", "g", GROUP)


@pytest.mark.parametrize("part", ["resourceManager", "loginEndpoint"])
def test_a_metadata_service_that_names_another_host_is_refused_before_a_secret_is_sent(
    tmp_path: Path, part: str
) -> None:
    def twist(request: Request, handle: Callable[[Request], Response]) -> Response:
        response = handle(request)
        if request.path != "/metadata/endpoints":
            return response
        found = response.json()
        (found if part in found else found["authentication"])[part] = "https://management.azure.com"
        return Response.of(200, found)

    with (
        twisted(tmp_path, twist) as (plugin, service),
        pytest.raises(FailedError, match=r"it was led to https://management.azure.com"),
    ):
        plugin.create("resources:ResourceGroup", "g", GROUP)
    assert set(service.seen) == {"GET /metadata/endpoints"}


def test_a_server_with_another_certificate_is_not_the_stand_in(tmp_path: Path) -> None:
    foreign = Files(tmp_path / "foreign")
    foreign.make()
    foreign.ensure_certificates("127.0.0.1")
    with twisted(tmp_path / "azure", lambda request, handle: handle(request)) as (plugin, service):
        with speaking(Provider({"FEDERATION_AZURE_CA": str(foreign.authority)}), plugin.azure) as other:
            other.configure()
            with pytest.raises(FailedError, match=r"is not the stand-in: .*certificate"):
                other.create("resources:ResourceGroup", "g", GROUP)
        assert service.seen == []
