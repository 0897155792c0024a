"""One zone in Azure: what was seen last of its record sets, and the writes to single ones.

A reading takes a request for each hundred sets, and Azure allows 60 a minute: a zone of 5,000 sets can be read once in
that time. So what was seen last, with our own writes in it, stands in for a reading where one would be too dear. That
loses no update, as every write says what it replaces (`If-Match`, `If-None-Match`), and whatever is refused is looked
at anew. What it may cost is time: somebody else's change of a large zone is noticed `FRESH_SECONDS` later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from azure.core.exceptions import HttpResponseError

from federation.azure import answers
from federation.azure.calls import Calls
from federation.dns.azure_records import relative, stored
from federation.dns.azure_sets import Sets
from federation.dns.backend import MissingZoneError, stale
from federation.dns.limits import Limits
from federation.dns.records import Key, RecordSet, Stored

FEW_PAGES = 5
"""A zone of so many hundred sets is read anew each time, as long as the limit allows it."""
FRESH_SECONDS = 120.0
"""For so long a reading may stand in for another one."""
MANY_DOUBTS = 30
"""From so many names on, all is read anew instead of each of them."""
ALL_TIME = float("inf")
Error = TypeVar("Error", bound=BaseException)
_TYPES = ("A", "AAAA", "CNAME")  # what a plan asks of a name
_NEIGHBOUR = "same name already exists"  # "The record could not be created because a CNAME record with the …"


class Zone:
    """A zone, for all that write it in this process. Safe to use from several threads.

    Args:
        name: of the zone.
        sets: its requests.
        calls: what sends them, with limits for "list", "get" and "write".
    """

    def __init__(self, name: str, sets: Sets, calls: Calls) -> None:
        self.name, self._sets, self.calls = name, sets, calls
        self._seen: dict[Key, Stored] = {}
        self._pages, self._read_at = 1, -ALL_TIME
        self._doubts = set[str]()
        self._written: dict[Key, Stored | None] = {}
        self._lock, self._reading = threading.Lock(), threading.Lock()

    @property
    def limits(self) -> Limits:
        """Of the service."""
        return self._sets.limits

    def close(self) -> None:
        """Give the connections back."""
        self._sets.close()

    def read(self) -> dict[Key, Stored]:
        """All record sets of the zone. Raises `FederationError`."""
        with self._reading:  # one reads for all that want to
            if self._may_stand_in():
                self._look_again()
            else:
                self._read_all()
            with self._lock:
                return dict(self._seen)

    def count(self) -> int:
        """How many sets it has, as last seen."""
        with self._lock:
            return len(self._seen)

    def put(self, record: RecordSet, owner: str, seen: Stored | None, *, until: float = ALL_TIME) -> None:
        """Write a set that is as seen, or where nothing is. Raises `StaleError`, `LaterError`, `FederationError`."""
        name = relative(record.name, self.name)

        def is_done(found: Stored | None) -> bool:
            return found is not None and (found.record, found.owner) == (record, owner)

        def send() -> Stored:
            return stored(self._sets.put(name, record, owner, seen), self.name)

        self._write(record.key, send, is_done, until)

    def delete(self, seen: Stored, *, until: float = ALL_TIME) -> None:
        """Remove a set that is as seen. Raises as `put` does."""
        key = seen.record.key
        name = relative(seen.record.name, self.name)
        self._write(key, lambda: self._sets.delete(name, key[1], seen), lambda found: found is None, until)

    def _write(
        self,
        key: Key,
        send: Callable[[], Stored | None],
        is_done: Callable[[Stored | None], bool],
        until: float,
    ) -> None:
        attempt = _Attempt(send)
        try:
            found = self.calls("write", attempt, until=until)
        except HttpResponseError as error:
            if not _came_between(error):
                raise self._doubted(key, self._refused(error)) from None
            found = self._get(key) if attempt.unsure else None
            if not attempt.unsure or not is_done(found):
                raise self._doubted(key, stale("azure", key[0])) from None
        except BaseException as error:
            self._doubted(key, error)
            raise
        with self._lock:
            self._written[key] = found
            _put(self._seen, key, found)

    def _doubted(self, key: Key, error: Error) -> Error:
        """What is at a name is not known any more."""
        with self._lock:
            self._doubts.add(key[0])
        return error

    def _may_stand_in(self) -> bool:
        """Whether what was seen last is good enough, or has to be."""
        if self.calls.patience.clock() - self._read_at > FRESH_SECONDS or len(self._doubts) > MANY_DOUBTS:
            return False
        return self._pages > FEW_PAGES or self.calls.room("list") < self._pages

    def _look_again(self) -> None:
        """At names whose sets are not as they were seen, or for which that is not known."""
        with self._lock:
            doubts = sorted(self._doubts)
        for name in doubts:
            found = {(name, kind): self._get((name, kind)) for kind in _TYPES}
            with self._lock:
                self._doubts.discard(name)
                for key, each in found.items():
                    _put(self._seen, key, each)

    def _read_all(self) -> None:
        with self._lock:
            self._written, doubts = {}, set(self._doubts)
        began, found, pages, count = self.calls.patience.clock(), dict[Key, Stored](), self._sets.pages(), 0
        while pages.more:
            count += 1
            for each in self._asked("list", pages.next):
                made = stored(each, self.name)
                found[made.record.key] = made
        with self._lock:
            for key, each in self._written.items():  # by other threads, perhaps after their page was read
                _put(found, key, each)
            self._doubts -= doubts
            self._seen, self._pages, self._read_at = found, count, began

    def _get(self, key: Key) -> Stored | None:
        name = relative(key[0], self.name)
        try:
            return stored(self.calls("get", lambda _: self._sets.get(name, key[1])), self.name)
        except HttpResponseError as error:
            if error.status_code == 404:
                return None
            raise self._refused(error) from None

    def _asked(self, kind: str, send: Callable[[], Any]) -> Any:
        try:
            return self.calls(kind, lambda _: send())
        except HttpResponseError as error:
            raise self._refused(error) from None

    def _refused(self, error: HttpResponseError) -> Exception:
        role = "Private DNS Zone Contributor" if "Private" in self.calls.subject else "DNS Zone Contributor"
        found = answers.refused(
            error, self.calls.subject, f"give who is logged in the role {role} on the zone"
        )
        if isinstance(found, answers.GoneError):
            fix = "run `pulumi up --refresh`, which makes it anew if it is the stack's, or name one that is there"
            return MissingZoneError(found.obj, f"it is not there: {found.cause}", fix)
        return found


class _Attempt:
    """A write, and whether an earlier attempt at it may have been carried out."""

    def __init__(self, send: Callable[[], Stored | None]) -> None:
        self._send, self.unsure = send, False

    def __call__(self, unsure: bool) -> Stored | None:
        self.unsure = unsure
        return self._send()


def _put(seen: dict[Key, Stored], key: Key, found: Stored | None) -> None:
    if found is None:
        seen.pop(key, None)
    else:
        seen[key] = found


def _came_between(error: HttpResponseError) -> bool:
    """Whether a write was refused for what somebody else has written: at the set, or a CNAME beside it."""
    return error.status_code == 412 or (
        error.status_code in (400, 409) and _NEIGHBOUR in answers.said(error)[1]
    )
