"""The steps of an upgrade, out of what runs and what is wanted. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from federation.upgrade.releases import ETCD_BRIDGE, RELEASES, Minor

Version = tuple[int, ...]


@dataclass(frozen=True)
class Parts:
    """Versions of a control plane, such as "1.18.2"; None where one is not known."""

    karmada: str | None = None
    kubernetes: str | None = None
    etcd: str | None = None


@dataclass(frozen=True)
class Member:
    """A member: its version of Kubernetes, and why it is not ready."""

    name: str
    kubernetes: str
    unready: str | None = None


@dataclass(frozen=True)
class Use:
    """Something in use that goes away.

    Attributes:
        where: such as "propagationpolicy default/web".
        what: the field or value.
        instead: what to write.
        until: the minor version of Karmada that takes it no longer; None if none is announced.
    """

    where: str
    what: str
    instead: str
    until: Minor | None = None


@dataclass(frozen=True)
class Seen:
    """What is there now.

    Attributes:
        parts: versions that run.
        images: component → version of its image, of Karmada's own components.
        flags: component → names of its flags, those that run and those of the topology.
        members: all of them.
        uses: deprecated fields in use.
        stored: kind → versions in which etcd may still hold its objects.
        hashes: versions whose CRDs can be downloaded and verified.
        unhealthy: why the plane is not healthy.
    """

    parts: Parts = Parts()
    images: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, Collection[str]] = field(default_factory=dict)
    members: Sequence[Member] = ()
    uses: Sequence[Use] = ()
    stored: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hashes: Collection[str] = ()
    unhealthy: Sequence[str] = ()


@dataclass(frozen=True)
class Step:
    """One run of `pulumi up`.

    Attributes:
        part: "etcd", "kubernetes" or "karmada".
        version: what it leads to.
        key: of the topology, which is set to that.
        changes: what is different after it, or to be done with it.
    """

    part: str
    version: str
    key: str
    changes: tuple[str, ...] = ()


def steps(seen: Seen, wanted: Parts) -> list[Step]:
    """etcd, then the Kubernetes API server, then Karmada, each one minor version at a time.

    That is from the bottom up, as each is made to talk to what is below it, and knows that of its own time and later.
    What is not known is not stepped from, and nothing goes back.
    """
    found = [
        Step("etcd", version, "control_plane.etcd_version", _etcd_changes(seen.parts.etcd, version))
        for version in _path(seen.parts.etcd, wanted.etcd, {(3, 5): ETCD_BRIDGE})
    ]
    found += [
        Step("kubernetes", version, "control_plane.kubernetes_version")
        for version in _path(seen.parts.kubernetes, wanted.kubernetes, {})
    ]
    latest = {minor: release.patch for minor, release in RELEASES.items()}
    found += [
        Step("karmada", version, "control_plane.karmada_version", tuple(_karmada_changes(seen, version)))
        for version in _path(seen.parts.karmada, wanted.karmada, latest)
    ]
    return found


def _path(current: str | None, wanted: str | None, latest: Mapping[Minor, str]) -> Iterator[str]:
    """Versions on the way: for each minor version between the two its latest patch, and the one that is wanted."""
    if current is None or wanted is None or number(current) >= number(wanted):
        return
    (major, now), (goal_major, goal) = minor(current), minor(wanted)
    if major == goal_major:
        for between in range(now + 1, goal):
            yield latest.get((major, between), f"{major}.{between}")
    yield wanted


def number(version: str) -> Version:
    """Its numbers; a mark behind them, as of "3.6.14-0", is left out."""
    return tuple(int(digits) for digits in re.findall(r"\d+", version.partition("-")[0]))


def minor(version: str) -> Minor:
    """The first two numbers."""
    first, second = number(version)[:2]
    return first, second


def shown(version: Minor) -> str:
    """(1, 18) as "1.18"."""
    return ".".join(map(str, version))


def _etcd_changes(current: str | None, version: str) -> tuple[str, ...]:
    if current and minor(current) < (3, 6) <= minor(version):
        return ("its data cannot go back to 3.5 without a backup: take one first (`fedctl backup`)",)
    return ()


def _karmada_changes(seen: Seen, version: str) -> Iterator[str]:
    yield f"CRDs and images of {version}"
    if version not in seen.hashes:
        yield f"name its CRDs in control_plane.crds: the hash of release {version} is not known here"
    release = RELEASES.get(minor(version))
    if release is None:
        yield "what is new in it is not known here: read its release notes"
        return
    for component, flags in release.removed.items():
        yield f"{component} no longer takes {', '.join(f'--{flag}' for flag in flags)}"
    yield from release.notes
