"""The whole of an upgrade: its steps, what is in their way, and what should be known. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from federation.upgrade.plan import Member, Parts, Seen, Step, Use, minor, number, shown, steps
from federation.upgrade.releases import ETCD_BRIDGE, RELEASES


@dataclass(frozen=True)
class Finding:
    """Something to mend before the upgrade."""

    about: str
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.about}: {self.why}. Next: {self.fix}."


@dataclass(frozen=True)
class Upgrade:
    """All of it.

    Attributes:
        steps: in this order; none if the plane is what is wanted.
        findings: what is in the way; it must be empty before the first step.
        notes: what should be known.
    """

    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def upgrade(seen: Seen, wanted: Parts) -> Upgrade:
    """The upgrade from what is seen to what is wanted."""
    found = steps(seen, wanted)
    findings = [*_backwards(seen.parts, wanted), *_plane(seen), *_members(seen.members, wanted.karmada)]
    findings += [*_flags(seen, found), *_uses(seen.uses, wanted.karmada), *_bridge(seen.parts, wanted)]
    return Upgrade(tuple(found), tuple(findings), tuple(_notes(seen, wanted)))


def _backwards(current: Parts, wanted: Parts) -> Iterator[Finding]:
    for part, name in (("karmada", "Karmada"), ("kubernetes", "Kubernetes"), ("etcd", "etcd")):
        now, then = getattr(current, part), getattr(wanted, part)
        if now and then and number(now) > number(then):
            key = f"control_plane.{part}_version"
            yield Finding(
                name, f"{now} runs and {then} is wanted, and its data has no way back", f"set {key} to {now}"
            )


def _plane(seen: Seen) -> Iterator[Finding]:
    for why in seen.unhealthy:
        yield Finding("control plane", why, "mend that first; `fedctl gather` collects its logs")
    if len({*seen.images.values()}) > 1:
        mixed = ", ".join(f"{name} {version}" for name, version in sorted(seen.images.items()))
        yield Finding(
            "control plane", f"its parts have different versions: {mixed}", "run `pulumi up` to its end"
        )
    for kind, versions in sorted(seen.stored.items()):
        if len(versions) > 1:
            yield Finding(
                f"kind {kind}",
                f"objects may be stored as {', '.join(versions)}",
                "write all of them once, and set status.storedVersions of the CRD to the last version",
            )


def _members(members: Sequence[Member], wanted: str | None) -> Iterator[Finding]:
    release = RELEASES.get(minor(wanted)) if wanted else None
    for member in members:
        if member.unready:
            fix = "bring it back, or let it leave (`fedctl leave`)"
            yield Finding(f"member {member.name}", f"is not ready: {member.unready}", fix)
        if release and member.kubernetes and minor(member.kubernetes) < release.oldest:
            yield Finding(
                f"member {member.name}",
                f"its Kubernetes {member.kubernetes} is older than {shown(release.oldest)}, the oldest that "
                f"Karmada {wanted} is tested with",
                "upgrade the cluster first",
            )


def _flags(seen: Seen, found: Sequence[Step]) -> Iterator[Finding]:
    """Flags in use that a step takes away: the component would not start."""
    for step in found:
        release = RELEASES.get(minor(step.version)) if step.part == "karmada" else None
        for component, removed in (release.removed if release else {}).items():
            for flag in sorted({*removed} & {*seen.flags.get(component, ())}):
                yield Finding(
                    component,
                    f"uses --{flag}, which {step.version} does not take",
                    "remove it from control_plane.args",
                )


def _uses(uses: Sequence[Use], wanted: str | None) -> Iterator[Finding]:
    for use in uses:
        when = f"Karmada {shown(use.until)} takes it no longer" if use.until else "it is deprecated"
        if use.until is None or (wanted is not None and minor(wanted) >= use.until):
            yield Finding(use.where, f"has {use.what}; {when}", f"write {use.instead}")


def _bridge(current: Parts, wanted: Parts) -> Iterator[Finding]:
    if current.etcd is None or wanted.etcd is None:
        return
    if (
        minor(current.etcd) == (3, 5)
        and minor(wanted.etcd) >= (3, 6)
        and number(current.etcd) < number(ETCD_BRIDGE)
    ):
        yield Finding(
            "etcd",
            f"{current.etcd} cannot become {wanted.etcd} at once: members of the past may come back",
            f"set control_plane.etcd_version to {ETCD_BRIDGE}-0 first, and run `pulumi up`",
        )


def _notes(seen: Seen, wanted: Parts) -> Iterator[str]:
    for part, name in (("karmada", "Karmada"), ("kubernetes", "Kubernetes"), ("etcd", "etcd")):
        if getattr(seen.parts, part) is None:
            how = "an etcd of its own?" if part == "etcd" else "add --kubeconfig or --federation-kubeconfig"
            yield f"which version of {name} runs is not known: {how}"
    if wanted.karmada is None:
        return
    release = RELEASES.get(minor(wanted.karmada))
    if release is None:
        known = ", ".join(map(shown, RELEASES))
        yield f"Karmada {wanted.karmada} is not known here, only {known}: its members are not compared"
        return
    if number(wanted.karmada) < number(release.patch):
        yield f"Karmada {release.patch} is newer than {wanted.karmada}, and has its bugs mended"
    newer = sorted(
        {m.kubernetes for m in seen.members if m.kubernetes and minor(m.kubernetes) > release.newest}
    )
    if newer:
        yield (
            f"members have Kubernetes {', '.join(newer)}: Karmada {shown(minor(wanted.karmada))} is tested with "
            f"{shown(release.oldest)} to {shown(release.newest)}"
        )
    for use in seen.uses:
        if use.until is not None and minor(wanted.karmada) < use.until:
            yield f"{use.where} has {use.what}, which Karmada {shown(use.until)} takes no longer: write {use.instead}"
