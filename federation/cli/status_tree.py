"""A federation's status for people: problems first, then what is fine in one line, and the whole as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text
from rich.tree import Tree

from federation.cli.status_model import Name, Status
from federation.dns.facts import Member, Placement, ServiceFacts


def lines(status: Status) -> Iterator[str]:
    """Problems, notes, and one line about all that is fine."""
    yield from (f"problem: {problem}" for problem in status.problems)
    yield from (f"note: {note}" for note in status.notes)
    if not status.problems:
        yield "all is well"
    yield f"fine: {', '.join(_counts(status))}"


def _counts(status: Status) -> Iterator[str]:
    view = status.view
    ready = {member.name for member in view.members if member.ready}
    yield _count(len(ready), len(view.members), "member")
    served = sum(is_served(service, ready) for service in view.services)
    yield _count(served, len(view.services), "service")
    if status.names:
        right = sum((name.name, name.type) not in status.wrong for name in status.names)
        yield _count(right, len(status.names), "name")


def _count(fine: int, whole: int, what: str) -> str:
    numbers = str(whole) if fine == whole else f"{fine} of {whole}"
    return f"{numbers} {what}{'s' * (whole != 1)}"


def is_served(service: ServiceFacts, ready: set[str]) -> bool:
    """Whether it is somewhere, and wherever it is, clients are served."""
    return bool(service.placements) and all(p.member in ready and p.serves for p in service.placements)


def tree(status: Status, title: str) -> Tree:
    """The federation, its members, the Services on each with their addresses, and the names that lead there."""
    root = Tree(Text(title))
    for member in status.view.members:
        branch = root.add(Text(_member(member, status.notes)))
        for service, placement in _on(member.name, status.view.services):
            below = branch.add(Text(_placed(service, placement)))
            for name in _leading(status.names, service, placement.addresses):
                below.add(Text(_name(name)))
    return root


def _member(member: Member, notes: Sequence[str]) -> str:
    place = "/".join(filter(None, (member.region, ",".join(member.zones)))) or "no region"
    drained = any(note.startswith(f"member {member.name} is drained") for note in notes)
    state = "ready" if member.ready else "not ready"
    return f"member {member.name}  {place}  {'drained, ' * drained}{state}"


def _on(member: str, services: Sequence[ServiceFacts]) -> Iterator[tuple[ServiceFacts, Placement]]:
    for service in services:
        yield from ((service, placement) for placement in service.placements if placement.member == member)


def _placed(service: ServiceFacts, placement: Placement) -> str:
    applied = "" if placement.applied else "not applied, "
    count = placement.ready_backends
    addresses = " ".join(placement.addresses) or "no address"
    backends = f"{count} ready backend{'s' * (count != 1)}"
    return f"service {service.namespace}/{service.name}  {addresses}  {applied}{backends}"


def _leading(names: Sequence[Name], service: ServiceFacts, addresses: Sequence[str]) -> Iterator[Name]:
    prefix = f"{service.name}.{service.namespace}."
    for name in names:
        if name.name.startswith(prefix) and {*name.values} & {*addresses}:
            yield name


def _name(name: Name) -> str:
    told = "".join(f"  {server}: {answer}" for server, answer in name.answers.items())
    return f"{name.name} {name.type} {' '.join(name.values)}{told}"
