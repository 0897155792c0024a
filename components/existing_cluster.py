"""A cluster that is there already: how the rest of the stack reaches it, and region and zone on its nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

import pulumi
import pulumi_kubernetes as kubernetes

from components.cluster import WayIn
from components.dynamic.nodes import NodeLabels, NodeLabelsArgs
from federation.kubeconfig import endpoint, minify, read
from federation.topology import models


def kubeconfig_text(ref: models.KubeconfigRef, config: pulumi.Config) -> str:
    """The kubeconfig that a topology refers to: one context, with everything inside.

    It is plain text also where the configuration has it as a secret, as its server decides names in certificates; every
    resource that is given it makes it a secret.

    Args:
        ref: a file, or a secret of the stack's configuration.
        config: of the project.

    Raises `KubeconfigError` if the file cannot be used, and `pulumi.ConfigMissingError` if there is no such secret.
    """
    if ref.path is not None:
        return read(ref.path, context=ref.context)
    key = config.full_key(str(ref.secret))
    text = pulumi.runtime.get_config(key)
    if text is None:
        raise pulumi.ConfigMissingError(key, secret=True)
    return minify(text, ref.context)


@dataclass(frozen=True, kw_only=True)
class ExistingClusterArgs:
    """Inputs of `ExistingCluster`.

    Attributes:
        cluster: its part of the topology.
        federation: name of the federation.
        kubeconfig: text with one context and everything inside; becomes a secret.
    """

    cluster: models.ExistingCluster
    federation: str
    kubeconfig: pulumi.Input[str]


class ExistingCluster(pulumi.ComponentResource):
    """A cluster of somebody else's: nothing of it is made or removed here, and a preview works while it is down.

    Attributes:
        name: in the topology.
        kubeconfig: secret.
        reference: where that came from; what reads credentials anew needs it.
    """

    name: str
    reference: models.KubeconfigRef
    kubeconfig: pulumi.Output[str]

    def __init__(
        self, name: str, args: ExistingClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("federation:cluster:ExistingCluster", name, {}, opts)
        self.name, self.reference = args.cluster.name, args.cluster.kubeconfig
        self.kubeconfig = pulumi.Output.secret(args.kubeconfig)
        self._resource_name, self._text = name, args.kubeconfig
        if args.cluster.node_labels:
            self._label_nodes(args)
        self.register_outputs({"name": self.name, "kubeconfig": self.kubeconfig})

    @cached_property
    def provider(self) -> kubernetes.Provider:
        """For objects that are declared in it. Made on first use: each is a process of 107 MB.

        With the identifier, another kubeconfig for the same cluster is not the replacement of all that is in it.
        """
        return kubernetes.Provider(
            self._resource_name,
            kubeconfig=self.kubeconfig,
            cluster_identifier=self.name,
            enable_secret_mutable=True,
            enable_config_map_mutable=True,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def way_in(self, name: str) -> WayIn:  # noqa: ARG002  nothing is made for it
        """Where its API server is, there are its nodes' ports."""
        text = pulumi.Output.from_input(self._text)
        return WayIn(text.apply(lambda known: str(urlsplit(endpoint(known)[0]).hostname)))

    def _label_nodes(self, args: ExistingClusterArgs) -> None:
        cluster = args.cluster
        NodeLabels(
            f"{self._resource_name}-nodes",
            NodeLabelsArgs(
                cluster=cluster.name,
                federation=args.federation,
                kubeconfig=self.kubeconfig,
                kubeconfig_path=cluster.kubeconfig.path,
                kubeconfig_context=cluster.kubeconfig.context,
                region=cluster.region,
                zones=list(cluster.zones),
            ),
            pulumi.ResourceOptions(parent=self),
        )
