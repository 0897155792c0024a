"""A cluster becomes a member: find or adopt, every step an upsert, until Karmada says that it is Ready.

Nothing is undone when a step fails: the next run adopts what is there, and a leave removes it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from federation.deadline import Deadline
from federation.errors import (
    ConflictError,
    FederationError,
    KubeconfigError,
    RejectedError,
)
from federation.karmada import identity, rbac, reader
from federation.karmada.member import (
    CLUSTER_API,
    CLUSTERS,
    PLANE_NAMESPACE,
    MemberFacts,
    MemberSpec,
    not_ready,
)
from federation.kube import Kube, Object, Ref
from federation.kubeconfig import Access, access

STARTING = ("failed calling webhook", ": 503 ", "unable to handle the request")  # parts of the federation API
Answer = TypeVar("Answer")


def join(spec: MemberSpec, deadline: Deadline) -> MemberFacts:
    """As `ensure`, with clients of its own for both sides."""
    plane = Kube.connect(spec.federation_kubeconfig, f"federation {spec.federation}")
    return ensure(spec, access(spec.kubeconfig), plane, deadline)


def ensure(
    spec: MemberSpec,
    reach: Access,
    plane: Kube,
    deadline: Deadline,
    *,
    client: identity.Client = Kube,
    say: Callable[[str], None] = print,
) -> MemberFacts:
    """Make the cluster that `reach` leads to a member, and wait until it is Ready.

    What is independent is done at the same time: a join is many short requests to two servers. `say` is told what
    Karmada has to be restarted for.

    Raises:
        ConflictError: the cluster is a member under another name, the name is another cluster's, or objects of
            somebody else are in the way.
        TopologyError: a grant holds a wildcard.
        KubeconfigError: Karmada cannot reach a server in the way that the kubeconfig says.
        NotInTimeError: it is not Ready in time; the message says why.
        FederationError: as `Kube` raises them, for either side.
    """
    if reach.tls_server_name:
        raise KubeconfigError(
            spec.subject,
            f"its kubeconfig sets tls-server-name to {reach.tls_server_name!r}, which Karmada cannot do",
            "use a server URL with a name or address that its certificate holds",
        )
    member = client(reach, spec.subject)
    with ThreadPoolExecutor(4) as pool:
        asked = pool.submit(identity.identify, spec, member)
        clusters = _patiently(plane, lambda: plane.list(CLUSTERS), deadline)
        cluster_id = asked.result()
        if refused := refusal(spec, cluster_id, clusters):
            raise refused
        _wait_for_leave(spec, cluster_id, plane, clusters, deadline)
        space = pool.submit(_upsert, plane, plane_namespace(), spec, deadline)
        rights = pool.submit(_grant, spec, member)
        identity.home(spec, member, deadline)
        issue = partial(identity.token, spec, reach, member, deadline=deadline, client=client)
        reading = pool.submit(issue, rbac.reader(spec))
        token = issue(rbac.federation(spec))
        space.result(), rights.result()
        reader_token = reading.result()
    secret, manifest = plane_secret(spec, reach, token), cluster_manifest(spec, reach, cluster_id)
    if stale := _stale(manifest, secret, clusters, plane):
        say(f"warning: {spec.subject}: {stale}")
    for wanted in (secret, reader.plane_secret(spec, reach, reader_token), manifest):
        _upsert(plane, wanted, spec, deadline)
    return _wait_until_ready(spec, client(identity.with_token(reach, token), spec.subject), plane, deadline)


def refusal(spec: MemberSpec, cluster_id: str, clusters: Sequence[Object]) -> ConflictError | None:
    """Why this cluster cannot be joined under this name, given all `Cluster` objects; None if it can.

    One that is just leaving is no hindrance.
    """
    for cluster in clusters:
        name, id_ = cluster["metadata"]["name"], cluster["spec"].get("id")
        if cluster["metadata"].get("deletionTimestamp"):
            continue
        if name != spec.name and id_ == cluster_id:
            return ConflictError(
                spec.subject,
                f"this cluster is in the federation already, as {name} (both have the id {cluster_id})",
                f"use one of the names {name} and {spec.name} only, or correct a kubeconfig",
            )
        if name == spec.name and id_ and id_ != cluster_id:
            return ConflictError(
                spec.subject,
                f"the name belongs to another cluster: that has the id {id_}, this one {cluster_id}",
                f"choose another name, or remove that one: fedctl leave {name} "
                f"--federation {spec.federation} --federation-kubeconfig FILE",
            )
    return None


def plane_namespace() -> Object:
    """The namespace of all members' Secrets in the federation API. No join owns it: nobody's leave removes it."""
    labels = {"karmada.io/system": "true"}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": PLANE_NAMESPACE, "labels": labels},
    }


def plane_secret(spec: MemberSpec, reach: Access, token: str) -> Object:
    """What Karmada shows the member, and how it knows the member (Karmada, membercluster_client.go).

    The bundle is that of the kubeconfig, which fits its server URL; an empty one stands for the system's.
    """
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": spec.name, "namespace": PLANE_NAMESPACE, "labels": spec.object_labels},
        "data": {"caBundle": _encode(reach.ca or ""), "token": _encode(token)},
    }


def cluster_manifest(spec: MemberSpec, reach: Access, cluster_id: str) -> Object:
    """The `Cluster` object.

    It names no impersonator: Karmada then leaves its own roles off the member (unified_auth_controller.go), and
    `karmadactl --operation-scope=members` cannot be used for it. Taints and resource models are not ours to set.
    """
    optional = {"region": spec.region, "zones": list(spec.zones), "proxyURL": reach.proxy_url}
    return {
        "apiVersion": CLUSTER_API,
        "kind": "Cluster",
        "metadata": {"name": spec.name, "labels": {**spec.labels, **spec.object_labels}},
        "spec": {
            "syncMode": "Push",
            "id": cluster_id,
            "apiEndpoint": reach.server.rstrip("/"),
            "secretRef": {"namespace": PLANE_NAMESPACE, "name": spec.name},
            **{key: value for key, value in optional.items() if value},
        },
    }


def _stale(manifest: Object, secret: Object, clusters: Sequence[Object], plane: Kube) -> str | None:
    """What Karmada 1.18 goes on using for watches, as it reads it once only (fixed in 1.19); None if nothing is."""
    name = manifest["metadata"]["name"]
    before = next((c for c in clusters if c["metadata"]["name"] == name), None)
    if before is None or before["metadata"].get("deletionTimestamp"):
        return None
    moved = before["spec"].get("apiEndpoint") != manifest["spec"]["apiEndpoint"]
    if not moved and (plane.get(Ref.of(secret)) or {}).get("data") == secret["data"]:
        return None
    return (
        "its endpoint, CA or token is another one now. Karmada watches it with the old one until it is restarted: "
        "kubectl rollout restart deploy/karmada-controller-manager in its namespace of the host cluster"
    )


def _wait_for_leave(
    spec: MemberSpec, cluster_id: str, plane: Kube, clusters: Sequence[Object], deadline: Deadline
) -> None:
    """Until no `Cluster` of this name or id is on its way out; a join in the middle of it would be undone."""

    def leaving(found: Sequence[Object]) -> str | None:
        names = [
            c["metadata"]["name"]
            for c in found
            if c["metadata"].get("deletionTimestamp")
            and (c["metadata"]["name"] == spec.name or c["spec"].get("id") == cluster_id)
        ]
        return f"{names[0]} has not left yet" if names else None

    if leaving(clusters):
        deadline.until(
            spec.subject,
            lambda: leaving(plane.list(CLUSTERS)),
            fix=f"finish it: fedctl leave {spec.name} --federation {spec.federation} --federation-kubeconfig FILE",
        )


def _grant(spec: MemberSpec, member: Kube) -> None:
    """The rights of both identities, on the member."""
    for manifest in (*rbac.rights(spec), *rbac.reader_rights(spec)):
        identity.claim(spec, member, manifest)


def _upsert(plane: Kube, manifest: Object, spec: MemberSpec, deadline: Deadline) -> None:
    _patiently(plane, lambda: plane.apply(manifest, manager=spec.manager), deadline)


def _patiently(plane: Kube, ask: Callable[[], Answer], deadline: Deadline) -> Answer:
    """Ask the federation API again while one of its parts starts."""
    answers: list[Answer] = []

    def answered() -> str | None:
        try:
            answers.append(ask())
        except RejectedError as error:
            if any(part in error.cause for part in STARTING):
                return error.cause
            raise
        return None

    deadline.until(
        plane.name,
        answered,
        fix="see whether karmada-webhook and karmada-aggregated-apiserver run in the host cluster",
    )
    return answers[-1]


def _wait_until_ready(spec: MemberSpec, asker: Kube, plane: Kube, deadline: Deadline) -> MemberFacts:
    """Until Karmada has reached the member. `asker` asks as Karmada does, from here: that tells why it cannot."""
    found: list[Object] = []

    def ready() -> str | None:
        cluster = plane.get(spec.cluster_ref)
        if cluster is None:
            raise ConflictError(
                spec.subject, "somebody has removed it while it was joining", "run the same command again"
            )
        found.append(cluster)
        if (reason := not_ready(cluster)) is None or not cluster.get("status", {}).get("conditions"):
            return reason
        return f"{reason} (asked from here: {_answer(asker)})"

    deadline.until(
        spec.subject,
        ready,
        fix=f"see whether the federation's control plane can reach {asker.server}: "
        "kubectl logs deploy/karmada-controller-manager in its namespace",
        interval=identity.SOON,
    )
    return MemberFacts.of(found[-1])


def _answer(asker: Kube) -> str:
    try:
        return asker.ready() or "it is healthy"
    except FederationError as error:
        return error.cause


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
