"""Keys and values of CoreDNS' etcd plugin, in both directions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.dns.records import RecordSet, Stored
from federation.dns.skydns import Entry, keys, label, record_sets, revisions

BASE = "/skydns/com/example"


def read(*found: tuple[str, object]) -> dict[tuple[str, str], Stored]:
    """The zone example.com with these keys below it; a text is a value as it is."""
    return record_sets(
        [
            Entry(BASE + key, (value if isinstance(value, str) else json.dumps(value)).encode(), 7)
            for key, value in found
        ],
        "example.com",
    )


def test_a_record_is_a_key_below_its_reversed_name_with_the_hash_of_its_address() -> None:
    record = RecordSet("nginx.default.fed.svc.example.com", "A", 30, ("10.250.0.2", "10.250.1.2"))
    below = f"{BASE}/svc/fed/default/nginx"
    assert keys(record, "fed") == {
        f"{below}/9e7a52f3": '{"host":"10.250.0.2","owner":"fed","ttl":30}',
        f"{below}/383bbecc": '{"host":"10.250.1.2","owner":"fed","ttl":30}',
    }


@pytest.mark.parametrize(
    ("data", "hashed"),
    [
        ("nginx.default.fc-federated-cluster.svc.us.fc-federated.com", "e5937022"),
        ("nginx.default.fc-federated-cluster.svc.us.fc-federated.com.", "731962e4"),
        ("", "811c9dc5"),
    ],
)
def test_the_hash_is_that_of_kubefed(data: str, hashed: str) -> None:
    assert label(data) == hashed


LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
SETS = st.builds(
    lambda labels, addresses, ttl: RecordSet(
        ".".join([*labels, "example.com"]), "A", ttl, tuple(sorted(addresses))
    ),
    st.lists(LABELS, min_size=1, max_size=4),
    st.sets(st.ip_addresses(v=4).map(str), min_size=1, max_size=5),
    st.integers(1, 2**31 - 1),
)


@given(st.lists(SETS, unique_by=lambda record: record.name, max_size=6), st.sampled_from(["/skydns", "/a/b"]))
def test_what_is_written_is_read_back(records: list[RecordSet], prefix: str) -> None:
    entries = [
        Entry(key, text.encode(), number)
        for number, record in enumerate(records)
        for key, text in keys(record, "fed", prefix).items()
    ]
    found = record_sets(entries, "example.com", prefix)
    assert {key: (each.record, each.owner) for key, each in found.items()} == {
        record.key: (record, "fed") for record in records
    }
    for number, record in enumerate(records):
        assert revisions(found[record.key]) == dict.fromkeys(keys(record, "fed", prefix), number)


@pytest.mark.parametrize(
    ("value", "kind", "data"),
    [
        ({"host": "10.0.0.1"}, "A", "10.0.0.1"),
        ({"host": "10.0.0.1", "port": 80, "text": "x"}, "A", "10.0.0.1"),
        ({"host": "2001:db8::1"}, "AAAA", "2001:db8::1"),
        ({"host": "www.example.org"}, "CNAME", "www.example.org"),
        ({"host": "www.example.org", "port": 443}, "SRV", "www.example.org"),
        ({"host": "mx.example.org", "mail": True}, "MX", "mx.example.org"),
        ({"text": "v=spf1 -all"}, "TXT", "v=spf1 -all"),
        ({}, "CNAME", ""),
        ("{not JSON", "UNKNOWN", "{not JSON"),
        ("[]", "UNKNOWN", "[]"),
    ],
    ids=str,
)
def test_values_of_other_programs_are_record_sets_too(value: object, kind: str, data: str) -> None:
    found = read(("/www", value))
    assert list(found) == [("www.example.com", kind)]
    assert found["www.example.com", kind].record.values == (data,)
    assert found["www.example.com", kind].owner is None


@pytest.mark.parametrize("last", ["x1", "1a2b3c4d", "cafe"])
def test_a_label_of_another_program_counts_for_both_names(last: str) -> None:
    assert read((f"/www/{last}", {"host": "10.0.0.1"})).keys() == {
        (f"{last}.www.example.com", "A"),
        ("www.example.com", "A"),
    }


@pytest.mark.parametrize(
    ("ttl", "seconds"), [(5, 5), (0, 300), (None, 300), ("30", 300), (2**40, 2**31 - 1)], ids=str
)
def test_the_ttl_of_a_value(ttl: object, seconds: int) -> None:
    assert read(("/www", {"host": "10.0.0.1", "ttl": ttl}))["www.example.com", "A"].record.ttl == seconds


@pytest.mark.parametrize(
    ("owners", "owner"),
    [
        (["fed", "fed"], "fed"),
        (["fed", None], None),
        (["fed", "other"], None),
        (["", ""], None),
        ([1, 1], None),
    ],
    ids=str,
)
def test_a_set_is_ours_only_if_all_of_it_is(owners: list[object], owner: str | None) -> None:
    found = read(
        *(
            (f"/www/{label(address)}", {"host": address, "owner": whose, "ttl": 30})
            for address, whose in zip(["10.0.0.1", "10.0.0.2"], owners, strict=True)
        )
    )
    assert [(each.record, each.owner) for each in found.values()] == [
        (RecordSet("www.example.com", "A", 30, ("10.0.0.1", "10.0.0.2")), owner)
    ]


def test_a_set_with_two_ttls_has_none_that_anybody_wants() -> None:
    found = read(
        *(
            (f"/www/{label(address)}", {"host": address, "owner": "fed", "ttl": ttl})
            for address, ttl in [("10.0.0.1", 30), ("10.0.0.2", 60)]
        )
    )
    assert found["www.example.com", "A"].record.ttl == 0


def test_a_zone_ends_at_its_labels() -> None:
    value = json.dumps({"host": "10.0.0.1"}).encode()
    others = [
        "/skydns/com/example2/www",
        "/skydns/com/example",
        "/skydns/com/example-2/www",
        "/other/com/example/www",
    ]
    assert record_sets([Entry(key, value, 1) for key in others], "example.com") == {}
