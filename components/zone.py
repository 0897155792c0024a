"""What a zone in a store of records is to the rest of the graph, and what it is made in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.cluster import Cluster
from components.workload_identity import WorkloadIdentity
from federation.azure.cloud import Cloud
from federation.names import Service
from federation.topology import models

Child = Callable[..., pulumi.ResourceOptions]
"""Options of a child of the component that the zone belongs to; takes what it depends on, and other options."""


@dataclass(frozen=True, kw_only=True)
class Zone:
    """The federation's zone in one store.

    Attributes:
        name: of its resources.
        store: how the engine writes it; secret.
        controller_store: how a pod of `cluster` writes it; secret.
        cluster: where its controller runs.
        namespace: of its controller; `made` is its resource, or None where the controller makes it.
        identity: as whom its controller writes; None where the store has users of its own.
        nameservers: who answers for it.
        asked: whether the members' own DNS shall ask them.
        ready: done once they answer.
        alias: makes a service's global name something that fails over by itself, out of the service, the port that its
            addresses answer on, these addresses by member, and what has to be done before; None: it is a record set as
            all others.
    """

    name: str
    store: pulumi.Output[dict[str, Any]]
    controller_store: pulumi.Output[dict[str, Any]]
    cluster: Cluster
    namespace: str
    made: pulumi.Resource | None = None
    identity: WorkloadIdentity | None = None
    nameservers: pulumi.Output[list[str]]
    asked: bool = False
    ready: Sequence[pulumi.Resource] = field(default=())
    alias: Callable[[Service, int, pulumi.Output[Any], pulumi.Resource], None] | None = None


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What zones are made in.

    Attributes:
        topology: of the federation.
        clusters: all of them by name.
        virtual_ips: what gives load balancers an address, of the clusters that have none of their own.
        child: see `Child`.
        cloud: where zones in Azure are; None: there are none.
    """

    topology: models.Topology
    clusters: Mapping[str, Cluster]
    virtual_ips: Mapping[str, pulumi.Resource]
    child: Child
    cloud: Cloud | None = None
