"""The certificates of a control plane: one for each part and direction, from three authorities.

As in Karmada's "certificate framework" (its docs, administrator/security/cert-framework), so that what one part holds
opens no other door, and each can be renewed alone. etcd and the front proxy have authorities of their own: a
certificate of the federation's authority is a user of the API, and must not be a user of etcd as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.dynamic.certificate import (
    AuthorityArgs,
    Certificate,
    CertificateArgs,
    CertificateAuthority,
    KeyPair,
)
from components.etcd import ETCD, Identity
from components.karmada.plane import (
    AGGREGATED_API_SERVER,
    API_SERVER,
    CONTROLLER_MANAGER,
    FEDERATION_NAMESPACE,
    KUBE_CONTROLLER_MANAGER,
    SCHEDULER,
    WEBHOOK,
)
from components.pods import base64
from federation.etcd_files import EtcdFiles
from federation.offline import digest

ETCD_PEER = "etcd-peer"
ADMIN = "admin"
OPERATOR = "operator"
AUTHORITY_DAYS = 3650
"""Added to the days of what it issues: an authority outlives its certificates by far."""

_MASTERS = "system:masters"
_LOCAL = ("localhost", "127.0.0.1")
_CLIENTS = {
    ADMIN: "system:admin",
    **{
        part: f"system:karmada:{part}"
        for part in (
            KUBE_CONTROLLER_MANAGER,
            AGGREGATED_API_SERVER,
            CONTROLLER_MANAGER,
            SCHEDULER,
            WEBHOOK,
        )
    },
}
_ETCD_CLIENTS = (API_SERVER, AGGREGATED_API_SERVER, OPERATOR)


@dataclass(frozen=True, kw_only=True)
class PlaneCertificatesArgs:
    """Inputs of `PlaneCertificates`.

    Attributes:
        federation: names clusters, users and contexts in kubeconfigs.
        namespace: of the plane, in the host cluster.
        cluster_domain: DNS domain of the host cluster.
        api_names: more names and addresses of the API server, such as the first address of its Services.
        etcd_members: how many have a name in etcd's certificates.
        etcd_files: those of an etcd that is there already; then none is made for it.
        days: of validity.
        renew_before_days: an update that finds fewer days left renews.
        generation: another one renews all but the authorities and the key of service accounts.
    """

    federation: str
    namespace: str
    cluster_domain: str
    api_names: Sequence[pulumi.Input[str]] = ()
    etcd_members: int
    etcd_files: EtcdFiles | None = None
    days: int
    renew_before_days: int
    generation: int = 0


class PlaneCertificates(pulumi.ComponentResource):
    """All certificates of one control plane.

    Attributes:
        ca: of the API's servers and users.
        etcd_ca: of etcd's servers and users.
        front_proxy_ca: of the one that may speak for others.
        servers: "etcd", "etcd-peer" if etcd is the plane's own, and the parts that serve.
        clients: "admin", and the parts that use the API.
        etcd_clients: the two API servers, and "operator" for backups if etcd is the plane's own.
        front_proxy_client: the API server, as the aggregated one sees it.
        service_account: what signs tokens.
    """

    def __init__(
        self, name: str, args: PlaneCertificatesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("federation:karmada:Certificates", name, {}, opts)
        self._name, self._args = name, args
        ca, proxy_ca = self._authority("ca", "karmada"), self._authority("front-proxy-ca", "front-proxy-ca")
        self._ca = ca
        self.ca, self.front_proxy_ca = _identity(ca), _identity(proxy_ca)
        servers = self._servers(ca)
        self.clients: Mapping[str, Identity] = {
            part: self._issue(f"{part}-client", ca, common_name, usages=["client"], organization=_MASTERS)
            for part, common_name in _CLIENTS.items()
        }
        if args.etcd_files:
            self.etcd_ca, client = _of_files(args.etcd_files)
            self.etcd_clients: Mapping[str, Identity] = dict.fromkeys(
                (API_SERVER, AGGREGATED_API_SERVER), client
            )
        else:
            etcd_ca = self._authority("etcd-ca", "etcd-ca")
            self.etcd_ca = _identity(etcd_ca)
            self.etcd_clients = self._etcd_clients(etcd_ca)
            servers |= self._etcd_servers(etcd_ca)
        self.servers: Mapping[str, Identity] = servers
        self.front_proxy_client = self._issue(
            "front-proxy-client", proxy_ca, "front-proxy-client", usages=["client"]
        )
        account = KeyPair(f"{name}-service-account", opts=pulumi.ResourceOptions(parent=self))
        self.service_account = _identity(account)
        self.register_outputs({})

    @property
    def ca_bundle(self) -> pulumi.Output[str]:
        """What Kubernetes objects call so: the authority's certificate, its PEM in base64."""
        return self.ca.certificate.apply(base64)

    def kubeconfig(self, server: pulumi.Input[str], identity: Identity) -> pulumi.Output[str]:
        """A kubeconfig for the API at that URL, as JSON, which is YAML; secret."""
        facts = (server, self.ca.certificate, identity.certificate, identity.key)
        text = pulumi.Output.all(*facts).apply(lambda known: _kubeconfig(self._args.federation, *known))
        return pulumi.Output.secret(text)

    def user(self, name: str, common_name: str) -> Identity:
        """A user of the API who may do nothing until a role is bound to `common_name`."""
        return self._issue(f"{name}-client", self._ca, common_name, usages=["client"])

    def _servers(self, ca: CertificateAuthority) -> dict[str, Identity]:
        names = {
            API_SERVER: ["kubernetes", "kubernetes.default", "kubernetes.default.svc", *self._args.api_names],
            # The federation API finds it by a Service of its own, and checks for that one's name.
            AGGREGATED_API_SERVER: [f"{AGGREGATED_API_SERVER}.{FEDERATION_NAMESPACE}.svc"],
            WEBHOOK: [],
        }
        return {
            part: self._issue(
                f"{part}-server",
                ca,
                f"system:karmada:{part}",
                usages=["server"],
                names=[*_LOCAL, *self._hosts(part), *more],
            )
            for part, more in names.items()
        }

    def _etcd_servers(self, etcd_ca: CertificateAuthority) -> dict[str, Identity]:
        """A peer is a client of its peers; etcd's server dials itself for its JSON gateway."""
        return {
            part: self._issue(
                f"{part}-server",
                etcd_ca,
                f"system:karmada:{part}",
                usages=["server", "client"],
                names=self._etcd_names(),
            )
            for part in (ETCD, ETCD_PEER)
        }

    def _etcd_clients(self, etcd_ca: CertificateAuthority) -> dict[str, Identity]:
        return {
            part: self._issue(
                f"{part}-etcd-client", etcd_ca, f"system:karmada:{part}-etcd-client", usages=["client"]
            )
            for part in _ETCD_CLIENTS
        }

    def _etcd_names(self) -> list[str]:
        """The wildcard admits members to come: etcd looks up the address of a peer among the names it shows."""
        members = [host for i in range(self._args.etcd_members) for host in self._hosts(f"{ETCD}-{i}.{ETCD}")]
        wildcard = self._hosts(f"*.{ETCD}")[1]
        return [*_LOCAL, *members, *self._hosts(f"{ETCD}-client"), wildcard]

    def _hosts(self, service: str) -> tuple[str, str]:
        short = f"{service}.{self._args.namespace}.svc"
        return short, f"{short}.{self._args.cluster_domain}"

    def _authority(self, what: str, common_name: str) -> CertificateAuthority:
        """It is renewed long before a certificate that it issues could outlive it."""
        days = self._args.days
        args = AuthorityArgs(
            common_name=common_name, days=AUTHORITY_DAYS + days, renew_before_days=days + AUTHORITY_DAYS // 10
        )
        return CertificateAuthority(f"{self._name}-{what}", args, pulumi.ResourceOptions(parent=self))

    def _issue(self, what: str, authority: CertificateAuthority, common_name: str, **more: Any) -> Identity:
        args = CertificateArgs(
            authority=authority,
            common_name=common_name,
            days=self._args.days,
            renew_before_days=self._args.renew_before_days,
            generation=self._args.generation,
            **more,
        )
        return _identity(Certificate(f"{self._name}-{what}", args, pulumi.ResourceOptions(parent=self)))


def _identity(resource: CertificateAuthority | Certificate | KeyPair) -> Identity:
    return Identity(resource.certificate, resource.key, resource.fingerprint)


def _of_files(files: EtcdFiles) -> tuple[Identity, Identity]:
    """Authority, whose key is not ours, and client. A server reads both when it starts: one hash over them."""
    fingerprint = pulumi.Output.from_input(digest(f"{files.ca}{files.certificate}"))
    ca, certificate = pulumi.Output.from_input(files.ca), pulumi.Output.from_input(files.certificate)
    none, key = pulumi.Output.secret(""), pulumi.Output.secret(files.key)
    return Identity(ca, none, fingerprint), Identity(certificate, key, fingerprint)


def _kubeconfig(name: str, server: str, ca: str, certificate: str, key: str) -> str:
    cluster = {"server": server, "certificate-authority-data": base64(ca)}
    user = {"client-certificate-data": base64(certificate), "client-key-data": base64(key)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(config, indent=2)
