"""`CoreDnsStack`: the zone of a federation on etcd and CoreDNS in a cluster.

Order of start, and backwards of removal: etcd; its users; CoreDNS; and CoreDNS answers. What is inside the namespace
goes with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components import etcd, guards, pods
from components.coredns import server
from components.coredns.certificates import ZoneCertificates
from components.coredns.zone import COREDNS, Zone
from components.dynamic.etcd_access import CoreDnsReady, EtcdAccess
from components.dynamic.init import EtcdReady
from components.dynamic.password import Password
from components.dynamic.volumes import Volumes
from components.etcd import ETCD, Members
from components.kubernetes import KubernetesObject, Manifest
from federation.dns.etcd_access import ROOT, WRITER
from federation.dns.skydns import PREFIX
from federation.dns.store import Store, Through
from federation.offline import short_digest
from federation.topology.dns import CoreDns

USERS = "etcd-users"
QUOTA = 256 * 2**20
"""Bytes of etcd's database: a thousand times a large federation's records, and room for its log in a volume of 1Gi."""


@dataclass(frozen=True, kw_only=True)
class CoreDnsArgs:
    """Inputs of `CoreDnsStack`.

    Attributes:
        federation: its name.
        domain: of the zone.
        spec: its part of the topology, without endpoints.
        cluster: name of the cluster that it runs in.
        kubeconfig: of that cluster, as text with one context.
        kubeconfig_path: file that it came from, if it did: credentials in it are newer than those of the state.
        kubeconfig_context: context in that file.
        cluster_domain: DNS domain of that cluster.
    """

    federation: str
    domain: str
    spec: CoreDns
    cluster: str
    kubeconfig: pulumi.Input[str]
    kubeconfig_path: str | None = None
    kubeconfig_context: str | None = None
    cluster_domain: str = "cluster.local"


class CoreDnsStack(pulumi.ComponentResource):
    """Needs the cluster's Kubernetes provider in `opts`.

    Attributes:
        store: how the engine writes the zone, a `Store` as plain data; secret.
        controller_store: how a pod of that cluster writes it, the same; secret.
        nameservers: "address:port" of each way to CoreDNS.
        namespace: what else is put into it depends on it.
        ready: CoreDNS answers; what needs that depends on it.
    """

    store: pulumi.Output[dict[str, Any]]
    controller_store: pulumi.Output[dict[str, Any]]
    nameservers: pulumi.Output[list[str]]
    namespace: pulumi.Resource
    ready: pulumi.Resource

    def __init__(self, name: str, args: CoreDnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:dns:CoreDnsStack", name, {}, opts)
        self._name, self._args = name, args
        self._zone = Zone(args.federation, args.domain, args.spec, args.cluster_domain)
        self._certificates = ZoneCertificates(f"{name}-certificates", self._zone, self._opts())
        self._passwords = {user: Password(f"{name}-{user}", opts=self._opts()) for user in (ROOT, WRITER)}
        volumes = Volumes(
            f"{name}-volumes", {**_access(args), "namespace": args.spec.namespace}, self._opts()
        )
        self.namespace = self._object(guards.namespace(self._zone), self._opts(volumes))
        self._objects(server.protection(self._zone))
        access = self._etcd()
        ready = self._coredns(access)
        self.ready, self.nameservers = ready, ready.nameservers
        self.store, self.controller_store = self._store(through=True), self._store(through=False)
        self.register_outputs({"nameservers": self.nameservers})

    def _etcd(self) -> EtcdAccess:
        zone, spec = self._zone, self._args.spec
        program = etcd.component(
            zone, spec.etcd_members, self._certificates.members, {"quota-backend-bytes": str(QUOTA)}
        )
        members = Members(count=spec.etcd_members, storage=spec.storage, storage_class=spec.storage_class)
        workload = etcd.stateful_set(zone, program, members)
        needs = self._objects([pods.secret(zone, program), etcd.service(zone)])
        started = self._objects([workload], *needs)
        inputs = {**self._wait(workload), "subject": f"etcd of zone {zone.domain}"}
        moment = EtcdReady(f"{self._name}-etcd", inputs, self._opts(*started))
        # Before etcd is locked, the keys to it are where somebody can find them.
        kept = self._objects([self._users()])
        return EtcdAccess(f"{self._name}-access", self._access_inputs(), self._opts(moment, *kept))

    def _access_inputs(self) -> dict[str, Any]:
        writer = self._certificates.writer
        return {
            **_access(self._args),
            "namespace": self._zone.namespace,
            "labels": self._zone.selector(ETCD),
            "port": etcd.CLIENT_PORT,
            "endpoints": list(self._zone.etcd_urls),
            "ca": self._certificates.ca,
            "certificate": writer.certificate,
            "key": writer.key,
            "domain": self._args.domain,
            "prefix": PREFIX,
            "rootPassword": self._passwords[ROOT].value,
            "writerPassword": self._passwords[WRITER].value,
            "timeoutSeconds": self._args.spec.timeout_seconds,
        }

    def _coredns(self, access: pulumi.Resource) -> CoreDnsReady:
        zone = self._zone
        program = server.component(zone, self._certificates.ca, self._certificates.reader)
        workload = pods.deployment(zone, program)
        needs = self._objects([pods.secret(zone, program), server.service(zone)])
        started = self._objects([workload], *needs, access)
        inputs = {
            **self._wait(workload),
            "service": COREDNS,
            "labels": zone.selector(COREDNS),
            "address": self._args.spec.address,
            "domain": zone.domain,
        }
        return CoreDnsReady(f"{self._name}-ready", inputs, self._opts(*started))

    def _users(self) -> Manifest:
        """For whoever has lost the stack's state, and the records are still there."""
        values = {user: password.value.apply(pods.base64) for user, password in self._passwords.items()}
        metadata = self._zone.metadata(ETCD, USERS)
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": "Opaque",
            "data": values,
        }

    def _store(self, *, through: bool) -> pulumi.Output[dict[str, Any]]:
        """Known when CoreDNS answers: records that nobody can ask for need not be written yet."""
        writer = self._certificates.writer
        known = pulumi.Output.all(
            ca=self._certificates.ca,
            certificate=writer.certificate,
            key=writer.key,
            password=self._passwords[WRITER].value,
            kubeconfig=self._args.kubeconfig,
            answers=self.nameservers,
        )
        return pulumi.Output.secret(known.apply(lambda facts: self._as_props(facts, through=through)))

    def _as_props(self, facts: Mapping[str, Any], *, through: bool) -> dict[str, Any]:
        way = Through(
            kubeconfig=facts["kubeconfig"],
            namespace=self._zone.namespace,
            labels=self._zone.selector(ETCD),
            port=etcd.CLIENT_PORT,
        )
        return Store(
            endpoints=self._zone.etcd_urls,
            ca=facts["ca"],
            certificate=facts["certificate"],
            key=facts["key"],
            user=WRITER,
            password=facts["password"],
            through=way if through else None,
        ).as_props()

    def _wait(self, workload: Manifest) -> dict[str, Any]:
        """Inputs of a moment at which it runs."""
        return {
            **_access(self._args),
            "namespace": self._zone.namespace,
            "workloads": [f"{str(workload['kind']).lower()}s/{workload['metadata']['name']}"],
            "revision": pulumi.Output.from_input(workload["spec"]).apply(_revision),
            "timeoutSeconds": self._args.spec.timeout_seconds,
        }

    def _objects(self, manifests: Iterable[Manifest], *after: pulumi.Resource) -> Sequence[pulumi.Resource]:
        """Objects in the namespace, which takes them along when it goes."""
        opts = self._opts(self.namespace, *after, deleted_with=self.namespace)
        return [self._object(manifest, opts) for manifest in manifests]

    def _object(self, manifest: Manifest, opts: pulumi.ResourceOptions) -> KubernetesObject:
        kind, name = str(manifest["kind"]).lower(), manifest["metadata"]["name"]
        return KubernetesObject(f"{self._name}-{kind}-{name}", manifest, opts)

    def _opts(self, *after: pulumi.Resource, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after), **more)


def _access(args: CoreDnsArgs) -> dict[str, Any]:
    return {
        "cluster": args.cluster,
        "kubeconfig": pulumi.Output.secret(args.kubeconfig),
        "kubeconfigPath": args.kubeconfig_path,
        "kubeconfigContext": args.kubeconfig_context,
    }


def _revision(spec: Any) -> str:
    return short_digest(json.dumps(spec, sort_keys=True))
