"""A collection kept up to date: what is kept, what counts as news, and what happens when the server does not answer."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from federation.controllers.mirror import Mirror
from federation.controllers.process import Process, logger
from federation.dns.live import SERVICES
from federation.kube import Kube, Object
from federation.kubeconfig import Access
from tests.unit.dns_live_fixtures import service
from tests.unit.live_api_fixtures import LiveApi, Start, start_fixture  # noqa: F401


def kept(found: Object) -> str | None:
    """What is kept of a service; nothing of those that are called "other"."""
    return None if found["metadata"]["name"] == "other" else str(found["spec"]["type"])


class Watching:
    """A server, a mirror of its services, and the process that has it."""

    def __init__(self, api: LiveApi) -> None:
        self.api, self.changed = api, threading.Event()
        self.process = Process("test", logger("test", io.StringIO()))
        kube = Kube(Access(server=api.url), "cluster fc01")
        self.mirror: Mirror[str] = Mirror(lambda: kube, SERVICES, kept, changed=self.changed)

    def begin(self) -> Mirror[str]:
        self.mirror.start(self.process)
        self.until(lambda: self.mirror.problem is None)
        self.changed.clear()
        return self.mirror

    @staticmethod
    def until(true: Callable[[], bool]) -> None:
        end = time.monotonic() + 5
        while not true():
            assert time.monotonic() < end
            time.sleep(0.01)


@pytest.fixture(name="watching")
def watching_fixture(start: Start) -> Iterator[Watching]:
    watching = Watching(start())
    yield watching
    watching.process.stop.set()


def test_what_matters_of_a_collection_is_kept_and_followed(watching: Watching) -> None:
    watching.api.put(SERVICES, service(), service("other"))
    mirror = watching.begin()
    assert mirror.items() == {"default/nginx": "LoadBalancer"}
    watching.api.put(SERVICES, service(kind="ClusterIP"), service("web"))
    watching.until(lambda: len(mirror.items()) == 2)
    assert mirror.items() == {"default/nginx": "ClusterIP", "default/web": "LoadBalancer"}
    watching.api.remove(SERVICES, service("web"))
    watching.until(lambda: mirror.items() == {"default/nginx": "ClusterIP"})


def test_a_change_of_what_is_not_kept_is_no_news(watching: Watching) -> None:
    watching.api.put(SERVICES, service())
    watching.begin()
    watching.api.put(SERVICES, service(annotations={"seen": "1"}), service("other"))
    assert not watching.changed.wait(0.2)
    watching.api.put(SERVICES, service(kind="ClusterIP"))
    assert watching.changed.wait(5)


def test_nothing_is_known_before_the_first_list(watching: Watching) -> None:
    assert watching.mirror.problem == "services: not listed yet"
    watching.api.cut()
    watching.mirror.start(watching.process)
    watching.until(lambda: "does not answer" in str(watching.mirror.problem))
    assert watching.mirror.items() == {}


def test_what_was_seen_is_kept_while_the_server_is_gone_and_listed_anew_when_it_is_back(
    watching: Watching,
) -> None:
    watching.api.put(SERVICES, service())
    mirror = watching.begin()
    watching.api.cut()
    watching.until(lambda: "does not answer" in str(mirror.problem))
    assert watching.changed.is_set()
    assert mirror.items() == {"default/nginx": "LoadBalancer"}
    watching.api.remove(SERVICES, service())
    watching.api.restore()
    watching.until(lambda: mirror.problem is None)
    assert mirror.items() == {}


def test_a_server_that_has_forgotten_the_past_is_listed_anew_at_once(watching: Watching) -> None:
    watching.api.put(SERVICES, service())
    mirror = watching.begin()
    watching.api.put(SERVICES, service("web"))
    watching.api.forget()
    watching.until(lambda: len(mirror.items()) == 2)
    assert mirror.problem is None


def test_one_that_is_stopped_hears_no_more(watching: Watching) -> None:
    mirror = watching.begin()
    watching.process.stop.set()
    watching.api.put(SERVICES, service())
    time.sleep(0.2)
    assert mirror.items() == {}
    watching.until(lambda: all(thread.name != "mirror services" for thread in threading.enumerate()))
