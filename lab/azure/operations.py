"""Long-running operations: each is a thread with a state that clients ask for until it is `Succeeded` or `Failed`."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lab.azure.clock import Clock, timestamp
from lab.azure.http import ArmError, Document
from lab.azure.ids import ResourceId
from lab.azure.kinds import Work

Status = Literal["InProgress", "Succeeded", "Failed", "Canceled"]
Finish = Callable[[Document | None, ArmError | None], None]
"""Called once with the work's result or its error, before the status says so."""
Ended = Callable[[], bool]

_log = logging.getLogger("azure.operations")
_SLICE = 0.2  # seconds
_KEPT = 5_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an operation is about.

    Attributes:
        id: the resource.
        scope: what it keeps busy; see `Kind.busy_scope`.
        method: `PUT`, `DELETE` or `POST`.
        held: as long as this says False, the operation never ends (a fault); None: no fault.
        failure: what it ends with, instead of or after its work (a fault).
        works: whether the work is done before `failure`.
    """

    id: ResourceId
    scope: ResourceId
    method: str
    held: Ended | None = None
    failure: ArmError | None = None
    works: bool = True


class Running:
    """One operation; see `lab.azure.kinds.Operation` for what its work may use."""

    def __init__(self, plan: Plan, clock: Clock, store: Callable[[Document], None]) -> None:
        self.name = str(uuid.uuid4())
        self.plan = plan
        self.status: Status = "InProgress"
        self.error: ArmError | None = None
        self.result: Document | None = None
        self.started, self.ended = clock.now(), 0.0
        self.done = threading.Event()
        self._clock, self._store = clock, store
        self._cancelled = threading.Event()

    @property
    def is_cancelled(self) -> bool:
        """Whether it shall end early."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the work to end."""
        self._cancelled.set()

    def sleep(self, seconds: float) -> None:
        """Let time pass. Raises `ArmError` once it is cancelled."""
        end = self._clock.now() + seconds
        while True:
            if self.is_cancelled:
                raise ArmError(409, "Canceled", "The operation was canceled.")
            left = end - self._clock.now()
            if left <= 0:
                return
            self._clock.sleep(min(_SLICE, left))

    def wait_until(self, ended: Ended) -> None:
        """Wait for a fault to be taken back. Real time: a fault has no duration. Raises like `sleep`."""
        while not ended():
            if self._cancelled.wait(0.02):
                self.sleep(0)

    def update(self, document: Document) -> None:
        """Store the resource's document as far as it is now."""
        self._store(document)

    def as_document(self, path: str) -> Document:
        """What a client that asks for the status sees."""
        found: Document = {
            "id": path,
            "name": self.name,
            "status": self.status,
            "startTime": timestamp(self.started),
        }
        if self.status != "InProgress":
            found["endTime"] = timestamp(self.ended)
        if self.error is not None:
            found["error"] = self.error.as_error()
        return found


class Operations:
    """All operations since the server's start. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._all: dict[str, Running] = {}
        self._stopping = False

    def start(self, plan: Plan, work: Work, *, store: Callable[[Document], None], finish: Finish) -> Running:
        """Run `work` in a thread. The caller has asked `busy` under the store's lock."""
        running = Running(plan, self._clock, store)
        with self._lock:
            self._all[running.name] = running
            for name in [n for n, r in self._all.items() if r.done.is_set()][:-_KEPT]:
                del self._all[name]
        thread = threading.Thread(
            target=self._run, args=(running, work, finish), name=f"operation-{running.name}", daemon=True
        )
        thread.start()
        return running

    def _run(self, running: Running, work: Work, finish: Finish) -> None:
        result, error = None, None
        try:
            if running.plan.held is not None:
                running.wait_until(running.plan.held)
            if running.plan.works:
                result = work(running)
            error = running.plan.failure
        except ArmError as refusal:
            error = refusal
        except Exception as bug:  # noqa: BLE001 - a bug in a kind must not leave its operation hanging
            _log.exception("%s %s", running.plan.method, running.plan.id.text)
            error = ArmError(500, "InternalServerError", f"{type(bug).__name__}: {bug}")
        try:
            finish(result, error)
        except Exception as bug:  # noqa: BLE001 - as above
            _log.exception("%s %s: after the work", running.plan.method, running.plan.id.text)
            error = error or ArmError(500, "InternalServerError", f"{type(bug).__name__}: {bug}")
        running.result, running.error, running.ended = result, error, self._clock.now()
        canceled = error is not None and error.code == "Canceled"
        running.status = "Canceled" if canceled else "Failed" if error is not None else "Succeeded"
        running.done.set()

    def find(self, name: str) -> Running | None:
        """The operation of that name."""
        with self._lock:
            return self._all.get(name.lower())

    def busy(self, scope: ResourceId) -> Running | None:
        """The operation that keeps `scope` busy."""
        with self._lock:
            running = (r for r in self._all.values() if not r.done.is_set())
            return next((r for r in running if r.plan.scope.key == scope.key), None)

    def under(self, scope: ResourceId) -> list[Running]:
        """Operations on `scope` and on whatever lies under it that have not ended."""
        with self._lock:
            return [r for r in self._all.values() if not r.done.is_set() and r.plan.id.within(scope.text)]

    def wait(self, seconds: float) -> bool:
        """Wait until no operation runs; False if some still does after so many seconds of real time."""
        with self._lock:
            running = [r for r in self._all.values() if not r.done.is_set()]
        return all(r.done.wait(seconds) for r in running)

    def stop(self, seconds: float = 10) -> None:
        """Cancel all and wait for their ends."""
        with self._lock:
            running = [r for r in self._all.values() if not r.done.is_set()]
        for one in running:
            one.cancel()
        for one in running:
            one.done.wait(seconds)
