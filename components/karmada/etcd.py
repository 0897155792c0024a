"""etcd of a control plane. Pure."""

from __future__ import annotations

from typing import Any

from components import etcd
from components.etcd import ETCD, Identities, Members
from components.karmada.certificates import PlaneCertificates
from components.karmada.plane import Plane
from components.pods import Component

service = etcd.service


def component(plane: Plane, certificates: PlaneCertificates) -> Component:
    """The program and its files."""
    identities = Identities(
        ca=certificates.etcd_ca.certificate,
        server=certificates.servers[ETCD],
        peer=certificates.servers["etcd-peer"],
    )
    return etcd.component(plane, plane.spec.etcd.members, identities, plane.spec.args.get(ETCD))


def stateful_set(plane: Plane, member: Component) -> dict[str, Any]:
    """Its members."""
    spec = plane.spec.etcd
    members = Members(
        count=spec.members,
        storage=spec.storage,
        storage_class=spec.storage_class,
        persistent=spec.persistent,
    )
    return etcd.stateful_set(plane, member, members)
