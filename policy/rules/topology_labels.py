"""Where clusters and nodes are, said in the words that Kubernetes uses today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from policy.azure_data import WITHOUT_ZONES
from policy.properties import Property, UnknownValueError
from policy.rule import Context, Finding, Policy, Severity, Undecided, Verdicts, each
from policy.rules.reading import shown, whole
from policy.settings import PolicySettings
from policy.stack import FEDERATION, Resource

TODAY = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
}
"""Old label to today's (Kubernetes documentation, Well-Known Labels)."""
_TODAY_IN_POINTERS = {old.replace("/", "~1"): new.replace("/", "~1") for old, new in TODAY.items()}
"""The same, as JSON pointers write them, such as those of an OverridePolicy (RFC 6901)."""
_PLACES = frozenset({"labels", "matchLabels", "nodeLabels", "nodeSelector"})
"""Where it matters that a value is not known."""
_FIX = "say in which region and zones the cluster's nodes are"


class TopologySettings(PolicySettings):
    """Of P24."""

    regions_without_zones: tuple[str, ...] = Field(
        WITHOUT_ZONES,
        description="regions in which a member needs no zone, as they have none",
    )


def old_labels(resource: Resource, _context: Context[TopologySettings]) -> Verdicts:
    """Labels that nodes no longer have, in any place of any resource (Kubernetes, Well-Known Labels)."""
    places: dict[str, list[str]] = {}
    for old, path in _uses("", resource.props):
        if old:
            places.setdefault(old, []).append(path)
        else:
            yield Undecided(path)
    for old, paths in places.items():
        yield Finding(old, f"{old!r} is called {TODAY[old]} today ({', '.join(paths)})")


def members_without_place(resource: Resource, context: Context[TopologySettings]) -> Verdicts:
    """Members say region and zones, by which the federation spreads workloads and names records."""
    if resource.is_a(f"{FEDERATION}Join"):
        member = shown(resource.props.at("member")) or "?"
        yield from _located(f"member {member}", member, resource.props, context.settings)
    clusters = [o for o in whole(resource) if (o.group, o.kind) == ("cluster.karmada.io", "Cluster")]
    yield from each(clusters, lambda o: _located(o.title, o.key, o.root.at("spec"), context.settings))


def _uses(key: str, value: Property) -> Iterator[tuple[str, str]]:
    """Old names and where they are; a place without a name is one that is not known yet."""
    try:
        opened = value.opened()
    except UnknownValueError as error:
        if key in _PLACES:
            yield "", error.path
        return
    for name, inner in opened.entries():
        if name in TODAY:
            yield name, inner.path
        yield from _uses(name, inner)
    for item in opened.items():
        yield from _uses(key, item)
    yield from ((old, opened.path) for old in _in_text(opened.text()))


def _in_text(text: str) -> list[str]:
    if text in TODAY:
        return [text]
    return [part.replace("~1", "/") for part in text.split("/") if part in _TODAY_IN_POINTERS]


def _located(title: str, subject: str, place: Property, settings: TopologySettings) -> Verdicts:
    yield from each((_region, _zones), lambda look: look(title, subject, place, settings))


def _region(title: str, subject: str, place: Property, _settings: TopologySettings) -> Verdicts:
    region = place.at("region")
    if not region.text():
        yield Finding(subject, f"{title} says no region ({subject!r}, {region.path})", fix=_FIX)


def _zones(title: str, subject: str, place: Property, settings: TopologySettings) -> Verdicts:
    zones = place.at("zones")
    if not zones.texts() and place.at("region").text() not in settings.regions_without_zones:
        yield Finding(subject, f"{title} says no zone ({subject!r}, {zones.path})", fix=_FIX)


def rename_labels(resource: Resource, _context: Context[TopologySettings]) -> dict[str, Any] | None:
    """Today's names in place of the old ones, wherever they are. Where a member is, nobody can guess."""
    renamed: dict[str, Any] = _renamed(resource.raw)
    return None if renamed == resource.raw else renamed


def _renamed(raw: Any) -> Any:
    if isinstance(raw, Mapping):
        # What says a thing by its new name, too, means that one.
        return {TODAY.get(key, key): _renamed(raw[key]) for key in raw if TODAY.get(key) not in raw}
    if isinstance(raw, list):
        renamed = [(item, _renamed(item)) for item in raw]
        return [new for item, new in renamed if new == item or new not in raw]
    if isinstance(raw, str):
        return TODAY.get(raw) or "/".join(_TODAY_IN_POINTERS.get(part, part) for part in raw.split("/"))
    return raw


POLICIES = (
    Policy(
        id="P24",
        name="p24-topology-labels",
        title="Today's topology labels, and members that say where they are",
        why="Pods that ask for a label that nodes no longer have are never placed, and a member without a place"
        " gets no share in a spread over regions or zones.",
        remedy="use the new name",
        source="Kubernetes documentation, Well-Known Labels; Karmada, spread constraints",
        seed="nodeSelector: beta.kubernetes.io/arch: amd64; kubefed join fc01-context (on premises)",
        severity=Severity.MEDIUM,
        settings=TopologySettings,
        checks=(old_labels, members_without_place),
        fix=rename_labels,
    ),
)
