"""Virtual IPs for the `LoadBalancer` Services of one cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.keepalived.objects import manifests
from components.keepalived.settings import Settings
from components.kubernetes import KubernetesObject
from federation.topology.models import Controllers, VipPool


@dataclass(frozen=True, kw_only=True)
class KeepalivedArgs:
    """Inputs of `KeepalivedStack`.

    Attributes:
        federation: name of the federation.
        cluster: name of the cluster, in the names of resources.
        pool: its addresses, gateway nodes and class; see the topology.
        router_id: VRRP router id; `federation.vip.router.router_ids` chooses one for each cluster.
        controllers: image and replicas.
    """

    federation: str
    cluster: str
    pool: VipPool
    router_id: int
    controllers: Controllers


class KeepalivedStack(pulumi.ComponentResource):
    """The vip controller and keepalived, in the cluster of the provider that is passed in `opts`.

    It is done when all of their pods are ready. It gives no address itself: the controller does, to every Service of
    its class, as long as it runs. When it is removed, Services keep the address in their status, which nobody answers.

    Attributes:
        ready: True once the pods are ready.
    """

    ready: pulumi.Output[bool]

    def __init__(self, name: str, args: KeepalivedArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:vip:KeepalivedStack", name, {}, opts)
        settings = Settings(
            federation=args.federation,
            pool=args.pool,
            router_id=args.router_id,
            controllers=args.controllers,
        )
        made: list[KubernetesObject] = []
        base: list[KubernetesObject] = []
        for manifest in manifests(settings):
            # Programs go first and come last: they are never without their rights and their configuration.
            program = manifest["kind"] in ("Deployment", "DaemonSet")
            child = pulumi.ResourceOptions(parent=self, depends_on=base if program else base[:1])
            made.append(KubernetesObject(_resource_name(args.cluster, manifest), manifest, child))
            base += [] if program else made[-1:]
        self.ready = pulumi.Output.all(*(one.id for one in made)).apply(lambda _: True)
        self.register_outputs({"ready": self.ready})


def _resource_name(cluster: str, manifest: Mapping[str, Any]) -> str:
    name = manifest["metadata"]["name"].rpartition(":")[2]
    return f"{cluster}-vips-{manifest['kind']}-{name}".lower()
