"""The stack: a federation as its topology says."""

from __future__ import annotations

import pulumi

from components import offline
from components.stack import Federation, FederationArgs, azure_cloud, kubeconfigs
from federation.errors import FederationError
from federation.topology import advisories, load


def federate() -> None:
    """Build everything, and export what its users need."""
    offline.begin()
    config = pulumi.Config("federation")
    topology = load(config.require_object("topology"))
    for advice in advisories(topology):
        pulumi.warn(advice)
    args = FederationArgs(
        topology=topology, kubeconfigs=kubeconfigs(topology, config), cloud=azure_cloud(topology)
    )
    federation = Federation(topology.name, args)
    pulumi.export("members", federation.members)
    pulumi.export("endpoint", federation.endpoint)
    pulumi.export("kubeconfig", federation.kubeconfig)
    pulumi.export("names", federation.names)
    pulumi.export("nameservers", federation.nameservers)
    pulumi.export("stores", federation.stores)
    pulumi.export("next", federation.next_steps)


try:
    federate()
except FederationError as error:  # the engine shows it without a stack trace
    raise pulumi.RunError(str(error)) from None
