"""What is known about a federation's services now: from its API, and from its members' clusters at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from federation.dns import observed
from federation.dns.view import Backends, View, assemble, facts_of
from federation.errors import FederationError
from federation.karmada import reader
from federation.karmada.member import BINDING_API, CLUSTERS, READERS_NAMESPACE
from federation.kube import Kube, Object, Ref
from federation.kubeconfig import Access
from federation.names import Service

__all__ = ["BINDINGS", "CLUSTERS", "READERS", "SERVICES", "SLICES", "View", "facts_of", "view"]

SERVICES = Ref("v1", "services")
BINDINGS = Ref(BINDING_API, "resourcebindings")
READERS = Ref("v1", "secrets", namespace=READERS_NAMESPACE)
SLICES = Ref("discovery.k8s.io/v1", "endpointslices")
MEMBER_SECONDS = 3.0
"""For each request to a member; a dead one costs that much once, as all are asked at the same time."""
AT_ONCE = 16
NO_READER = f"namespace {READERS_NAMESPACE} has no Secret to read it with; run `pulumi up --refresh`"

Client = Callable[[Access, str], Kube]


def member_client(reach: Access, name: str) -> Kube:
    """A client that does not wait long."""
    return Kube(reach, name, timeout=MEMBER_SECONDS)


def view(plane: Kube, *, only: Service | None = None, client: Client = member_client) -> View:
    """Ask the federation API, and every member at once.

    A member that cannot be reached is not ready, and is told of in `problems`.

    Args:
        plane: the federation API, as somebody who may list clusters, services and resourcebindings, and the Secrets of
            namespace karmada-system.
        only: this service alone; `services` is empty if there is no such service, or it shall have no names.
        client: makes a client for a member.

    Raises `FederationError` if the federation API cannot be read.
    """
    clusters = [observed.cluster(found) for found in plane.list(CLUSTERS)]
    services = [found for o in _services(plane, only) if (found := observed.federated(o))]
    bindings = [where for o in _bindings(plane, only) if (where := observed.placed(o))]
    secrets = {secret["metadata"]["name"]: secret for secret in plane.list(READERS)}

    def look(member: str) -> Backends | str:
        return _look(secrets.get(member), f"member {member}", only, client)

    names = [cluster.name for cluster in clusters]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        looks = dict(zip(names, pool.map(look, names), strict=True))
    return assemble(
        clusters=clusters,
        services=services,
        placements=dict(bindings),
        backends={name: found for name, found in looks.items() if not isinstance(found, str)},
        unreachable={name: found for name, found in looks.items() if isinstance(found, str)},
    )


def _services(plane: Kube, only: Service | None) -> list[Object]:
    if only is None:
        return plane.list(SERVICES)
    return _one(plane, Ref(SERVICES.api_version, SERVICES.plural, only.name, only.namespace))


def _bindings(plane: Kube, only: Service | None) -> list[Object]:
    if only is None:
        return plane.list(BINDINGS)
    name = observed.binding_name(only)
    return _one(plane, Ref(BINDINGS.api_version, BINDINGS.plural, name, only.namespace))


def _one(plane: Kube, ref: Ref) -> list[Object]:
    found = plane.get(ref)
    return [found] if found else []


def _look(
    secret: Mapping[str, object] | None, name: str, only: Service | None, client: Client
) -> Backends | str:
    """What is ready on a member, or why that is not known."""
    if secret is None:
        return NO_READER
    place = Ref(SLICES.api_version, SLICES.plural, namespace=only.namespace) if only else SLICES
    labels = f"{observed.SERVICE_NAME}={only.name}" if only else None
    try:
        kube = client(reader.access(dict(secret)), name)
        if reason := kube.ready():
            return reason
        slices = [s for o in kube.list(place, labels=labels) if (s := observed.endpoints(o))]
    except FederationError as error:
        return error.cause
    return observed.ready_backends(slices)
