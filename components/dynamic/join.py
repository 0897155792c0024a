"""`Join`: a cluster is a member of the federation; deleting the resource is its leave. The id is the cluster's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from components.dynamic import credentials
from components.dynamic.base import (
    DELETE_UNREACHABLE,
    Props,
    Provider,
    Resource,
    gone_for_good,
    options,
    unknown,
)
from federation.deadline import Deadline
from federation.errors import FederationError, KubeconfigError, TopologyError, UnreachableError
from federation.karmada import identity, join, leave, rbac
from federation.karmada.member import TIMEOUT_SECONDS, MemberFacts, MemberSpec
from federation.kube import Kube
from federation.kubeconfig import access

DIFF_SECONDS = 3.0  # a preview waits no longer for a member
DELETE_SECONDS = 5.0  # for each request to a member that may be dead
OUTPUTS: Props = {"clusterId": None, "endpoint": None, "version": None, "ready": None}
SECRETS = ("kubeconfig", "federationKubeconfig")


class JoinProvider(Provider):
    """Inputs and outputs are described by `JoinArgs` and `Join`; the work is done by `federation.karmada`."""

    compared = (
        *("region", "zones", "labels", "grants", "onLeave"),
        *("kubeconfig", "kubeconfigPath", "kubeconfigContext", "federationKubeconfig"),
    )
    replacing = ("member", "federation")

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """A wildcard in a grant is refused in the preview already."""
        try:
            if not unknown({key: value for key, value in news.items() if key not in SECRETS}):
                rbac.rules(MemberSpec.from_props(news))
        except TopologyError as error:
            return CheckResult(news, [CheckFailure("grants", str(error))])
        return CheckResult(news, [])

    def diff(self, id_: str, olds: Props, news: Props) -> DiffResult:
        """A kubeconfig that leads to another cluster is a replacement, and a member that is not Ready an update."""
        found = super().diff(id_, olds, news)
        replaces = [*found.replaces, *(["kubeconfig"] if _elsewhere(id_, olds, news) else [])]
        changes = found.changes or olds.get("ready") is False
        return DiffResult(changes=changes, replaces=replaces, delete_before_replace=True)

    def create(self, props: Props) -> CreateResult:
        """Adopts what is there. Raises `FederationError`."""
        facts = _join(props)
        return CreateResult(facts.cluster_id, {**props, **facts.as_props()})

    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        """As `create`; what has been brought down on either side is made again.

        A member that is dead, and of which nothing else is wanted, is no reason for `up` to fail.
        """
        try:
            return UpdateResult({**news, **_join(news).as_props()})
        except UnreachableError as error:
            if error.obj != MemberSpec.from_props(news).subject or super().diff(id_, olds, news).changes:
                raise
            print(f"warning: {error}")
            return UpdateResult({**news, **{key: olds[key] for key in OUTPUTS}})

    def read(self, id_: str, props: Props) -> ReadResult:
        """As the federation knows the member now; one that is down is not gone, one without a reader is not ready.

        Raises `FederationError` if the federation API does not answer: what is there is not known then.
        """
        spec = MemberSpec.from_props(props)
        plane = Kube.connect(spec.federation_kubeconfig, f"federation {spec.federation}")
        cluster = plane.get(spec.cluster_ref)
        if (
            cluster is None
            or cluster["spec"].get("id") != id_
            or cluster["metadata"].get("deletionTimestamp")
        ):
            return ReadResult("", {})
        present = cluster["metadata"].get("labels", {})
        facts = MemberFacts.of(cluster)
        live = {
            **facts.as_props(),
            "ready": facts.ready and spec.owns(plane.get(spec.reader_ref)),
            "region": cluster["spec"].get("region") or None,
            "zones": cluster["spec"].get("zones") or [],
            "labels": {key: present[key] for key in spec.labels if key in present},
        }
        # What is equal keeps its form, as null and absent are two things for the engine.
        drift = {key: value for key, value in live.items() if (props.get(key) or None) != (value or None)}
        declared = drift.keys() - OUTPUTS.keys()
        # With the inputs as they are now, the next preview tells what will be put right.
        inputs = (
            {key: drift.get(key, props[key]) for key in props.keys() - OUTPUTS.keys()} if declared else None
        )
        return ReadResult(id_, {**props, **drift}, inputs)

    def delete(self, id_: str, props: Props) -> None:
        """Leave; what is gone is done. Raises `FederationError`."""
        text = credentials.kubeconfig(props)
        spec = MemberSpec.from_props({**props, "kubeconfig": text}, id_)
        try:
            member = Kube.connect(text, spec.subject, timeout=DELETE_SECONDS)
        except KubeconfigError as error:
            print(f"warning: {error}")
            member = None
        leave.leave(spec, member, _plane_to_leave(spec), Deadline(spec.timeout))


def _join(props: Props) -> MemberFacts:
    spec = MemberSpec.from_props({**props, "kubeconfig": credentials.kubeconfig(props)})
    return join.join(spec, Deadline(spec.timeout))


def _elsewhere(id_: str, olds: Props, news: Props) -> bool:
    """Whether a new kubeconfig leads to another cluster. Only asked where its server is another: previews are fast."""
    old, new = olds.get("kubeconfig"), news.get("kubeconfig")
    if old == new or unknown([old, new]) or not old or not new:
        return False
    try:
        before, now = access(old), access(new)
        if (before.server, before.ca) == (now.server, now.ca):
            return False
        member = Kube(now, f"member {news['member']}", timeout=DIFF_SECONDS)
        return identity.identify(MemberSpec.from_props(news), member) != id_
    except FederationError:  # the update will say what is wrong
        return False


def _plane_to_leave(spec: MemberSpec) -> Kube | None:
    """The federation API, or None if it is gone and the user says that this is so.

    Raises `UnreachableError` otherwise.
    """
    plane = Kube.connect(spec.federation_kubeconfig, f"federation {spec.federation}")
    try:
        plane.get(spec.cluster_ref)
    except UnreachableError as error:
        if gone_for_good():
            return None
        raise UnreachableError(
            spec.subject,
            f"cannot leave: {error.cause}",
            f"bring the control plane back, or if it is gone for good, set {DELETE_UNREACHABLE}=true "
            "and run the same command again",
        ) from None
    return plane


@dataclass(frozen=True, kw_only=True)
class JoinArgs:
    """Inputs of a `Join`.

    Attributes:
        member: the member's name in the federation.
        federation: the federation's name.
        kubeconfig: of the member's administrator, as text; becomes a secret.
        kubeconfig_path: a file with it that is read anew whenever it is used, as credentials expire.
        kubeconfig_context: context in that file; its current one by default.
        federation_kubeconfig: of the federation API's administrator, as text; becomes a secret.
        region: of the member, as in DNS names.
        zones: of its nodes.
        labels: of the member, for placements.
        grants: rules of a ClusterRole (`apiGroups`, `resources`, `verbs`) beyond the default ones.
        on_leave: what becomes of namespaces that the federation has made there: "keep" or "remove".
        timeout: seconds for a join or a leave.
    """

    member: pulumi.Input[str]
    federation: pulumi.Input[str]
    kubeconfig: pulumi.Input[str]
    federation_kubeconfig: pulumi.Input[str]
    kubeconfig_path: pulumi.Input[str] | None = None
    kubeconfig_context: pulumi.Input[str] | None = None
    region: pulumi.Input[str] | None = None
    zones: pulumi.Input[Sequence[str]] = ()
    labels: pulumi.Input[Mapping[str, str]] | None = None
    grants: pulumi.Input[Sequence[Mapping[str, Any]]] = ()
    on_leave: pulumi.Input[str] = "keep"
    timeout: float = TIMEOUT_SECONDS

    def as_props(self) -> Props:
        """The resource's inputs."""
        return {
            "member": self.member,
            "federation": self.federation,
            "kubeconfig": pulumi.Output.secret(self.kubeconfig),
            "kubeconfigPath": self.kubeconfig_path,
            "kubeconfigContext": self.kubeconfig_context,
            "federationKubeconfig": pulumi.Output.secret(self.federation_kubeconfig),
            "region": self.region,
            "zones": self.zones,
            "labels": self.labels or {},
            "grants": self.grants,
            "onLeave": self.on_leave,
            "timeoutSeconds": self.timeout,
        }


class Join(Resource, module="federation", name="Join"):
    """A member of the federation.

    Attributes:
        member: its name.
        region: as the federation knows it.
        zones: as the federation knows them.
        clusterId: UID of the cluster's namespace kube-system, also the resource's id.
        endpoint: URL of its API server.
        version: its Kubernetes version.
        ready: whether Karmada finds it healthy, as of the last look.
    """

    member: pulumi.Output[str]
    region: pulumi.Output[str | None]
    zones: pulumi.Output[list[str]]
    clusterId: pulumi.Output[str]  # noqa: N815 - outputs are attributes by their own names
    endpoint: pulumi.Output[str]
    version: pulumi.Output[str]
    ready: pulumi.Output[bool]

    def __init__(self, name: str, args: JoinArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {**OUTPUTS, **args.as_props()}
        super().__init__(JoinProvider(), name, props, options(opts, secrets=SECRETS))
