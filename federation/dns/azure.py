"""A zone of Azure DNS as a backend: a request for each record set, several at once, within the service's limits.

Azure knows no transaction over several sets. What is kept of "all of one name together or none of them":

- Each set is written under the condition that it is as it was read; the first refusal ends the writes of its name.
- Of one name, what is new comes first and what goes comes last, so that the name has an answer at every moment; but a
  CNAME goes first, as nothing may stand beside it (RFC 1034 §3.6.2).
- A name that was left halfway (IPv4 written, IPv6 not) is as it shall be after the next reading: the plan then has the
  rest, and nothing else. No set is left behind, as each bears the mark from its first write on.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from federation.azure.calls import SAY_SECONDS, LaterError
from federation.azure.patience import Patience
from federation.dns.azure_records import is_alias
from federation.dns.azure_zone import Zone
from federation.dns.backend import StaleError, UnfinishedError, check
from federation.dns.limits import LimitError
from federation.dns.records import Change, Key, Stored
from federation.errors import ConflictError, FederationError, RejectedError
from federation.names import Level

WORKERS = 8
"""Names that are written at once: Azure takes most of a second for a set, and allows more than three in that time."""
MANY_REFUSALS = 10
"""So many refused names are no coincidence: a lock, for example. The rest is not tried."""


class AzureBackend:
    """The names below a domain in a zone.

    Args:
        zone: may be shared with other backends.
        domain: the zone's own name, or one below it.
        without: see `Backend`.
        workers: threads that write.
    """

    name = "azure"

    def __init__(
        self, zone: Zone, domain: str, *, without: Collection[Level] = (), workers: int = WORKERS
    ) -> None:
        self._zone, self._domain, self.without, self._workers = zone, domain, without, workers

    def read(self) -> Mapping[Key, Stored]:
        """All record sets at the domain and below it. Of a large zone they may be two minutes old: see `azure_zone`.

        Where some names are somebody else's, aliases are, whatever mark they bear: the stack makes them itself, and
        for Traffic Manager. Elsewhere one with our mark is ours, to be made a set of addresses again.
        """
        below = f".{self._domain}"
        found = {
            key: each
            for key, each in self._zone.read().items()
            if key[0] == self._domain or key[0].endswith(below)
        }
        if not self.without:
            return found
        return {key: replace(each, owner=None) if is_alias(each) else each for key, each in found.items()}

    def write(self, changes: Sequence[Change], seen: Mapping[Key, Stored], *, owner: str) -> None:
        """Make the changes, name by name. What is refused at one name stops no other.

        Raises:
            StaleError: a set was no longer as in `seen`.
            ForeignError: a set belongs to somebody else; nothing is written then.
            UnfinishedError: patience has a limit, and the service's limit did not let all through in that time.
            LimitError: a zone or a set would hold more than Azure takes; all other names are written.
            FederationError: Azure refuses, or does not answer.
        """
        check(self.name, changes, seen, owner)
        names = _by_name(changes)
        refused = self._too_many(names)
        run = _Run(self._zone, seen, owner, total=len(names))
        todo = [each for name, each in names.items() if name not in refused]
        if len(todo) <= 1 or self._workers == 1:
            for each in todo:
                run.name(each)
        else:
            with ThreadPoolExecutor(min(self._workers, len(todo)), "azure-dns") as pool:
                for done in [pool.submit(run.name, each) for each in todo]:
                    done.result()
        run.refused += refused.values()
        run.tell(self.name)

    def _too_many(self, names: Mapping[str, list[Change]]) -> dict[str, FederationError]:
        """Names that Azure has no room for, and why."""
        limits, found = self._zone.limits, dict[str, FederationError]()
        room = (limits.sets or 0) - self._zone.count()
        room += sum(change.action == "delete" for each in names.values() for change in each)
        for name, changes in names.items():
            room -= (new := sum(change.action == "create" for change in changes))
            most = max((len(c.record.values) for c in changes if c.action != "delete"), default=0)
            if new and room < 0:
                cause = f"the zone has {limits.sets} record sets, as many as azure takes"
                fix = "federate fewer services, or give the federation a zone of its own"
                found[name] = LimitError(f"record {name}", cause, fix)
            elif most > (limits.values or most):
                cause = f"it would have {most} values, and azure takes {limits.values}"
                found[name] = LimitError(f"record {name}", cause, "place its service on fewer members")
        return found


class _Run:
    """One `write`. Its methods are called by several threads."""

    def __init__(self, zone: Zone, seen: Mapping[Key, Stored], owner: str, *, total: int) -> None:
        self._zone, self._seen, self._owner, self._total = zone, seen, owner, total
        self._patience: Patience = zone.calls.patience
        self._told = now = self._patience.clock()
        self._until = float("inf") if self._patience.turn is None else now + self._patience.turn
        self._made, self._left, self._names = list[Change](), 0, 0
        self._late = False
        self._fatal: Exception | None = None
        self.refused = list[FederationError]()
        self._lock = threading.Lock()

    def name(self, changes: Sequence[Change]) -> None:
        """Make the changes of one name, unless there is no sense or no time left for it."""
        made = list[Change]()
        try:
            if not self._over():
                for change in changes:
                    self._change(change)
                    made.append(change)
        except (ConflictError, RejectedError) as error:
            with self._lock:
                self.refused.append(error)
        except LaterError:
            self._late = True
        except Exception as error:  # noqa: BLE001  raised by `tell`, after all threads have ended
            with self._lock:
                self._fatal = self._fatal or error
        self._note(made, len(changes))

    def tell(self, backend: str) -> None:
        """Raise what there is to tell; what ends all comes first, what only needs another attempt before refusals."""
        if self._fatal is not None:
            raise self._fatal
        if self._late:  # what is refused is so again then
            raise UnfinishedError(backend, self._made, self._left)
        for error in sorted(self.refused, key=lambda error: not isinstance(error, StaleError)):
            raise error

    def _over(self) -> bool:
        with self._lock:
            lasting = sum(not isinstance(error, StaleError) for error in self.refused)
            if self._fatal is not None or lasting >= MANY_REFUSALS:
                return True
            self._late = self._late or self._patience.clock() >= self._until
            return self._late

    def _change(self, change: Change) -> None:
        seen = self._seen.get(change.record.key)
        if change.action == "delete":
            assert seen is not None, "checked"  # noqa: S101
            self._zone.delete(seen, until=self._until)
        else:
            self._zone.put(change.record, self._owner, seen, until=self._until)

    def _note(self, made: Sequence[Change], total: int) -> None:
        with self._lock:
            self._made += made
            self._left += total - len(made)
            self._names += 1
            now, text = self._patience.clock(), ""
            if self._total > 1 and now - self._told >= SAY_SECONDS:
                self._told = now
                text = f"{self._zone.calls.subject}: {self._names} of {self._total} names written"
        if text:
            self._patience.say(text)


def _by_name(changes: Sequence[Change]) -> dict[str, list[Change]]:
    """Changes of each name, in the order in which they are made."""
    found = defaultdict[str, list[Change]](list)
    for change in changes:
        found[change.record.name].append(change)
    return {name: sorted(found[name], key=_turn) for name in sorted(found)}


def _turn(change: Change) -> int:
    if change.action != "delete":
        return 1
    return 0 if change.record.type == "CNAME" else 2
