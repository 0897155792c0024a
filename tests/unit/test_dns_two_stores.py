"""One plan in two stores at once: CoreDNS (in memory here) and Azure DNS (the stand-in); and a zone whose global names
are Traffic Manager's."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from federation.cli import records_live, records_remove
from federation.cli.commands import app
from federation.controllers.dns_writer import Metrics, Writer
from federation.controllers.process import Process, logger
from federation.deadline import Deadline
from federation.dns import provision, service
from federation.dns.azure_records import OWNER
from federation.dns.backend import Backend, MissingZoneError
from federation.dns.facts import Current, Facts, current
from federation.dns.limits import AZURE, LimitError
from federation.dns.memory import MemoryBackend
from federation.dns.plan import plan
from federation.dns.records import Change, RecordSet
from federation.dns.store import store_of
from federation.errors import ConflictError
from federation.names import GLOBAL as GLOBAL_LEVEL
from federation.names import Level
from tests.unit.azure_dns_fixtures import endpoint, to
from tests.unit.azure_zone_fixtures import Account, account
from tests.unit.dns_service_fixtures import BOTH, EAST, GLOBAL, SPEC, US, WEST, answers, spec, view
from tests.unit.kube_fixtures import instant

__all__ = ["account"]
ALL = {
    GLOBAL: ("10.0.0.2", "10.0.1.2"),
    US: ("10.0.0.2", "10.0.1.2"),
    EAST: ("10.0.0.2",),
    WEST: ("10.0.1.2",),
}
REST = {name: values for name, values in ALL.items() if name != GLOBAL}


class Stores:
    """Both.

    Attributes:
        said: lines that were told.
    """

    def __init__(self, account: Account, *, without_global: bool = False) -> None:
        self.account = account
        self.coredns = MemoryBackend(name="coredns")
        self.azure = account.backend(store=account.store(without_global=without_global))
        self.said = list[str]()

    @property
    def backends(self) -> list[Backend]:
        return [self.coredns, self.azure]

    def provide(self, addresses: dict[str, str | None]) -> provision.Written:
        return provision.provide(
            SPEC, lambda: view(addresses), self.backends, Deadline(9, **_instant()), say=self.said.append
        )

    def in_azure(self) -> dict[str, tuple[str, ...]]:
        """A sets by their whole names."""
        return {f"{name}.example.com": values for name, values in self.account.answers().items()}


def _instant() -> dict[str, Any]:
    found = instant(9)
    return {"clock": found._clock, "sleep": found._sleep}


@pytest.fixture(name="stores")
def stores_fixture(account: Account) -> Stores:
    return Stores(account)


@pytest.fixture(name="managed", params=[{}, {OWNER: "fed"}], ids=["unmarked", "marked"])
def managed_fixture(account: Account, request: pytest.FixtureRequest) -> Stores:
    """With an alias to Traffic Manager at the global name, as Pulumi makes it: with the federation's mark, too."""
    answer = account.dns.profile(
        "nginx", trafficRoutingMethod="MultiValue", maxReturn=8, endpoints=[endpoint("west", "10.0.0.2")]
    )
    assert answer.status in (200, 201), answer.json()
    body = to(account.dns.profile_id("nginx"))
    body["properties"]["metadata"] = request.param
    account.put("nginx.default.fed.svc", body)
    return Stores(account, without_global=True)


def test_both_stores_get_the_same_records(stores: Stores) -> None:
    written = stores.provide({**BOTH})
    assert answers(stores.coredns) == ALL == stores.in_azure()
    assert {record.name: record.values for record in written.records} == ALL
    for name in ("coredns", "azure"):
        assert f"service default/nginx: {name}: + nginx.default.fed.svc.us 30 IN A 10.0.1.2" in stores.said


def test_a_failover_is_written_to_both(stores: Stores) -> None:
    stores.provide({**BOTH})
    provision.write(SPEC, lambda: view({**BOTH}, down=["fc01"]), stores.backends, say=stores.said.append)
    gone = dict.fromkeys(ALL, ("10.0.1.2",))
    assert answers(stores.coredns) == gone == stores.in_azure()


def test_a_set_of_somebody_else_in_one_stops_the_writing_of_both(stores: Stores) -> None:
    stores.account.put("nginx.default.fed.svc", {"properties": {"TTL": 5, "ARecords": []}})
    with pytest.raises(ConflictError) as raised:
        stores.provide({**BOTH})
    assert str(raised.value).startswith(
        f"service default/nginx: records of others at its names: {GLOBAL} A of nobody known in azure; nothing is "
    )
    assert answers(stores.coredns) == {}


def test_drift_says_in_which_store_it_is(stores: Stores) -> None:
    stores.provide({**BOTH})
    stores.azure.write([Change("delete", RecordSet(US, "A", 30, ALL[US]))], stores.azure.read(), owner="fed")
    written = {(name, "A"): values for name, values in ALL.items()}
    found = provision.look_over(SPEC, lambda: view({**BOTH}), stores.backends, written)
    assert found == provision.Found((f"azure: {US} A is gone",), gone=False)


def test_a_zone_that_is_gone_has_drifted_and_is_no_hindrance_to_a_removal(stores: Stores) -> None:
    stores.provide({**BOTH})
    stores.account.dns.delete(stores.account.zone)
    written = {(name, "A"): values for name, values in ALL.items()}
    found = provision.look_over(SPEC, lambda: view({**BOTH}), stores.backends, written)
    assert found.drift == tuple(f"azure: {name} A is gone" for name in sorted(ALL))
    assert not found.gone
    assert provision.look_over(SPEC, lambda: view({**BOTH}), [stores.azure], written).gone
    with pytest.raises(MissingZoneError):
        stores.provide({**BOTH})
    assert [len(provision.remove(SPEC, backend)) for backend in stores.backends] == [4, 0]


def test_the_global_name_is_traffic_managers_and_everything_else_is_ours(managed: Stores) -> None:
    alias = managed.account.sets()["nginx.default.fed.svc", "A"]
    written = managed.provide({**BOTH})
    assert answers(managed.coredns) == ALL
    assert {name: values for name, values in managed.in_azure().items() if values} == REST
    assert managed.account.sets()["nginx.default.fed.svc", "A"] == alias
    assert {record.name for record in written.records} == set(ALL)
    seen = {(name, "A"): values for name, values in ALL.items()}
    found = provision.look_over(SPEC, lambda: view({**BOTH}), managed.backends, seen)
    assert found.drift == (), "the alias is none"
    provision.remove(SPEC, managed.azure)
    assert managed.account.sets() == {("nginx.default.fed.svc", "A"): alias}


def test_where_traffic_manager_is_new_our_global_record_makes_way(account: Account) -> None:
    before = account.backend()
    provision.write(SPEC, lambda: view({**BOTH}), [before], say=list[str]().append)
    stores = Stores(account, without_global=True)
    stores.provide({**BOTH})
    assert stores.in_azure() == REST


def test_where_traffic_manager_has_been_its_alias_becomes_our_record(account: Account) -> None:
    """Marked, as the stack makes it: it goes with the stack's next step, which deletes it."""
    account.dns.profile(
        "nginx", trafficRoutingMethod="MultiValue", maxReturn=8, endpoints=[endpoint("w", "10.0.0.2")]
    )
    body = to(account.dns.profile_id("nginx"))
    body["properties"]["metadata"] = {OWNER: "fed"}
    account.put("nginx.default.fed.svc", body)
    stores = Stores(account)
    stores.provide({**BOTH})
    assert stores.in_azure() == ALL


def test_outputs_name_the_global_name_although_it_is_an_alias(managed: Stores) -> None:
    written = provision.write(SPEC, lambda: view({**BOTH}), [managed.azure], say=managed.said.append)
    found = service.outputs(SPEC, written.records, written.standing.counting)
    assert found["names"] == [GLOBAL, US, EAST, WEST]
    assert GLOBAL not in [record["name"] for record in found["records"]]


def test_a_plan_leaves_a_level_out_and_is_done_then() -> None:
    facts = SPEC.facts(view({**BOTH}), ())
    made = plan(facts, without=[GLOBAL_LEVEL, Level("us")])
    assert [record.name for record in made.records] == [EAST, WEST]
    foreign = Current(name=GLOBAL, type="CNAME", ttl=5, values=("x.trafficmanager.net",))
    again = SPEC.facts(view({**BOTH}), (foreign, *(_entry(record) for record in made.records)))
    assert plan(again, without=[GLOBAL_LEVEL, Level("us")]) == type(made)(made.records, (), ())
    assert plan(again).conflicts, "without a word about it, it is in the way"


def _entry(record: RecordSet) -> Current:
    return Current(name=record.name, type=record.type, ttl=record.ttl, values=record.values, owner="fed")


def test_a_preview_does_not_show_what_is_somebody_elses() -> None:
    shown = service.preview(None, SPEC, {}, without=[GLOBAL_LEVEL])
    assert "+ nginx.default.fed.svc.us 30 IN A (address in fc01)" in shown
    assert "+ nginx.default.fed.svc 30 IN" not in shown


def test_all_services_of_a_federation_have_to_fit_into_a_zone() -> None:
    """Four names each: 2,499 fit beside SOA and NS."""
    specs = [spec(service=f"s{n}") for n in range(2_500)]
    service.check_zone(specs[:-1], AZURE)
    with pytest.raises(LimitError) as raised:
        service.check_zone(specs, AZURE)
    assert str(raised.value) == (
        "records of example.com: the zone would have 10002 record sets, azure takes 10000: federate fewer services, "
        "or give the federation a zone of its own. Next: correct it, then preview the stack again."
    )
    service.check_zone([], AZURE)


class Controlled:
    """The writers of a DNS controller with both stores, and what they log."""

    def __init__(self, stores: Stores, **patience: Any) -> None:
        self.text = io.StringIO()
        process = Process("dns", logger("dns", self.text))
        self.metrics = Metrics(process.metrics)
        azure = stores.account.backend(**patience) if patience else stores.azure
        backends: list[Backend] = [stores.coredns, azure]
        self.writers = [
            Writer(number, backend, owner="fed", process=process, metrics=self.metrics)
            for number, backend in enumerate(backends)
        ]

    def turn(self, addresses: dict[str, str | None]) -> None:
        def facts(now: tuple[Current, ...]) -> Facts:
            return SPEC.facts(view(addresses), now)

        for writer in self.writers:
            writer.turn(facts)

    def events(self, name: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.text.getvalue().splitlines()]
        return [each for each in found if each["event"] == name]


def test_the_controller_keeps_both_true_and_one_that_fails_does_not_hold_up_the_other(stores: Stores) -> None:
    controller = Controlled(stores, failing=1)
    controller.turn({**BOTH})
    assert answers(stores.coredns) == ALL == stores.in_azure()
    stores.account.faults({"match": {"count": None}, "status": 500})
    controller.turn({"fc01": "10.0.0.2"})
    assert answers(stores.coredns) == dict.fromkeys((GLOBAL, US, EAST), ("10.0.0.2",))
    assert [bool(writer.problem) for writer in controller.writers] == [False, True]
    assert controller.events("records not written")[0]["backend"] == "azure"
    stores.account.faults()
    controller.turn({"fc01": "10.0.0.2"})
    assert stores.in_azure() == answers(stores.coredns)


def test_what_a_limit_holds_back_is_no_failure_and_goes_on_at_once(stores: Stores) -> None:
    rates = [{"match": {"method": "PUT", "skip": 2}, "status": 429, "retry_after": 40}]
    stores.account.faults(*rates)
    controller = Controlled(stores, turn=15.0)
    controller.turn({**BOTH})
    writer = controller.writers[1]
    assert writer.problem == "2 changes of records are not made yet: the store takes only so many in a time"
    assert len(stores.in_azure()) == 2
    assert len([e for e in controller.events("record written") if e["backend"] == "azure"]) == 2
    assert not controller.events("records not written")
    assert writer.pace.wait() <= 1, "by what is true then"
    stores.account.dns.clock.sleep(60)
    controller.turn({**BOTH})
    assert not writer.problem
    assert stores.in_azure() == ALL


@pytest.fixture(name="file")
def file_fixture(stores: Stores, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Of both stores, for fedctl."""
    opened: dict[str, Backend] = {"coredns": stores.coredns, "azure": stores.azure}

    @contextmanager
    def open_backend(store: Any, domain: str) -> Iterator[Backend]:
        assert domain == "example.com"
        yield opened[store.provider]

    monkeypatch.setattr(records_remove, "open_backend", open_backend)
    monkeypatch.setattr(records_live, "open_backend", open_backend)
    coredns = {"endpoints": ["https://etcd:2379"], "ca": "", "certificate": "", "key": ""}
    file = tmp_path / "stores.json"
    file.write_text(json.dumps([coredns, stores.account.store().as_props()]))
    return file


def test_fedctl_removes_from_both(stores: Stores, file: Path) -> None:
    stores.provide({**BOTH})
    argv = "records remove default/nginx --federation fed --domain example.com --store".split()
    done = CliRunner().invoke(app, [*argv, str(file)], catch_exceptions=False)
    assert done.stdout.splitlines() == [f"removed {n} A {' '.join(ALL[n])}" for n in sorted(ALL)] * 2
    assert (answers(stores.coredns), stores.in_azure()) == ({}, {})


def test_fedctl_reads_a_zone_of_azure(stores: Stores, file: Path) -> None:
    stores.provide({**BOTH})
    one = json.loads(file.read_text())[1]
    file.write_text(json.dumps(one))
    found = records_live.current_of(file, "Example.com.")
    assert {entry.name for entry in found.current if entry.owner == "fed"} == set(ALL)
    assert set(found.current) == set(current(stores.azure.read().values()))
    assert store_of(one).without == found.without == ()
