"""`Volumes`: what a namespace's claims leave in the cluster is waited for after the namespace is gone."""

from __future__ import annotations

import pulumi
from pulumi.dynamic import CreateResult

from components.dynamic.base import Props, Provider, Resource, options
from components.dynamic.credentials import connect
from federation.deadline import Deadline
from federation.karmada import host

SECONDS = 120.0


class VolumesProvider(Provider):
    """Nothing is made. What a namespace depends on is removed after it."""

    replacing = ("namespace",)

    def create(self, props: Props) -> CreateResult:
        """Only noted."""
        return CreateResult(props["namespace"], props)

    def delete(self, _id: str, props: Props) -> None:
        """Waits, and names those that stay. Raises `NotInTimeError`."""
        kube = connect(props, f"cluster {props['cluster']}")
        if kept := host.wait_for_volumes(kube, props["namespace"], Deadline(SECONDS)):
            names = ", ".join(kept)
            print(f"kept, as their StorageClass retains volumes: {names}. Next: kubectl delete pv NAME.")


class Volumes(Resource, module="federation", name="Volumes"):
    """The volumes of a namespace.

    Args:
        name: of the resource.
        inputs: `cluster`, `kubeconfig` (secret), `kubeconfigPath`, `kubeconfigContext`, `namespace`.
    """

    def __init__(self, name: str, inputs: Props, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(VolumesProvider(), name, inputs, options(opts, secrets=["kubeconfig"]))
