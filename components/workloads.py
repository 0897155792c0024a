"""The workloads of a federation: manifests that become objects of the federation API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.kubernetes import SKIP_AWAIT, KubernetesObject
from federation.dns.observed import federated
from federation.names import Service
from federation.topology.models import Failover, Workload
from federation.workloads import plan_workloads, read, stage


@dataclass(frozen=True, kw_only=True)
class WorkloadsArgs:
    """Inputs of `FederatedWorkloads`."""

    workloads: Sequence[Workload]
    members: Sequence[str]  # those that take workloads, by name
    failover: Failover = field(default_factory=Failover)  # as the control plane's: for divided workloads


class FederatedWorkloads(pulumi.ComponentResource):
    """The objects of all manifests, in the cluster of the provider that is passed in `opts`.

    It does not wait until pods run: the federation API has none, and Karmada sets no condition of a Deployment that
    the provider could wait for. Nor does it look at what runs: the same manifests give the same objects.

    Attributes:
        objects: the names of the resources, such as "deployment/default/nginx", in the order of their creation.
        services: those that shall have DNS names, with the first port of each.
    """

    objects: pulumi.Output[list[str]]
    services: dict[Service, int]

    def __init__(self, name: str, args: WorkloadsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:workload:FederatedWorkloads", name, {}, opts)
        plan = plan_workloads([read(workload) for workload in args.workloads], args.members, args.failover)
        for note in plan.notes:
            pulumi.warn(note, self)
        made: dict[int, list[KubernetesObject]] = {}
        for manifest in plan.manifests:
            earlier = [one for at, ones in made.items() if at < stage(manifest) for one in ones]
            child = pulumi.ResourceOptions(parent=self, depends_on=earlier)
            made.setdefault(stage(manifest), []).append(
                KubernetesObject(resource_name(manifest), _without_await(manifest), child)
            )
        self.objects = pulumi.Output.from_input([resource_name(manifest) for manifest in plan.manifests])
        self.services = {
            found.service: int(m["spec"]["ports"][0]["port"])
            for m in plan.manifests
            if m["kind"] == "Service" and (found := federated(m))
        }
        self.register_outputs({"objects": self.objects})


def resource_name(manifest: Mapping[str, Any]) -> str:
    """In lower case "kind/namespace/name": an object that moves to another file is still the same resource."""
    metadata = manifest["metadata"]
    parts = (manifest["kind"], metadata.get("namespace"), metadata["name"])
    return "/".join(part for part in parts if part).lower()


def _without_await(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A namespace alone is awaited, when it is deleted: so long the control plane must live."""
    if manifest["kind"] == "Namespace":
        return dict(manifest)
    metadata = manifest["metadata"]
    annotations = {**SKIP_AWAIT, **(metadata.get("annotations") or {})}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}
