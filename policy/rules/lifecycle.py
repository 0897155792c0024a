"""What becomes of data when what holds it is removed."""

from __future__ import annotations

from policy.objects import KubernetesObject
from policy.rule import Context, Finding, Policy, Severity, Verdicts, each, each_resource
from policy.rules.across import PROTECTION, ZONES, known_any, made_here
from policy.settings import PolicySettings
from policy.stack import Resource, Stack

CLUSTER = "azure-native:containerservice:ManagedCluster"
_CLAIMS = ("spec", "persistentVolumeClaimRetentionPolicy")
_RETENTION = {
    "StatefulSet": ((*_CLAIMS, "whenDeleted"), (*_CLAIMS, "whenScaled")),
    "StorageClass": (("reclaimPolicy",),),
    "PersistentVolume": (("spec", "persistentVolumeReclaimPolicy"),),
}
"""Kinds that hold data to where each says what becomes of it."""


def retention(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Volumes of which nobody has said whether they stay (Kubernetes, StatefulSets and persistent volumes)."""
    holders = [o for o in resource.objects if o.kind in _RETENTION and not o.partial]
    yield from each(holders, _holder)


def _holder(found: KubernetesObject) -> Verdicts:
    if found.kind == "StatefulSet" and not found.root.at("spec", "volumeClaimTemplates").items():
        return
    places = [found.root.at(*keys) for keys in _RETENTION[found.kind]]
    missing = " and ".join(place.path for place in places if not place.text())
    if missing:
        text = f"{found.kind} {found.key!r} does not say what becomes of its data ({missing})"
        yield Finding(found.key, text, fix="set it: Retain keeps the data, Delete removes it too")


def guarded(stack: Stack, _context: Context[PolicySettings]) -> Verdicts:
    """Clusters, zones and claims that `pulumi destroy` removes because nobody has thought of it.

    Either each is protected, or a Protection of ours says which parts are: the others are meant to go.
    """
    holders = [one for one in stack.resources if _holds(one) and not one.protect]
    yield from each_resource(holders, lambda one: _guarded(stack, one))


def _holds(resource: Resource) -> bool:
    claims = any(found.kind == "PersistentVolumeClaim" and not found.partial for found in resource.objects)
    return claims or (resource.is_a(CLUSTER, *ZONES) and made_here(resource))


def _guarded(stack: Stack, holder: Resource) -> Verdicts:
    if not known_any(stack.of(PROTECTION), lambda one: one.props.at("protects").exists()):
        name = holder.name
        yield Finding(
            name, f"nothing says whether {name!r} may go with all its data: it is not protected", holder.urn
        )


POLICIES = (
    Policy(
        id="P26",
        name="p26-retention",
        title="What holds data says what becomes of it",
        why="What a removal keeps or destroys would be a default that nobody has looked at.",
        remedy="set protect on it, or add a Protection that names what must stay",
        source="Kubernetes, StatefulSets (PersistentVolumeClaim retention); Pulumi, protect",
        seed="Proper cleanup … is not fully implemented: all but the persistent storage volume (on premises)",
        severity=Severity.MEDIUM,
        checks=(retention,),
        stack_checks=(guarded,),
    ),
)
