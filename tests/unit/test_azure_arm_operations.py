"""Long-running operations: their states, conflicts and ends; the deletion of groups."""

from __future__ import annotations

import threading
import uuid

import pytest

from lab.azure.http import ArmError, Document
from lab.azure.ids import resource
from lab.azure.kinds import Call, Started
from lab.azure.service import Service
from tests.unit import azure_arm_kinds
from tests.unit.azure_arm_fixtures import Arm, code, message
from tests.unit.azure_arm_kinds import KINDS, PROVIDER, Slow

test_arm, group = azure_arm_kinds.test_arm, azure_arm_kinds.group  # pytest finds fixtures by their names

# Operations


def test_an_operation_ends_in_success(test_arm: Arm, group: str) -> None:
    path = f"{group}/{PROVIDER}/slows/a"
    gate = Slow.gates["a"] = threading.Event()
    started = test_arm.call("PUT", path, {"location": "westus", "properties": {"size": 1}})
    assert started.status == 201
    assert started.json()["properties"]["provisioningState"] == "Creating"
    assert started.headers["Retry-After"] == "1"
    assert test_arm.operation(started)["status"] == "InProgress"
    busy = test_arm.call("PUT", path, {"location": "westus"})
    assert code(busy) == "409 OperationNotAllowed"
    assert "in progress" in message(busy)
    assert code(test_arm.call("PUT", f"{path}/parts/p", {})) == "409 Conflict", "what is in it is busy too"
    gate.set()
    test_arm.service.operations.wait(10)
    ended = test_arm.operation(started)
    assert (ended["status"], "error" in ended) == ("Succeeded", False)
    assert ended["endTime"] > ended["startTime"]
    assert test_arm.get(path).json()["properties"] == {
        "size": 1,
        "made": True,
        "provisioningState": "Succeeded",
    }
    updated = test_arm.call("PUT", path, {"location": "westus"})
    assert (updated.status, updated.json()["properties"]["provisioningState"]) == (200, "Updating")
    test_arm.service.operations.wait(10)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"fails": True}, ("QuotaExceeded", "no more")),
        ({"bug": True}, ("InternalServerError", "RuntimeError: oops")),
    ],
)
def test_an_operation_ends_in_failure(
    test_arm: Arm, group: str, properties: Document, said: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    path = f"{group}/{PROVIDER}/slows/a"
    started = test_arm.put(path, {"location": "westus", "properties": properties})
    ended = test_arm.operation(started)
    assert ended["status"] == "Failed"
    assert (ended["error"]["code"], ended["error"]["message"]) == said
    assert test_arm.get(path).json()["properties"]["provisioningState"] == "Failed"
    again = test_arm.put(path, {"location": "westus"})
    assert test_arm.operation(again)["status"] == "Succeeded", "what failed can be put again"


def test_a_delete_that_is_sent_twice_is_one(test_arm: Arm, group: str) -> None:
    path = f"{group}/{PROVIDER}/slows/a"
    test_arm.put(path, {"location": "westus"})
    gate = Slow.gates["a"] = threading.Event()
    Slow.ran.clear()
    first, second = (test_arm.call("DELETE", path) for _ in range(2))
    assert (first.status, second.status) == (202, 202)
    assert first.headers["Azure-AsyncOperation"] == second.headers["Azure-AsyncOperation"]
    assert test_arm.get(path).json()["properties"]["provisioningState"] == "Deleting"
    gate.set()
    test_arm.service.operations.wait(10)
    assert Slow.ran == ["a"]
    assert test_arm.get(path).status == 404
    location = first.headers["Location"].removeprefix("https://10.98.0.1").partition("?")[0]
    assert test_arm.get(location).status == 204


def test_an_operation_nobody_started_is_404(test_arm: Arm) -> None:
    path = f"{test_arm.subscription}/providers/Microsoft.Test/locations/global/operations/{uuid.uuid4()}"
    assert code(test_arm.get(path)) == "404 OperationNotFound"


@pytest.mark.parametrize("state", ["Creating", "Updating", "Deleting"])
def test_what_a_dead_server_was_at_has_failed(test_arm: Arm, group: str, state: str) -> None:
    id_ = resource(f"{group}/{PROVIDER}/slows/a")
    test_arm.store.put(id_, Slow.type, {"location": "westus", "properties": {"provisioningState": state}})
    Service(test_arm.service.settings, store=test_arm.store, kinds=KINDS)
    assert test_arm.get(id_.text).json()["properties"]["provisioningState"] == "Failed"


# Groups


def test_a_group_takes_all_along(test_arm: Arm, group: str) -> None:
    test_arm.put(f"{group}/{PROVIDER}/things/a", {"location": "westus"})
    test_arm.put(f"{group}/{PROVIDER}/slows/s", {"location": "westus"})
    test_arm.put(f"{group}/{PROVIDER}/slows/s/parts/p", {})
    test_arm.put(f"{group}/{PROVIDER}/notes/n", {})
    Slow.ran.clear()
    gate = Slow.gates["s"] = threading.Event()
    started = test_arm.call("DELETE", group, version="2024-03-01")
    assert started.status == 202
    assert test_arm.get(group, version="2024-03-01").json()["properties"]["provisioningState"] == "Deleting"
    refused = test_arm.put(f"{group}/{PROVIDER}/things/b", {"location": "westus"})
    assert code(refused) == "409 ResourceGroupBeingDeleted"
    assert code(test_arm.put(group, {"location": "westus"}, version="2024-03-01")) == (
        "409 ResourceGroupBeingDeleted"
    )
    gate.set()
    test_arm.service.operations.wait(10)
    assert Slow.ran == ["s"], "the resource's own deletion ran"
    assert test_arm.store.all() == []


def test_a_group_ends_what_is_still_at_work_in_it(test_arm: Arm, group: str) -> None:
    path = f"{group}/{PROVIDER}/slows/a"
    fault = {"x-standin-fault": '{"operation": "hang"}'}
    hanging = test_arm.call("PUT", path, {"location": "westus"}, headers=fault)
    assert hanging.status == 201
    ended = test_arm.operation(test_arm.delete(group, version="2024-03-01"))
    assert ended["status"] == "Succeeded"
    assert test_arm.operation(hanging)["status"] == "Canceled"
    assert test_arm.store.all() == []


def test_a_group_whose_resource_will_not_go_stays_and_can_be_deleted_again(test_arm: Arm, group: str) -> None:
    path = f"{group}/{PROVIDER}/slows/s"
    test_arm.put(path, {"location": "westus"})
    Slow.gates["s"] = gate = threading.Event()
    gate.set()

    def broken(self: Slow, call: Call) -> Started:
        raise ArmError(409, "InUse", "somebody has it")

    original = Slow.delete
    Slow.delete = broken  # type: ignore[method-assign]
    try:
        failed = test_arm.delete(group, version="2024-03-01")
    finally:
        Slow.delete = original  # type: ignore[method-assign]
    ended = test_arm.operation(failed)
    assert ended["error"]["code"] == "ResourceGroupDeletionBlocked"
    assert f"resource '{path}' could not be deleted: InUse: somebody has it" in ended["error"]["message"]
    assert test_arm.get(path).status == 200
    test_arm.delete(group, version="2024-03-01")
    assert test_arm.store.all() == []
