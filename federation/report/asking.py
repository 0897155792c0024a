"""What a report asks for besides the federation's status: certificates, versions and nodes. Nothing is changed.

What cannot be asked is a row that says why: a report of what is broken is the one that is needed most.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from federation import proxies
from federation.errors import FederationError, KubeconfigError
from federation.karmada import reader
from federation.karmada.member import CLUSTERS, READERS_NAMESPACE
from federation.kube import Kube, Object, Ref
from federation.kube_transport import tls
from federation.kubeconfig import Access, endpoint, minify
from federation.kubeconfig.document import named, parse, pick
from federation.nodes import NODES
from federation.report.certificates import Certificate, of_authority, of_context, of_pem, of_secrets, of_token
from federation.report.model import ClusterFacts

SECONDS = 3.0
"""For a handshake, or a request to a cluster."""
AT_ONCE = 16
API = "federation API"
READERS = Ref("v1", "secrets", namespace=READERS_NAMESPACE)
WORKLOADS = (Ref("apps/v1", "deployments"), Ref("apps/v1", "statefulsets"))


@dataclass(frozen=True)
class Found:
    """Rows of a report."""

    certificates: tuple[Certificate, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()


def clusters(plane: Kube, kubeconfig: str, base: Path) -> tuple[ClusterFacts, ...]:
    """What Karmada says of each member, and how many of its nodes are ready. Raises `FederationError`.

    Karmada counts nodes only where it may see them. Those of other members are counted if the kubeconfig has a context
    that is called as the member is.
    """
    known = [_facts(found) for found in plane.list(CLUSTERS)]
    there = named(parse(kubeconfig), "contexts", "context")

    def counted(facts: ClusterFacts) -> ClusterFacts:
        if facts.nodes or facts.name not in there:
            return facts
        return replace(facts, nodes=_nodes(kubeconfig, facts.name, base))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(counted, known))


def found(
    plane: Kube, kubeconfig: str, base: Path, *, federation: str | None, places: Sequence[str]
) -> Found:
    """Certificates and versions.

    Args:
        plane: the federation API.
        kubeconfig: the text with which `plane` was reached. A context of it that is called as a member or one of
            `places` tells of that cluster's credentials too.
        base: its folder.
        federation: its name; None: nobody looks at what of it runs in clusters.
        places: clusters in which parts of it run.
    """
    own = minify(kubeconfig, base=base)
    ways, rows = [(API, _way(own))], [*of_context(own, API)]
    members = []
    for secret in plane.list(READERS):
        where = f"member {secret['metadata']['name']}"
        try:
            way = reader.access(secret)
        except KubeconfigError:  # the status tells of it
            continue
        members.append(secret["metadata"]["name"])
        ways.append((where, way))
        rows += [*of_authority(where, way.ca or ""), *of_token(where, way.token or "")]
    there = named(parse(kubeconfig), "contexts", "context")
    named_here = [name for name in dict.fromkeys((*members, *places)) if name in there]
    for name in named_here:
        rows += _credentials(kubeconfig, name, base)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        served = [*pool.map(lambda way: _served(*way), ways)]
    parts = [
        _parts(kubeconfig, name, base, federation) for name in named_here if name in places and federation
    ]
    return Found(
        (*(row for row in served if row), *rows, *(c for part in parts for c in part.certificates)),
        (*_api_version(plane), *(v for part in parts for v in part.versions)),
    )


def _facts(cluster: Object) -> ClusterFacts:
    spec, status = cluster.get("spec") or {}, cluster.get("status") or {}
    nodes = status.get("nodeSummary")
    counts = (int(nodes.get("readyNum") or 0), int(nodes.get("totalNum") or 0)) if nodes else None
    return ClusterFacts(
        cluster["metadata"]["name"],
        status.get("kubernetesVersion") or "",
        spec.get("apiEndpoint") or "",
        counts,
    )


def _nodes(kubeconfig: str, name: str, base: Path) -> tuple[int, int] | None:
    try:
        found = _cluster(kubeconfig, name, base).list(NODES)
    except FederationError:  # whether the member is ready is for others to say
        return None
    conditions = [each for node in found for each in node.get("status", {}).get("conditions") or ()]
    return sum(each["type"] == "Ready" and each["status"] == "True" for each in conditions), len(found)


def _cluster(kubeconfig: str, name: str, base: Path) -> Kube:
    return Kube.connect(minify(kubeconfig, name, base=base), f"cluster {name}", timeout=SECONDS)


def _place(found: Object) -> str:
    return f"{found['metadata']['namespace']}/{found['metadata']['name']}"


def _way(kubeconfig: str) -> Access:
    """To the server alone: no credentials are needed to see its certificate, and no plug-in is run for them."""
    picked = pick(kubeconfig)
    return Access(
        server=picked.cluster["server"],
        ca=endpoint(kubeconfig)[1],
        tls_server_name=picked.cluster.get("tls-server-name"),
        proxy_url=picked.cluster.get("proxy-url"),
    )


def _credentials(kubeconfig: str, name: str, base: Path) -> Iterator[Certificate]:
    where = f"{name}, in this kubeconfig"
    try:
        yield from of_context(minify(kubeconfig, name, base=base), where)
    except KubeconfigError as error:
        yield Certificate("kubeconfig", where, None, error.cause)


def _served(where: str, way: Access) -> Certificate | None:
    """The certificate that a server shows, verified; None where there is no TLS."""
    what, url = "server certificate", urlsplit(way.server)
    if url.scheme != "https" or not url.hostname:
        return None
    if way.proxy_url or proxies.of(way.server):
        return Certificate(what, where, None, "it is behind a proxy")
    try:
        with (
            socket.create_connection((url.hostname, url.port or 443), SECONDS) as plain,
            tls(way).wrap_socket(plain, server_hostname=way.tls_server_name or url.hostname) as secure,
        ):
            shown = secure.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError as error:
        return Certificate(what, where, None, f"it is not valid: {error.verify_message}")
    except (OSError, ValueError, KubeconfigError) as error:
        return Certificate(
            what, where, None, f"the server does not answer: {getattr(error, 'strerror', None) or error}"
        )
    return of_pem(what, where, ssl.DER_cert_to_PEM_cert(shown or b""))


def _api_version(plane: Kube) -> Iterator[tuple[str, str]]:
    try:
        yield "federation API (kube-apiserver)", plane.version()
    except (FederationError, ValueError, KeyError) as error:
        yield "federation API (kube-apiserver)", f"not known: {getattr(error, 'cause', error)}"


def _parts(kubeconfig: str, name: str, base: Path, federation: str | None) -> Found:
    """What of the federation runs in a cluster: the certificates in its Secrets, and the images of its programs."""
    labels = f"app.kubernetes.io/part-of=federation,app.kubernetes.io/instance={federation}"
    try:
        cluster = _cluster(kubeconfig, name, base)
        secrets = of_secrets(cluster.list(Ref("v1", "secrets"), labels=labels), name)
        programs = [each for ref in WORKLOADS for each in cluster.list(ref, labels=labels)]
    except FederationError as error:
        return Found((Certificate("certificates of the federation", name, None, error.cause),))
    images = {
        (f"{_place(program)} in {name}", container["image"].rpartition("/")[2])
        for program in programs
        for container in program["spec"]["template"]["spec"]["containers"]
    }
    return Found(tuple(secrets), tuple(sorted(images)))
