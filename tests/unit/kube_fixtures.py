"""An API server in memory, behind the real client's interface, and waits that take no time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from federation.deadline import Deadline
from federation.kube import Kube, Object, Ref, plural

Key = tuple[str, str | None, str]


class FakeKube:
    """Holds objects by resource, namespace and name; `kube` is what code under test is given.

    It does not merge lists, allocate anything or know schemas.
    """

    def __init__(self, *objects: Object, name: str = "cluster fake") -> None:
        self.objects: dict[Key, Object] = {}
        self.name, self.server = name, "https://fake:6443"
        self.calls = 0
        self._later: list[tuple[int, Callable[[], None]]] = []
        for manifest in objects:
            self.put(manifest)

    @property
    def kube(self) -> Kube:
        return cast(Kube, self)

    def put(self, manifest: Object) -> None:
        metadata = manifest["metadata"]
        self.objects[plural(manifest["kind"]), metadata.get("namespace"), metadata["name"]] = manifest

    def remove(self, resource: str, name: str, namespace: str | None = None) -> None:
        del self.objects[resource, namespace, name]

    def after(self, calls: int, what: Callable[[], None]) -> None:
        """Let something happen when so many requests were answered from now on."""
        self._later.append((self.calls + calls, what))

    def _tick(self) -> None:
        self.calls += 1
        due = [entry for entry in self._later if entry[0] <= self.calls]
        self._later = [entry for entry in self._later if entry[0] > self.calls]
        for _, what in due:
            what()

    def get(self, ref: Ref) -> Object | None:
        self._tick()
        return self.objects.get((ref.plural, ref.namespace, ref.name))

    def list(self, ref: Ref, *, labels: str | None = None) -> list[Object]:
        self._tick()
        return [
            o
            for (resource, namespace, _), o in sorted(self.objects.items(), key=str)
            if resource == ref.plural and ref.namespace in {None, namespace}
        ]

    def dry_run(self, manifest: Mapping[str, Any]) -> Object:
        self._tick()
        return dict(manifest)

    def ready(self) -> str | None:
        return None

    def version(self) -> str:
        return "v1.36.3"


def instant(seconds: float, told: list[str] | None = None) -> Deadline:
    """A deadline whose clock is moved by its own waiting."""
    now = [0.0]

    def sleep(time: float) -> None:
        now[0] += time

    progress = (told if told is not None else []).append
    return Deadline(seconds, clock=lambda: now[0], sleep=sleep, progress=progress)
