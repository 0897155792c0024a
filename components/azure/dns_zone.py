"""`AzureDnsZone`: the federation's zone in Azure DNS, who may write it, and what keeps it from being deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_azure_native as azure
from pulumi_azure_native import authorization, dns, managedidentity, privatedns, resources

from components.azure import arm, lookups
from components.workload_identity import AUDIENCE
from federation.topology.dns import AzureDns

DELEGATION_TTL = 3600
"""Seconds; the name servers of a zone stay the same as long as it lives."""


@dataclass(frozen=True, kw_only=True)
class AzureDnsZoneArgs:
    """Inputs of `AzureDnsZone`.

    Attributes:
        spec: its part of the topology.
        domain: of the federation.
        federation: its name.
        location: region of the resource group and the identity.
        issuer: of the service account tokens of the cluster where the zone's controller runs.
        namespace: of that controller.
        service_account: of that controller.
        networks: name to id of virtual networks of the stack, in which a private zone answers.
    """

    spec: AzureDns
    domain: str
    federation: str
    location: str
    issuer: pulumi.Input[str]
    namespace: str
    service_account: str
    networks: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


class AzureDnsZone(pulumi.ComponentResource):
    """A zone, made here or there already, and an identity that may write this one zone and nothing else.

    Attributes:
        zone_id: of the zone.
        zone_name: as it is below a root, such as "syncweek.com".
        resource_group: of the zone.
        own_group: what is made besides the zone is in it; the same if the zone is made here.
        subscription: of the zone.
        name_servers: who answers for it; nobody if it is private.
        client_id: of the identity.
        tenant_id: of Entra ID.
        ready: the zone is there and the identity may write it.
    """

    zone_id: pulumi.Output[str]
    zone_name: str
    resource_group: pulumi.Output[str]
    own_group: pulumi.Output[str]
    subscription: pulumi.Output[str]
    name_servers: pulumi.Output[list[str]]
    client_id: pulumi.Output[str]
    tenant_id: pulumi.Output[str]
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: AzureDnsZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:azure:AzureDnsZone", name, {}, opts)
        self._name, self._args, self._spec = name, args, args.spec
        self.zone_name = args.spec.zone_name(args.domain)
        self._provider = self._other_subscription()
        self.subscription = self._subscription()
        group = self._group()
        self.own_group = group.name
        self.resource_group = (
            group.name if args.spec.create else pulumi.Output.from_input(args.spec.resource_group)
        )
        zone = self._zone()
        self.zone_id = zone.id if args.spec.create else lookups.known_id(zone, self._existing())
        self.name_servers = self._answering(zone)
        self._delegate()
        identity = self._identity(group)
        self.client_id, self.tenant_id = identity.client_id, identity.tenant_id
        self.ready = [zone, *self._lock(zone), *self._links(zone), *self._rights(identity)]
        self.register_outputs({"zoneId": self.zone_id, "nameServers": self.name_servers})

    def _other_subscription(self) -> azure.Provider | None:
        """For a zone that is not where the clusters are."""
        if self._spec.subscription is None:
            return None
        return azure.Provider(
            f"{self._name}-subscription",
            subscription_id=self._spec.subscription,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _subscription(self) -> pulumi.Output[str]:
        if self._spec.subscription is not None:
            return pulumi.Output.from_input(self._spec.subscription)
        return lookups.me(self).subscription

    def _group(self) -> resources.ResourceGroup:
        """Of the zone; one for the identity if the zone's is somebody else's."""
        return resources.ResourceGroup(
            f"{self._name}-group",
            resource_group_name=self._spec.resource_group if self._spec.create else self._name,
            location=self._args.location,
            tags=self._tags(),
            opts=self._opts(),
        )

    def _zone(self) -> Any:
        """A `Zone` or `PrivateZone`; one that is there is looked at, and must be there."""
        if not self._spec.create:
            provider = {"provider": self._provider} if self._provider else {}
            kind = privatedns.PrivateZone if self._spec.private else dns.Zone
            there = pulumi.ResourceOptions(parent=self, **provider)
            return kind.get(f"{self._name}-zone", lookups.id_of(self._existing()), there)
        opts = self._opts(protect=self._spec.protect)
        if self._spec.private:
            return privatedns.PrivateZone(
                f"{self._name}-zone",
                private_zone_name=self.zone_name,
                resource_group_name=self.resource_group,
                location="Global",
                tags=self._tags(),
                opts=opts,
            )
        return dns.Zone(
            f"{self._name}-zone",
            zone_name=self.zone_name,
            resource_group_name=self.resource_group,
            location="global",
            zone_type=dns.ZoneType.PUBLIC,
            tags=self._tags(),
            opts=opts,
        )

    def _existing(self) -> pulumi.Output[str]:
        return self.subscription.apply(self._id)

    def _id(self, subscription: str) -> str:
        kind = "privateDnsZones" if self._spec.private else "dnsZones"
        group = f"/subscriptions/{subscription}/resourceGroups/{self._spec.resource_group}"
        return f"{group}/providers/Microsoft.Network/{kind}/{self.zone_name}"

    def _answering(self, zone: Any) -> pulumi.Output[list[str]]:
        if self._spec.private:
            return pulumi.Output.from_input([])
        servers = lookups.name_servers(self.zone_name, zone, made=self._spec.create)
        return servers.apply(lambda found: [server.removesuffix(".") for server in found or []])

    def _lock(self, zone: Any) -> list[pulumi.Resource]:
        """On the SOA set: the zone cannot be deleted, and its other sets can ("Protect zones and record sets")."""
        if not (self._spec.create and self._spec.protect):
            return []
        return [
            authorization.ManagementLockByScope(
                f"{self._name}-lock",
                lock_name="federation",
                level="CanNotDelete",
                notes="Zone of a federation; set protect: false for it in the topology.",
                scope=pulumi.Output.concat(zone.id, "/SOA/@"),
                opts=self._opts(),
            )
        ]

    def _links(self, zone: Any) -> list[pulumi.Resource]:
        """The virtual networks in which a private zone answers."""
        if not (self._spec.create and self._spec.private):
            return []
        more = {f"link-{place + 1}": id_ for place, id_ in enumerate(self._spec.links)}
        return [
            privatedns.VirtualNetworkLink(
                f"{self._name}-{name}",
                virtual_network_link_name=name,
                private_zone_name=zone.name,
                resource_group_name=self.resource_group,
                location="Global",
                registration_enabled=False,
                virtual_network={"id": network},
                tags=self._tags(),
                opts=self._opts(),
            )
            for name, network in {**self._args.networks, **more}.items()
        ]

    def _delegate(self) -> None:
        """The zone above says who answers for ours."""
        parent = self._spec.parent
        if parent is None:
            return
        dns.RecordSet(
            f"{self._name}-delegation",
            record_type="NS",
            relative_record_set_name=self.zone_name.removesuffix("." + parent.zone),
            zone_name=parent.zone,
            resource_group_name=parent.resource_group,
            ttl=DELEGATION_TTL,
            ns_records=self.name_servers.apply(
                lambda servers: [{"nsdname": f"{server}."} for server in servers]
            ),
            metadata={"owner": self._args.federation},
            opts=self._opts(),
        )

    def _identity(self, group: resources.ResourceGroup) -> managedidentity.UserAssignedIdentity:
        return managedidentity.UserAssignedIdentity(
            f"{self._name}-writer",
            resource_name_=f"{self._name}-writer",
            resource_group_name=group.name,
            location=self._args.location,
            tags=self._tags(),
            opts=self._opts(),
        )

    def _rights(self, identity: managedidentity.UserAssignedIdentity) -> list[pulumi.Resource]:
        """One service account may be the identity, and the identity may write this zone."""
        account = f"system:serviceaccount:{self._args.namespace}:{self._args.service_account}"
        role = arm.PRIVATE_DNS_ZONE_CONTRIBUTOR if self._spec.private else arm.DNS_ZONE_CONTRIBUTOR
        return [
            managedidentity.FederatedIdentityCredential(
                f"{self._name}-credential",
                federated_identity_credential_resource_name="controller",
                resource_name_=identity.name,
                resource_group_name=self.own_group,
                issuer=self._args.issuer,
                subject=account,
                audiences=[AUDIENCE],
                opts=self._opts(),
            ),
            arm.assignment(
                f"{self._name}-writes",
                role=role,
                scope=self.zone_id,
                principal=identity.principal_id,
                kind="ServicePrincipal",
                opts=self._opts(),
            ),
        ]

    def _tags(self) -> dict[str, str]:
        return arm.tags(self._args.federation, {})

    def _opts(self, **more: Any) -> pulumi.ResourceOptions:
        provider = {"provider": self._provider} if self._provider else {}
        return arm.options(self, **provider, **more)
