"""The clusters of a federation: those that are there already, and those that the stack makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from federation.topology.aks import AksCluster
from federation.topology.member import Grant, KubeconfigRef, Member, VipPool


class ExistingCluster(Member):
    """A cluster that is there already, wherever it runs."""

    kind: Literal["existing"] = "existing"
    kubeconfig: KubeconfigRef = Field(description="a path, or where to find it")


def _kind(cluster: Any) -> str | None:
    """The kind of a cluster, "existing" if it does not say."""
    kind = cluster.get("kind", "existing") if isinstance(cluster, Mapping) else getattr(cluster, "kind", None)
    return kind if isinstance(kind, str) else None


Cluster = Annotated[
    Annotated[ExistingCluster, Tag("existing")] | Annotated[AksCluster, Tag("aks")], Discriminator(_kind)
]

__all__ = ["AksCluster", "Cluster", "ExistingCluster", "Grant", "KubeconfigRef", "Member", "VipPool"]
