"""What a resource is to the people who read of it: its kind, and how much depends on it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from federation.preview.changes import Change

DYNAMIC = "pulumi-python:dynamic/federation:"
JOIN, RECORDS = f"{DYNAMIC}Join", f"{DYNAMIC}DnsRecords"
AKS, POOL = "azure-native:containerservice:ManagedCluster", "azure-native:containerservice:AgentPool"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
_VERSION = re.compile(r"/v\d\w*(?=:)")


@dataclass(frozen=True)
class Kind:
    """A kind of resource that is told when it goes.

    Attributes:
        title: such as "cluster".
        loss: what goes with it; empty if nothing does.
    """

    title: str
    loss: str = ""


_ZONE = Kind("zone", "no name in it has an answer")
IMPORTANT: Mapping[str, Kind] = {
    AKS: Kind("cluster", "all that runs in it is lost, volumes too"),
    "azure-native:resources:ResourceGroup": Kind("resource group", "all that is in it goes"),
    "federation:karmada:ControlPlane": Kind(
        "control plane", "the federation API goes with all that is declared in it"
    ),
    "azure-native:dns:Zone": _ZONE,
    "azure-native:privatedns:PrivateZone": _ZONE,
    "federation:dns:CoreDnsStack": _ZONE,
    STATEFUL_SET: Kind("etcd", "what it knows is on its volumes only"),
    "kubernetes:core/v1:PersistentVolumeClaim": Kind("volume", "its data are lost unless it is retained"),
    JOIN: Kind("member", "what the federation runs in it goes"),
    RECORDS: Kind("names of", "its records go"),
    "azure-native:dns:RecordSet": Kind("record set"),
    "azure-native:trafficmanager:Profile": Kind("failover of"),
    POOL: Kind("node pool", "its machines go"),
    "kubernetes:core/v1:Namespace": Kind("namespace", "all that is in it goes"),
    f"{DYNAMIC}CustomResourceDefinitions": Kind("definitions of Karmada"),
    f"{DYNAMIC}CertificateAuthority": Kind(
        "certificate authority", "none of its certificates is trusted any more"
    ),
}
"""What is told first, in this order; everything else is told by type."""
LEAST = len(IMPORTANT)
_ORDER = {type_: place for place, type_ in enumerate(IMPORTANT)}


def plain(type_: str) -> str:
    """A type without the API version in it: azure-native:dns/v20180501:Zone is azure-native:dns:Zone.

    Those of Kubernetes keep theirs, as it is not of the package but of the object.
    """
    return type_ if type_.startswith("kubernetes:") else _VERSION.sub("", type_)


def rank(change: Change) -> int:
    """Its place among what is told; `LEAST` for all that is not important by itself."""
    type_ = plain(change.type)
    if type_ == STATEFUL_SET and "etcd" not in change.name:
        return LEAST
    return _ORDER.get(type_, LEAST)


def title(type_: str) -> str:
    """A type's last word, such as "Deployment"; that of a package that says little by itself comes with it."""
    head, _, last = plain(type_).rpartition(":")
    return f"provider {last}" if head == "pulumi:providers" else last


def in_the_world(change: Change) -> bool:
    """Whether it is a thing: components and providers are none, nor is what only waits or remembers."""
    if plain(change.type) in IMPORTANT:
        return True
    return change.type.split(":")[0] not in ("federation", "pulumi") and change.type not in _NO_THINGS


_NO_THINGS = frozenset(
    f"{DYNAMIC}{name}"
    for name in (
        "ApiServerReady ClusterGuard CoreDnsReady Delegation EtcdReady Host Init Membership Protection Volumes"
    ).split()
)
