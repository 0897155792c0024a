"""`Host`: the host cluster is looked at before anything is put in it, and after everything was removed."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from components.dynamic.base import Props, Provider, Resource
from components.dynamic.credentials import connect
from federation.deadline import Deadline
from federation.errors import UnreachableError
from federation.karmada import host
from federation.kube import Kube, Ref

VOLUME_SECONDS = 120.0
WISH = ("federation", "namespace", "storage", "storageClass", "nodePort", "nodes", "etcdMembers")


class HostProvider(Provider):
    """Finds out before the first object is made what would only fail in the middle."""

    compared = ("kubeconfig", "storage", "storageClass", "nodePort", "nodes", "etcdMembers")
    replacing = ("federation", "namespace")

    def create(self, props: Props) -> CreateResult:
        """Raises `FederationError` if the cluster cannot host the plane."""
        kube = _kube(props)
        host.check(kube, _wish(props))
        facts = _facts(kube)
        return CreateResult(facts["clusterId"], {**props, **facts})

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Checks again, with the new wishes."""
        host.refuse_resize(int(olds["etcdMembers"]), int(news["etcdMembers"]))
        kube = _kube(news)
        host.check(kube, _wish(news))
        return UpdateResult({**news, **_facts(kube)})

    def read(self, id_: str, props: Props) -> ReadResult:
        """Its facts as they are now; those that are known if it does not answer."""
        try:
            return ReadResult(id_, {**props, **_facts(_kube(props))})
        except UnreachableError:
            return ReadResult(id_, props)

    def delete(self, _id: str, props: Props) -> None:
        """The last thing of a plane that goes: waits for its volumes, and names those that stay."""
        kept = host.wait_for_volumes(_kube(props), props["namespace"], Deadline(VOLUME_SECONDS))
        if kept:
            print(
                f"kept, as their StorageClass retains volumes: {', '.join(kept)}. Next: kubectl delete pv NAME."
            )


def _kube(props: Props) -> Kube:
    return connect(props, f"host cluster {props['cluster']}")


def _wish(props: Props) -> host.Wish:
    port = props.get("nodePort")
    return host.Wish(
        federation=props["federation"],
        namespace=props["namespace"],
        storage=bool(props["storage"]),
        storage_class=props.get("storageClass"),
        node_port=None if port is None else int(port),
        nodes=int(props["nodes"]),
        etcd_members=int(props["etcdMembers"]),
    )


def _facts(kube: Kube) -> dict[str, Any]:
    system = kube.get(Ref("v1", "namespaces", "kube-system")) or {}
    return {"clusterId": system["metadata"]["uid"], "version": kube.version()}


class Host(Resource, module="federation", name="Host"):
    """The host cluster, checked.

    Args:
        name: of the resource.
        inputs: `cluster`, `kubeconfig` (secret), `kubeconfigPath`, `kubeconfigContext`, and the wishes in `WISH`.

    Attributes:
        cluster_id: UID of its namespace kube-system.
        version: of its API server.
    """

    clusterId: pulumi.Output[str]  # noqa: N815 (names of outputs are keys of the state)
    version: pulumi.Output[str]

    def __init__(self, name: str, inputs: Props, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(HostProvider(), name, {"clusterId": None, "version": None, **inputs}, opts)
