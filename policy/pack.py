"""All policies of the pack."""

from __future__ import annotations

from policy.rule import Policy
from policy.rules import (
    addresses,
    azure_access,
    azure_clusters,
    dns,
    downloads,
    etcd_members,
    failover,
    images,
    kubernetes_versions,
    lifecycle,
    network,
    placement,
    plain_http,
    quality,
    rbac,
    records,
    regions,
    secrets,
    tls,
    topology_labels,
    vrrp,
    workloads,
)

NAME = "federation"
VERSION = "0.2.0"
DESCRIPTION = "What a federation of clusters must not do."
_MODULES = (
    rbac,
    secrets,
    tls,
    dns,
    records,
    network,
    addresses,
    vrrp,
    plain_http,
    azure_access,
    azure_clusters,
    kubernetes_versions,
    regions,
    images,
    downloads,
    workloads,
    quality,
    placement,
    topology_labels,
    etcd_members,
    lifecycle,
    failover,
)
POLICIES: tuple[Policy, ...] = tuple(
    sorted((policy for module in _MODULES for policy in module.POLICIES), key=lambda policy: policy.id)
)
