"""An API server for controllers, in memory: versions, preconditions, patches, status, watches; and a log to read."""

from __future__ import annotations

import copy
import io
import json
import queue
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from federation.controllers.process import Process, logger
from federation.errors import ConflictError, UnreachableError
from federation.kube import Event, Kube, Listing, Object, Ref, plural

Key = tuple[str, str | None, str]


class Cluster:
    """What is needed of `Kube`. Every write has a version of its own; `writes` says what was written, in order.

    Attributes:
        down: all requests fail.
        writes: a word and the object's name.
    """

    def __init__(self) -> None:
        self.objects: dict[Key, Object] = {}
        self.writes: list[str] = []
        self.down = False
        self._version = 0
        self._watchers: list[tuple[Ref, queue.Queue[Event | None]]] = []
        self._lock = threading.RLock()

    def connect(self) -> Kube:
        return cast(Kube, self)

    def put(self, manifest: Object) -> Object:
        """As somebody else would."""
        with self._lock:
            self._version += 1
            found = copy.deepcopy(manifest)
            found["metadata"]["resourceVersion"] = str(self._version)
            key = _key(found)
            kind = "MODIFIED" if key in self.objects else "ADDED"
            self.objects[key] = found
            self._tell(kind, found)
            return copy.deepcopy(found)

    def remove(self, resource: str, name: str, namespace: str | None = None) -> None:
        with self._lock:
            self._tell("DELETED", self.objects.pop((resource, namespace, name)))

    def end_watches(self) -> None:
        """As the server does after a while."""
        with self._lock:
            for _, events in self._watchers:
                events.put(None)

    def get(self, ref: Ref) -> Object | None:
        self._reach()
        return copy.deepcopy(self.objects.get((ref.plural, ref.namespace, ref.name)))

    def listing(self, ref: Ref, *, labels: str | None = None) -> Listing:
        self._reach()
        with self._lock:
            found = [copy.deepcopy(o) for key, o in self.objects.items() if _within(key, ref)]
            return Listing(found, str(self._version))

    def pages(self, ref: Ref, *, labels: str | None = None) -> Iterator[Listing]:
        """One object a page."""
        found = self.listing(ref, labels=labels)
        yield Listing([], found.version)
        yield from (Listing([item], found.version) for item in found.items)

    def watch(self, ref: Ref, *, since: str, labels: str | None = None) -> Iterator[Event]:
        self._reach()
        events: queue.Queue[Event | None] = queue.Queue()
        with self._lock:
            for key, found in self.objects.items():
                if _within(key, ref) and int(found["metadata"]["resourceVersion"]) > int(since):
                    events.put(Event("MODIFIED", copy.deepcopy(found)))
            self._watchers.append((ref, events))
        while (event := events.get()) is not None:
            yield event

    def create(self, manifest: Mapping[str, Any]) -> Object:
        self._reach()
        if _key(manifest) in self.objects:
            raise ConflictError("cluster", "cannot create: it is there", "see who has made it")
        self.writes.append(f"create {manifest['metadata']['name']}")
        return self.put(dict(manifest))

    def apply(self, manifest: Mapping[str, Any], *, manager: str) -> Object:
        self._reach()
        self.writes.append(f"apply {manifest['metadata']['name']}")
        return self.put(dict(manifest))

    def merge(self, ref: Ref, changes: Mapping[str, Any]) -> Object | None:
        self._reach()
        name, _, part = ref.name.partition("/")
        with self._lock:
            found = copy.deepcopy(self.objects.get((ref.plural, ref.namespace, name)))
            if found is None:
                return None
            version = changes.get("metadata", {}).get("resourceVersion")
            if version not in {None, found["metadata"]["resourceVersion"]}:
                raise ConflictError("cluster", "cannot change: it is another version", "look again")
            self.writes.append(f"merge {ref.name}")
            _merge(found, {part: changes[part]} if part else changes)
            return self.put(found)

    def _reach(self) -> None:
        if self.down:
            raise UnreachableError("cluster", "it does not answer", "see whether it runs")

    def _tell(self, kind: Any, found: Object) -> None:
        for ref, events in self._watchers:
            if _within(_key(found), ref):
                events.put(Event(kind, copy.deepcopy(found)))


def _key(manifest: Mapping[str, Any]) -> Key:
    metadata = manifest["metadata"]
    return plural(manifest["kind"]), metadata.get("namespace"), metadata["name"]


def _within(key: Key, ref: Ref) -> bool:
    return key[0] == ref.plural and ref.namespace in {None, key[1]}


def _merge(target: Object, changes: Mapping[str, Any]) -> None:
    """RFC 7386."""
    for key, value in changes.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, Mapping):
            _merge(target.setdefault(key, {}), value)
        else:
            target[key] = copy.deepcopy(value)


@dataclass(frozen=True)
class Logged(Process):
    """A process whose log can be read."""

    output: io.StringIO = field(default_factory=io.StringIO)

    @classmethod
    def make(cls, name: str = "test") -> Logged:
        output = io.StringIO()
        return cls(name, logger(name, output), output=output)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.getvalue().splitlines()]
