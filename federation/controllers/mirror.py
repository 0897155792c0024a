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
        changed: set when what is kept has changed, or is known again, or no longer.
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
        """Follow the collection in a thread until the process ends. To be called once.

        A process that is ended waits for nobody; to stop one mirror of many, give it a `stop` of its own.
        """
        threading.Thread(
            target=self._follow, args=(process,), name=f"mirror {self._ref}", daemon=True
        ).start()

    def load(self) -> str:
        """List the collection; the version to watch from. Raises as `Kube.list` does.

        Page by page: only what is kept of the others is in the memory.
        """
        found: dict[str, T] = {}
        version = ""
        for page in self._connect().pages(self._ref, labels=self._labels):
            version = version or page.version
            found |= {_key(item): kept for item in page.items if (kept := self._keep(item)) is not None}
        with self._lock:
            news = found != self._items or self._problem is not None
            self._items, self._problem = found, None
        if news:
            self._changed.set()
        return version

    def _follow(self, process: Process) -> None:
        failures = 0
        while not process.stop.is_set():
            try:
                version = self.load()
                failures = 0
                self._watch(version, process.stop)
            except GoneError:
                continue  # the server has forgotten that version: list again
            except FederationError as error:
                self._problem = str(error)
                process.log.warning("not up to date", collection=str(self._ref), error=str(error))
                self._changed.set()
                process.stop.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1

    def _watch(self, version: str, stop: threading.Event) -> None:
        """Go on where the last watch has ended, until one fails."""
        while not stop.is_set():
            for event in self._connect().watch(self._ref, since=version, labels=self._labels):
                if stop.is_set():
                    return
                version = event.version
                if event.type != "BOOKMARK":
                    self._apply(event.type, event.object)

    def _apply(self, kind: str, item: Object) -> None:
        """Most changes are of something that is not kept: a cluster's heartbeat, a service's annotation."""
        key, kept = _key(item), None if kind == "DELETED" else self._keep(item)
        with self._lock:
            before = self._items.get(key)
            if kept is None:
                self._items.pop(key, None)
            else:
                self._items[key] = kept
        if before != kept:
            self._changed.set()


def _key(item: Object) -> str:
    metadata = item["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else metadata["name"]
