"""How a store of DNS records is reached, as plain data, and opening it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from federation import portforward
from federation.azure.patience import Patience
from federation.deadline import Deadline
from federation.dns import skydns
from federation.dns.azure_store import AzureStore
from federation.dns.backend import Backend
from federation.dns.etcd import EtcdBackend
from federation.dns.etcd_client import EtcdTls
from federation.errors import FederationError
from federation.kube import Kube
from federation.kubeconfig import access, endpoint
from federation.names import Level

OPEN_SECONDS = 60.0
"""How long a pod to go through may be looked for: etcd is replaced member by member."""


@dataclass(frozen=True, kw_only=True)
class Through:
    """The way to a store inside a cluster, from outside: through the cluster's API server to one of its pods.

    Attributes:
        kubeconfig: of the cluster, as text with one context; secret.
        namespace: of the pods.
        labels: of the pods, all of which are members of the store.
        port: of the pods.
    """

    kubeconfig: str = field(repr=False)
    namespace: str
    labels: Mapping[str, str]
    port: int

    def as_props(self) -> dict[str, Any]:
        """As a resource's inputs have it."""
        return {
            "kubeconfig": self.kubeconfig,
            "namespace": self.namespace,
            "labels": dict(self.labels),
            "port": self.port,
        }

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> Through:
        """Numbers arrive as floats."""
        return cls(
            kubeconfig=props["kubeconfig"],
            namespace=props["namespace"],
            labels=dict(props["labels"]),
            port=int(props["port"]),
        )


@dataclass(frozen=True, kw_only=True)
class Store:
    """Where the records of a zone on CoreDNS are written. Its repr shows no secret.

    Attributes:
        provider: "coredns": etcd, read by CoreDNS.
        endpoints: URLs of etcd's members. With `through` they are not dialled, but must be among their names.
        ca: PEM, authority of the members' certificates.
        certificate: PEM, of the client, without a common name if etcd's users are on.
        key: PEM, of that certificate.
        user, password: of etcd's users; None: they are off.
        prefix: CoreDNS' option `path`.
        through: how to reach it from outside of the cluster that it runs in; None: directly.
    """

    provider: Literal["coredns"] = "coredns"
    endpoints: tuple[str, ...]
    ca: str
    certificate: str
    key: str = field(repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    prefix: str = skydns.PREFIX
    through: Through | None = None

    @property
    def without(self) -> Collection[Level]:
        """The levels at which names are somebody else's: none."""
        return ()

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it is, whoever asks it."""
        way = self.through
        where = (endpoint(way.kubeconfig)[0], way.namespace, sorted(way.labels.items())) if way else None
        return self.provider, self.prefix, sorted(self.endpoints), where

    def as_props(self) -> dict[str, Any]:
        """As a resource's inputs, a controller's configuration and the stack's state have it (JSON)."""
        return {
            "provider": self.provider,
            "endpoints": list(self.endpoints),
            "ca": self.ca,
            "certificate": self.certificate,
            "key": self.key,
            "user": self.user,
            "password": self.password,
            "prefix": self.prefix,
            "through": self.through.as_props() if self.through else None,
        }

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> Store:
        """The reverse of `as_props`. What is None may be left out."""
        through = props.get("through")
        return cls(
            endpoints=tuple(props["endpoints"]),
            ca=props["ca"],
            certificate=props["certificate"],
            key=props["key"],
            user=props.get("user"),
            password=props.get("password"),
            prefix=props.get("prefix") or skydns.PREFIX,
            through=Through.from_props(through) if through else None,
        )


AnyStore = Store | AzureStore
"""A store of either kind."""


def store_of(props: Mapping[str, Any]) -> AnyStore:
    """The reverse of a store's `as_props`. Raises `KeyError`, `TypeError` or `ValueError` for what is none."""
    provider = props.get("provider") or "coredns"
    if provider == "azure":
        return AzureStore.from_props(props)
    if provider != "coredns":
        raise ValueError(f"there is no provider {provider}")
    return Store.from_props(props)


@contextmanager
def open_backend(
    store: AnyStore, domain: str, *, seconds: float = OPEN_SECONDS, patience: Patience | None = None
) -> Iterator[Backend]:
    """The zone of `domain` in the store, for as long as the block takes.

    Args:
        store: of either kind.
        domain: of the federation.
        seconds: that a pod to go through may be looked for.
        patience: how a store with limits of its own waits for them; None: as an `up` does, to the end.

    Raises `FederationError`: `NotInTimeError` if there is no pod to go through within `seconds`, `UnreachableError` if
    the cluster does not answer; the backend's calls raise as `Backend` says.
    """
    if isinstance(store, AzureStore):
        from federation.dns.azure_open import opened  # noqa: PLC0415  only who has such a store pays for Azure's SDK

        with opened(store, domain, patience) as azure:
            yield azure
        return
    with ExitStack() as stack:
        endpoints = stack.enter_context(reached(store, Deadline(seconds)))
        backend = EtcdBackend(
            endpoints,
            domain,
            tls=EtcdTls(store.ca, store.certificate, store.key),
            user=store.user,
            password=store.password,
            prefix=store.prefix,
        )
        stack.callback(backend.close)
        yield backend


@contextmanager
def reached(store: Store, deadline: Deadline) -> Iterator[tuple[str, ...]]:
    """URLs under which the store can be reached from here, for as long as the block takes.

    Raises as `open_backend` does; not for a member that cannot be reached, if another can.
    """
    way = store.through
    if way is None:
        yield store.endpoints
        return
    target = access(way.kubeconfig)
    kube = Kube(target, "cluster of the DNS store")
    pods = portforward.ready_pods(kube, way.namespace, way.labels, deadline)
    with ExitStack() as stack:
        found, last = list[str](), None
        for pod in pods:
            try:
                at = stack.enter_context(portforward.forward(target, way.namespace, pod, way.port))
            except FederationError as error:  # one on a node that has just died counts as ready for a while
                last = error
            else:
                found.append(f"https://{at}")
        if not found and last is not None:
            raise last
        yield tuple(found)
