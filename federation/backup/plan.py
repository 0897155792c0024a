"""What a restore means for an etcd: which keys are written, which are removed, and in which requests. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from federation.backup import keys
from federation.backup.archive import Backup, Manifest
from federation.backup.keys import Owner
from federation.topology import Topology

OPERATIONS = 128
"""In one transaction: the limit of etcd (--max-txn-ops) for operations, and also for comparisons."""
REQUEST_BYTES = 1024 * 1024
"""Keys and values in one transaction, where more than one is in it; etcd takes 1.5 MiB (--max-request-bytes)."""


@dataclass(frozen=True)
class Found:
    """A key as an etcd has it.

    Attributes:
        value: its value.
        revision: at which it was last written (mod_revision).
        leased: whether it goes by itself, with a lease of etcd.
    """

    value: bytes = field(repr=False)
    revision: int
    leased: bool = False


@dataclass(frozen=True)
class Step:
    """One key that is not as it shall be.

    Attributes:
        key: the whole of it.
        value: as it shall be; None: it shall not be there.
        expect: the revision at which it was seen; 0: it was not there.
    """

    key: str
    value: bytes | None = field(repr=False)
    expect: int

    @property
    def size(self) -> int:
        """Bytes that it adds to a request."""
        return len(self.key) + len(self.value or b"")


@dataclass(frozen=True)
class Plan:
    """All that is to be done.

    Attributes:
        steps: writes, sorted by key, then removals: what a stopped restore has left behind has too much, and not too
            little, as Karmada removes on members what has lost its owner.
        kept: keys whose value is the plane's, and not that of the backup.
        strangers: members that the plane has and the backup has not; they stay members.
    """

    steps: tuple[Step, ...]
    kept: tuple[str, ...]
    strangers: tuple[str, ...]

    @property
    def written(self) -> tuple[str, ...]:
        """Keys that get a value."""
        return tuple(step.key for step in self.steps if step.value is not None)

    @property
    def removed(self) -> tuple[str, ...]:
        """Keys that go."""
        return tuple(step.key for step in self.steps if step.value is None)


def plan(backup: Backup, have: Mapping[str, Found]) -> Plan:
    """What makes an etcd with these keys one with those of the backup. Empty if it is that already."""
    prefixes = backup.manifest.prefixes
    owner = {key: keys.owner_of(keys.path_of(key, prefixes)) for key in {*backup.entries, *have}}
    writes = [
        Step(key, value, have[key].revision if key in have else 0)
        for key, value in sorted(backup.entries.items())
        if owner[key] is Owner.BACKUP or (owner[key] is Owner.PLANE and key not in have)
        if key not in have or have[key].value != value
    ]
    removals = [
        Step(key, None, found.revision)
        for key, found in sorted(have.items())
        if key not in backup.entries and owner[key] is Owner.BACKUP and not found.leased
    ]
    kept = [
        key
        for key, value in sorted(backup.entries.items())
        if owner[key] is Owner.PLANE and key in have and have[key].value != value
    ]
    present = keys.members(keys.path_of(key, prefixes) for key in have)
    strangers = [name for name in present if name not in backup.manifest.members]
    return Plan((*writes, *removals), tuple(kept), tuple(strangers))


def transactions(steps: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    """The steps in order, as many at once as etcd takes in one request; what is too large for company goes alone."""
    batch, size = list[Step](), 0
    for step in steps:
        if batch and (len(batch) == OPERATIONS or size + step.size > REQUEST_BYTES):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(step)
        size += step.size
    if batch:
        yield tuple(batch)


def refusals(manifest: Manifest, wanted: Topology, encrypted: Sequence[str]) -> list[str]:
    """Why a backup does not fit a plane; each with what to do. Empty if it does.

    Args:
        manifest: of the backup.
        wanted: the topology of the plane.
        encrypted: as the manifest has it, for the plane's keys as they are now.
    """
    spec = wanted.control_plane
    return [
        reason
        for reason in (
            _federation(manifest, wanted.name),
            _version("karmada_version", manifest.versions.karmada, spec.karmada_version),
            _version("kubernetes_version", manifest.versions.kubernetes, spec.kubernetes_version),
            _network(manifest.service_cidr, str(spec.api_server.service_cidr)),
            _prefixes(manifest.prefixes, keys.prefixes(spec)),
            _encryption(manifest.encrypted, encrypted),
            _whole(manifest.counts),
        )
        if reason
    ]


def _federation(manifest: Manifest, name: str) -> str | None:
    if manifest.federation == name:
        return None
    return f"it is of federation {manifest.federation}, and the topology's is {name}: use one of that"


def _version(key: str, then: str, now: str) -> str | None:
    """Objects are stored in versions of their kinds that the next minor version may not know."""
    if then.split(".")[:2] == now.split(".")[:2]:
        return None
    fix = f"set it to {then}, run `pulumi up`, and upgrade after the restore"
    return f"control_plane.{key} is {now}, and was {then}: {fix}"


def _network(then: str, now: str) -> str | None:
    if then == now:
        return None
    return f"control_plane.api_server.service_cidr is {now}, and was {then}: set it back, and run `pulumi up`"


def _prefixes(then: Sequence[str], now: Sequence[str]) -> str | None:
    if tuple(then) == tuple(now):
        return None
    fix = "set it back in control_plane.args, and run `pulumi up`"
    return f"the flag {keys.PREFIX_FLAG} is {', '.join(now)}, and was {', '.join(then)}: {fix}"


def _encryption(then: Sequence[str], now: Sequence[str]) -> str | None:
    """The names of keys can be compared, the keys themselves only by using them."""
    if set(then) <= set(now):
        return None
    return (
        f"it is encrypted ({', '.join(then)}), and the plane has nothing that is: give karmada-apiserver the same "
        "encryption configuration, and run `pulumi up`"
    )


def _whole(counts: Mapping[str, int]) -> str | None:
    """Every federation API has these."""
    missing = [what for what in ("namespaces", "clusterroles") if not counts.get(what)]
    return f"it has no {' and no '.join(missing)}: use another backup" if missing else None


def operations(batch: Sequence[Step]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Comparisons and operations of a transaction, as etcd's gateway takes them ("Transaction" in etcd's API)."""
    compare = [
        {"key": _raw(step.key), "target": "MOD", "result": "EQUAL", "mod_revision": step.expect}
        for step in batch
    ]
    success = [
        {"request_delete_range": {"key": _raw(step.key)}}
        if step.value is None
        else {"request_put": {"key": _raw(step.key), "value": keys.encoded(step.value)}}
        for step in batch
    ]
    return compare, success


def _raw(key: str) -> str:
    return keys.encoded(key.encode())
