"""The records of one federated service: waited for, written, looked at and removed in all stores of its names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from federation.deadline import Deadline
from federation.dns import service
from federation.dns.backend import Backend, MissingZoneError
from federation.dns.facts import Current, Facts, current
from federation.dns.plan import Plan, plan
from federation.dns.reconcile import reconcile
from federation.dns.records import Key, RecordSet
from federation.dns.service import ServiceSpec, Standing, check, refusal, standing
from federation.dns.view import View
from federation.dns.zonefile import diff
from federation.errors import NotInTimeError

Look = Callable[[], View]
"""Asks what is true now, of the one service."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        records: all of the service.
        standing: by which they were planned.
    """

    records: tuple[RecordSet, ...]
    standing: Standing


@dataclass(frozen=True)
class Found:
    """What a look at the stores has shown.

    Attributes:
        drift: what somebody else has changed, a sentence each.
        gone: no record of the service is left anywhere, although it has addresses that count.
    """

    drift: tuple[str, ...]
    gone: bool


def provide(
    spec: ServiceSpec, look: Look, backends: Sequence[Backend], deadline: Deadline, *, say: Say = print
) -> Written:
    """Wait for the service's addresses, then write its records: see `settle` and `write`.

    Where nothing counts, records that are there stay, with a warning.

    Raises:
        NotInTimeError: nothing counts, and there are no records.
        FederationError: the federation API or a store cannot be read or written, or `write` refuses.
    """
    try:
        settle(spec, look, deadline, say=say)
    except NotInTimeError as error:
        if not any(_ours(spec, _own(spec, backend)) for backend in backends):
            raise
        say(f"warning: {error.obj}: {error.cause}; the records stay as they are")
    return write(spec, look, backends, say=say)


def settle(spec: ServiceSpec, look: Look, deadline: Deadline, *, say: Say = print) -> None:
    """Wait until every member that the service is placed on has an address, as far as that can be expected.

    What is missing in the end while other addresses count is a warning: the DNS controller adds it when it comes.

    Raises:
        NotInTimeError: nothing counts.
        FederationError: the federation API cannot be read.
    """
    last = Standing({}, settled=False, missing="")

    def unsettled() -> str | None:
        nonlocal last
        last = standing(look(), spec.service)
        return None if last.settled else last.missing

    try:
        deadline.until(f"addresses of {spec.subject}", unsettled, fix=_fix(spec), interval=0.5)
    except NotInTimeError:
        if not last.counting:
            raise
    if last.missing:
        say(f"warning: {spec.subject}: {last.missing}; its names answer with the addresses of the others")


def write(spec: ServiceSpec, look: Look, backends: Sequence[Backend], *, say: Say = print) -> Written:
    """Bring the service's records up to date in all stores; in none if somebody else's are in the way in one.

    Records that are there stay if nothing counts: an address that may come back is better than none.

    Raises:
        ConflictError: somebody else's records are in the way, or somebody was faster again and again.
        LimitError: a store cannot hold them.
        NotInTimeError: nothing counts, and there are no records.
    """
    view = look()
    before = [_own(spec, backend) for backend in backends]
    planned = [
        plan(spec.facts(view, entries), without=backend.without)
        for backend, entries in zip(backends, before, strict=True)
    ]
    _refuse(spec, backends, planned)
    for backend, entries, made in zip(backends, before, planned, strict=True):
        check(spec, backend.name, made.records)
        for line in diff(_ours(spec, entries), made.records, spec.domain).splitlines():
            say(f"{spec.subject}: {backend.name}: {line}")

    def facts(now: tuple[Current, ...]) -> Facts:
        nonlocal view
        view = look()
        return spec.facts(view, now)

    done = [reconcile(backend, facts, owner=spec.federation).plan for backend in backends]
    _refuse(spec, backends, done)
    reached = standing(view, spec.service)
    records = tuple(sorted({record for made in done for record in made.records}))
    if not records:
        raise NotInTimeError(f"addresses of {spec.subject}", f"none counts: {reached.missing}", _fix(spec))
    return Written(records, reached)


def look_over(
    spec: ServiceSpec, look: Look, backends: Sequence[Backend], written: Mapping[Key, Sequence[str]]
) -> Found:
    """Compare the stores with what may be there: see `service.drift`. Changes nothing."""
    stored = [_own_or_none(spec, backend) for backend in backends]
    view = look()  # afterwards: an address that the controller has just written is known by then
    drift = [
        f"{backend.name}: {text}"
        for backend, entries in zip(backends, stored, strict=True)
        for text in service.drift(spec, view, entries, written, without=backend.without)
    ]
    left = any(_ours(spec, entries) for entries in stored)
    return Found(tuple(drift), gone=bool(standing(view, spec.service).counting) and not left)


def remove(spec: ServiceSpec, backend: Backend, *, dry_run: bool = False) -> tuple[RecordSet, ...]:
    """Remove all records of the service that bear the federation's mark, of every type, and nothing else.

    Returns what was removed, or with `dry_run` would be; nothing if the zone itself is gone. Raises what the backend
    does.
    """
    try:
        done = reconcile(backend, spec.gone, owner=spec.federation, dry_run=dry_run)
    except MissingZoneError:
        return ()
    return tuple(change.record for change in done.plan.changes)


def _refuse(spec: ServiceSpec, backends: Sequence[Backend], plans: Sequence[Plan]) -> None:
    names = (backend.name for backend in backends)
    if error := refusal(spec, zip(names, plans, strict=True)):
        raise error


def _own(spec: ServiceSpec, backend: Backend) -> tuple[Current, ...]:
    """What is at the service's names, whoever owns it."""
    return spec.own(current(backend.read().values()))


def _own_or_none(spec: ServiceSpec, backend: Backend) -> tuple[Current, ...]:
    """The same; in a zone that is gone there is nothing."""
    try:
        return _own(spec, backend)
    except MissingZoneError:
        return ()


def _ours(spec: ServiceSpec, entries: Sequence[Current]) -> tuple[RecordSet, ...]:
    return tuple(entry.record for entry in entries if entry.owner == spec.federation)


def _fix(spec: ServiceSpec) -> str:
    namespace, name = spec.service
    return (
        f"see what `kubectl describe service {name} -n {namespace}` says in these members and whether they have a "
        "load balancer, then run `pulumi up` again"
    )
