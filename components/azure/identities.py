"""Who a cluster is in Azure, what it may do there, and who may do what in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import managedidentity, resources

from components.azure import arm


@dataclass(frozen=True, kw_only=True)
class IdentitiesArgs:
    """Inputs of `Identities`.

    Attributes:
        cluster: its name.
        location: its region.
        group: its resource group, with its network and its addresses.
        tags: of all that is made for it.
    """

    cluster: str
    location: str
    group: resources.ResourceGroup
    tags: Mapping[str, str]


class Identities(pulumi.ComponentResource):
    """One of the control plane, which puts nodes into the network and addresses on load balancers; one of the nodes.

    Attributes:
        control_plane: may change networks in the cluster's resource group, and give nodes their identity.
        kubelet: of the nodes; may do nothing. Whoever keeps images in a registry of Azure lets it pull.
        rights: what must be there before the cluster is made.
    """

    control_plane: managedidentity.UserAssignedIdentity
    kubelet: managedidentity.UserAssignedIdentity
    rights: list[pulumi.Resource]

    def __init__(self, name: str, args: IdentitiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:azure:Identities", name, {}, opts)
        self._args = args
        self.control_plane, self.kubelet = self._identity("control-plane"), self._identity("kubelet")
        principal = self.control_plane.principal_id
        self.rights = [
            arm.assignment(
                f"{args.cluster}-{what}",
                role=role,
                scope=scope,
                principal=principal,
                kind="ServicePrincipal",
                opts=arm.options(self),
            )
            for what, role, scope in (
                ("changes-network", arm.NETWORK_CONTRIBUTOR, args.group.id),
                ("assigns-kubelet", arm.MANAGED_IDENTITY_OPERATOR, self.kubelet.id),
            )
        ]
        self.register_outputs({})

    def _identity(self, what: str) -> managedidentity.UserAssignedIdentity:
        name = f"{self._args.cluster}-{what}"
        return managedidentity.UserAssignedIdentity(
            name,
            resource_name_=name,
            resource_group_name=self._args.group.name,
            location=self._args.location,
            tags=self._args.tags,
            # It keeps the tags it was made with: while it is updated, a preview does not know whose rights these are,
            # and shows them as replaced.
            opts=arm.options(self, ignore=["tags"]),
        )

    def administer(
        self,
        cluster: pulumi.Input[str],
        deployer: pulumi.Input[str],
        administrators: Sequence[str],
        parent: pulumi.Resource,
    ) -> list[pulumi.Resource]:
        """Who may do everything in the cluster: whoever runs the stack first, and groups of people.

        Args:
            cluster: its id.
            deployer: object id of whoever is logged in. Who comes next, such as CI, is to be in one of the groups.
            administrators: object ids of groups.
            parent: of the assignments.
        """
        who: list[tuple[str, pulumi.Input[str], arm.Principal | None]] = [("deployer", deployer, None)]
        who += [(group, group, "Group") for group in administrators]
        return [
            arm.assignment(
                f"{self._args.cluster}-administered-by-{name}",
                role=arm.AKS_CLUSTER_ADMIN,
                scope=cluster,
                principal=principal,
                kind=kind,
                opts=arm.options(parent, ignore=["principalId"] if name == "deployer" else []),
            )
            for name, principal, kind in who
        ]
