"""Keys of an API server in etcd: what they hold, and whose value counts when a backup is put back. Pure.

An API server keeps an object under PREFIX/RESOURCE[/NAMESPACE]/NAME; where the resource is not one of Kubernetes' own,
its group comes first (k8s.io/apiserver, pkg/registry/generic/registry and pkg/server/storage).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum

from federation.topology.models import ControlPlane

PREFIX = "/registry"
"""Where API servers keep their keys, unless the flag --etcd-prefix says otherwise."""
PREFIX_FLAG = "etcd-prefix"
SERVERS = ("karmada-apiserver", "karmada-aggregated-apiserver")
"""The parts of a plane that use etcd."""
CLUSTERS = "cluster.karmada.io/clusters/"
SECRETS = "secrets/"
ENCRYPTED = b"k8s:enc:"
"""What encrypted values begin with (Kubernetes: "Encrypting Confidential Data at Rest"): k8s:enc:PROVIDER:v1:KEY:"""


class Owner(Enum):
    """Whose value counts when a backup is put back into a plane."""

    BACKUP = "backup"
    """The backup's; what it does not have is removed."""
    PLANE = "plane"
    """The plane's where it has one; what it does not have comes from the backup."""
    NOBODY = "nobody"
    """Of the moment: in no backup, and left alone in a plane."""


OWNERS: Mapping[str, Owner] = {
    # Who leads, who is alive, what has happened: of processes that run now. Events have a lease of etcd, without which
    # they would stay for ever.
    "events/": Owner.NOBODY,
    "leases/": Owner.NOBODY,
    "masterleases/": Owner.NOBODY,
    "peerserverleases/": Owner.NOBODY,
    # They lead the API server to programs of this plane, with the authority that this plane has now.
    "apiextensions.k8s.io/customresourcedefinitions/": Owner.PLANE,
    "apiregistration.k8s.io/apiservices/": Owner.PLANE,
    "mutatingwebhookconfigurations/": Owner.PLANE,
    "validatingwebhookconfigurations/": Owner.PLANE,
    "configmaps/kube-system/extension-apiserver-authentication": Owner.PLANE,
    # Who is a member, under which address and with which credentials, is a fact of now and not of then.
    CLUSTERS: Owner.PLANE,
    f"{SECRETS}karmada-cluster/": Owner.PLANE,
    f"{SECRETS}karmada-system/": Owner.PLANE,
}
"""Paths below the prefix, and whose they are; all others are the backup's."""


def prefixes(plane: ControlPlane) -> tuple[str, ...]:
    """Where the plane's servers keep their keys, without a slash at the end."""
    flags = (plane.args.get(server, {}).get(PREFIX_FLAG, PREFIX) for server in SERVERS)
    return tuple(dict.fromkeys("/" + flag.strip("/") for flag in flags))


def path_of(key: str, among: Iterable[str]) -> str:
    """The key below the longest of these prefixes that it has."""
    fitting = [prefix for prefix in among if key.startswith(f"{prefix}/")]
    return key.removeprefix(f"{max(fitting, key=len)}/") if fitting else key


def owner_of(path: str) -> Owner:
    """Whose value of the key counts."""
    return next((owner for start, owner in OWNERS.items() if path.startswith(start)), Owner.BACKUP)


def resource_of(path: str) -> str:
    """The resource as `kubectl` calls it, such as "secrets", "works.work.karmada.io" or "endpoints"."""
    first, _, rest = path.partition("/")
    second = rest.partition("/")[0]
    if first == "services":
        return "services" if second == "specs" else second
    return f"{second}.{first}" if "." in first else first


def counted(paths: Iterable[str]) -> dict[str, int]:
    """Resource to how many there are of it; sorted."""
    return dict(sorted(Counter(map(resource_of, paths)).items()))


def members(paths: Iterable[str]) -> tuple[str, ...]:
    """Names of the members among these."""
    return tuple(sorted(path.removeprefix(CLUSTERS) for path in paths if path.startswith(CLUSTERS)))


def encryption(values: Iterable[bytes]) -> tuple[str, ...]:
    """With which providers and keys values are encrypted, such as "k8s:enc:aescbc:v1:key1"; no key itself."""
    heads = {b":".join(value.split(b":", 5)[:5]) for value in values if value.startswith(ENCRYPTED)}
    return tuple(sorted(head.decode(errors="replace") for head in heads))


def encoded(data: bytes) -> str:
    """As etcd's gateway takes and gives keys and values."""
    return b64encode(data).decode()


def decoded(text: str) -> bytes:
    """The reverse of `encoded`."""
    return b64decode(text)
