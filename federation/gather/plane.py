"""What is asked of the federation API, and of members with the credentials that it has for them."""

from __future__ import annotations

import base64
import binascii
import ssl
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from federation.errors import KubeconfigError
from federation.gather import certificates, cluster, objects
from federation.gather.bundle import Bundle
from federation.gather.parts import Files
from federation.karmada.member import BINDING_API, CLUSTERS, PLANE_NAMESPACE, WORK_API
from federation.kube import Kube, Object, Ref
from federation.kubeconfig import Access

SECRETS = Ref("v1", "secrets")
_POLICIES = "policy.karmada.io/v1alpha1"
POLICIES = (
    *(
        (kind, Ref(_POLICIES, kind))
        for kind in (
            *("propagationpolicies", "clusterpropagationpolicies", "overridepolicies"),
            *("clusteroverridepolicies", "federatedresourcequotas", "clustertaintpolicies"),
        )
    ),
    ("workloadrebalancers", Ref("apps.karmada.io/v1alpha1", "workloadrebalancers")),
)
API = (
    ("namespaces", Ref("v1", "namespaces")),
    ("apiservices", Ref("apiregistration.k8s.io/v1", "apiservices")),
    ("validatingwebhooks", Ref("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations")),
    ("mutatingwebhooks", Ref("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations")),
)
CRDS = Ref("apiextensions.k8s.io/v1", "customresourcedefinitions")
_TLS_SECONDS = 5.0
_MEMBER_SECONDS = 5.0
"""For each request to a member."""

Client = Callable[[Access, str], Kube]


def member_client(reach: Access, name: str) -> Kube:
    """A client that does not wait long."""
    return Kube(reach, name, timeout=_MEMBER_SECONDS)


def api(plane: Kube, bundle: Bundle) -> Files:
    """The API server: version, namespaces, webhooks, kinds, Secrets by name, events."""
    secrets = plane.list(SECRETS)
    bundle.learn(secrets)
    yield (
        "version.json",
        {"server": plane.server, "version": plane.version(), "ready": plane.ready() or "yes"},
    )
    yield "secrets.json", [objects.secret(each) for each in secrets]
    yield from objects.collections(plane, API)
    yield "kinds.json", [_kind(crd) for crd in plane.list(CRDS)]
    events = plane.list(Ref("v1", "events"))
    yield "events.txt", "".join(f"{line}\n" for line in sorted(map(objects.event, events)))


def _kind(crd: Object) -> Object:
    return {
        "name": crd["metadata"]["name"],
        "versions": {v["name"]: "stored" if v.get("storage") else "served" for v in crd["spec"]["versions"]},
        "storedVersions": (crd.get("status") or {}).get("storedVersions"),
    }


def placement(plane: Kube) -> Files:
    """Members, policies, and where what is: bindings and works."""
    yield "clusters.yaml", objects.shortened(plane.list(CLUSTERS))
    yield from objects.collections(plane, POLICIES)
    for kind in ("resourcebindings", "clusterresourcebindings"):
        bindings = plane.list(Ref(BINDING_API, kind))
        yield f"{kind}.json", [objects.binding(each) for each in bindings]
        yield f"{kind}.yaml", objects.shortened(bindings)
    works = plane.list(Ref(WORK_API, "works"))
    yield "works.json", [objects.work(each) for each in works]
    yield "works.yaml", objects.shortened(works)


def expiry(plane: Kube, kubeconfig: str, bundle: Bundle) -> Files:
    """When certificates end: the API server's, those of the kubeconfig, those in Secrets."""
    yield "kubeconfig.json", [*certificates.in_kubeconfig(kubeconfig)]
    yield "server.json", [*certificates.in_text(_shown_by(plane.server), plane.server)]
    secrets = plane.list(SECRETS)
    bundle.learn(secrets)
    yield "secrets.json", [*certificates.found_in(secrets)]


def _shown_by(server: str) -> str:
    """The certificate that a server shows to everybody; nothing if it does not speak TLS."""
    parts = urlsplit(server)
    if parts.scheme != "https" or not parts.hostname:
        return ""
    return ssl.get_server_certificate((parts.hostname, parts.port or 443), timeout=_TLS_SECONDS)


def member(
    plane: Kube,
    found: Object,
    names: Collection[str],
    since: int,
    bundle: Bundle,
    client: Client = member_client,
) -> Files:
    """A member, as the federation may read it: events and logs are not among its rights, unless they were granted."""
    kube = client(access(plane, found), f"member {found['metadata']['name']}")
    yield from cluster.whole(kube, names, since, bundle)


def access(plane: Kube, found: Object) -> Access:
    """The way to a member: of its `Cluster` and the Secret beside it. Raises `KubeconfigError`."""
    name, spec = found["metadata"]["name"], found["spec"]
    secret = plane.get(Ref("v1", "secrets", name, PLANE_NAMESPACE)) or {}
    try:
        data: dict[str, Any] = {k: base64.b64decode(v).decode() for k, v in secret.get("data", {}).items()}
        return Access(
            server=spec["apiEndpoint"],
            ca=data.get("caBundle") or None,
            proxy_url=spec.get("proxyURL"),
            token=data["token"],
        )
    except (KeyError, ValueError, binascii.Error):
        raise KubeconfigError(
            f"member {name}",
            f"Secret {PLANE_NAMESPACE}/{name} of the federation API does not tell how to reach it",
            "run `pulumi up --refresh`, which writes it anew",
        ) from None
