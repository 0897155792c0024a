"""`fedctl verify` as the last step of `pulumi up`, run by the plugin pulumi-command, where a stack asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

COMMAND = """\
umask 077
folder=$(mktemp -d) || exit
trap 'rm -rf "$folder"' EXIT
printf %s "$TOPOLOGY" > "$folder/topology"
printf %s "$FEDERATION_KUBECONFIG" > "$folder/kubeconfig"
PATH="$PWD/.venv/bin:$PATH"
set --
for server in $NAMESERVERS; do set -- "$@" --nameserver "$server"; done
fedctl verify --topology "$folder/topology" --federation-kubeconfig "$folder/kubeconfig" "$@"
"""
"""For /bin/sh, in the project's folder. It names no path of one machine, so that it is the same on all of them."""


@dataclass(frozen=True, kw_only=True)
class VerificationArgs:
    """Inputs of `Verification`.

    Attributes:
        topology: as JSON.
        federation_kubeconfig: of the federation's administrator, as text; becomes a secret.
        nameservers: "address:port" of each that is asked.
        members: what changes when a member joins or leaves; it is verified anew then.
    """

    topology: str
    federation_kubeconfig: pulumi.Input[str]
    nameservers: pulumi.Input[Sequence[str]]
    members: pulumi.Input[Mapping[str, Any]]


class Verification(pulumi.CustomResource):
    """Runs when it is made, and again when members, names or the topology change; a check that fails fails the `up`.

    Attributes:
        stdout: what it has printed.
    """

    stdout: pulumi.Output[str]

    def __init__(self, name: str, args: VerificationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        servers = pulumi.Output.from_input(args.nameservers).apply(" ".join)
        props = {
            "create": COMMAND,
            "environment": {
                "TOPOLOGY": args.topology,
                "FEDERATION_KUBECONFIG": pulumi.Output.secret(args.federation_kubeconfig),
                "NAMESERVERS": servers,
            },
            "triggers": [args.topology, servers, args.members],
            "stdout": None,
        }
        super().__init__("command:local:Command", name, props, opts)
