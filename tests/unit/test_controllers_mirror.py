"""A mirror shows what the API server has, through watches that end, versions that are forgotten, and outages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from federation.controllers import mirror
from federation.controllers.mirror import Mirror
from federation.kube import Event, Object, Ref
from federation.kube_answers import GoneError
from tests.unit.controller_fixtures import Cluster, Logged


def thing(name: str, value: int) -> Object:
    metadata = {"name": name, "namespace": "ns"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"value": str(value)}}


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[Logged]:
    monkeypatch.setattr(mirror, "RETRY_SECONDS", (0.01,))
    process = Logged.make()
    yield process
    process.stop.set()


def started(cluster: Cluster, process: Logged) -> tuple[Mirror[int], threading.Event]:
    changed = threading.Event()

    def value(found: Object) -> int | None:
        return int(found["data"]["value"]) or None

    found = Mirror(cluster.connect, Ref("v1", "configmaps"), value, changed=changed)
    found.start(process)
    return found, changed


def becomes(probe: Callable[[], object], wanted: object, changed: threading.Event) -> None:
    for _ in range(200):
        if probe() == wanted:
            return
        changed.wait(0.05)
        changed.clear()
    assert probe() == wanted


def test_objects_come_change_and_go(process: Logged) -> None:
    cluster = Cluster()
    cluster.put(thing("a", 1))
    found, changed = started(cluster, process)
    becomes(found.items, {"ns/a": 1}, changed)
    assert found.problem is None
    cluster.put(thing("b", 2))
    cluster.put(thing("a", 3))
    becomes(found.items, {"ns/a": 3, "ns/b": 2}, changed)
    cluster.remove("configmaps", "b", "ns")
    becomes(found.items, {"ns/a": 3}, changed)


def test_what_does_not_matter_is_not_kept(process: Logged) -> None:
    cluster = Cluster()
    cluster.put(thing("a", 0))
    cluster.put(thing("b", 2))
    found, changed = started(cluster, process)
    becomes(found.items, {"ns/b": 2}, changed)
    cluster.put(thing("b", 0))
    becomes(found.items, {}, changed)


def test_a_watch_that_ends_goes_on_where_it_was(process: Logged) -> None:
    cluster = Cluster()
    found, changed = started(cluster, process)
    cluster.put(thing("a", 1))
    becomes(found.items, {"ns/a": 1}, changed)
    cluster.end_watches()
    cluster.put(thing("a", 2))
    becomes(found.items, {"ns/a": 2}, changed)
    assert process.events == []


def test_an_outage_is_told_and_what_was_known_stays(process: Logged) -> None:
    cluster = Cluster()
    cluster.put(thing("a", 1))
    found, changed = started(cluster, process)
    becomes(found.items, {"ns/a": 1}, changed)
    cluster.down = True
    cluster.end_watches()
    wanted = "cluster: it does not answer. Next: see whether it runs."
    becomes(lambda: found.problem, wanted, changed)
    assert found.items() == {"ns/a": 1}
    assert {e["error"] for e in process.events} == {wanted}
    cluster.put(thing("a", 2))
    cluster.down = False
    becomes(lambda: (found.problem, found.items()), (None, {"ns/a": 2}), changed)


def test_a_version_that_the_server_has_forgotten_is_listed_anew(process: Logged) -> None:
    class Forgetful(Cluster):
        forgot = 0

        def watch(self, ref: Ref, *, since: str, labels: str | None = None) -> Iterator[Event]:
            if self.forgot < 3:
                self.forgot += 1
                self.put(thing("a", self.forgot))
                raise GoneError("cluster", "too old", "list it anew")
            yield from super().watch(ref, since=since, labels=labels)

    found, changed = started(Forgetful(), process)
    becomes(found.items, {"ns/a": 3}, changed)


def test_before_the_first_list_nothing_is_known() -> None:
    found = Mirror(Cluster().connect, Ref("v1", "nodes"), str, changed=threading.Event())
    assert found.problem == "nodes: not listed yet"
