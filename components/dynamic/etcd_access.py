"""`EtcdAccess`: the users and roles of the zone's etcd. `CoreDnsReady`: CoreDNS answers out of it, and where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from components.dynamic import credentials
from components.dynamic.base import Props, Provider, Resource, options
from federation.deadline import Deadline
from federation.dns import etcd_access, nameservers
from federation.dns.etcd_access import Connect, Passwords
from federation.dns.etcd_client import EtcdClient, EtcdTls
from federation.dns.store import Store, Through, reached
from federation.errors import FederationError
from federation.karmada import health
from federation.kube import Kube
from federation.kubeconfig import access


class EtcdAccessProvider(Provider):
    """Adopts what is there. Deleting only forgets: users go with the etcd."""

    compared = (
        *credentials.KEYS,
        *("domain", "prefix", "rootPassword", "writerPassword", "ca", "certificate", "key"),
    )
    replacing = ("namespace",)

    def diff(self, id_: str, olds: Props, news: Props) -> Any:
        """What a refresh has found missing is an update."""
        found = super().diff(id_, olds, news)
        found.changes = found.changes or olds.get("complete") is False
        return found

    def create(self, props: Props) -> CreateResult:
        """Raises `FederationError`."""
        return CreateResult(f"{props['namespace']}/etcd-users", _ensured(props, former_root=None))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """As `create`; the old password of root still opens the door to its change."""
        return UpdateResult(_ensured(news, former_root=olds["rootPassword"]))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Whether all of it is still there. An etcd that does not answer is not gone."""
        try:
            with _connected(props) as connect:
                missing = etcd_access.missing(connect, _rights(props), _passwords(props, None))
        except FederationError as error:
            print(f"warning: {error}")
            return ReadResult(id_, props)
        return ReadResult(id_, {**props, "complete": not missing})

    def delete(self, _id: str, _props: Props) -> None:
        """Nothing: a user that is gone would lock the records in that are still there."""


class CoreDnsReadyProvider(Provider):
    """Waits again whenever what it waits for was changed."""

    compared = (*credentials.KEYS, "workloads", "revision", "domain", "address", "service")
    replacing = ("namespace",)

    def create(self, props: Props) -> CreateResult:
        """Raises `FederationError`, `NotInTimeError`."""
        return CreateResult(f"{props['namespace']}/{props['service']}", _answering(props))

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """As `create`."""
        return UpdateResult(_answering(news))

    def delete(self, _id: str, _props: Props) -> None:
        """Nothing is made, so nothing goes."""


class EtcdAccess(Resource, module="federation", name="EtcdAccess"):
    """Users root, coredns (reads the zone's keys) and writer (writes them, too), and nobody else is let in.

    Args:
        name: of the resource.
        inputs: `cluster`, `kubeconfig` (secret), `kubeconfigPath`, `kubeconfigContext`, `namespace`; `labels` and
            `port` of etcd's pods; `endpoints`, `ca`, `certificate`, `key` (secret) of a client without a common name;
            `domain`, `prefix`, `rootPassword`, `writerPassword` (secret), `timeoutSeconds`.

    Attributes:
        complete: False: a refresh has found something missing.
    """

    complete: pulumi.Output[bool]

    def __init__(self, name: str, inputs: Props, opts: pulumi.ResourceOptions | None = None) -> None:
        sealed = ("kubeconfig", "key", "rootPassword", "writerPassword")
        super().__init__(
            EtcdAccessProvider(), name, {"complete": None, **inputs}, options(opts, secrets=sealed)
        )


class CoreDnsReady(Resource, module="federation", name="CoreDnsReady"):
    """CoreDNS answers for the zone.

    Args:
        name: of the resource.
        inputs: `cluster`, `kubeconfig` (secret), `kubeconfigPath`, `kubeconfigContext`, `namespace`; `service` and
            `labels` of its pods; `address` that clients are told; `domain`, `workloads` ("deployments/NAME"),
            `revision` (changes with them), `timeoutSeconds`.

    Attributes:
        nameservers: "address:port" of each way to it.
    """

    nameservers: pulumi.Output[list[str]]

    def __init__(self, name: str, inputs: Props, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            CoreDnsReadyProvider(),
            name,
            {"nameservers": None, **inputs},
            options(opts, secrets=["kubeconfig"]),
        )


def _ensured(props: Props, *, former_root: str | None) -> Props:
    with _connected(props) as connect:
        etcd_access.ensure(connect, _rights(props), _passwords(props, former_root))
    return {**props, "complete": True}


def _answering(props: Props) -> Props:
    text, deadline = credentials.kubeconfig(props), Deadline(float(props["timeoutSeconds"]))
    kube = Kube.connect(text, f"cluster {props['cluster']}")
    pods, subject = health.Host(kube, props["namespace"]), f"CoreDNS of zone {props['domain']}"
    health.wait_for_pods(pods, props["workloads"], deadline, subject=subject)
    place = nameservers.Place(
        namespace=props["namespace"],
        service=props["service"],
        labels=props["labels"],
        address=props.get("address"),
    )
    found = nameservers.wait(kube, access(text), place, props["domain"], deadline)
    return {**props, "nameservers": list(found)}


@contextmanager
def _connected(props: Props) -> Iterator[Connect]:
    tls = EtcdTls(props["ca"], props["certificate"], props["key"])
    with reached(_store(props), Deadline(float(props["timeoutSeconds"]))) as endpoints:
        yield lambda user, password: EtcdClient(endpoints, tls=tls, user=user, password=password)


def _store(props: Props) -> Store:
    way = Through(
        kubeconfig=credentials.kubeconfig(props),
        namespace=props["namespace"],
        labels=props["labels"],
        port=int(props["port"]),
    )
    return Store(
        endpoints=tuple(props["endpoints"]),
        ca=props["ca"],
        certificate=props["certificate"],
        key=props["key"],
        prefix=props["prefix"],
        through=way,
    )


def _rights(props: Props) -> etcd_access.Rights:
    return etcd_access.wanted(props["domain"], props["prefix"])


def _passwords(props: Props, former_root: str | None) -> Passwords:
    return Passwords(props["rootPassword"], props["writerPassword"], former_root)
