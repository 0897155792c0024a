"""`ClusterDns`: pods of a member resolve the federation's names, through their own cluster DNS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from components.dynamic import credentials
from components.dynamic.base import Props, Provider, Resource, options
from federation.coredns import member
from federation.coredns.member import Wiring
from federation.errors import KubeconfigError, UnreachableError
from federation.kube import REQUEST_SECONDS, Kube

DELETE_SECONDS = 5.0  # for each request to a member that may be dead
OUTPUTS: Props = {"configMap": None, "wired": None}


class ClusterDnsProvider(Provider):
    """The work is done by `federation.coredns.member`. A member that is dead fails no `up` but its first one."""

    compared = (*credentials.KEYS, "domain", "nameservers", "ttl")
    replacing = ("federation", "member")

    def diff(self, id_: str, olds: Props, news: Props) -> DiffResult:
        """A block that a refresh has not found is put in again."""
        found = super().diff(id_, olds, news)
        changes = found.changes or olds.get("wired") is False
        return DiffResult(changes=changes, replaces=found.replaces, delete_before_replace=True)

    def create(self, props: Props) -> CreateResult:
        """Raises `FederationError`."""
        return CreateResult(f"{props['federation']}/{props['member']}", _wired(props))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """As `create`; what cannot be done now is done by the next `up`."""
        try:
            return UpdateResult(_wired(news))
        except UnreachableError as error:
            print(f"warning: {error}")
            return UpdateResult({**news, "configMap": olds.get("configMap"), "wired": False})

    def read(self, id_: str, props: Props) -> ReadResult:
        """Whether the block is as it was made. A member that is down is not gone."""
        try:
            found = member.wired(_member(props), props["federation"])
        except UnreachableError as error:
            print(f"warning: {error}")
            return ReadResult(id_, props)
        return ReadResult(id_, {**props, "wired": found == _wiring(props).block})

    def delete(self, _id: str, props: Props) -> None:
        """Take the block out. From a dead member it cannot be taken, and nobody asks that one."""
        try:
            member.unwire(_member(props, timeout=DELETE_SECONDS), props["federation"])
        except (UnreachableError, KubeconfigError) as error:
            print(
                f"warning: member {props['member']}: its cluster DNS still forwards {props['domain']}: {error.cause}. "
                f"Once it can be reached: {_command(props)}"
            )


def _wired(props: Props) -> Props:
    place = member.wire(_member(props), _wiring(props))
    return {**props, "configMap": place, "wired": True}


def _wiring(props: Props) -> Wiring:
    """Numbers arrive as floats."""
    return Wiring(
        federation=props["federation"],
        domain=props["domain"],
        nameservers=props["nameservers"],
        ttl=int(props["ttl"]),
    )


def _member(props: Props, *, timeout: float = REQUEST_SECONDS) -> Kube:
    return Kube.connect(credentials.kubeconfig(props), f"member {props['member']}", timeout=timeout)


def _command(props: Props) -> str:
    file = props.get("kubeconfigPath") or "FILE"
    context = f" --context {props['kubeconfigContext']}" if props.get("kubeconfigContext") else ""
    federation = props["federation"]
    return f"fedctl leave {props['member']} --cleanup --federation {federation} --kubeconfig {file}{context}"


@dataclass(frozen=True, kw_only=True)
class ClusterDnsArgs:
    """Inputs of a `ClusterDns`.

    Attributes:
        federation: its name.
        member: the cluster's name in it.
        domain: the federation's zone.
        nameservers: "address:port" of the CoreDNS that knows it, such as `CoreDnsStack.nameservers`.
        ttl: seconds that answers may be kept.
        kubeconfig: of the member's administrator, as text; becomes a secret.
        kubeconfig_path: a file with it that is read anew whenever it is used, as credentials expire.
        kubeconfig_context: context in that file; its current one by default.
    """

    federation: str
    member: str
    domain: str
    nameservers: pulumi.Input[Sequence[str]]
    ttl: int
    kubeconfig: pulumi.Input[str]
    kubeconfig_path: str | None = None
    kubeconfig_context: str | None = None

    def as_props(self) -> dict[str, Any]:
        """The resource's inputs."""
        return {
            "federation": self.federation,
            "member": self.member,
            "domain": self.domain,
            "nameservers": self.nameservers,
            "ttl": self.ttl,
            "kubeconfig": pulumi.Output.secret(self.kubeconfig),
            "kubeconfigPath": self.kubeconfig_path,
            "kubeconfigContext": self.kubeconfig_context,
        }


class ClusterDns(Resource, module="federation", name="ClusterDns"):
    """The federation's zone in a member's cluster DNS; deleting it restores what was there.

    The member's CoreDNS notices by itself, within a minute or two.

    Attributes:
        configMap: where it is written, such as "kube-system/coredns".
        wired: False: a refresh has not found it, or the member could not be reached.
    """

    configMap: pulumi.Output[str]  # noqa: N815 - outputs are attributes by their own names
    wired: pulumi.Output[bool]

    def __init__(self, name: str, args: ClusterDnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {**OUTPUTS, **args.as_props()}
        super().__init__(ClusterDnsProvider(), name, props, options(opts, secrets=["kubeconfig"]))
