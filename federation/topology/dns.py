"""Where the names of a federation are written."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from federation.topology.azure_values import NetworkId, ResourceGroup, Uuid
from federation.topology.base import Model
from federation.topology.fields import (
    Address,
    Domain,
    FilePath,
    HostPort,
    HttpsUrl,
    Label,
    Location,
    Quantity,
    mistake,
)

COREDNS = "1.14.7"
DNS_NAMESPACE = "federation-dns"
AZURE_NAMESPACE = "federation-dns-azure"
"""Another one, as zones on CoreDNS and in Azure may have their controllers in one cluster."""
ETCD = "3.6.14-0"


def both(urls: tuple[str, ...], tls: object, key: str) -> None:
    """Somebody else's etcd is reached with certificates only: it is not open to everybody (CIS 2.1)."""
    if urls and tls is None:
        raise mistake(f"is needed with {key}", "name the files ca, certificate and key", key="tls")
    if tls is not None and not urls:
        raise mistake(f"is given without {key}", f"give {key}, or leave tls out", key="tls")


class EtcdTls(Model):
    """Files with which an API server reaches an etcd that is there already."""

    ca: FilePath
    certificate: FilePath
    key: FilePath


class CoreDns(Model):
    """The zone on CoreDNS and etcd in a cluster (seed 002), or on a CoreDNS that is there already."""

    provider: Literal["coredns"]
    cluster: str | None = Field(None, description="where it runs; the host if left out")
    namespace: Label = Field(DNS_NAMESPACE, description="where it runs in that cluster")
    etcd_members: Literal[1, 3] = Field(1, description="1, or 3 to survive the loss of one node")
    storage: Quantity = Field("1Gi", description="size of each member's volume")
    storage_class: str | None = Field(None, description="the cluster's default if left out")
    replicas: int = Field(2, ge=1, le=7, description="of CoreDNS; 2 or more are kept on different nodes")
    service_type: Literal["NodePort", "LoadBalancer"] = Field(
        "NodePort", description="LoadBalancer: port 53 of an address of its own, besides a node port"
    )
    node_port: int | None = Field(
        None, ge=1, le=65535, description="of UDP and TCP alike; the cluster chooses it if left out"
    )
    address: Address | None = Field(
        None,
        description="where the members find it; addresses of its nodes if left out. With LoadBalancer also the "
        "address that is asked for, which may be a virtual IP",
    )
    image: str = Field(f"docker.io/coredns/coredns:{COREDNS}", min_length=1)
    etcd_image: str = Field(f"registry.k8s.io/etcd:{ETCD}", min_length=1)
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    pull_secrets: tuple[str, ...] = Field((), description="names of Secrets in its namespace")
    network_policy: bool = Field(True, description="only who needs etcd may talk to it")
    certificate_days: int = Field(365, ge=1, le=3650, description="validity of certificates")
    renew_before_days: int = Field(60, ge=0, description="how early `pulumi up` renews them")
    timeout_seconds: int = Field(300, ge=10, description="how long to wait for it to answer")
    wire_members: bool = Field(
        True, description="the members' own cluster DNS asks it for the federation's zone, so that pods do"
    )
    endpoints: tuple[HttpsUrl, ...] = Field(
        (), description="an etcd-backed CoreDNS that is there: URLs of its etcd; then none is made"
    )
    tls: EtcdTls | None = Field(None, description="needed with endpoints")
    nameservers: tuple[HostPort, ...] = Field(
        (),
        description="addresses with port of a CoreDNS that is there; without them, no member's cluster DNS asks it",
    )

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        both(self.endpoints, self.tls, "endpoints")
        if self.nameservers and not self.endpoints:
            raise mistake(
                "are given without endpoints", "give endpoints, or leave them out", key="nameservers"
            )
        return self

    @model_validator(mode="after")
    def _renewed_in_time(self) -> Self:
        if self.renew_before_days >= self.certificate_days:
            cause = (
                f"is no less than certificate_days ({self.certificate_days}): each `pulumi up` would renew"
            )
            raise mistake(cause, "make it smaller", key="renew_before_days")
        return self


class ParentZone(Model):
    """The public zone above ours, in the same subscription: it is told who answers for ours."""

    zone: Domain = Field(description="its name")
    resource_group: ResourceGroup = Field(description="its resource group, which is there already")


class AzureDns(Model):
    """The zone in Azure DNS (seed 000)."""

    provider: Literal["azure"]
    resource_group: ResourceGroup = Field(
        description="of the zone; made by the stack, unless the zone is there"
    )
    subscription: Uuid | None = Field(
        None, description="of the zone; the one that is logged in to if left out"
    )
    zone: Domain | None = Field(None, description="name of the zone; the federation's domain if left out")
    create: bool = Field(True, description="false: the zone is there already")
    private: bool = Field(
        False, description="answers in virtual networks only: those of the stack, and links"
    )
    links: tuple[NetworkId, ...] = Field(
        (), description="ids of more virtual networks that a private zone answers in"
    )
    parent: ParentZone | None = Field(None, description="the zone above, where ours is delegated")
    protect: bool = Field(True, description="false: `pulumi up` and `pulumi destroy` may delete the zone")
    location: Location | None = Field(
        None, description="of its resource group and identity; that of the first cluster in Azure if left out"
    )
    traffic_manager: bool = Field(
        False, description="global names are profiles of Traffic Manager, which fails over by its own probes"
    )
    cluster: str | None = Field(None, description="where its controller runs; the host if left out")
    namespace: Label = Field(AZURE_NAMESPACE, description="of its controller in that cluster")
    issuer: HttpsUrl | None = Field(
        None, description="of the service account tokens of that cluster, where that is not in Azure"
    )

    def zone_name(self, domain: str) -> str:
        """Name of the zone, of a federation with that domain."""
        return self.zone or domain

    @model_validator(mode="after")
    def _kind_of_zone(self) -> Self:
        if self.zone is not None and "." not in self.zone and not self.private:
            raise mistake(
                "is a top-level domain, which Azure does not serve", "name a zone below it", key="zone"
            )
        if self.links and not self.private:
            raise mistake(
                "are given for a zone that is public", "leave them out, or set private", key="links"
            )
        for key in ("parent", "traffic_manager"):
            if self.private and getattr(self, key):
                raise mistake("is of no use with private", "give one of the two", key=key)
        for key in ("parent", "links"):
            if not self.create and getattr(self, key):
                cause = "stands beside create: false, and the zone is left as it is"
                raise mistake(cause, "leave it out", key=key)
        return self


DnsBackend = Annotated[CoreDns | AzureDns, Field(discriminator="provider")]
