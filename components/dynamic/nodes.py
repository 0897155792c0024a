"""`NodeLabels`: region and zone on the nodes of a cluster, where nobody else has set them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from components.dynamic.base import DELETE_UNREACHABLE, Props, Provider, Resource, gone_for_good, options
from components.dynamic.credentials import connect
from federation import nodes
from federation.errors import UnreachableError
from federation.kube import Kube


class NodeLabelsProvider(Provider):
    """Nodes that came later show as a change after a refresh; the next `up` labels them."""

    # A new kubeconfig alone is no reason to look at the nodes, but the old one may not do any more.
    compared = ("region", "zones", "kubeconfig", "kubeconfigPath", "kubeconfigContext")
    replacing = ("cluster", "federation")

    def diff(self, id_: str, olds: Props, news: Props) -> DiffResult:
        """Nodes that lack a label are an update, too."""
        found = super().diff(id_, olds, news)
        return DiffResult(
            changes=found.changes or bool(olds.get("missing")),
            replaces=found.replaces,
            delete_before_replace=True,
        )

    def create(self, props: Props) -> CreateResult:
        """Raises `FederationError`, such as for a cluster that does not answer."""
        return CreateResult(f"{props['federation']}/{props['cluster']}", {**props, **_label(props)})

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """The same: labels that are no longer wanted are given up by it."""
        return UpdateResult({**news, **_label(news)})

    def read(self, id_: str, props: Props) -> ReadResult:
        """Which nodes lack a label. A cluster that does not answer has no news, and is not gone."""
        try:
            report = nodes.look(_kube(props), _wanted(props), nodes.manager_of(props["federation"]))
        except UnreachableError as error:
            print(f"warning: node labels are as last seen: {error}")
            return ReadResult(id_, props)
        return ReadResult(id_, {**props, **_outputs(report)})

    def delete(self, _id: str, props: Props) -> None:
        """Our labels only. Raises `UnreachableError`, unless the user says that such clusters are gone."""
        try:
            nodes.label(_kube(props), {}, nodes.manager_of(props["federation"]))
        except UnreachableError as error:
            if gone_for_good():
                print(f"warning: labels of its nodes stay: {error}")
                return
            raise UnreachableError(
                error.obj,
                f"cannot remove the labels of its nodes: {error.cause}",
                f"bring it back, or if it is gone for good, set {DELETE_UNREACHABLE}=true "
                "and run the same command again",
            ) from None


def _kube(props: Props) -> Kube:
    return connect(props, f"cluster {props['cluster']}")


def _wanted(props: Props) -> dict[str, str]:
    return nodes.wanted(props.get("region"), props.get("zones") or ())


def _label(props: Props) -> Props:
    report = nodes.label(_kube(props), _wanted(props), nodes.manager_of(props["federation"]))
    for label in report.kept:
        print(f"cluster {props['cluster']}: kept, as somebody else has set it: node {label}")
    return _outputs(report)


def _outputs(report: nodes.Report) -> Props:
    return {"missing": [*report.missing], "kept": [*report.kept]}


@dataclass(frozen=True, kw_only=True)
class NodeLabelsArgs:
    """Inputs of `NodeLabels`.

    Attributes:
        cluster: name of the cluster.
        federation: name of the federation; its field manager is called after it.
        kubeconfig: text; becomes a secret.
        kubeconfig_path: a file with it that is read anew whenever it is used, as credentials expire.
        kubeconfig_context: context in that file; its current one by default.
        region: of all nodes.
        zones: of the nodes; only a single one is put on them.
    """

    cluster: pulumi.Input[str]
    federation: pulumi.Input[str]
    kubeconfig: pulumi.Input[str]
    kubeconfig_path: pulumi.Input[str] | None = None
    kubeconfig_context: pulumi.Input[str] | None = None
    region: pulumi.Input[str] | None = None
    zones: pulumi.Input[Sequence[str]] = ()


class NodeLabels(Resource, module="federation", name="NodeLabels"):
    """The labels `topology.kubernetes.io/region` and `/zone` on every node.

    Attributes:
        kept: labels that somebody else has set to another value, as "node key=value".
        missing: nodes without a label at the last look.
    """

    kept: pulumi.Output[list[str]]
    missing: pulumi.Output[list[str]]

    def __init__(self, name: str, args: NodeLabelsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {
            "cluster": args.cluster,
            "federation": args.federation,
            "kubeconfig": pulumi.Output.secret(args.kubeconfig),
            "kubeconfigPath": args.kubeconfig_path,
            "kubeconfigContext": args.kubeconfig_context,
            "region": args.region,
            "zones": args.zones,
            "kept": None,
            "missing": None,
        }
        super().__init__(NodeLabelsProvider(), name, props, options(opts, secrets=["kubeconfig"]))
