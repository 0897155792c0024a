"""`Federation`, with inputs that any language can give."""

from typing import Any, NotRequired, TypedDict

import pulumi

from components import stack
from components.package.inputs import plain
from federation.errors import KubeconfigError
from federation.kubeconfig import minify, read
from federation.topology import advisories, load
from federation.topology.models import ExistingCluster, KubeconfigRef, Topology


class Member(TypedDict):
    """A cluster that is in the federation."""

    name: str
    """In the topology."""
    region: str
    """Of its nodes."""
    zones: list[str]
    """Of its nodes."""
    version: str
    """Of Kubernetes."""
    ready: bool
    """Whether the federation reaches it."""
    endpoint: str
    """URL of its API server."""


class FederationInputs(TypedDict):
    """Inputs of `Federation`."""

    topology: dict[str, Any]
    """What it is made of, by topology.schema.json and docs/topology.md; paths are relative to the program's project."""
    kubeconfigs: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Of clusters whose kubeconfig the topology does not name as a file: by the name of the secret that it names."""


class Federation(stack.Federation):
    """One federation of Kubernetes clusters: a Karmada control plane, its members, workloads and names."""

    members: pulumi.Output[list[Member]]
    """All members."""
    endpoint: pulumi.Output[str]
    """URL of the federation API."""
    kubeconfig: pulumi.Output[str]
    """A context for every cluster, and one named after the federation; secret."""
    names: pulumi.Output[dict[str, list[str]]]
    """Of each service that is federated, "namespace/name" to its DNS names, the global one first."""
    nameservers: pulumi.Output[list[str]]
    """Each server that answers for them, as "address:port"."""
    stores: pulumi.Output[list[dict[str, Any]]]
    """How each zone is written, for fedctl's option --store; secret."""
    next_steps: pulumi.Output[list[str]]
    """Commands to go on with."""

    def __init__(self, name: str, args: FederationInputs, opts: pulumi.ResourceOptions | None = None) -> None:
        topology = load(plain("topology", args["topology"]))
        for advice in advisories(topology):
            pulumi.warn(advice)
        given = _given(topology, args.get("kubeconfigs") or {})
        inputs = stack.FederationArgs(
            topology=topology,
            kubeconfigs={
                c.name: _kubeconfig(c.kubeconfig, given)
                for c in topology.clusters
                if isinstance(c, ExistingCluster)
            },
            cloud=stack.azure_cloud(topology),
        )
        super().__init__(name, inputs, opts)


def _given(topology: Topology, given: Any) -> pulumi.Output[dict[str, str]]:
    """The kubeconfigs that were given. They are no secrets here, as their servers decide names in certificates; every
    resource that is given one makes it one.

    Raises `KubeconfigError` if one is missing, unless it is not known yet which there are.
    """
    there = [cluster.kubeconfig for cluster in topology.clusters if isinstance(cluster, ExistingCluster)]
    named = [ref.secret for ref in there if ref.secret is not None]
    missing = [] if isinstance(given, pulumi.Output) else sorted(set(named) - set(given))
    if missing:
        raise KubeconfigError(
            f"kubeconfig {missing[0]}",
            "the topology names it, and it was not given",
            "add it to the input kubeconfigs",
        )
    return pulumi.Output.unsecret(pulumi.Output.from_input(given))


def _kubeconfig(ref: KubeconfigRef, given: pulumi.Output[dict[str, str]]) -> pulumi.Input[str]:
    """Of one cluster, from its file or out of those that were given: one context, with everything inside."""
    if ref.path is not None:
        return read(ref.path, context=ref.context)
    return given.apply(lambda texts: minify(texts[str(ref.secret)], ref.context))
