"""What kubefed v1 answered, and what we do: the same, or repaired with a reason; and cases of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from federation.dns.facts import Facts, parse
from federation.dns.plan import Plan, plan
from federation.dns.records import Change, Conflict, RecordSet
from federation.names import Level, Scheme, Service

FED, DOMAIN = "fc-federated-cluster", "fc-federated.com"
SCHEME, NGINX = Scheme(FED, DOMAIN), Service("default", "nginx")
LEVELS = {"E": Level("us", "east"), "W": Level("us", "west"), "R": Level("us"), "G": Level()}
ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "golden/federation_v1.json").read_text())
PLACES = {"fc01": ("us", ["east"]), "fc02": ("us", ["west"])}
EAST, WEST = ["10.250.0.2"], ["10.250.1.2"]


def placed(member: str, addresses: list[str], ready: int = 2) -> dict[str, Any]:
    return {"member": member, "applied": True, "addresses": addresses, "readyBackends": ready}


def member(name: str, region: str | None, zones: list[str], *, ready: bool = True) -> dict[str, Any]:
    return {"name": name, "region": region, "zones": zones, "ready": ready}


def facts(members: list[Any], placements: list[Any], now: list[Any] | None = None, **more: Any) -> Facts:
    services = [{"namespace": "default", "name": "nginx", "placements": placements} | more]
    return parse(
        json.dumps(
            {
                "federation": FED,
                "domain": DOMAIN + ".",
                "members": members,
                "services": services,
                "current": now or [],
            }
        )
    )


def a(level: str, values: list[str], owner: str | None = FED, kind: str = "A") -> dict[str, Any]:
    return {
        "name": SCHEME.name(NGINX, LEVELS[level]),
        "type": kind,
        "ttl": 30,
        "values": values,
        "owner": owner,
    }


def answers(what: Plan, kind: str = "A") -> dict[str, list[str]]:
    names = {SCHEME.name(NGINX, level): short for short, level in LEVELS.items()}
    return {names.get(r.name, r.name): list(r.values) for r in what.records if r.type == kind}


BOTH = [member("fc01", "us", ["east"]), member("fc02", "us", ["west"])]
HEALTHY = [placed("fc01", EAST), placed("fc02", WEST)]
BEFORE = [a("E", EAST), a("W", WEST), a("R", EAST + WEST), a("G", EAST + WEST)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case"])
def test_a_row_of_kubefeds_table(row: dict[str, Any]) -> None:
    members = [member(n, *PLACES[n], ready=m["ready"]) for n, m in row["members"].items()]
    placements = [{"member": name, **p} for name, p in row["placements"].items()]
    given = facts(members, placements, [] if row["fresh"] else BEFORE, deleted=row["deleted"])
    if row["vanished"]:
        given = given.model_copy(update={"services": ()})
    assert answers(plan(given)) == {level: values for level, values in row["now"].items() if values}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case"])
def test_a_row_that_differs_from_kubefed_has_a_reason(row: dict[str, Any]) -> None:
    assert row["verdict"] == ("same-as-v1" if row["v1"] == row["now"] else "repaired")
    assert bool(row["reason"]) == (row["verdict"] == "repaired")


def test_the_same_zone_name_in_two_regions_is_two_zones() -> None:
    members = [member("us1", "us", ["east"]), member("eu1", "eu", ["east"])]
    what = plan(facts(members, [placed("us1", ["1.1.1.1"]), placed("eu1", ["3.3.3.3"])]))
    assert answers(what)["E"] == ["1.1.1.1"]
    assert answers(what)[SCHEME.name(NGINX, Level("eu", "east"))] == ["3.3.3.3"]


def test_two_members_in_one_zone_stand_in_for_each_other() -> None:
    members = [member("a", "us", ["east"]), member("b", "us", ["east"]), member("c", "us", ["west"])]
    both = plan(facts(members, [placed("a", ["10.0.0.10"]), placed("b", ["10.0.0.9"]), placed("c", WEST)]))
    assert answers(both)["E"] == ["10.0.0.10", "10.0.0.9"]
    one = plan(facts(members, [placed("a", EAST, 0), placed("b", ["10.0.0.9"]), placed("c", WEST)]))
    assert answers(one)["E"] == ["10.0.0.9"]


def test_all_zones_of_a_member_have_a_name() -> None:
    what = plan(facts([member("a", "us", ["east", "west"])], [placed("a", EAST)]))
    assert answers(what) == dict.fromkeys("EWRG", EAST)


def test_a_member_without_region_counts_for_the_global_name_only() -> None:
    what = plan(facts([member("a", None, ["east"])], [placed("a", EAST)]))
    assert answers(what) == {"G": EAST}


def test_a_region_in_which_nothing_counts_answers_with_the_others() -> None:
    members = [member("a", "us", ["east"], ready=False), member("b", "eu", ["north"])]
    what = plan(facts(members, [placed("a", EAST), placed("b", WEST)]))
    assert {level: answers(what)[level] for level in "ERG"} == dict.fromkeys("ERG", WEST)


def test_a_zone_with_ipv4_only_does_not_answer_with_the_ipv6_of_another() -> None:
    what = plan(facts(BOTH, [placed("fc01", EAST), placed("fc02", [*WEST, "2001:db8::2"])]))
    assert answers(what, "AAAA") == {level: ["2001:db8::2"] for level in "WRG"}
    moved = plan(facts(BOTH, [placed("fc01", EAST, 0), placed("fc02", ["2001:db8::2"])], [a("E", EAST)]))
    east = SCHEME.name(NGINX, LEVELS["E"])
    assert [c for c in moved.changes if c.record.name == east] == [
        Change("delete", RecordSet(east, "A", 30, tuple(EAST))),
        Change("create", RecordSet(east, "AAAA", 30, ("2001:db8::2",))),
    ]


def test_nothing_is_created_for_a_service_that_never_answered() -> None:
    assert plan(facts(BOTH, [placed("fc01", EAST, 0)])) == Plan((), (), ())


@pytest.mark.parametrize("kind", ["A", "CNAME", "UNKNOWN"])
def test_a_foreign_record_in_the_way_stops_its_service_and_no_other(kind: str) -> None:
    now = [*BEFORE[:3], a("G", ["x"], owner="other", kind=kind)]
    given = facts(BOTH, [placed("fc01", EAST, 0), placed("fc02", WEST)], now)
    other = given.services[0].model_copy(update={"name": "web"})
    what = plan(given.model_copy(update={"services": (*given.services, other)}))
    assert what.conflicts == (Conflict(SCHEME.name(NGINX), kind, "other"),)
    assert answers(what)["E"] == EAST
    assert {c.record.name.partition(".")[0] for c in what.changes} == {"web"}


def test_foreign_records_of_other_types_are_in_nobodys_way() -> None:
    what = plan(facts(BOTH, HEALTHY, [*BEFORE, a("G", ["hello"], owner=None, kind="TXT")]))
    assert (what.changes, what.conflicts) == ((), ())


def test_a_cname_of_ours_leaves_before_the_addresses_come() -> None:
    what = plan(facts(BOTH, HEALTHY, [*BEFORE[:3], a("G", ["x.example."], kind="CNAME")]))
    assert [(c.action, c.record.type) for c in what.changes] == [("delete", "CNAME"), ("create", "A")]


def test_another_ttl_is_an_update() -> None:
    what = plan(facts(BOTH, HEALTHY, [BEFORE[0] | {"ttl": 180}, *BEFORE[1:]]))
    assert what.changes == (Change("update", RecordSet(BEFORE[0]["name"], "A", 30, tuple(EAST))),)


def test_a_deleted_service_takes_nothing_of_others_with_it() -> None:
    now = [*BEFORE[:3], a("G", ["9.9.9.9"], owner="other")]
    what = plan(facts(BOTH, HEALTHY, now, deleted=True))
    assert {c.action for c in what.changes} == {"delete"}
    assert (len(what.changes), what.conflicts) == (3, ())


def test_our_mark_on_a_name_of_no_service_is_left_alone() -> None:
    odd = {"name": f"www.{DOMAIN}", "type": "A", "ttl": 30, "values": ["1.1.1.1"], "owner": FED}
    assert plan(facts(BOTH, HEALTHY, [*BEFORE, odd])).changes == ()


def test_a_zone_asks_its_region_before_it_asks_the_world() -> None:
    members = [*BOTH, member("eu1", "eu", ["north"])]
    what = plan(facts(members, [placed("fc01", EAST, 0), placed("fc02", WEST), placed("eu1", ["3.3.3.3"])]))
    assert (answers(what)["E"], answers(what)["G"]) == (WEST, [*WEST, "3.3.3.3"])


def test_a_service_that_is_gone_loses_all_records_with_our_mark_of_every_type() -> None:
    now = [*BEFORE, a("G", ["hello"], kind="TXT"), a("R", ["hello"], owner=None, kind="TXT")]
    what = plan(facts(BOTH, HEALTHY, now).model_copy(update={"services": ()}))
    assert [(c.action, c.record.type) for c in what.changes].count(("delete", "A")) == 4
    assert [(c.action, c.record.type) for c in what.changes].count(("delete", "TXT")) == 1
    assert (len(what.changes), what.records) == (5, ())


def test_a_service_placed_nowhere_keeps_its_last_answer() -> None:
    assert plan(facts([], HEALTHY, BEFORE)).changes == ()
    assert plan(facts(BOTH, [], BEFORE)).changes == ()
