"""The DNS controller in a cluster: what keeps names true between two runs of the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

from components import guards, pods
from components.kubernetes import KubernetesObject, Manifest
from components.place import Labelled
from components.pods import CONFIG, Component, http
from components.workload_identity import (
    TOKEN,
    TOKEN_FOLDER,
    WorkloadIdentity,
    account_annotations,
    token_volume,
    variables,
)
from federation.karmada.member import FEDERATION_LABEL, MANAGED_BY
from federation.offline import digest
from federation.topology.models import Controllers

CONTROLLER = "dns-controller"
NAMESPACE = "federation-dns"
PORT = 8080
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True, kw_only=True)
class DnsControllerArgs:
    """Inputs of `DnsController`.

    Attributes:
        federation: its name.
        domain: the zone.
        ttl: seconds, of all records.
        controllers: image and replicas.
        kubeconfig: for the federation API, as a user that may look and nothing else; see `DnsIdentity`.
        store: how a pod of this cluster writes the zone: a `Store` as plain data, such as `CoreDnsStack` gives it.
        identity: as whom its pods write a zone in Azure; None for other stores.
        namespace: of the controller.
        namespace_made: the resource of that namespace; None: this component makes it.
    """

    federation: str
    domain: str
    ttl: int
    controllers: Controllers
    kubeconfig: pulumi.Input[str]
    store: pulumi.Input[Mapping[str, Any]]
    identity: WorkloadIdentity | None = None
    namespace: str = NAMESPACE
    namespace_made: pulumi.Resource | None = None


class DnsController(pulumi.ComponentResource):
    """Needs the cluster's Kubernetes provider in `opts`. It is done when a replica keeps the names, and all are ready.

    Of its cluster it may use one Lease and nothing else.

    Attributes:
        ready: True then.
    """

    ready: pulumi.Output[bool]

    def __init__(
        self, name: str, args: DnsControllerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("federation:dns:Controller", name, {}, opts)
        self._name = name
        place = Place(args.federation, args.namespace, args.controllers)
        space = args.namespace_made or self._object(
            guards.namespace(place), pulumi.ResourceOptions(parent=self)
        )
        within = pulumi.ResourceOptions(parent=self, depends_on=[space], deleted_with=space)
        program = component(config(args))
        manifests = (*rights(place, args.identity), pods.secret(place, program))
        needs = [self._object(manifest, within) for manifest in manifests]
        kept_safe = [self._object(manifest, within) for manifest in protection(place)]
        last = pulumi.ResourceOptions(
            parent=self,
            depends_on=[space, *needs, *kept_safe],
            deleted_with=space,
            # An image that cannot be pulled is not worth the provider's ten minutes.
            custom_timeouts=pulumi.CustomTimeouts(create="5m", update="5m"),
        )
        workload = self._object(deployment(place, program, args.identity), last)
        self.ready = workload.id.apply(lambda _: True)
        self.register_outputs({"ready": self.ready})

    def _object(self, manifest: Manifest, opts: pulumi.ResourceOptions) -> KubernetesObject:
        kind, name = str(manifest["kind"]).lower(), manifest["metadata"]["name"]
        return KubernetesObject(f"{self._name}-{kind}-{name}", manifest, opts)


@dataclass(frozen=True)
class Place(Labelled):
    """Where it runs; a `components.place.Place`."""

    federation: str
    namespace: str
    controllers: Controllers

    @property
    def replicas(self) -> int:
        """One of them works."""
        return self.controllers.replicas

    @property
    def pull_policy(self) -> Literal["Always", "IfNotPresent", "Never"]:
        """Of the image."""
        return self.controllers.pull_policy

    @property
    def pull_secrets(self) -> Sequence[str]:
        """Names of Secrets in the namespace."""
        return self.controllers.pull_secrets

    @property
    def node_selector(self) -> Mapping[str, str]:
        """All nodes will do."""
        return {}

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """It holds a few words of each service; what takes more has a leak."""
        requests = {"cpu": "20m", "memory": "96Mi"}
        return {CONTROLLER: {"requests": requests, "limits": {"memory": "512Mi"}}}

    @property
    def owner(self) -> Mapping[str, str]:
        """Those by which our objects are known."""
        return {**MANAGED_BY, FEDERATION_LABEL: self.federation}

    def host_name(self, service: str) -> str:
        """The DNS name of a Service in its cluster."""
        return f"{service}.{self.namespace}.svc"

    def image(self, component: str) -> str:  # noqa: ARG002 - of the protocol
        """The same for all components."""
        return self.controllers.image


def config(args: DnsControllerArgs) -> pulumi.Output[str]:
    """The configuration file (`federation.controllers.dns.Settings`); secret."""

    def text(known: Mapping[str, Any]) -> str:
        settings = {
            "federation": args.federation,
            "domain": args.domain,
            "ttl": args.ttl,
            "kubeconfig": known["kubeconfig"],
            "stores": [known["store"]],
            "leaseNamespace": args.namespace,
            "port": PORT,
        }
        return json.dumps(settings, sort_keys=True)

    known = pulumi.Output.all(kubeconfig=args.kubeconfig, store=args.store)
    return pulumi.Output.secret(known.apply(text))


def component(configuration: pulumi.Output[str]) -> Component:
    """The program. Another configuration, such as a renewed certificate, is a new pod; its hash is no secret."""
    fingerprint = configuration.apply(digest)
    return Component(
        name=CONTROLLER,
        command=["dns", f"--config={CONFIG}/config.json"],
        ports={"http": PORT},
        readiness=http("/readyz", PORT),
        liveness=http("/healthz", PORT),
        cpu="20m",
        memory="96Mi",
        files={"config.json": configuration},
        fingerprints=[pulumi.Output.unsecret(fingerprint)],
        environment={"POD_NAME": pods.field_value("metadata.name")},
        together=True,
    )


def deployment(place: Place, program: Component, identity: WorkloadIdentity | None = None) -> dict[str, Any]:
    """As all programs of this project, but it talks to its cluster for the Lease, and the engine waits for it."""
    made = pods.deployment(place, program)
    spec = made["spec"]["template"]["spec"]
    container = spec["containers"][0]
    container["args"] = container.pop("command")  # the image's entrypoint is the program
    # OpenSSL takes client keys out of files only: they are in memory, for a moment, and the root is read-only.
    container["volumeMounts"] = [*container["volumeMounts"], {"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108
    spec["volumes"] = [
        *spec["volumes"],
        {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
    ]
    spec |= {"serviceAccountName": CONTROLLER, "automountServiceAccountToken": True}
    if identity:
        container["env"] = [*container["env"], *variables(identity)]
        container["volumeMounts"].append({"name": TOKEN, "mountPath": TOKEN_FOLDER, "readOnly": True})
        spec["volumes"].append(token_volume())
    return {**made, "metadata": place.metadata(CONTROLLER)}


def rights(place: Place, identity: WorkloadIdentity | None = None) -> list[dict[str, Any]]:
    """Its account, and the one Lease it may take. Names cannot restrict `create` (Kubernetes, "Using RBAC")."""
    metadata = place.metadata(CONTROLLER)
    known_as = metadata if identity is None else {**metadata, "annotations": account_annotations(identity)}
    lease = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}
    rules = [
        {**lease, "verbs": ["create"]},
        {**lease, "verbs": ["get", "patch"], "resourceNames": [CONTROLLER]},
    ]
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": known_as}
    return [
        {**account, "automountServiceAccountToken": False},  # its pods say that they want it
        {"apiVersion": f"{_RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": CONTROLLER},
            "subjects": [{"kind": "ServiceAccount", "name": CONTROLLER, "namespace": place.namespace}],
        },
    ]


def protection(place: Place) -> list[dict[str, Any]]:
    """It serves metrics and nothing else; of several replicas one at a time may be evicted."""
    policy = guards.network_policy(place, CONTROLLER, [guards.allow(place, None, PORT)])
    return [policy, *([guards.disruption_budget(place, CONTROLLER)] if place.replicas > 1 else [])]
