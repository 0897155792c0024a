"""Zone files of the stand-in: a DNS library reads exactly the sets out of them; serials and files as they should be."""

from __future__ import annotations

import ipaddress
import json
import random
import string
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.azure.dns.dataplane import DataPlane
from lab.azure.dns.types import TYPES, BadRecordError, quoted
from lab.azure.dns.zonefile import ServedSet, ServedZone, differ, next_serial, render, serial_of

unhurried = settings(deadline=None)  # one example may wait for a busy machine
ZONE = "example.com"
SOA = ServedSet(
    "@", "SOA", 3600, ("ns1-01.azure-dns.com. azuredns-hostmaster.microsoft.com. 1 3600 300 2419200 300",)
)
NS = ServedSet("@", "NS", 172_800, ("ns1-01.azure-dns.com.",))
labels = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=10)
names = st.one_of(
    st.just("*"),
    st.lists(labels, min_size=1, max_size=4).map(".".join),
    labels.map(lambda label: f"*.{label}"),
)
hosts = st.lists(labels, min_size=2, max_size=4).map(".".join)
numbers = st.integers(0, 65_535)
texts = (
    st.text(max_size=60)
    .filter(lambda t: len(t.encode(errors="replace")) <= 255)
    .filter(lambda t: not any(0xD800 <= ord(c) <= 0xDFFF for c in t))
)
Record = dict[str, Any]
RECORDS: dict[str, st.SearchStrategy[Record]] = {
    "A": st.ip_addresses(v=4).map(lambda ip: {"ipv4Address": str(ip)}),
    "AAAA": st.ip_addresses(v=6).map(lambda ip: {"ipv6Address": str(ip)}),
    "CAA": st.fixed_dictionaries(
        {"flags": st.integers(0, 255), "tag": st.sampled_from(["issue", "iodef"]), "value": texts}
    ),
    "CNAME": st.fixed_dictionaries({"cname": hosts}),
    "MX": st.fixed_dictionaries({"preference": numbers, "exchange": hosts}),
    "NS": st.fixed_dictionaries({"nsdname": hosts}),
    "PTR": st.fixed_dictionaries({"ptrdname": hosts}),
    "SRV": st.fixed_dictionaries({"priority": numbers, "weight": numbers, "port": numbers, "target": hosts}),
    "TXT": st.fixed_dictionaries({"value": st.lists(texts, min_size=1, max_size=3)}),
}
READ: dict[str, Callable[[Any], Record]] = {
    "A": lambda r: {"ipv4Address": r.address},
    "AAAA": lambda r: {"ipv6Address": str(ipaddress.ip_address(r.address))},
    "CAA": lambda r: {"flags": r.flags, "tag": r.tag.decode(), "value": r.value.decode()},
    "CNAME": lambda r: {"cname": host(r.target)},
    "MX": lambda r: {"preference": r.preference, "exchange": host(r.exchange)},
    "NS": lambda r: {"nsdname": host(r.target)},
    "PTR": lambda r: {"ptrdname": host(r.target)},
    "SRV": lambda r: {"priority": r.priority, "weight": r.weight, "port": r.port, "target": host(r.target)},
    "TXT": lambda r: {"value": [s.decode() for s in r.strings]},
}
"""A record as the library has read it, in the words of the resource manager."""


def host(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True)


def owner(name: str) -> str:
    return f"{ZONE}." if name == "@" else f"{name}.{ZONE}.".lower()


def canonical(records: Iterable[Record]) -> list[str]:
    return sorted(json.dumps(record, sort_keys=True) for record in records)


Sets = dict[tuple[str, str], tuple[int, list[Record]]]
"""Name and type → TTL and records."""


@st.composite
def sets(draw: st.DrawFn) -> Sets:
    """Sets as Azure DNS takes them: CNAME alone, no NS as a wildcard, no record twice."""
    found: Sets = {}
    for name in draw(st.lists(names, max_size=6, unique_by=str.lower)):
        possible = [k for k in RECORDS if k != "CNAME" and not (k == "NS" and "*" in name)]
        for kind in draw(st.sets(st.sampled_from(possible), max_size=3)) or {"CNAME"}:
            records = draw(
                st.lists(
                    RECORDS[kind],
                    min_size=1,
                    max_size=1 if kind == "CNAME" else 4,
                    unique_by=lambda record: json.dumps(record, sort_keys=True).lower(),
                )
            )
            found[name, kind] = draw(st.integers(1, 2**31 - 1)), records
    return found


def served(found: Sets) -> ServedZone:
    rows = []
    for (name, kind), (ttl, records) in found.items():
        type_ = TYPES[kind]
        rdata = type_.rdata({type_.key: records[0] if type_.single else records})
        rows.append(ServedSet(name, kind, ttl, tuple(rdata)))
    return ServedZone(ZONE, (SOA, NS, *rows))


@unhurried
@given(sets(), st.integers(1, 2**32 - 1))
def test_a_library_reads_exactly_the_sets(found: Sets, serial: int) -> None:
    text = render(served(found), serial)
    read = dns.zone.from_text(text, origin=f"{ZONE}.", relativize=False, check_origin=True)
    soa: Any = next(iter(read.find_rdataset(f"{ZONE}.", "SOA")))
    assert soa.serial == serial == serial_of(text)
    apex = f"{ZONE}."
    back = {}
    for name, node in read.nodes.items():
        for rdataset in node:
            kind = dns.rdatatype.to_text(rdataset.rdtype)
            if (name.to_text(), kind) not in ((apex, "SOA"), (apex, "NS")):
                back[name.to_text().lower(), kind] = (
                    rdataset.ttl,
                    canonical(READ[kind](r) for r in rdataset),
                )
    expected = {
        (owner(name), kind): (ttl, canonical(records)) for (name, kind), (ttl, records) in found.items()
    }
    assert back == expected


def parsed(kind: str, rdata: str) -> Any:
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(kind), rdata)


@unhurried
@given(st.lists(texts, min_size=1, max_size=4))
def test_any_text_comes_back_byte_by_byte(values: list[str]) -> None:
    line = " ".join(quoted(v) for v in values)
    assert line.isascii()
    assert "\n" not in line
    assert [s.decode() for s in parsed("TXT", line).strings] == values


@unhurried
@given(sets(), st.integers())
def test_the_order_of_sets_does_not_matter(found: Sets, seed: int) -> None:
    rows = list(served(found).sets)
    random.Random(seed).shuffle(rows)
    assert render(ServedZone(ZONE, tuple(rows)), 7) == render(served(found), 7)


def test_a_file_in_words() -> None:
    www = ServedSet("www", "A", 30, ("10.0.0.1", "10.0.0.2"))
    assert render(ServedZone(ZONE, (NS, www, SOA)), 7) == (
        "example.com. 3600 IN SOA ns1-01.azure-dns.com. azuredns-hostmaster.microsoft.com. 7 3600 300 2419200 300\n"
        "example.com. 172800 IN NS ns1-01.azure-dns.com.\n"
        "www.example.com. 30 IN A 10.0.0.1\n"
        "www.example.com. 30 IN A 10.0.0.2\n"
    )


def test_files_differ_in_sets_and_not_in_serials() -> None:
    zone = ServedZone(ZONE, (SOA, NS))
    more = ServedZone(ZONE, (SOA, NS, ServedSet("www", "A", 30, ("10.0.0.1",))))
    assert not differ(render(zone, 1), render(zone, 2))
    assert differ(render(zone, 1), render(more, 1))
    assert differ("", render(zone, 1))


@pytest.mark.parametrize(("last", "now", "serial"), [(0, 100.9, 100), (100, 100.9, 101), (500, 100, 501)])
def test_serials_rise_and_follow_the_clock(last: int, now: float, serial: int) -> None:
    assert next_serial(last, now) == serial


@pytest.mark.parametrize("bad", [None, 5, [], ["x", 5]])
def test_a_txt_record_is_a_list_of_texts(bad: object) -> None:
    with pytest.raises(BadRecordError):
        TYPES["TXT"].rdata({"TXTRecords": [{"value": bad}]})


# The directory that CoreDNS reads


@pytest.fixture
def plane(tmp_path: Path) -> DataPlane:
    return DataPlane(tmp_path, Path("/no/coredns"), "127.0.0.1", 53)


def test_only_what_has_changed_is_written_and_serials_rise(plane: DataPlane) -> None:
    one, two = ServedZone("one.com", (SOA, NS)), ServedZone("two.com", (SOA, NS))
    assert sorted(plane.sync([one, two])) == ["one.com", "two.com"]
    file = plane.zones / "one.com.zone"
    before, untouched = serial_of(file.read_text()), (plane.zones / "two.com.zone").stat()
    assert plane.sync([one, two]) == []
    changed = ServedZone("one.com", (SOA, NS, ServedSet("www", "A", 30, ("10.0.0.1",))))
    assert plane.sync([changed, two]) == ["one.com"]
    assert serial_of(file.read_text()) > before
    assert (plane.zones / "two.com.zone").stat().st_mtime_ns == untouched.st_mtime_ns


def test_a_zone_that_goes_loses_its_file_and_comes_back_with_a_higher_serial(plane: DataPlane) -> None:
    """Within one second, too: the nameserver may not have noticed that it was gone."""
    zone = ServedZone(ZONE, (SOA, NS))
    serials = []
    for _ in range(3):
        plane.sync([zone])
        serials.append(serial_of((plane.zones / f"{ZONE}.zone").read_text()))
        assert plane.sync([]) == [ZONE]
        assert not list(plane.zones.iterdir())
    assert serials == sorted(set(serials))
