"""The backend on the stand-in for Azure DNS: what is read, what is written, and whose sets are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from federation.dns.azure_records import OWNER
from federation.dns.backend import ForeignError, MissingZoneError, StaleError
from federation.dns.facts import current
from federation.dns.limits import LimitError
from federation.dns.plan import plan
from federation.dns.records import Change, RecordSet
from federation.errors import ConflictError, FederationError, RejectedError
from tests.unit.azure_dns_fixtures import a, cname, to
from tests.unit.azure_zone_fixtures import DOMAIN, LESS, NGINX, OTHER, SIX, Account, Wire, account, create
from tests.unit.test_dns_reconcile import facts, service

__all__ = ["account"]


@pytest.fixture(params=[False, True], ids=["public", "private"])
def either(request: pytest.FixtureRequest) -> Iterator[Account]:
    """A zone of either kind."""
    made = Account(private=request.param)
    yield made
    made.close()


def records(account: Account) -> list[RecordSet]:
    """As another process reads them, but for the zone's own."""
    return [each.record for each in account.backend().read().values() if each.record.name != DOMAIN]


def test_what_is_written_is_read_and_what_is_deleted_is_gone(either: Account) -> None:
    backend = either.backend()
    backend.write(create(NGINX, SIX, OTHER), backend.read(), owner="fed")
    assert records(either) == [NGINX, SIX, OTHER]
    seen = backend.read()
    assert {seen[record.key].owner for record in (NGINX, SIX, OTHER)} == {"fed"}
    backend.write([Change("update", LESS), Change("delete", SIX)], seen, owner="fed")
    assert records(either) == [LESS, OTHER]
    backend.write([Change("delete", each) for each in (LESS, OTHER)], backend.read(), owner="fed")
    assert either.sets() == {}


def test_a_set_has_a_ttl_and_the_mark_in_its_metadata(account: Account) -> None:
    backend = account.backend()
    backend.write(create(replace(NGINX, ttl=77)), backend.read(), owner="fed")
    found = account.sets()["nginx.default.fed.svc", "A"]
    assert (found["TTL"], found["metadata"]) == (77, {OWNER: "fed"})
    assert OWNER == "federation-owner", "it is in the zones of those who use it"


def test_somebodys_notes_in_the_metadata_stay(account: Account) -> None:
    account.put("nginx.default.fed.svc", a("10.0.0.9", metadata={OWNER: "fed", "cost-centre": "7"}))
    backend = account.backend()
    backend.write([Change("update", LESS)], backend.read(), owner="fed")
    assert account.sets()["nginx.default.fed.svc", "A"]["metadata"] == {OWNER: "fed", "cost-centre": "7"}


@pytest.mark.parametrize("zone", ["example.com", "example.com.", "Example.COM."])
def test_a_zone_may_be_named_with_a_dot_and_in_any_case(account: Account, zone: str) -> None:
    backend = account.backend(store=account.store(zone=zone))
    backend.write(create(LESS), backend.read(), owner="fed")
    assert records(account) == [LESS]


def test_a_domain_below_the_zone_is_all_that_is_seen_of_it() -> None:
    account = Account(domain="example.com")
    account.put("www", a("10.9.9.9"))
    account.put("fed2", a("10.9.9.9"))
    account.put("www.fed", a("10.9.9.9"))
    account.domain = "fed.example.com"
    backend = account.backend(store=account.store(zone="example.com"))
    assert set(backend.read()) == {("www.fed.example.com", "A")}
    record = RecordSet("fed.example.com", "A", 30, ("10.0.0.2",))
    backend.write(create(record), backend.read(), owner="fed")
    assert account.answers()["fed"] == ("10.0.0.2",)
    account.close()


def test_the_apex_is_written_by_its_sign(account: Account) -> None:
    backend = account.backend()
    backend.write(create(RecordSet(DOMAIN, "A", 30, ("10.0.0.2",))), backend.read(), owner="fed")
    assert account.dns.get(f"{account.zone}/A/@").json()["properties"]["ARecords"] == [
        {"ipv4Address": "10.0.0.2"}
    ]


def test_all_types_of_others_are_seen_in_words(account: Account) -> None:
    account.put("a", a("10.0.0.2", "10.0.0.1"))
    account.put("c", cname("Target.example.org."), "CNAME")
    account.put("t", {"properties": {"TTL": 5, "TXTRecords": [{"value": ["one", "two"]}]}}, "TXT")
    mx = {"properties": {"TTL": 5, "MXRecords": [{"preference": 10, "exchange": "mail.example.org."}]}}
    account.put("m", mx, "MX")
    account.put("*.w", {"properties": {"TTL": 5, "AAAARecords": [{"ipv6Address": "2001:DB8::1"}]}}, "AAAA")
    found = {key: each.record.values for key, each in account.backend().read().items() if key[0] != DOMAIN}
    assert found == {
        ("a.example.com", "A"): ("10.0.0.1", "10.0.0.2"),
        ("c.example.com", "CNAME"): ("target.example.org",),
        ("t.example.com", "TXT"): ("onetwo",),
        ("m.example.com", "MX"): ("10 mail.example.org",),
        ("*.w.example.com", "AAAA"): ("2001:DB8::1",),
    }


def test_a_list_of_several_pages_is_read_to_its_end() -> None:
    account = Account(page_size=3)
    wanted = [RecordSet(f"n{n:02}.{DOMAIN}", "A", 30, ("10.0.0.2",)) for n in range(14)]
    backend = account.backend()
    backend.write(create(*wanted), backend.read(), owner="fed")
    wire = Wire(account.dns)
    assert len(account.backend(wire).read()) == 14 + 2
    assert wire.count("GET") == 6
    account.close()


def test_what_comes_between_reading_and_writing_stops_the_write(either: Account) -> None:
    mine, other = either.backend(), either.backend()
    seen = mine.read()
    other.write(create(LESS), other.read(), owner="fed")
    with pytest.raises(StaleError) as raised:
        mine.write(create(NGINX), seen, owner="fed")
    assert str(raised.value) == (
        f"records of {NGINX.name} in azure: somebody else has changed them. Next: try again."
    )
    seen = mine.read()
    other.write([Change("update", NGINX)], other.read(), owner="fed")
    with pytest.raises(StaleError):
        mine.write([Change("update", replace(LESS, ttl=60))], seen, owner="fed")
    with pytest.raises(StaleError):
        mine.write([Change("delete", LESS)], seen, owner="fed")
    assert records(either) == [NGINX]


def test_what_goes_between_reading_and_writing_stops_the_write(either: Account) -> None:
    mine, other = either.backend(), either.backend()
    mine.write(create(NGINX), mine.read(), owner="fed")
    seen = mine.read()
    other.write([Change("delete", NGINX)], other.read(), owner="fed")
    with pytest.raises(StaleError):
        mine.write([Change("update", LESS)], seen, owner="fed")
    assert records(either) == []


def test_other_names_are_written_although_one_is_stale(account: Account) -> None:
    mine, other = account.backend(), account.backend()
    seen = mine.read()
    other.write(create(LESS), other.read(), owner="fed")
    with pytest.raises(StaleError):
        mine.write(create(NGINX, OTHER), seen, owner="fed")
    assert records(account) == [LESS, OTHER]


@pytest.mark.parametrize("metadata", [{}, {OWNER: "other"}, {OWNER: ""}])
def test_a_set_of_somebody_else_is_never_touched(account: Account, metadata: dict[str, str]) -> None:
    account.put("nginx.default.fed.svc", a("10.9.9.9", metadata=metadata))
    before = account.sets()
    backend, wire = account.backend(), Wire(account.dns)
    for action in ("update", "delete"):
        with pytest.raises(ForeignError):
            account.backend(wire).write([Change(action, NGINX)], backend.read(), owner="fed")
    assert account.sets() == before
    assert wire.log == [], "nothing was even tried"


def test_a_cname_that_somebody_sets_in_between_is_in_the_way(account: Account) -> None:
    backend = account.backend()
    seen = backend.read()
    account.put("nginx.default.fed.svc", cname("www.example.org"), "CNAME")
    with pytest.raises(StaleError):
        backend.write(create(NGINX), seen, owner="fed")
    made = plan(facts(current(backend.read().values()), service("nginx", {"fc01": "10.0.0.2"})))
    assert [(c.name, c.type) for c in made.conflicts] == [(NGINX.name, "CNAME")]


def test_an_alias_is_somebodys_set_unless_it_bears_our_mark(account: Account) -> None:
    address = account.dns.address(address="10.90.1.1")
    account.put("nginx.default.fed.svc", to(address))
    backend = account.backend()
    found = backend.read()[NGINX.key]
    assert (found.owner, found.record.values) == (None, (f"alias of {address}",))
    made = plan(facts(current(backend.read().values()), service("nginx", {"fc01": "10.0.0.2"})))
    assert [(c.name, c.type) for c in made.conflicts] == [(NGINX.name, "A")]
    with pytest.raises(ForeignError, match="bears nobody's mark"):
        backend.write([Change("update", LESS)], backend.read(), owner="fed")
    marked = to(address)
    marked["properties"]["metadata"] = {OWNER: "fed"}
    account.put("nginx.default.fed.svc", marked)
    backend.write([Change("update", LESS)], backend.read(), owner="fed")
    assert account.answers() == {"nginx.default.fed.svc": ("10.0.0.2",)}
    assert not account.sets()["nginx.default.fed.svc", "A"].get("targetResource")


def test_a_cname_of_ours_goes_before_addresses_come(account: Account) -> None:
    body = cname("www.example.org")
    body["properties"]["metadata"] = {OWNER: "fed"}
    account.put("nginx.default.fed.svc", body, "CNAME")
    backend = account.backend()
    gone = RecordSet(NGINX.name, "CNAME", 30, ("www.example.org",))
    backend.write([Change("create", LESS), Change("delete", gone)], backend.read(), owner="fed")
    assert records(account) == [LESS]


def test_a_name_that_changes_its_family_has_an_answer_all_the_time(account: Account) -> None:
    backend = account.backend()
    backend.write(create(LESS), backend.read(), owner="fed")
    answered = list[int]()
    wire = Wire(account.dns, before=lambda *_: answered.append(len(account.sets())))
    other = account.backend(wire)
    other.write([Change("delete", LESS), Change("create", SIX)], other.read(), owner="fed")
    assert wire.log == [
        ("GET", "recordsets", 200),
        ("PUT", "AAAA/nginx.default.fed.svc", 201),
        ("DELETE", "A/nginx.default.fed.svc", 200),
    ]
    assert min(answered) >= 1


def test_a_name_left_halfway_is_completed_by_the_next_reading(account: Account) -> None:
    account.faults({"match": {"method": "PUT", "path": "/AAAA/"}, "status": 400, "code": "BadRequest"})
    backend = account.backend()
    with pytest.raises(RejectedError):
        backend.write(create(NGINX, SIX), backend.read(), owner="fed")
    assert records(account) == [NGINX]
    backend.write(create(SIX), backend.read(), owner="fed")
    assert records(account) == [NGINX, SIX]


def test_a_set_of_twenty_one_is_refused_and_all_others_are_written(account: Account) -> None:
    many = replace(NGINX, values=tuple(f"10.0.0.{n}" for n in range(10, 31)))
    backend, wire = account.backend(), Wire(account.dns)
    with pytest.raises(LimitError) as raised:
        account.backend(wire).write(create(many, OTHER), backend.read(), owner="fed")
    assert str(raised.value) == (
        f"record {NGINX.name}: it would have 21 values, and azure takes 20. "
        "Next: place its service on fewer members."
    )
    assert records(account) == [OTHER]
    assert wire.count("PUT") == 1, "Azure is not asked for what it does not take"


def test_a_full_zone_takes_changes_and_no_new_sets(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = account.backend()
    backend.write(create(NGINX), backend.read(), owner="fed")
    monkeypatch.setattr("federation.dns.azure_sets.PublicSets.limits", replace(backend._zone.limits, sets=3))
    with pytest.raises(LimitError) as raised:
        backend.write([Change("update", LESS), *create(OTHER)], backend.read(), owner="fed")
    assert str(raised.value) == (
        f"record {OTHER.name}: the zone has 3 record sets, as many as azure takes. "
        "Next: federate fewer services, or give the federation a zone of its own."
    )
    assert records(account) == [LESS]
    backend.write([Change("delete", LESS), *create(OTHER)], backend.read(), owner="fed")
    assert records(account) == [OTHER]


def test_a_zone_that_is_not_there_is_told_as_such(account: Account) -> None:
    backend = account.backend(store=account.store(zone="missing.example.com"))
    account.domain = "missing.example.com"
    with pytest.raises(MissingZoneError) as raised:
        backend.read()
    told = str(raised.value)
    assert told.startswith("zone missing.example.com in Azure DNS: it is not there: ResourceNotFound: ")
    assert told.endswith(
        " Next: run `pulumi up --refresh`, which makes it anew if it is the stack's, or name one that is there."
    )


def test_a_lock_in_the_way_is_told_as_such(account: Account) -> None:
    backend = account.backend()
    backend.write(create(LESS), backend.read(), owner="fed")
    account.dns.lock(account.zone)
    with pytest.raises(ConflictError) as raised:
        backend.write([Change("delete", LESS)], backend.read(), owner="fed")
    assert str(raised.value).startswith("zone example.com in Azure DNS: a lock forbids it: ")
    assert str(raised.value).endswith(
        " Next: remove the lock, or leave what it keeps: `az lock list` shows it."
    )
    assert records(account) == [LESS]


def test_the_rest_is_not_tried_when_everything_is_refused(account: Account) -> None:
    wanted = [RecordSet(f"n{n:02}.{DOMAIN}", "A", 30, ("10.0.0.2",)) for n in range(40)]
    backend = account.backend()
    backend.write(create(*wanted), backend.read(), owner="fed")
    account.dns.lock(account.zone)
    wire = Wire(account.dns)
    refused = account.backend(wire)
    with pytest.raises(ConflictError, match="a lock forbids it"):
        refused.write([Change("delete", each) for each in wanted], refused.read(), owner="fed")
    assert wire.count("DELETE") == 10


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (401, "ExpiredAuthenticationToken", "Next: log in anew: `az login`, or correct "),
        (
            403,
            "AuthorizationFailed",
            "Next: give who is logged in the role DNS Zone Contributor on the zone.",
        ),
        (409, "AnotherOperation", "Next: wait until the other operation has ended, then try again."),
    ],
)
def test_a_refusal_names_the_zone_the_cause_and_the_next_step(
    account: Account, status: int, code: str, text: str
) -> None:
    account.faults({"match": {"count": None}, "status": status, "code": code, "message": "No."})
    with pytest.raises(FederationError) as raised:
        account.backend().read()
    assert str(raised.value).startswith(f"zone example.com in Azure DNS: {code}: No. {text}")


def test_threads_write_what_one_would(account: Account) -> None:
    wanted = {
        RecordSet(f"n{n:02}.{DOMAIN}", kind, 30, (value,))
        for n in range(30)
        for kind, value in (("A", "10.0.0.2"), ("AAAA", "2001:db8::2"))
    }
    backend = account.backend(workers=8)
    backend.write(create(*wanted), backend.read(), owner="fed")
    assert set(records(account)) == wanted
