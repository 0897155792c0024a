"""What every cluster of a stack is for the rest of it, whoever has made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pulumi
import pulumi_kubernetes as kubernetes

from federation.topology import models


class Reference(Protocol):
    """Where a kubeconfig came from, if from a file: credentials in it are newer than those of the state."""

    @property
    def path(self) -> str | None:
        """Of the file."""

    @property
    def context(self) -> str | None:
        """In that file."""


@dataclass(frozen=True)
class WayIn:
    """How clients outside reach a program in a cluster.

    Attributes:
        address: host name or address.
        annotations: with which a Service of type LoadBalancer asks the cluster's cloud for that address. None: the
            address is that of a node, or there is no cloud to ask.
    """

    address: pulumi.Input[str]
    annotations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


class Cluster(Protocol):
    """One cluster."""

    @property
    def name(self) -> str:
        """In the topology."""

    @property
    def kubeconfig(self) -> pulumi.Output[str]:
        """With one context; secret. Not known in a preview while the cluster is not made yet."""

    @property
    def reference(self) -> Reference:
        """Where the kubeconfig came from."""

    @property
    def provider(self) -> kubernetes.Provider:
        """For objects that are declared in it; made on first use."""

    def way_in(self, name: str) -> WayIn:
        """For one program in it; `name` is for what has to be made for that."""


AnyCluster = models.ExistingCluster | models.AksCluster
"""A cluster in a topology."""
