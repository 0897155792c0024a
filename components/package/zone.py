"""`CoreDnsZone`: a zone on CoreDNS in one cluster, without a federation around it."""

from typing import Any, NotRequired, TypedDict

import pulumi

from components.coredns.stack import CoreDnsArgs, CoreDnsStack
from components.existing_cluster import ExistingCluster, ExistingClusterArgs
from components.package.inputs import plain
from federation.errors import TopologyError
from federation.kubeconfig import minify
from federation.topology import examine
from federation.topology.dns import CoreDns
from federation.topology.models import ExistingCluster as Cluster


class CoreDnsZoneInputs(TypedDict):
    """Inputs of `CoreDnsZone`."""

    owner: str
    """Who owns the records, as a federation is called: lower-case letters, digits and hyphens."""
    domain: str
    """Of the zone."""
    kubeconfig: pulumi.Input[str]
    """Of the cluster that it runs in: text with everything inside, and the context that counts is the current one."""
    settings: NotRequired[dict[str, Any]]
    """Keys of dns with the provider coredns, as docs/topology.md has them; the defaults will do."""


class CoreDnsZone(pulumi.ComponentResource):
    """A zone that CoreDNS serves out of an etcd with certificates and users, both in one cluster."""

    nameservers: pulumi.Output[list[str]]
    """Each way to CoreDNS, as "address:port"."""
    store: pulumi.Output[dict[str, Any]]
    """How the zone is written, for fedctl's option --store; secret."""

    def __init__(
        self, name: str, args: CoreDnsZoneInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("federation:index:CoreDnsZone", name, {}, opts)
        cluster, spec = _described(args)
        kubeconfig = pulumi.Output.secret(args["kubeconfig"]).apply(minify)
        there = ExistingCluster(
            f"{name}-cluster",
            ExistingClusterArgs(cluster=cluster, federation=args["owner"], kubeconfig=kubeconfig),
            pulumi.ResourceOptions(parent=self),
        )
        inputs = CoreDnsArgs(
            federation=args["owner"],
            domain=args["domain"],
            spec=spec,
            cluster=name,
            kubeconfig=kubeconfig,
        )
        opts = pulumi.ResourceOptions(parent=self, providers=[there.provider])
        made = CoreDnsStack(f"{name}-coredns", inputs, opts)
        self.nameservers, self.store = made.nameservers, made.store
        self.register_outputs({"nameservers": self.nameservers, "store": self.store})


def _described(args: CoreDnsZoneInputs) -> tuple[Cluster, CoreDns]:
    """Checked as parts of a topology are. Raises `TopologyError`."""
    settings, domain = plain("settings", args.get("settings") or {}), plain("domain", args["domain"])
    topology, mistakes = examine(
        {
            "name": plain("owner", args["owner"]),
            "domain": domain,
            "clusters": [{"name": "cluster", "kubeconfig": {"secret": "kubeconfig"}}],
            "dns": [{**settings, "provider": "coredns"}],
        }
    )
    if topology is None:
        told = "; ".join(str(mistake).replace("dns[0].", "settings.") for mistake in mistakes)
        raise TopologyError(f"zone {domain}", told, "correct its inputs")
    cluster = next(each for each in topology.clusters if isinstance(each, Cluster))
    return cluster, next(each for each in topology.dns if isinstance(each, CoreDns))
