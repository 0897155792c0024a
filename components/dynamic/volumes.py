"""`Volumes`: an etcd's members keep their data and their number; after their namespace is gone, so are the volumes."""

from __future__ import annotations

import pulumi
from pulumi.dynamic import CreateResult, UpdateResult

from components.dynamic import credentials
from components.dynamic.base import Props, Provider, Resource, options
from federation.deadline import Deadline
from federation.errors import RejectedError
from federation.karmada import host

SECONDS = 120.0


class VolumesProvider(Provider):
    """Nothing is made. What a namespace depends on is looked at before it, and removed after it."""

    compared = (*credentials.KEYS, "members")
    replacing = ("namespace",)

    def create(self, props: Props) -> CreateResult:
        """Only noted."""
        return CreateResult(props["namespace"], props)

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """A changed start list would break the quorum. Raises `RejectedError`."""
        before, after = (int(props["members"]) for props in (olds, news))
        if before != after:
            raise RejectedError(
                f"etcd in namespace {news['namespace']} of cluster {news['cluster']}",
                f"its members cannot change from {before} to {after} while it runs",
                f"set etcd_members back to {before}, or destroy it and make it anew",
            )
        return UpdateResult(news)

    def delete(self, _id: str, props: Props) -> None:
        """Waits, and names those that stay. Raises `NotInTimeError`."""
        kube = credentials.connect(props, f"cluster {props['cluster']}")
        if kept := host.wait_for_volumes(kube, props["namespace"], Deadline(SECONDS)):
            names = ", ".join(kept)
            print(f"kept, as their StorageClass retains volumes: {names}. Next: kubectl delete pv NAME.")


class Volumes(Resource, module="federation", name="Volumes"):
    """The volumes of an etcd that has a namespace of its own.

    Args:
        name: of the resource.
        inputs: `cluster`, `kubeconfig` (secret), `kubeconfigPath`, `kubeconfigContext`, `namespace`, `members`.
    """

    def __init__(self, name: str, inputs: Props, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(VolumesProvider(), name, inputs, options(opts, secrets=["kubeconfig"]))
