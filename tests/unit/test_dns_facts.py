"""The public JSON of facts: what is taken, and what is said about mistakes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation.dns.facts import FactsError, current, parse
from federation.dns.records import RecordSet, Stored

SMALLEST = {"federation": "fed", "domain": "example.com"}


def test_two_keys_are_enough_and_the_rest_has_a_default() -> None:
    facts = parse(json.dumps(SMALLEST))
    assert (facts.ttl, facts.members, facts.services, facts.current) == (30, (), (), ())


def test_names_are_folded_to_lower_case_without_a_trailing_dot() -> None:
    entry = {
        "name": "WWW.Example.com.",
        "type": "aaaa",
        "ttl": 5,
        "values": ["2001:DB8:0::1"],
        "owner": "Fed",
    }
    facts = parse(json.dumps({"federation": "Fed", "domain": "Example.COM.", "current": [entry]}))
    assert (facts.federation, facts.domain, facts.current[0].owner) == ("fed", "example.com", "fed")
    assert facts.current[0].record == RecordSet("www.example.com", "AAAA", 5, ("2001:db8::1",))


def test_all_mistakes_are_told_at_once_each_with_its_place() -> None:
    text: dict[str, Any] = {
        "domain": "example.com",
        "ttl": 0,
        "members": [{"name": "a", "ready": "yes"}, {"name": "b", "ready": True, "zone": "east"}],
        "services": [
            {
                "namespace": "d",
                "name": "n",
                "placements": [
                    {"member": "a", "applied": True, "readyBackends": -1, "addresses": ["lb.example.com"]}
                ],
            }
        ],
    }
    with pytest.raises(FactsError) as error:
        parse(json.dumps(text))
    assert str(error.value).splitlines() == [
        "facts: 6 mistakes",
        "  federation: is missing; add it",
        "  ttl: 0 is too small; let it be at least 1",
        "  members[0].ready: 'yes' is neither true nor false; write one of them",
        "  members[1].zone: unknown key; did you mean 'zones'?",
        (
            "  services[0].placements[0].addresses[0]: 'lb.example.com' is not an address; "
            "write an IPv4 or IPv6 address, not a name"
        ),
        "  services[0].placements[0].readyBackends: -1 is too small; let it be at least 0",
        "Next: correct the facts; docs/names.md has their form.",
    ]


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            {"members": [{"name": "a", "ready": True}] * 2},
            "members: names more than once: a; leave one of each",
        ),
        (
            {"services": [{"namespace": "d", "name": "n"}] * 2},
            "services: names more than once: d/n; leave one of each",
        ),
        (
            {"current": [{"name": "x.example.com", "type": "A", "ttl": 1, "values": []}] * 2},
            "current: names more than once: x.example.com A; leave one of each",
        ),
    ],
)
def test_what_can_be_there_once_is_not_there_twice(more: dict[str, Any], line: str) -> None:
    with pytest.raises(FactsError) as error:
        parse(json.dumps(SMALLEST | more))
    assert str(error.value).splitlines()[1].strip() == line


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\udcff".encode("utf-8", "surrogatepass")])
def test_what_is_no_object_is_an_error_and_not_a_crash(text: str | bytes) -> None:
    with pytest.raises(FactsError, match=r"(?s)facts: a mistake\n  .*Next: correct the facts"):
        parse(text)


def test_an_empty_region_is_none() -> None:
    text = SMALLEST | {"members": [{"name": "a", "region": "", "ready": True}]}
    assert parse(json.dumps(text)).members[0].region is None


def test_what_a_backend_has_read_becomes_facts() -> None:
    record = RecordSet("www.example.com", "TXT", 5, ("hello",))
    (entry,) = current([Stored(record, None, "7")])
    assert (entry.record, entry.owner) == (record, None)
