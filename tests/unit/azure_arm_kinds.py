"""Kinds for tests of what the core does with any kind."""

from __future__ import annotations

import re
import threading
from typing import Any, ClassVar

import pytest

from lab.azure.http import ArmError, Document
from lab.azure.ids import ResourceId
from lab.azure.kinds import Call, Kind, Operation, Started
from tests.unit.azure_arm_fixtures import CORE, Arm

V = "2024-01-01"
PROVIDER = "providers/Microsoft.Test"


class Thing(Kind):
    """Done at once; has an etag, an action, a virtual collection."""

    type = "Microsoft.Test/things"
    versions = (V,)
    tracked = True
    etag = "etag"
    name_pattern = re.compile(r"[a-zA-Z]{1,8}")

    @property
    def actions(self) -> Any:
        return {"spin": self._spin, "ping": lambda call: None}

    @property
    def plural(self) -> Any:
        return {"everything": lambda call: [{"of": call.id.name}]}

    @staticmethod
    def _spin(call: Call) -> Started:
        return Started(work=lambda operation: {"spun": call.id.name})


class Slow(Kind):
    """An operation; fails or waits as its properties say."""

    type = "Microsoft.Test/slows"
    versions = (V,)
    tracked = True
    stateful = True
    busy_code = "OperationNotAllowed"
    gates: ClassVar[dict[str, threading.Event]] = {}
    ran: ClassVar[list[str]] = []

    def put(self, call: Call) -> Started:
        return Started(document=call.body, work=lambda operation: self._work(call, operation))

    def _work(self, call: Call, operation: Operation) -> Document | None:
        self.ran.append(call.id.name)
        if gate := self.gates.get(call.id.name):
            gate.wait(10)
        operation.sleep(1)
        if call.properties.get("fails"):
            raise ArmError(400, "QuotaExceeded", "no more")
        if call.properties.get("bug"):
            raise RuntimeError("oops")
        return {**call.body, "properties": {**call.properties, "made": True}}

    def delete(self, call: Call) -> Started:
        return Started(work=lambda operation: self._work(call, operation))


class Part(Kind):
    """Nested in a slow one, which is busy while it is."""

    type = "Microsoft.Test/slows/parts"
    versions = (V,)
    stateful = True

    def busy_scope(self, id_: ResourceId) -> ResourceId:
        return id_.parent or id_

    def put(self, call: Call) -> Started:
        return Started(document=call.body, work=lambda operation: None)


class Note(Kind):
    """An extension."""

    type = "Microsoft.Test/notes"
    versions = (V,)
    extension = True


KINDS = (*CORE, Thing(), Slow(), Part(), Note())


@pytest.fixture
def test_arm() -> Arm:
    Slow.gates.clear()
    Slow.ran.clear()
    return Arm(KINDS, version=V)


@pytest.fixture
def group(test_arm: Arm) -> str:
    return test_arm.group()
