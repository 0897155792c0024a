"""The DNS controller against a federation and members that change, fail and come back."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from federation.controllers.dns import Settings, keep
from federation.controllers.dns_members import Timing
from federation.controllers.dns_writer import Metrics, Writer
from federation.controllers.pace import Limits, Pace
from federation.controllers.process import Process, logger
from federation.dns.live import BINDINGS, CLUSTERS, READERS, SERVICES, SLICES
from federation.dns.memory import MemoryBackend
from federation.dns.records import Change
from federation.errors import UnreachableError
from tests.unit.dns_live_fixtures import binding, cluster, endpoints, reader_secret, service
from tests.unit.live_api_fixtures import LiveApi, Start, start_fixture  # noqa: F401

GLOBAL = "nginx.default.fed.svc.example.com"
REGION = "nginx.default.fed.svc.us.example.com"
EAST = "nginx.default.fed.svc.east.us.example.com"
WEST = "nginx.default.fed.svc.west.us.example.com"
BOTH, FIRST, SECOND = ("10.250.0.2", "10.250.1.2"), ("10.250.0.2",), ("10.250.1.2",)
# Patience is longer than a busy machine stands still: who is slow must not pass for who is silent.
FAST = Timing(period=0.02, timeout=1.5, stale=1.0, settle=5.0)


class Failing(MemoryBackend):
    """A store that may not answer."""

    down = False

    def read(self) -> Any:
        if self.down:
            raise UnreachableError("etcd", "it does not answer", "see whether it runs")
        return super().read()


class Running:
    """A controller, its federation of two members, and its store."""

    def __init__(self, start: Start) -> None:
        self.plane, self.fc01, self.fc02 = start(), start(), start()
        self.store, self.text = Failing(), io.StringIO()
        self.process = Process("dns", logger("dns", self.text))
        self.metrics = Metrics(self.process.metrics)
        self.settings = Settings(
            federation="fed", domain="example.com", ttl=30, kubeconfig=self.plane.kubeconfig, stores=()
        )
        self.plane.put(CLUSTERS, cluster("fc01"), cluster("fc02", zones=("west",)))
        self.plane.put(SERVICES, service())
        self.plane.put(BINDINGS, binding())
        self.plane.put(READERS, reader_secret("fc01", self.fc01.url), reader_secret("fc02", self.fc02.url))
        for member in (self.fc01, self.fc02):
            member.put(SLICES, endpoints(True, True))
        self._thread = threading.Thread(target=self._run)

    def begin(self) -> Running:
        self._thread.start()
        return self

    def _run(self) -> None:
        pace = Pace(Limits(every=0.5, burst=100, refill=0.01, backoff=0.05, longest=0.1))
        writer = Writer(0, self.store, owner="fed", process=self.process, metrics=self.metrics, pace=pace)
        keep(self.settings, [writer], self.metrics, self.process, self.process.stop, timing=FAST)

    def end(self) -> None:
        self.process.stop.set()
        if self._thread.ident:
            self._thread.join(10)
            assert not self._thread.is_alive()

    def names(self) -> dict[str, tuple[str, ...]]:
        return {record.name: record.values for record in self._records()}

    def _records(self) -> list[Any]:
        return [stored.record for stored in MemoryBackend.read(self.store).values()]

    def becomes(self, what: Callable[[], Any], expected: Any, within: float = 10) -> None:
        end = time.monotonic() + within
        while (found := what()) != expected and time.monotonic() < end:
            time.sleep(0.01)
        assert found == expected

    def answers(self, **names: tuple[str, ...]) -> None:
        expected = {globals()[name]: values for name, values in names.items()}
        self.becomes(self.names, expected)

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.text.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]

    def metric(self, name: str, **labels: str) -> float | None:
        return self.process.metrics.get_sample_value(f"federation_dns_{name}", labels)


@pytest.fixture(name="running")
def running_fixture(start: Start) -> Iterator[Running]:
    running = Running(start)
    yield running
    running.end()


HEALTHY = {"GLOBAL": BOTH, "REGION": BOTH, "EAST": FIRST, "WEST": SECOND}
EAST_ONLY = dict.fromkeys(HEALTHY, FIRST)


def test_names_of_a_healthy_federation_are_written_and_told(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    running.becomes(running.process.health.unready, None)
    assert {(line["name"], line["action"]) for line in running.logged("record written")} == {
        (name, "create") for name in (GLOBAL, REGION, EAST, WEST)
    }
    assert running.metric("member_ready", member="fc02") == 1
    assert running.metric("records", store="0") == 4
    assert running.metric("changes_total", store="0", action="create") == 4
    assert running.metric("services") == 1


def test_a_member_that_falls_silent_is_replaced_and_taken_back(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    running.fc02.cut()
    running.answers(**EAST_ONLY)
    running.becomes(lambda: running.metric("member_ready", member="fc02"), 0)
    running.fc02.restore()
    running.answers(**HEALTHY)
    told = {line["problem"] for line in running.logged("problem")}
    assert told == {line["problem"] for line in running.logged("problem solved")}
    assert any(problem.startswith("member fc02 is not ready: http://") for problem in told)


def test_a_member_that_comes_back_with_nothing_ready_is_not_trusted_for_what_it_was(
    running: Running,
) -> None:
    running.begin().answers(**HEALTHY)
    running.fc02.cut()
    running.answers(**EAST_ONLY)
    running.fc02.put(SLICES, endpoints(False, False))
    running.fc02.restore()
    problem = "service default/nginx has no ready backend on member fc02"
    running.becomes(lambda: [x["problem"] for x in running.logged("problem")][-1], problem)
    assert running.names() == dict.fromkeys((GLOBAL, REGION, EAST, WEST), FIRST)
    assert running.metric("changes_total", store="0", action="update") == 3, "one failover, nothing since"


def test_karmadas_word_counts_though_the_member_answers_us(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    running.plane.put(CLUSTERS, cluster("fc02", zones=("west",), ready="False"))
    running.answers(**EAST_ONLY)


def test_backends_that_are_gone_and_come_back_are_followed(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    running.fc01.put(SLICES, endpoints())
    running.answers(**dict.fromkeys(HEALTHY, SECOND))
    running.fc01.put(SLICES, endpoints(True))
    running.answers(**HEALTHY)


def test_a_new_address_and_a_deleted_service_are_followed(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    running.plane.put(BINDINGS, binding(members=("fc01",)))
    running.answers(GLOBAL=FIRST, REGION=FIRST, EAST=FIRST)
    running.plane.remove(SERVICES, service())
    running.answers()


def test_a_service_that_opts_out_loses_its_names(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    running.plane.put(SERVICES, service(labels={"k8s-federation/dns": "disabled"}))
    running.answers()


def test_when_all_are_down_the_last_answer_stays(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    running.fc02.cut()
    running.answers(**EAST_ONLY)
    running.fc01.cut()
    running.becomes(lambda: running.metric("member_ready", member="fc01"), 0)
    assert set(running.names().values()) == {FIRST}


def test_nothing_changes_while_the_federation_does_not_answer(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    running.plane.cut()
    running.becomes(
        lambda: (running.process.health.unready() or "").startswith(
            f"the federation API is not ready: {running.plane.url} does not answer"
        ),
        True,
    )
    running.fc02.cut()
    time.sleep(0.3)
    assert running.names() == {GLOBAL: BOTH, REGION: BOTH, EAST: FIRST, WEST: SECOND}
    assert running.process.health.alive() is None
    running.plane.restore()
    running.answers(**EAST_ONLY)


def test_a_store_that_does_not_answer_is_tried_until_it_does(running: Running) -> None:
    running.store.down = True
    running.begin()
    unready = "etcd: it does not answer. Next: see whether it runs."
    running.becomes(running.process.health.unready, unready)
    running.becomes(lambda: (running.metric("failures_total", store="0") or 0) >= 3, True)
    assert running.names() == {}
    running.store.down = False
    running.answers(**HEALTHY)


def test_what_somebody_else_does_to_our_records_is_undone(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    store = running.store
    seen = store.read()
    stray = next(s.record for s in seen.values() if s.record.name == EAST)
    store.write([Change("delete", stray)], seen, owner="fed")
    running.answers(**HEALTHY)


def test_a_server_that_has_forgotten_the_past_is_listed_anew(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    running.fc02.put(SLICES, endpoints())
    running.fc02.forget()
    running.answers(**EAST_ONLY)


def test_a_member_whose_endpoints_may_not_be_read_is_not_ready(running: Running) -> None:
    running.fc02.refuses[SLICES.path] = 403
    running.begin().answers(**EAST_ONLY)
    running.becomes(
        lambda: [line["problem"] for line in running.logged("problem")],
        [
            (
                "member fc02 is not ready: cannot list endpointslices: no. "
                "Next: use a kubeconfig of somebody who may do this."
            )
        ],
    )


def test_a_member_joins_and_leaves(running: Running) -> None:
    gone = cluster("fc02", zones=("west",))
    running.plane.remove(CLUSTERS, gone)
    running.begin().answers(GLOBAL=FIRST, REGION=FIRST, EAST=FIRST)
    running.plane.put(CLUSTERS, gone)
    running.answers(**HEALTHY)
    running.plane.remove(CLUSTERS, gone)
    running.answers(GLOBAL=FIRST, REGION=FIRST, EAST=FIRST)


def test_a_new_token_of_a_member_changes_no_record(running: Running) -> None:
    running.begin().answers(**HEALTHY)
    secret = reader_secret("fc02", running.fc02.url)
    secret["data"]["token"] = "bmV3"
    running.plane.put(READERS, secret)
    time.sleep(0.3)
    running.fc02.put(SLICES, endpoints())
    running.answers(**EAST_ONLY)
    assert running.metric("changes_total", store="0", action="update") == 3


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_no_name_is_ever_missing_and_in_the_end_all_are_right(
    running: Running, seed: int
) -> None:
    random = Random(seed)
    running.begin().answers(**HEALTHY)
    members = {"fc01": (running.fc01, ("east",)), "fc02": (running.fc02, ("west",))}
    steps: list[Callable[[LiveApi, Any], None]] = [
        lambda api, _: api.cut(),
        lambda api, _: api.restore(),
        lambda api, _: api.put(SLICES, endpoints()),
        lambda api, _: api.put(SLICES, endpoints(True)),
        lambda api, _: api.forget(),
        lambda _, found: running.plane.put(CLUSTERS, found),
        lambda *_: running.plane.cut(),
        lambda *_: running.plane.restore(),
    ]
    for _ in range(40):
        name, (api, zones) = random.choice(sorted(members.items(), key=lambda item: item[0]))
        ready = random.choice(["True", "False", "Unknown"])
        random.choice(steps)(api, cluster(name, zones=zones, ready=ready))
        end = time.monotonic() + random.uniform(0, 0.1)
        while time.monotonic() < end:
            found = running.names()
            assert found.keys() == {GLOBAL, REGION, EAST, WEST}
            assert all(found.values())
            time.sleep(0.005)
    for name, (api, zones) in members.items():
        api.restore()
        api.put(SLICES, endpoints(True))
        running.plane.put(CLUSTERS, cluster(name, zones=zones))
    running.plane.restore()
    running.answers(**HEALTHY)
