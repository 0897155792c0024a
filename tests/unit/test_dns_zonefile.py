"""Zone files: their text, their differences, and that a DNS library reads the same out of them."""

from __future__ import annotations

from ipaddress import ip_address

from dns import zone
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.dns.records import RecordSet, sorted_values, type_of
from federation.dns.zonefile import diff, render

unhurried = settings(deadline=None)  # one example may wait for a busy machine
DOMAIN = "example.com"
WEB = RecordSet("web.example.com", "A", 30, ("10.0.0.2", "10.0.1.2"))
labels = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
names = st.lists(labels, max_size=4).map(lambda head: ".".join([*head, DOMAIN]))
addresses = st.ip_addresses().map(str)


@st.composite
def record_sets(draw: st.DrawFn) -> list[RecordSet]:
    found: dict[tuple[str, str], RecordSet] = {}
    for name, values in draw(
        st.dictionaries(names, st.lists(addresses, min_size=1, max_size=4), max_size=5)
    ).items():
        for kind in ("A", "AAAA"):
            mine = sorted_values(value for value in values if type_of(value) == kind)
            if mine:
                found[name, kind] = RecordSet(name, kind, draw(st.integers(1, 86400)), mine)
    return list(found.values())


def test_a_zone_file_names_its_origin_its_ttl_and_each_record_in_order() -> None:
    other = RecordSet("api.example.com", "AAAA", 60, ("2001:db8::1",))
    assert render([WEB, other], DOMAIN, 30) == (
        "$ORIGIN example.com.\n"
        "$TTL 30\n"
        "api 60 IN AAAA 2001:db8::1\n"
        "web 30 IN A 10.0.0.2\n"
        "web 30 IN A 10.0.1.2\n"
    )


def test_a_record_of_the_zone_itself_is_at_its_origin() -> None:
    assert render([RecordSet(DOMAIN, "A", 30, ("10.0.0.2",))], DOMAIN, 30).endswith("@ 30 IN A 10.0.0.2\n")


@unhurried
@given(record_sets())
def test_dnspython_reads_back_what_was_written(records: list[RecordSet]) -> None:
    read = zone.from_text(render(records, DOMAIN, 30), check_origin=False, relativize=False)
    found = {
        RecordSet(
            name.to_text(omit_final_dot=True),
            {1: "A", 28: "AAAA"}[data.rdtype],
            data.ttl,
            sorted_values(str(ip_address(value.to_text())) for value in data),
        )
        for name, data in read.iterate_rdatasets()
    }
    assert found == set(records)


def test_a_difference_shows_what_goes_and_what_comes_and_nothing_else() -> None:
    new = RecordSet(WEB.name, "A", 30, ("10.0.0.2", "10.0.2.2"))
    api = RecordSet("api.example.com", "A", 30, ("10.0.0.2",))
    assert diff([WEB], [new, api], DOMAIN) == (
        "+ api 30 IN A 10.0.0.2\n- web 30 IN A 10.0.1.2\n+ web 30 IN A 10.0.2.2\n"
    )


def test_a_new_ttl_changes_all_lines_of_a_record_set() -> None:
    assert diff([WEB], [RecordSet(WEB.name, "A", 60, WEB.values)], DOMAIN).count("\n") == 4


@unhurried
@given(record_sets())
def test_nothing_differs_from_itself(records: list[RecordSet]) -> None:
    assert not diff(records, list(reversed(records)), DOMAIN)
