"""A federation's control plane (Karmada), every object of it declared.

Order of start, and backwards of removal: the host is looked at; etcd and the API server; everything else at once; and
when all of it answers, the policies. What is inside the host's namespace, the federation API included, is not removed
object by object: it goes with the namespace.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components import guards, pods
from components.dynamic.host import Host
from components.dynamic.init import ApiServerReady, EtcdReady, Init
from components.dynamic.kinds import Kinds
from components.karmada import admission, controllers, etcd, federation_api, protection, servers
from components.karmada.certificates import PlaneCertificates, PlaneCertificatesArgs
from components.karmada.plane import API_PORT, NODE_PORT, SERVING_PORT, WEBHOOK, Plane
from components.kubernetes import KubernetesObject, Manifest
from federation import etcd_files
from federation.karmada.kinds import digests
from federation.karmada.policies import default_policies
from federation.offline import short_digest
from federation.topology.models import ControlPlane

WORKLOADS = {"Deployment", "StatefulSet"}


@dataclass(frozen=True, kw_only=True)
class FederationControlPlaneArgs:
    """Inputs of `FederationControlPlane`.

    Attributes:
        federation: its name.
        spec: its part of the topology.
        cluster: name of the host cluster.
        kubeconfig: of the host cluster, as text with one context.
        kubeconfig_path: file that it came from, if it did: credentials in it are newer than those of the state.
        kubeconfig_context: context in that file.
        address: host name or address under which clients find the federation API.
        cloud: annotations with which its Service asks the host's cloud for that address; empty where there is none.
        crds: Karmada's, as `federation.karmada.crds.load` returns them.
    """

    federation: str
    spec: ControlPlane
    cluster: str
    kubeconfig: pulumi.Input[str]
    kubeconfig_path: str | None = None
    kubeconfig_context: str | None = None
    address: pulumi.Input[str]
    cloud: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    crds: Sequence[Manifest]

    @property
    def port(self) -> int:
        """Port of the federation API for clients outside."""
        default = NODE_PORT if self.spec.api_server.service_type == "NodePort" else API_PORT
        return self.spec.api_server.port or default

    @property
    def endpoint(self) -> pulumi.Output[str]:
        """URL of the federation API for clients outside."""
        address = pulumi.Output.from_input(self.address)
        return address.apply(lambda host: f"https://{f'[{host}]' if ':' in host else host}:{self.port}")


class FederationControlPlane(pulumi.ComponentResource):
    """Needs the host's Kubernetes provider in `opts`.

    Attributes:
        endpoint: URL of the federation API, for clients outside.
        kubeconfig: of its administrator; secret.
        namespace: of the host; all that is in the federation API goes with it.
        provider: for objects of the federation API. Their Deployments never become available in Pulumi's sense:
            give them the annotation `pulumi.com/skipAwait`.
        init: the plane is healthy; what needs that depends on it.
        ready: the plane is healthy and has its policies; members and workloads depend on these.
    """

    endpoint: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    namespace: KubernetesObject
    provider: kubernetes.Provider
    init: Init
    ready: list[pulumi.Resource]

    def __init__(
        self, name: str, args: FederationControlPlaneArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("federation:karmada:ControlPlane", name, {}, opts)
        self._name, self._args, self.endpoint = name, args, args.endpoint
        self._plane = Plane(args.federation, args.spec)
        self._certificates = PlaneCertificates(f"{name}-certificates", _certificates(args), self._opts())
        self.kubeconfig = self._certificates.kubeconfig(self.endpoint, self._certificates.clients["admin"])

        host = Host(f"{name}-host", _host_inputs(args), self._opts())
        self.namespace = self._object("host", guards.namespace(self._plane), self._opts(host))
        first = self._serve()
        api = ApiServerReady(f"{name}-api", self._gate(first), self._opts(*first.resources))
        self.provider = self._federation_provider(api)
        others = self._run(api, self._declare_kinds(api))
        registered = self._register(others)
        policies = default_policies(args.spec.failover)
        # With other policies it is asked again whether the webhook answers, before it is asked to check them.
        parts = [*first.manifests, *others.manifests, *policies]
        everything = _Started(parts, [*others.resources, *registered])
        force = args.spec.force_delete
        self.init = Init(
            f"{name}-init", {**self._gate(everything), "force": force}, self._opts(*everything.resources)
        )
        self.ready = self._federation(policies, self.init)
        self.register_outputs({"endpoint": self.endpoint, "kubeconfig": self.kubeconfig})

    def user(self, name: str, common_name: str) -> pulumi.Output[str]:
        """The kubeconfig of a user who may do nothing until a role is bound to `common_name`; secret."""
        return self._certificates.kubeconfig(self.endpoint, self._certificates.user(name, common_name))

    def _serve(self) -> _Started:
        """etcd, unless it is somebody else's, and the API server."""
        plane, certificates = self._plane, self._certificates
        started, after = _Started([], []), []
        if not plane.spec.etcd.servers:
            member = etcd.component(plane, certificates)
            started += self._start(member, etcd.stateful_set(plane, member), etcd.service(plane))
            after = [EtcdReady(f"{self._name}-etcd", self._wait(started), self._opts(*started.resources))]
        api = servers.api_server(plane, certificates)
        service = servers.api_service(plane, port=self._args.port, cloud=self._args.cloud)
        started += self._start(api, pods.deployment(plane, api), service, after=after)
        # Last, as nothing waits for them.
        guards = [*protection.disruption_budgets(plane)]
        if plane.spec.network_policy:
            guards += protection.network_policies(plane)
        self._host(guards)
        return started

    def _run(self, api: pulumi.Resource, kinds: pulumi.Resource) -> _Started:
        """All others; Karmada's controllers end at once where their kinds are missing."""
        plane, certificates = self._plane, self._certificates
        started = _Started([], [])
        for make in (servers.aggregated_api_server, servers.webhook):
            component = make(plane, certificates)
            service = servers.service(plane, component.name, port=443, target=SERVING_PORT)
            started += self._start(component, pods.deployment(plane, component), service, after=[api])
        for component, after in (
            (controllers.kube_controller_manager(plane, certificates), [api]),
            (controllers.scheduler(plane, certificates), [kinds]),
            (controllers.controller_manager(plane, certificates), [kinds]),
        ):
            started += self._start(component, pods.deployment(plane, component), after=after)
        return started

    def _declare_kinds(self, api: pulumi.Resource) -> pulumi.Resource:
        args = self._args
        inputs = {
            "federation": args.federation,
            "federationKubeconfig": self.kubeconfig,
            "version": args.spec.karmada_version,
            "source": args.spec.crds,
            "digests": digests(args.crds),
            "conversionUrl": f"https://{self._plane.host_name(WEBHOOK)}:443/convert",
            "caBundle": self._certificates.ca_bundle,
        }
        return Kinds(f"{self._name}-kinds", inputs, self._opts(api, deleted_with=self.namespace))

    def _register(self, others: _Started) -> list[pulumi.Resource]:
        """What leads the API server to the programs that were started."""
        url, bundle = f"https://{self._plane.host_name(WEBHOOK)}:443", self._certificates.ca_bundle
        namespace = self._federation([federation_api.namespace(), *federation_api.roles()])
        cluster_api = self._federation(federation_api.cluster_api(self._plane, bundle), *namespace)
        webhooks = self._federation(admission.configurations(url, bundle), *others.resources)
        return [*namespace, *cluster_api, *webhooks]

    def _start(
        self,
        component: pods.Component,
        workload: Manifest,
        *services: Manifest,
        after: Iterable[pulumi.Resource] = (),
    ) -> _Started:
        needs = self._host([pods.secret(self._plane, component), *services])
        return _Started([workload], self._host([workload], *needs, *after))

    def _host(self, manifests: Iterable[Manifest], *after: pulumi.Resource) -> list[pulumi.Resource]:
        """Objects in the plane's namespace, which takes them along when it goes."""
        opts = self._opts(self.namespace, *after, deleted_with=self.namespace)
        return [self._object("host", m, opts) for m in manifests]

    def _federation(self, manifests: Iterable[Manifest], *after: pulumi.Resource) -> list[pulumi.Resource]:
        """Objects in the federation API, which live in etcd, and so in the plane's namespace."""
        opts = self._opts(*after, provider=self.provider, deleted_with=self.namespace)
        return [self._object("federation", m, opts) for m in manifests]

    def _object(self, place: str, manifest: Manifest, opts: pulumi.ResourceOptions) -> KubernetesObject:
        kind, name = str(manifest["kind"]).lower(), manifest["metadata"]["name"]
        return KubernetesObject(f"{self._name}-{place}-{kind}-{name}", manifest, opts)

    def _opts(self, *after: pulumi.Resource, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after), **more)

    def _gate(self, started: _Started) -> dict[str, Any]:
        """Inputs of a moment at which the federation API answers."""
        return {
            **self._wait(started),
            "federation": self._args.federation,
            "federationKubeconfig": self.kubeconfig,
            "kubernetesVersion": self._args.spec.kubernetes_version,
        }

    def _wait(self, started: _Started) -> dict[str, Any]:
        """Inputs of a moment at which these workloads run."""
        return {
            **_access(self._args),
            "namespace": self._args.spec.namespace,
            "workloads": [_path(m) for m in started.manifests if m["kind"] in WORKLOADS],
            "revision": _revision(started.manifests),
            "timeoutSeconds": self._args.spec.timeout_seconds,
        }

    def _federation_provider(self, api: ApiServerReady) -> kubernetes.Provider:
        return kubernetes.Provider(
            f"{self._name}-federation",
            kubeconfig=self.kubeconfig,
            # A renewed certificate of the administrator is no other cluster.
            cluster_identifier=f"{self._args.federation}/{self._args.spec.namespace}",
            enable_secret_mutable=True,
            enable_config_map_mutable=True,
            opts=self._opts(api),
        )


@dataclass(frozen=True)
class _Started:
    """Workloads of the host: as manifests, and as resources."""

    manifests: Sequence[Manifest]
    resources: Sequence[pulumi.Resource]

    def __add__(self, other: _Started) -> _Started:
        return _Started([*self.manifests, *other.manifests], [*self.resources, *other.resources])


def _access(args: FederationControlPlaneArgs) -> dict[str, Any]:
    return {
        "cluster": args.cluster,
        "kubeconfig": pulumi.Output.secret(args.kubeconfig),
        "kubeconfigPath": args.kubeconfig_path,
        "kubeconfigContext": args.kubeconfig_context,
    }


def _host_inputs(args: FederationControlPlaneArgs) -> dict[str, Any]:
    spec = args.spec
    own_etcd = not spec.etcd.servers
    return {
        **_access(args),
        "federation": args.federation,
        "namespace": spec.namespace,
        "storage": own_etcd and spec.etcd.persistent,
        "storageClass": spec.etcd.storage_class,
        "nodePort": args.port if spec.api_server.service_type == "NodePort" else None,
        "nodes": max(spec.replicas, spec.etcd.members if own_etcd else 1),
        "etcdMembers": spec.etcd.members if own_etcd else 0,
    }


def _certificates(args: FederationControlPlaneArgs) -> PlaneCertificatesArgs:
    spec = args.spec
    first = str(next(iter(spec.api_server.service_cidr.hosts())))
    return PlaneCertificatesArgs(
        federation=args.federation,
        namespace=spec.namespace,
        cluster_domain=spec.cluster_domain,
        api_names=[args.address, first, *spec.api_server.external_names],
        etcd_members=spec.etcd.members,
        etcd_files=etcd_files.read(spec.etcd.tls, "control_plane.etcd.tls") if spec.etcd.tls else None,
        days=spec.certificate_days,
        renew_before_days=spec.renew_before_days,
        generation=spec.certificate_generation,
    )


def _path(manifest: Manifest) -> str:
    return f"{str(manifest['kind']).lower()}s/{manifest['metadata']['name']}"


def _revision(manifests: Sequence[Manifest]) -> pulumi.Output[str]:
    specs = pulumi.Output.all(*(manifest["spec"] for manifest in manifests))
    return specs.apply(lambda known: short_digest(json.dumps(known, sort_keys=True)))
