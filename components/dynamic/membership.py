"""`Membership`: all members together. It comes after the joins and goes before them.

When members were added, Divided workloads divide anew. When it is deleted, it refuses as long as others would miss the
federation: workloads of the stack itself are gone by then, as they depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi.dynamic import CreateResult, UpdateResult

from components.dynamic.base import Props, Provider, Resource, options
from federation.deadline import Deadline
from federation.errors import UnreachableError
from federation.karmada import rebalance
from federation.kube import Kube

TIMEOUT_SECONDS = 60.0


class MembershipProvider(Provider):
    """Inputs are described by `MembershipArgs`; the work is done by `federation.karmada.rebalance`."""

    compared = ("members", "federationKubeconfig", "forceDelete")
    replacing = ("federation",)

    def create(self, props: Props) -> CreateResult:
        """Raises `FederationError`."""
        _rebalance({}, props)
        return CreateResult(props["federation"], props)

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Raises `FederationError`."""
        _rebalance(olds.get("members") or {}, news)
        return UpdateResult(news)

    def delete(self, _id: str, props: Props) -> None:
        """Raises `FederationError` while others use the federation, unless `forceDelete`."""
        if props.get("forceDelete"):
            return
        try:
            rebalance.refuse_while_used(
                props["federation"], set(props["members"]), _plane(props), _deadline(props)
            )
        except UnreachableError as error:  # a federation that does not answer is used by nobody
            print(f"warning: {error}")


def _rebalance(before: Mapping[str, str], props: Props) -> None:
    if rebalance.joined(before, props["members"]):
        rebalance.rebalance(props["federation"], _plane(props), _deadline(props))


def _plane(props: Props) -> Kube:
    return Kube.connect(props["federationKubeconfig"], f"federation {props['federation']}")


def _deadline(props: Props) -> Deadline:
    return Deadline(float(props.get("timeoutSeconds") or TIMEOUT_SECONDS))


@dataclass(frozen=True, kw_only=True)
class MembershipArgs:
    """Inputs of a `Membership`.

    Attributes:
        federation: the federation's name.
        federation_kubeconfig: of the federation API's administrator, as text; becomes a secret.
        members: names of the members to ids of their `Join`s.
        force_delete: dissolve the federation although others use it.
        timeout: seconds for a rebalance, or for removed workloads to go.
    """

    federation: pulumi.Input[str]
    federation_kubeconfig: pulumi.Input[str]
    members: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    force_delete: pulumi.Input[bool] = False
    timeout: float = TIMEOUT_SECONDS


class Membership(Resource, module="federation", name="Membership"):
    """The members of a federation."""

    members: pulumi.Output[Mapping[str, str]]

    def __init__(self, name: str, args: MembershipArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {
            "federation": args.federation,
            "federationKubeconfig": pulumi.Output.secret(args.federation_kubeconfig),
            "members": args.members,
            "forceDelete": args.force_delete,
            "timeoutSeconds": args.timeout,
        }
        super().__init__(MembershipProvider(), name, props, options(opts, secrets=["federationKubeconfig"]))
