"""Who is who in a zone's etcd: one authority, for it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from components import etcd
from components.coredns.zone import COREDNS, Zone
from components.dynamic.certificate import AuthorityArgs, Certificate, CertificateArgs, CertificateAuthority
from components.etcd import ETCD, Identities, Identity

AUTHORITY_DAYS = 3650
"""Added to the days of what it issues: an authority outlives its certificates by far."""
ORGANIZATION = "federation"


class ZoneCertificates(pulumi.ComponentResource):
    """All certificates of one zone's etcd.

    Attributes:
        members: of etcd itself.
        reader: CoreDNS; its common name is its user.
        writer: the engine and the DNS controller: no common name, as etcd's JSON gateway refuses clients with one.
    """

    members: Identities
    reader: Identity
    writer: Identity

    def __init__(self, name: str, zone: Zone, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:dns:ZoneCertificates", name, {}, opts)
        self._name, self._zone = name, zone
        self._ca = self._authority()
        names = _names(zone)
        both = [
            "server",
            "client",
        ]  # a peer is a client of its peers, and etcd of itself, for its JSON gateway
        server, peer = (
            self._issue(part, common_name=part, usages=both, names=names) for part in (ETCD, "etcd-peer")
        )
        self.members = Identities(ca=self._ca.certificate, server=server, peer=peer)
        self.reader = self._issue(COREDNS, common_name=COREDNS, usages=["client"])
        self.writer = self._issue("writer", common_name="", organization=ORGANIZATION, usages=["client"])
        self.register_outputs({})

    @property
    def ca(self) -> pulumi.Output[str]:
        """Certificate of the authority, PEM."""
        return self._ca.certificate

    def _authority(self) -> CertificateAuthority:
        """It is renewed long before a certificate that it issues could outlive it."""
        days = self._zone.spec.certificate_days
        args = AuthorityArgs(
            common_name="dns-etcd-ca",
            days=AUTHORITY_DAYS + days,
            renew_before_days=days + AUTHORITY_DAYS // 10,
        )
        return CertificateAuthority(f"{self._name}-ca", args, pulumi.ResourceOptions(parent=self))

    def _issue(self, what: str, **more: Any) -> Identity:
        spec = self._zone.spec
        args = CertificateArgs(
            authority=self._ca, days=spec.certificate_days, renew_before_days=spec.renew_before_days, **more
        )
        made = Certificate(f"{self._name}-{what}", args, pulumi.ResourceOptions(parent=self))
        return Identity(made.certificate, made.key, made.fingerprint)


def _names(zone: Zone) -> Sequence[str]:
    """The wildcard admits a peer: etcd looks up its address among the names it shows. The engine comes by loopback."""
    members = etcd.names(zone, zone.spec.etcd_members)
    return ["localhost", "127.0.0.1", *members, f"*.{zone.host_name(ETCD)}"]
