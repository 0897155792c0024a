"""A collection of an API server, kept up to date: listed once, then watched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from federation.controllers.incluster import Connect
from federation.controllers.process import Process
from federation.errors import FederationError
from federation.kube import Object, Ref
from federation.kube_answers import GoneError

T = TypeVar("T")
RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0)


class Mirror(Generic[T]):
    """The objects of a collection, each reduced to what is needed of it, by namespace/name.

    Args:
        connect: to the API server.
        ref: of the collection.
        keep: what is kept of an object; None if it does not matter.
        changed: set after each change.
        labels: selects objects.
    """

    def __init__(
        self,
        connect: Connect,
        ref: Ref,
        keep: Callable[[Object], T | None],
        *,
        changed: threading.Event,
        labels: str | None = None,
    ) -> None:
        self._connect, self._ref, self._keep, self._labels = connect, ref, keep, labels
        self._changed = changed
        self._lock = threading.Lock()
        self._items: dict[str, T] = {}
        self._problem: str | None = f"{ref}: not listed yet"

    @property
    def problem(self) -> str | None:
        """Why the objects may not be those of now; None if they are."""
        return self._problem

    def items(self) -> dict[str, T]:
        """All objects, in no order."""
        with self._lock:
            return dict(self._items)

    def start(self, process: Process) -> None:
        """Follow the collection in a thread until the process ends. To be called once."""
        threading.Thread(
            target=self._follow, args=(process,), name=f"mirror {self._ref}", daemon=True
        ).start()

    def _follow(self, process: Process) -> None:
        failures = 0
        while not process.stop.is_set():
            try:
                version = self._list()
                failures = 0
                self._watch(version)
            except GoneError:
                continue  # the server has forgotten that version: list again
            except FederationError as error:
                self._problem = str(error)
                process.log.warning("not up to date", collection=str(self._ref), error=str(error))
                self._changed.set()
                process.stop.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1

    def _list(self) -> str:
        listing = self._connect().listing(self._ref, labels=self._labels)
        found = {_key(item): kept for item in listing.items if (kept := self._keep(item)) is not None}
        with self._lock:
            self._items = found
        self._problem = None
        self._changed.set()
        return listing.version

    def _watch(self, version: str) -> None:
        """Go on where the last watch has ended, until one fails."""
        while True:
            for event in self._connect().watch(self._ref, since=version, labels=self._labels):
                version = event.version
                if event.type != "BOOKMARK":
                    self._apply(event.type, event.object)

    def _apply(self, kind: str, item: Object) -> None:
        kept = None if kind == "DELETED" else self._keep(item)
        with self._lock:
            if kept is None:
                self._items.pop(_key(item), None)
            else:
                self._items[_key(item)] = kept
        self._changed.set()


def _key(item: Object) -> str:
    metadata = item["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else metadata["name"]
