"""Decisions about the records of one service: when to write, what to show, what is somebody else's work."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.dns.facts import Current
from federation.dns.limits import LimitError
from federation.dns.plan import plan
from federation.dns.records import RecordSet
from federation.dns.service import (
    Standing,
    check,
    drift,
    nested,
    outputs,
    preview,
    refusal,
    sketch,
    standing,
)
from federation.dns.view import View
from federation.names import Service
from tests.unit.dns_service_fixtures import (
    BOTH,
    EAST,
    GLOBAL,
    MEMBERS,
    NGINX,
    SPEC,
    US,
    WEST,
    spec,
    view,
)

WRITTEN = {
    (record.name, record.type): record.values for record in sketch(SPEC, {m: [a] for m, a in BOTH.items()})
}
LATE = "service default/nginx has no load balancer address on member fc02 yet"


def stored(*, owner: str | None = "fed", **changes: tuple[str, ...] | None) -> tuple[Current, ...]:
    """As it was written, but for the record sets of some levels; None: there is none."""
    places = {"east": EAST, "west": WEST, "us": US, "all": GLOBAL}
    now = WRITTEN | {(places[place], "A"): values for place, values in changes.items()}
    return tuple(
        Current(
            name=name,
            type=kind,
            ttl=30,
            values=values,
            owner=owner if (name, kind) not in WRITTEN or WRITTEN[name, kind] != values else "fed",
        )
        for (name, kind), values in now.items()
        if values is not None
    )


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (
            view(BOTH),
            Standing({"fc01": ("10.0.0.2",), "fc02": ("10.0.1.2",)}, settled=True, missing=""),
        ),
        (
            view(BOTH | {"fc02": None}, problems=[LATE]),
            Standing({"fc01": ("10.0.0.2",)}, settled=False, missing=LATE),
        ),
        (
            view(BOTH | {"fc02": None}, down=["fc02"], problems=["member fc02 is not ready: dead"]),
            Standing({"fc01": ("10.0.0.2",)}, settled=True, missing="member fc02 is not ready: dead"),
        ),
        (
            view(BOTH, backends={"fc02": 0}, problems=["no backend"]),
            Standing({"fc01": ("10.0.0.2",)}, settled=True, missing="no backend"),
        ),
        (
            view(BOTH, backends={"fc01": 0, "fc02": 0}, problems=["no backends"]),
            Standing({}, settled=False, missing="no backends"),
        ),
        (view({}), Standing({}, settled=False, missing="it is placed on no member")),
        (view(BOTH, deleted=True), Standing({}, settled=False, missing="it is being deleted")),
        (
            View((), ()),
            Standing(
                {},
                settled=False,
                missing="it is not in the federation API as one of type LoadBalancer with names",
            ),
        ),
    ],
)
def test_only_addresses_that_come_by_themselves_are_waited_for(seen: View, expected: Standing) -> None:
    assert standing(seen, NGINX) == expected


def test_a_preview_of_a_new_service_has_a_line_for_each_name_and_member() -> None:
    assert preview(None, SPEC, {}) == (
        "+ nginx.default.fed.svc.east.us 30 IN A (address in fc01)\n"
        "+ nginx.default.fed.svc 30 IN A (address in fc01)\n"
        "+ nginx.default.fed.svc 30 IN A (address in fc02)\n"
        "+ nginx.default.fed.svc.us 30 IN A (address in fc01)\n"
        "+ nginx.default.fed.svc.us 30 IN A (address in fc02)\n"
        "+ nginx.default.fed.svc.west.us 30 IN A (address in fc02)\n"
    )


def test_a_preview_of_a_change_has_the_addresses_that_are_known() -> None:
    more = spec(members=[*MEMBERS, {"name": "fc03", "region": "eu"}])
    assert preview(SPEC, more, {"fc01": ["10.0.0.2"], "fc02": ["10.0.1.2"]}) == (
        "+ nginx.default.fed.svc.eu 30 IN A (address in fc03)\n"
        "+ nginx.default.fed.svc 30 IN A (address in fc03)\n"
    )
    slow = spec(ttl=60, members=MEMBERS[:1])
    lines = preview(spec(members=MEMBERS[:1]), slow, {"fc01": ["10.0.0.2"]}).splitlines()
    assert lines[:2] == [
        "- nginx.default.fed.svc.east.us 30 IN A 10.0.0.2",
        "+ nginx.default.fed.svc.east.us 60 IN A 10.0.0.2",
    ]
    assert preview(SPEC, SPEC, {"fc01": ["10.0.0.2"]}) == ""


def test_names_that_no_resolver_takes_are_refused_before_anything_is_asked() -> None:
    long = spec(service="n" * 63, namespace="m" * 63, domain=f"{'d' * 63}.{'e' * 63}.com")
    with pytest.raises(LimitError) as raised:
        check(long, "coredns", sketch(long, {}))
    assert (
        f"service {'m' * 63}/{'n' * 63}: {long.name} has {len(long.name)} characters, a DNS name at most 253"
        in str(raised.value)
    )


def test_a_backend_that_takes_few_addresses_is_asked_for_no_more() -> None:
    many = spec(members=[{"name": f"fc{number}"} for number in range(21)])
    check(many, "coredns", sketch(many, {}))
    with pytest.raises(LimitError) as raised:
        check(many, "azure", sketch(many, {}))
    assert "would have 21 A records, azure takes 20" in str(raised.value)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("us.example.com", "example.com", True),
        ("example.com", "us.example.com", True),
        ("example.com", "example.com", False),
        ("example.com", "myexample.com", False),
        ("example.com", "example.org", False),
    ],
)
def test_a_zone_inside_of_another_may_share_names_with_it(one: str, other: str, expected: bool) -> None:
    assert nested(one, other) is expected


def test_records_of_others_are_told_with_owner_and_store() -> None:
    made = plan(SPEC.facts(view(BOTH), stored(us=("10.9.9.9",), owner="other")))
    error = refusal(SPEC, [("coredns", made), ("azure", made)])
    assert str(error) == (
        f"service default/nginx: records of others at its names: {US} A of other in coredns, {US} A of other in "
        "azure; nothing is changed for it. Next: remove these records, or rename the service, then run `pulumi up` "
        "again."
    )
    assert refusal(SPEC, [("coredns", plan(SPEC.facts(view(BOTH), stored())))]) is None


@pytest.mark.parametrize(
    ("seen", "now", "expected"),
    [
        (view(BOTH), stored(), ()),
        # the controller has taken a dead member's address away, or given it back
        (view(BOTH, down=["fc02"]), stored(all=("10.0.0.2",), us=("10.0.0.2",), west=("10.0.0.2",)), ()),
        (view(BOTH), stored(west=("10.0.0.2",)), ()),
        # a member has another address now, or one more
        (view(BOTH | {"fc02": "10.0.1.9"}), stored(west=("10.0.1.9",)), ()),
        (view(BOTH), stored(west=("10.0.1.2", "10.9.9.9")), (f"{WEST} A has 10.9.9.9, which no member has",)),
        (view(BOTH), stored(us=None), (f"{US} A is gone",)),
        (view(BOTH), stored(us=("10.0.0.2",), owner="other"), (f"{US} A belongs to other",)),
        (view(BOTH), stored(us=("10.0.0.2",), owner=None), (f"{US} A belongs to nobody known",)),
        # nothing counts: the last answer is kept, whatever it is
        (view(BOTH, down=["fc01", "fc02"]), stored(west=("10.9.9.9",), us=None), ()),
        # the service has left a zone
        (view({"fc01": "10.0.0.2"}), stored(west=None), ()),
        # its records are to go, by whoever comes first
        (view(BOTH, deleted=True), stored(west=None), ()),
    ],
)
def test_what_the_controller_does_is_no_drift(
    seen: View, now: tuple[Current, ...], expected: tuple[str, ...]
) -> None:
    assert drift(SPEC, seen, now, WRITTEN) == expected


def test_a_record_set_that_nobody_has_written_yet_is_not_missed() -> None:
    before = {key: values for key, values in WRITTEN.items() if key[0] != WEST}
    assert drift(SPEC, view(BOTH), stored(west=None), before) == ()


def test_records_of_others_that_are_not_in_the_way_are_no_drift() -> None:
    text = Current(name=GLOBAL, type="TXT", ttl=30, values=("theirs",), owner="other")
    assert drift(SPEC, view(BOTH), (*stored(), text), WRITTEN) == ()


@given(
    st.lists(st.sampled_from(["fc01", "fc02"]), unique=True),
    st.dictionaries(
        st.sampled_from(["fc01", "fc02"]), st.sampled_from([None, "10.0.0.2", "10.0.1.2", "10.0.5.5"])
    ),
    st.dictionaries(st.sampled_from(["fc01", "fc02"]), st.integers(0, 1)),
)
def test_whatever_the_plan_says_is_no_drift(
    down: list[str], addresses: dict[str, str | None], backends: dict[str, int]
) -> None:
    seen = view(addresses, down=down, backends=backends)
    made = plan(SPEC.facts(seen, stored()))
    after = tuple(
        Current(name=r.name, type=r.type, ttl=r.ttl, values=r.values, owner="fed") for r in made.records
    )
    assert drift(SPEC, seen, after, WRITTEN) == ()


def test_only_records_at_names_of_the_service_are_its_own() -> None:
    names = [
        GLOBAL,
        WEST,
        "nginx.default.fed.svc.north.us.example.com",
        "nginx2.default.fed.svc.example.com",
        "nginx.default.fed2.svc.example.com",
        "x.nginx.default.fed.svc.example.com",
        "www.example.com",
    ]
    zone = tuple(Current(name=name, type="TXT", ttl=1) for name in names)
    assert [entry.name for entry in SPEC.own(zone)] == names[:3]
    assert [entry.name for entry in SPEC.gone(zone).current] == names[:3]


def test_outputs_are_plain_and_the_global_name_comes_first() -> None:
    records = (RecordSet(EAST, "A", 30, ("10.0.0.2",)), RecordSet(GLOBAL, "A", 30, ("10.0.0.2",)))
    assert outputs(SPEC, records, {"fc01": ("10.0.0.2",)}) == {
        "names": [GLOBAL, EAST],
        "addresses": ["10.0.0.2"],
        "placements": {"fc01": ["10.0.0.2"]},
        "records": [
            {"name": EAST, "type": "A", "ttl": 30, "values": ["10.0.0.2"]},
            {"name": GLOBAL, "type": "A", "ttl": 30, "values": ["10.0.0.2"]},
        ],
        "owner": "fed",
        "drift": [],
    }


def test_a_spec_is_read_from_inputs_with_floats_and_defaults() -> None:
    bare = {"federation": "fed", "domain": "example.com", "ttl": 30.0, "namespace": "a", "service": "b"}
    found = type(SPEC).from_props(bare | {"members": [{"name": "fc01"}]})
    assert (found.ttl, found.timeout, found.service) == (30, 180.0, Service("a", "b"))
    assert (found.members[0].region, found.members[0].zones) == (None, ())
    assert replace(found, service=NGINX).name == GLOBAL
