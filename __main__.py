"""The stack: a federation as its topology says."""

from __future__ import annotations

import pulumi

from components.stack import Federation, FederationArgs, kubeconfigs
from federation.topology import load

config = pulumi.Config("federation")
topology = load(config.require_object("topology"))
federation = Federation(
    topology.name, FederationArgs(topology=topology, kubeconfigs=kubeconfigs(topology, config))
)
pulumi.export("members", federation.members)
pulumi.export("endpoint", federation.endpoint)
pulumi.export("kubeconfig", federation.kubeconfig)
pulumi.export("next", federation.next_steps)
