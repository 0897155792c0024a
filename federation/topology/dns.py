"""Where the names of a federation are written."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from federation.topology.base import Model
from federation.topology.fields import Domain, FilePath, HttpsUrl, mistake


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
    etcd_members: Literal[1, 3] = Field(1, description="1, or 3 to survive the loss of one node")
    node_port: int | None = Field(None, ge=1, le=65535)
    endpoints: tuple[HttpsUrl, ...] = Field(
        (), description="an etcd-backed CoreDNS that is there: URLs of its etcd"
    )
    tls: EtcdTls | None = Field(None, description="needed with endpoints")
    nameservers: tuple[str, ...] = Field((), description="addresses with port of a CoreDNS that is there")

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        both(self.endpoints, self.tls, "endpoints")
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
