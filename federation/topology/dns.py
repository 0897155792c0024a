"""Where the names of a federation are written."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from federation.topology.base import Model
from federation.topology.fields import (
    Address,
    Domain,
    FilePath,
    HostPort,
    HttpsUrl,
    Label,
    Quantity,
    mistake,
)

COREDNS = "1.14.7"
DNS_NAMESPACE = "federation-dns"
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


class AzureDns(Model):
    """The zone in Azure DNS (seed 000)."""

    provider: Literal["azure"]
    resource_group: str
    zone: Domain | None = Field(None, description="name of the zone; the federation's domain if left out")
    create: bool = Field(True, description="false: the zone is there already")
    private: bool = False
    traffic_manager: bool = False


DnsBackend = Annotated[CoreDns | AzureDns, Field(discriminator="provider")]
