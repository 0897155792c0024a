"""The part of a drain that is about names: none leads to the member any more, before what it serves ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from federation.cli.topology import document
from federation.deadline import Deadline
from federation.dns import query
from federation.dns.live import View, view
from federation.dns.plan import places
from federation.dns.records import type_of
from federation.errors import FederationError
from federation.kube import Kube
from federation.names import Scheme, Service
from federation.topology import load

TTL_SECONDS = 30
"""Of a topology that says nothing else."""
WRITTEN_SECONDS = 5
"""Until records are as the members are (docs/names.md)."""


@dataclass(frozen=True)
class Names:
    """How names are looked at.

    Attributes:
        scheme: of the names; None: they are not asked for.
        nameservers: to ask.
        settle: seconds that clients may keep an answer after it has changed.
    """

    scheme: Scheme | None
    nameservers: Sequence[str]
    settle: float


def names(topology: Path | None, nameservers: Sequence[str], settle: float | None) -> Names:
    """From a command's options. Raises `FederationError`."""
    if nameservers and not topology:
        raise FederationError("fedctl drain", "--nameserver needs --topology", "name the stack's file")
    wanted = load(document(topology)) if topology else None
    ttl = wanted.ttl if wanted else TTL_SECONDS
    scheme = Scheme(wanted.name, wanted.domain) if wanted else None
    return Names(scheme, nameservers, ttl + WRITTEN_SECONDS if settle is None else settle)


def leave(member: str, plane: Kube, how: Names, deadline: Deadline) -> list[str]:
    """Wait until names lead elsewhere and no client has an old answer; returns services that nobody else serves."""
    seen = view(plane)
    leaving, stuck = services(seen, member)
    if not leaving:
        return stuck
    subject = f"names that lead to {member}"
    questions = [*_questions(seen, member, leaving, how)]
    deadline.until(
        subject,
        lambda: next((text for q in questions if (text := _still(q))), None),
        fix="see whether the DNS controller runs: docs/dns-controller.md; then run the same command again",
        interval=1.0,
    )
    began = deadline.left

    def kept() -> str | None:
        rest = how.settle - (began - deadline.left)
        return f"clients may keep the old answers for {rest:.0f} s" if rest > 0 else None

    deadline.until(subject, kept, fix="give it more --timeout, or less --settle", interval=1.0)
    return stuck


def services(seen: View, member: str) -> tuple[dict[Service, tuple[str, ...]], list[str]]:
    """Services with addresses on a member: those that others serve, with these addresses; and those that none does."""
    ready = {m.name for m in seen.members if m.ready} - {member}
    leaving: dict[Service, tuple[str, ...]] = {}
    stuck: list[str] = []
    for each in seen.services:
        service = Service(each.namespace, each.name)
        here = next((p for p in each.placements if p.member == member and p.addresses), None)
        if here is None:
            continue
        if any(p.member in ready and p.serves for p in each.placements):
            leaving[service] = here.addresses
        elif here.ready_backends:
            stuck.append(f"service {service} is served by no other member")
    return leaving, stuck


@dataclass(frozen=True)
class _Question:
    nameserver: str
    name: str
    address: str


def _questions(
    seen: View, member: str, leaving: Mapping[Service, tuple[str, ...]], how: Names
) -> Iterator[_Question]:
    """What to ask, so that no answer may have the address: at each level that the member is part of."""
    if how.scheme is None:
        return
    place = next(m for m in seen.members if m.name == member)
    for nameserver in how.nameservers:
        for service, addresses in leaving.items():
            for level in places(place):
                name = how.scheme.name(service, level)
                yield from (_Question(nameserver, name, address) for address in addresses)


def _still(question: _Question) -> str | None:
    """Why the address may still be told; None if it is not."""
    try:
        found = query.ask(question.nameserver, question.name, type_of(question.address))
    except FederationError as error:
        return f"nameserver {question.nameserver}: {error.cause}"
    if question.address not in found.values:
        return None
    return f"nameserver {question.nameserver} answers {question.name} with {found}"
