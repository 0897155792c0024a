"""What a stack asks Azure for before it declares anything; a preview without access asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import authorization, containerservice

from components.azure.kubeconfig import decoded, kubeconfig_of
from federation import offline


@dataclass(frozen=True)
class Me:
    """Whoever is logged in.

    Attributes:
        tenant: of Entra ID.
        subscription: that resources are made in, where they say no other.
        object_id: in that tenant.
    """

    tenant: pulumi.Output[str]
    subscription: pulumi.Output[str]
    object_id: pulumi.Output[str]


def me(parent: pulumi.Resource) -> Me:
    """Without access, the tenant and the subscription are those of the state, and nobody is logged in."""
    if facts := offline.known():
        known = (facts.tenant, facts.subscription, offline.NOBODY)
        return Me(*(pulumi.Output.from_input(value) for value in known))
    found = authorization.get_client_config_output(opts=pulumi.InvokeOptions(parent=parent))
    return Me(
        found.apply(lambda each: str(each.tenant_id)),
        found.apply(lambda each: str(each.subscription_id)),
        found.apply(lambda each: str(each.object_id)),
    )


def kubeconfig(
    parent: Any,
    *,
    group: pulumi.Input[str],
    cluster: containerservice.ManagedCluster,
    after: Sequence[pulumi.CustomResource],
) -> pulumi.Output[str]:
    """Of a managed cluster; not known in a preview while the cluster is not made yet, or what it comes after is not.

    Args:
        parent: the component, with the cluster's `name` in the topology.
        group: the cluster's resource group.
        cluster: it.
        after: what makes whoever is logged in its administrator.
    """
    name = parent.name
    if facts := offline.known():
        made = pulumi.Output.all(cluster.id, *(each.id for each in after))
        return made.apply(lambda _: facts.kubeconfig(name))
    found = containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=group,
        resource_name=cluster.name,
        format="exec",
        opts=pulumi.InvokeOutputOptions(parent=parent, depends_on=list(after)),
    )
    return found.apply(lambda answer: kubeconfig_of(decoded(answer.kubeconfigs), name))


def id_of(existing: pulumi.Output[str]) -> pulumi.Output[str]:
    """The id under which somebody else's resource is looked up. Without access it is not known, so nobody asks."""
    return pulumi.Output.from_input(pulumi.UNKNOWN) if offline.known() else existing


def known_id(resource: pulumi.CustomResource, existing: pulumi.Output[str]) -> pulumi.Output[str]:
    """Its id once it was looked up; without access, the one under which it would be."""
    return existing if offline.known() else resource.id


def name_servers(zone_name: str, zone: Any, *, made: bool) -> pulumi.Output[list[str]]:
    """Who answers for a zone.

    Args:
        zone_name: its name.
        zone: the resource.
        made: by this stack; what is somebody else's has, without access, those that the state has.
    """
    facts = offline.known()
    if facts and not made and zone_name in facts.nameservers:
        return pulumi.Output.from_input(list(facts.nameservers[zone_name]))
    return pulumi.Output.from_input(zone.name_servers)
