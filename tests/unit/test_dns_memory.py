"""The backend in memory keeps the protocol's promises."""

from __future__ import annotations

import pytest

from federation.dns.backend import ForeignError, StaleError
from federation.dns.memory import MemoryBackend
from federation.dns.records import Change, RecordSet

NGINX = RecordSet("nginx.example.com", "A", 30, ("10.0.0.2",))
MORE = RecordSet("nginx.example.com", "A", 30, ("10.0.0.2", "10.0.1.2"))
SIX = RecordSet("nginx.example.com", "AAAA", 30, ("2001:db8::2",))


def test_what_is_written_is_read_with_its_owner() -> None:
    backend = MemoryBackend()
    backend.write([Change("create", NGINX), Change("create", SIX)], backend.read(), owner="fed")
    found = backend.read()
    assert {key: (each.record, each.owner) for key, each in found.items()} == {
        NGINX.key: (NGINX, "fed"),
        SIX.key: (SIX, "fed"),
    }
    backend.write([Change("update", MORE), Change("delete", SIX)], found, owner="fed")
    assert [each.record for each in backend.read().values()] == [MORE]


def test_a_second_writer_with_the_same_reading_is_too_late() -> None:
    backend = MemoryBackend([(NGINX, "fed")])
    seen = backend.read()
    backend.write([Change("update", MORE)], seen, owner="fed")
    with pytest.raises(StaleError) as raised:
        backend.write([Change("delete", NGINX)], seen, owner="fed")
    assert str(raised.value) == (
        "records of nginx.example.com in memory: somebody else has changed them. Next: try again."
    )
    assert backend.read()[MORE.key].record == MORE


def test_the_same_value_written_again_is_a_change() -> None:
    backend = MemoryBackend([(NGINX, "fed")])
    seen = backend.read()
    backend.write([Change("update", MORE)], seen, owner="fed")
    backend.write([Change("update", NGINX)], backend.read(), owner="fed")
    with pytest.raises(StaleError):
        backend.write([Change("update", MORE)], seen, owner="fed")


def test_a_name_changes_as_a_whole_or_not_at_all() -> None:
    backend = MemoryBackend([(NGINX, "fed"), (SIX, "fed")])
    seen = backend.read()
    backend.write([Change("delete", SIX)], seen, owner="fed")
    with pytest.raises(StaleError):
        backend.write([Change("update", MORE), Change("delete", SIX)], seen, owner="fed")
    assert [each.record for each in backend.read().values()] == [NGINX]


@pytest.mark.parametrize(
    ("owner", "whose"), [("other", "belongs to other"), (None, "bears nobody's mark")], ids=str
)
@pytest.mark.parametrize("action", ["create", "update", "delete"])
def test_a_record_of_somebody_else_is_not_touched(owner: str | None, whose: str, action: str) -> None:
    backend = MemoryBackend([(NGINX, owner)])
    before = backend.read()
    with pytest.raises(ForeignError) as raised:
        backend.write([Change(action, NGINX)], before, owner="fed")  # type: ignore[arg-type]
    assert str(raised.value) == (
        f"record nginx.example.com A in memory: it {whose} (10.0.0.2). Next: remove it, or rename the service."
    )
    assert backend.read() == before


def test_changes_that_do_not_fit_what_was_seen_are_refused() -> None:
    backend = MemoryBackend([(NGINX, "fed")])
    with pytest.raises(StaleError):
        backend.write([Change("create", NGINX)], backend.read(), owner="fed")
    with pytest.raises(StaleError):
        backend.write([Change("delete", SIX)], backend.read(), owner="fed")
