"""The parts of a federation that a preview changes: clusters and members first, then everything else. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from federation.preview.changes import Change, State
from federation.preview.events import SECRET, UNKNOWN
from federation.preview.kinds import AKS, JOIN, POOL, in_the_world, plain, rank

TITLES: Mapping[str, str] = {
    "federation:azure:AcsCluster": "cluster",
    "federation:cluster:ExistingCluster": "cluster",
    "federation:azure:AcsNetwork": "network of",
    "federation:vip:KeepalivedStack": "virtual IPs of",
    "federation:karmada:ControlPlane": "control plane",
    "federation:azure:AzureDnsZone": "zone",
    "federation:dns:CoreDnsStack": "zone",
    "federation:dns:FederatedNames": "names of",
    "federation:dns:Identity": "DNS controller",
    "federation:dns:Controller": "DNS controller",
    "federation:azure:TrafficManager": "failover of",
    "federation:workload:FederatedWorkloads": "workloads of",
    "federation:index:Federation": "federation",
}
"""Type of a component → what it is called; in the order of the table."""
SUFFIXES = ("-networking", "-vips", "-workloads", "-controller", "-identity")
"""Of components' names, in which the part's name is in front."""
DONE = {
    "replace": "replaced",
    "delete": "deleted",
    "create": "created",
    "import": "imported",
    "update": "updated",
    "delete-replaced": "leftovers deleted",
    "drift": "drifted",
}
"""What becomes of resources, in the order in which it is told."""
FEW = 3
"""So many changes of a part are told by their names."""
_JOINS = {"create": "joins", "delete": "leaves", "replace": "leaves and joins anew"}
_MADE = {"create": "is made", "delete": "is deleted", "replace": "is deleted and made anew"}


@dataclass(frozen=True)
class Part:
    """A part that changes.

    Attributes:
        title: such as "cluster".
        name: such as "fc01".
        facts: what happens to it, in words that are not to be trusted.
        counts: of its resources in the world that change, by `Change.op`.
    """

    title: str
    name: str
    facts: tuple[str, ...]
    counts: Mapping[str, int]


def parts(changes: Sequence[Change]) -> list[Part]:
    """All that change, in the order of `TITLES`, then by name."""
    by_urn = {change.urn: change for change in changes}
    facts: dict[tuple[str, str], list[str]] = {}
    found: dict[tuple[str, str], list[Change]] = {}
    for change in sorted(changes, key=lambda change: (rank(change), change.urn)):
        if change.unknown or change.op not in DONE or not in_the_world(change):
            continue
        place, said = _told(change, _part(change, by_urn))
        facts.setdefault(place, []).extend(said)
        found.setdefault(place, []).append(change)
    order = list(dict.fromkeys(TITLES.values()))
    return [
        Part(
            *place,
            tuple(facts[place] or _named(found[place])),
            dict(Counter(change.op for change in found[place])),
        )
        for place in sorted(found, key=lambda place: (order.index(place[0]), place[1]))
    ]


def _named(changes: Sequence[Change]) -> list[str]:
    """The changes themselves, if they are few."""
    if len(changes) > FEW:
        return []
    return [f"{DONE[c.op]}: {c.name}" + (f" ({', '.join(c.paths)})" if c.paths else "") for c in changes]


def _part(change: Change, by_urn: Mapping[str, Change]) -> tuple[str, str]:
    """Title and name of the nearest component around a resource that is one in `TITLES`."""
    found, seen = change, set[str]()
    while found.type not in TITLES:
        seen.add(found.urn)
        above = by_urn.get(((found.new or found.old) or {}).get("parent", ""))
        if above is None or above.urn in seen:
            return "federation", ""
        found = above
    name = found.name
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return TITLES[found.type], name


def _told(change: Change, place: tuple[str, str]) -> tuple[tuple[str, str], list[str]]:
    """Where a change is told, and in which words."""
    type_, state = plain(change.type), change.new or change.old or {}
    if type_ == JOIN:
        said = _sentence(_JOINS, change, _facts(state, region="region", zones="zones"))
        return ("cluster", _value(state, "member") or change.name), [said]
    if type_ == AKS:
        return place, [_sentence(_MADE, change, _facts(state, location="in", kubernetesVersion="Kubernetes"))]
    if type_ == POOL:
        said = _sentence(_MADE, change, _facts(state, vmSize="of", count="machines:"))
        return place, [f"node pool {change.name} {said}"]
    return place, []


def _sentence(verbs: Mapping[str, str], change: Change, facts: str) -> str:
    """Such as "is made (in westus, Kubernetes 1.34.2)", or "changes: zones"."""
    verb = verbs.get(change.op)
    if verb is None:
        return f"changes: {', '.join(change.paths)}" if change.paths else f"is {DONE[change.op]}"
    if change.replace_paths:
        return f"{verb}, because of {', '.join(change.replace_paths)}"
    return f"{verb} ({facts})" if facts and change.op == "create" else verb


def _facts(state: State, **words: str) -> str:
    """Inputs that are known, each after its word."""
    found = ((word, _value(state, key)) for key, word in words.items())
    return ", ".join(f"{word} {value}" for word, value in found if value)


def _value(state: State, key: str) -> str:
    """An input as a text; empty if it is missing, secret or not known yet."""
    value: Any = state.get("inputs", {}).get(key)
    texts = [_text(each) for each in value] if isinstance(value, list) else [_text(value)]
    return ", ".join(text for text in texts if text)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return "" if SECRET in text or UNKNOWN in text else text
