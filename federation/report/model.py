"""What a report says: everything that is known, and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from federation.dns.view import View
from federation.graph import Graph
from federation.preview.changes import Finding
from federation.report.certificates import Certificate


@dataclass(frozen=True)
class ClusterFacts:
    """What Karmada knows of a member besides its place.

    Attributes:
        nodes: how many are ready, and how many there are; None if it has not counted.
    """

    name: str
    version: str = ""
    endpoint: str = ""
    nodes: tuple[int, int] | None = None


@dataclass(frozen=True)
class NameRow:
    """A name, and by nameserver what it answers and whether that is what it should be."""

    name: str
    type: str
    values: tuple[str, ...]
    answers: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True)
class MemberRow:
    """A member."""

    name: str
    ready: bool
    region: str | None
    zones: tuple[str, ...]
    facts: ClusterFacts


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a report is made of.

    Attributes:
        title: the federation's name, or what stands for it.
        made: when, with its time zone.
        view: of members and services.
        problems: of members, services and names, most pressing first.
        notes: what is not wrong, and should be known.
        expected: members of the topology; None if there is none.
        clusters: more about the members.
        names: None if nobody has said which domain they are in.
        certificates: in the order in which they are shown.
        policies: what policies say of the stack; None if nobody has asked them.
        versions: what → version.
        graph: the map.
    """

    title: str
    made: datetime
    view: View
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    expected: tuple[str, ...] | None = None
    clusters: tuple[ClusterFacts, ...] = ()
    names: tuple[NameRow, ...] | None = None
    certificates: tuple[Certificate, ...] = ()
    policies: tuple[Finding, ...] | None = None
    versions: tuple[tuple[str, str], ...] = ()
    graph: Graph


@dataclass(frozen=True)
class Report:
    """A federation at one moment.

    Attributes:
        facts: all that is known.
        problems: what is wrong, a sentence each.
        members: of the view, with what else is known.
        missing: names of those of the topology that have not joined.
        graph: the map, with the members' states.
    """

    facts: Facts
    problems: tuple[str, ...]
    members: tuple[MemberRow, ...]
    missing: tuple[str, ...]
    graph: Graph

    @property
    def ready(self) -> int:
        """Members that are ready."""
        return sum(member.ready for member in self.members)

    def as_json(self) -> dict[str, Any]:
        """In its public form (docs/report.md): as `fedctl status --json`, and more."""
        facts = self.facts
        return {
            "title": facts.title,
            "made": f"{facts.made:%Y-%m-%dT%H:%M:%SZ}",
            "problems": list(self.problems),
            "notes": list(facts.notes),
            "members": [_member(row) for row in self.members],
            "services": [service.model_dump(by_alias=True) for service in facts.view.services],
            "names": None if facts.names is None else [_name(row) for row in facts.names],
            "certificates": [_certificate(each, facts.made) for each in facts.certificates],
            "policies": None if facts.policies is None else [asdict(each) for each in facts.policies],
            "versions": dict(facts.versions),
        }


def assemble(facts: Facts) -> Report:
    """Put together, with what is wrong with certificates and policies among the problems."""
    known = {cluster.name: cluster for cluster in facts.clusters}
    members = tuple(
        MemberRow(m.name, m.ready, m.region, m.zones, known.get(m.name, ClusterFacts(m.name)))
        for m in facts.view.members
    )
    there = {member.name for member in members}
    missing = tuple(name for name in facts.expected or () if name not in there)
    states = dict.fromkeys(missing, "not joined")
    states |= {member.name: "ready" if member.ready else "not ready" for member in members}
    problems = (
        *(f"member {name} of the topology has not joined" for name in missing),
        *facts.problems,
        *_nodes(members),
        *_certificates(facts),
        *_policies(facts.policies or ()),
    )
    return Report(facts, tuple(dict.fromkeys(problems)), members, missing, facts.graph.with_states(states))


def _nodes(members: Sequence[MemberRow]) -> Iterator[str]:
    for member in members:
        if member.ready and (nodes := member.facts.nodes) and nodes[0] < nodes[1]:
            yield f"member {member.name}: {nodes[0]} of {nodes[1]} nodes are ready"


def _certificates(facts: Facts) -> Iterator[str]:
    """Those that have ended first."""
    soon = [each for each in facts.certificates if each.problem(facts.made)]
    for each in sorted(soon, key=lambda c: c.days(facts.made) or 0):
        yield each.problem(facts.made) or ""


def _policies(found: Sequence[Finding]) -> Iterator[str]:
    """One for each policy: the table has the rest."""
    violated = [each.policy for each in found if each.mandatory]
    for policy in dict.fromkeys(violated):
        count = violated.count(policy)
        yield f"policy {policy} is violated" + (f" {count} times" if count > 1 else "")


def _member(row: MemberRow) -> dict[str, Any]:
    nodes = row.facts.nodes
    return {
        "name": row.name,
        "ready": row.ready,
        "region": row.region,
        "zones": list(row.zones),
        "version": row.facts.version or None,
        "endpoint": row.facts.endpoint or None,
        "nodes": None if nodes is None else {"ready": nodes[0], "total": nodes[1]},
    }


def _name(row: NameRow) -> dict[str, Any]:
    answers = {server: {"answer": answer, "right": right} for server, answer, right in row.answers}
    return {"name": row.name, "type": row.type, "values": list(row.values), "answers": answers}


def _certificate(each: Certificate, now: datetime) -> dict[str, Any]:
    return {
        "what": each.what,
        "where": each.where,
        "expires": f"{each.expires:%Y-%m-%dT%H:%M:%SZ}" if each.expires else None,
        "days": each.days(now),
        "note": each.note or None,
    }
