"""What is known about a federation's services and records: the public input of `fedctl records plan` (docs/names.md).

Names may be given with or without a trailing dot and in any case (RFC 4343); here they have none, in lower case.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from ipaddress import IPv6Address, ip_address
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from federation.dns.records import RecordSet, Stored, sorted_values
from federation.errors import FederationError
from federation.topology.fields import Domain, Label, mistake
from federation.topology.mistakes import Mistake, dotted, translate

HIGHEST_TTL = 2**31 - 1
"""Seconds (RFC 2181 §8)."""
NEXT = "correct the facts; docs/names.md has their form"


class FactsError(FederationError):
    """The facts cannot be understood; `cause` lists all mistakes."""

    def __str__(self) -> str:
        return f"{self.obj}: {self.cause}\nNext: {self.fix}."


def _folded(value: Any) -> Any:
    return value.lower().removesuffix(".") if isinstance(value, str) else value


def _absent(value: Any) -> Any:
    """An empty text is no text."""
    return value or None


def _address(value: str) -> str:
    """In the one form that compares (RFC 5952). A name would need a resolver, and its answer would change unseen."""
    try:
        address = ip_address(value)
    except ValueError:
        raise mistake("is not an address", "write an IPv4 or IPv6 address, not a name") from None
    if isinstance(address, IPv6Address) and address.scope_id:
        raise mistake("holds on one link only", "write an address that everybody can reach")
    return str(address)


def _shortest(value: str) -> str:
    """An IPv6 address as `_address` writes it; IPv4 has one form only. What is no address stays, to be replaced."""
    try:
        return str(ip_address(value))
    except ValueError:
        return value


_Entry = TypeVar("_Entry")


def _once(key: Callable[[_Entry], Hashable], text: str) -> AfterValidator:
    def check(entries: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
        counts = Counter(map(key, entries))
        if len(counts) < len(entries):
            twice = sorted(text % key for key, count in counts.items() if count > 1)
            raise mistake("names more than once: " + ", ".join(twice), "leave one of each")
        return entries

    return AfterValidator(check)


Part = Annotated[Label, BeforeValidator(_folded)]
"""One label of a name."""
Place = Annotated[Part | None, BeforeValidator(_absent)]


class _Model(BaseModel):
    """JSON in camelCase; an unknown key is a mistake, and nothing is converted silently."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
    )


class Member(_Model):
    """A cluster that is in the federation.

    Attributes:
        name: what placements call it.
        region: None if it has none; then it has global names only, as a zone is one of a region.
        zones: all of its zones; a service on it has a name in each.
        ready: whether its API answers.
    """

    name: Annotated[str, Field(min_length=1)]
    region: Place = None
    zones: tuple[Part, ...] = ()
    ready: bool


class Placement(_Model):
    """A service on one member.

    Attributes:
        member: its name. One that is not among the members has left: the placement is as good as none.
        applied: whether the service's objects have reached it.
        addresses: of its load balancer, IPv4 and IPv6.
        ready_backends: number of pods behind it that take traffic.
    """

    member: Annotated[str, Field(min_length=1)]
    applied: bool
    addresses: tuple[Annotated[str, AfterValidator(_address)], ...] = ()
    ready_backends: Annotated[int, Field(ge=0)]

    @property
    def serves(self) -> bool:
        """Whether it has addresses behind which clients are served; of a member that is ready, these count."""
        return self.applied and bool(self.addresses) and self.ready_backends > 0


class ServiceFacts(_Model):
    """A federated service of type LoadBalancer, each member that it is placed on named once."""

    namespace: Part
    name: Part
    deleted: bool = False
    placements: Annotated[tuple[Placement, ...], _once(lambda p: p.member, "%s")] = ()


class Current(_Model):
    """A record set that is there now, of whatever type and owner.

    Attributes:
        owner: the federation it belongs to; None if it bears nobody's mark.
    """

    name: Annotated[str, Field(min_length=1), BeforeValidator(_folded)]
    type: Annotated[str, Field(min_length=1), AfterValidator(str.upper)]
    ttl: Annotated[int, Field(ge=0, le=HIGHEST_TTL)]
    values: tuple[str, ...] = ()
    owner: Annotated[str | None, BeforeValidator(_folded)] = None

    @property
    def record(self) -> RecordSet:
        """The same as a record set."""
        values: Iterable[str] = map(_shortest, self.values) if self.type == "AAAA" else self.values
        return RecordSet(self.name, self.type, self.ttl, sorted_values(values))


class Facts(_Model):
    """All services of a federation and all records of its zone; or one service, and the records at its names.

    Attributes:
        federation: its name, and the mark of its records.
        domain: its DNS zone.
        ttl: seconds, of all records that are written.
    """

    federation: Part
    domain: Annotated[Domain, BeforeValidator(_folded)]
    ttl: Annotated[int, Field(ge=1, le=HIGHEST_TTL)] = 30
    members: Annotated[tuple[Member, ...], _once(lambda m: m.name, "%s")] = ()
    services: Annotated[tuple[ServiceFacts, ...], _once(lambda s: (s.namespace, s.name), "%s/%s")] = ()
    current: Annotated[tuple[Current, ...], _once(lambda c: (c.name, c.type), "%s %s")] = ()


def current(stored: Iterable[Stored]) -> tuple[Current, ...]:
    """What a backend has read, as facts."""
    return tuple(
        Current(name=r.name, type=r.type, ttl=r.ttl, values=r.values, owner=s.owner)
        for s in stored
        for r in (s.record,)
    )


def parse(text: str | bytes) -> Facts:
    """Facts out of JSON. Raises `FactsError` with all mistakes, a line for each."""
    try:
        return Facts.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False)
        lines = [_line(e) for e in found]
        count = f"{len(lines)} mistakes" if len(lines) > 1 else "a mistake"
        raise FactsError("facts", "\n  ".join([count, *lines]), NEXT) from None


def _line(error: ErrorDetails) -> str:
    if error["type"] == "json_invalid":
        return f"not JSON: {error['ctx']['error']}; write it anew"
    if error["type"] == "missing":
        return f"{dotted(error['loc'])}: is missing; add it"
    if error["type"] == "extra_forbidden":
        return f"{dotted(error['loc'])}: unknown key; {_known(str(error['loc'][-1]))}"
    told: Mistake = translate(error)
    return str(told) if told.path else f"the whole: {told.cause}; {told.fix}"


def _known(key: str) -> str:
    models: tuple[type[_Model], ...] = (Facts, Member, ServiceFacts, Placement, Current)
    keys = sorted({to_camel(name) for model in models for name in model.model_fields})
    near = difflib.get_close_matches(key[:99], keys, n=1)
    return f"did you mean {near[0]!r}?" if near else "remove it"
