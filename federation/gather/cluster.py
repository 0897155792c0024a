"""What is asked of a cluster in which parts of the federation run: pods, logs, events, and the names of Secrets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import urlencode

from federation.errors import FederationError, ForbiddenError, RejectedError
from federation.gather import objects
from federation.gather.bundle import FILE_BYTES, Bundle
from federation.gather.certificates import found_in
from federation.gather.parts import Files
from federation.karmada.member import MANAGED_BY
from federation.kube import Kube, Object, Ref

NAMESPACES = Ref("v1", "namespaces")
PART_OF = ("app.kubernetes.io/part-of", "federation")
"""Label of the namespaces that the stack makes."""
PODS = 60
"""Whose logs are taken, in one namespace."""
LINES = 5000
_KINDS = (
    ("deployments", "apps/v1"),
    ("statefulsets", "apps/v1"),
    ("daemonsets", "apps/v1"),
    ("services", "v1"),
    ("configmaps", "v1"),
    ("persistentvolumeclaims", "v1"),
    ("leases", "coordination.k8s.io/v1"),
    ("networkpolicies", "networking.k8s.io/v1"),
    ("poddisruptionbudgets", "policy/v1"),
)


def seconds(text: str) -> int:
    """A duration such as "90s", "30m", "1h" or "2d". Raises `FederationError`."""
    hit = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not hit or not int(hit[1]):
        raise FederationError(
            "fedctl gather", f"--since {text} is no duration", "write one such as 30m, 1h or 2d"
        )
    return int(hit[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[hit[2]]


def ours(kube: Kube, names: Collection[str]) -> list[str]:
    """Namespaces of the federation that are there: by their labels, or these names."""
    found = kube.list(NAMESPACES)
    return sorted(n["metadata"]["name"] for n in found if n["metadata"]["name"] in names or _is_ours(n))


def _is_ours(namespace: Object) -> bool:
    labels = namespace["metadata"].get("labels") or {}
    return labels.get(PART_OF[0]) == PART_OF[1] or MANAGED_BY.items() <= labels.items()


def whole(kube: Kube, names: Collection[str], since: int, bundle: Bundle) -> Files:
    """All of a cluster that is about the federation.

    Args:
        kube: the cluster.
        names: of namespaces, besides those with labels of ours.
        since: seconds; older lines of logs are not taken.
        bundle: learns the Secrets that are read on the way.
    """
    yield "version.json", {"server": kube.server, "version": kube.version(), "ready": kube.ready() or "yes"}
    yield objects.listed(kube, "nodes", Ref("v1", "nodes"))
    for namespace in ours(kube, names):
        for path, content in _namespace(kube, namespace, since, bundle):
            yield f"{namespace}/{path}", content


def _namespace(kube: Kube, namespace: str, since: int, bundle: Bundle) -> Files:
    yield from _secrets(kube, namespace, bundle)  # first: what they hold must be known
    yield from objects.collections(kube, ((k, Ref(api, k, namespace=namespace)) for k, api in _KINDS))
    yield from _events(kube, namespace)
    pods = kube.list(Ref("v1", "pods", namespace=namespace))
    yield "pods.json", [objects.pod(pod) for pod in pods]
    yield "pods.yaml", objects.shortened(pods)
    yield from logs(kube, pods, since)


def _secrets(kube: Kube, namespace: str, bundle: Bundle) -> Files:
    try:
        secrets = kube.list(Ref("v1", "secrets", namespace=namespace))
    except ForbiddenError as error:
        yield "secrets.failed.txt", f"{error}\n"
        return
    bundle.learn(secrets)
    yield "secrets.json", [objects.secret(each) for each in secrets]
    yield "certificates.json", [*found_in(secrets)]


def _events(kube: Kube, namespace: str) -> Files:
    try:
        events = kube.list(Ref("v1", "events", namespace=namespace))
    except ForbiddenError as error:
        yield "events.failed.txt", f"{error}\n"
        return
    yield "events.txt", "".join(f"{line}\n" for line in sorted(map(objects.event, events)))


def logs(kube: Kube, pods: Iterable[Object], since: int) -> Files:
    """The ends of the logs of all containers, and of their earlier runs. The first refusal is that of all."""
    for pod in list(pods)[:PODS]:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        for container, earlier in objects.restarted(pod):
            for query, kind in _logs(container, since, earlier=earlier):
                path = f"/api/v1/namespaces/{namespace}/pods/{name}/log?{urlencode(query)}"
                try:
                    yield f"logs/{name}/{container}{kind}.log", kube.text(path)
                except ForbiddenError as error:
                    yield "logs.failed.txt", f"{error}\n"
                    return
                except RejectedError as error:  # a container that waits for its image has none
                    yield f"logs/{name}/{container}{kind}.failed.txt", f"{error}\n"


def _logs(container: str, since: int, *, earlier: bool) -> Iterator[tuple[dict[str, str], str]]:
    query = {"container": container, "tailLines": str(LINES), "limitBytes": str(FILE_BYTES)}
    yield {**query, "sinceSeconds": str(since), "timestamps": "true"}, ""
    if earlier:
        yield {**query, "previous": "true", "timestamps": "true"}, ".previous"
