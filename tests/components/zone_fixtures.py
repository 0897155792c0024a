"""A zone on CoreDNS under Pulumi's mocks: certificates and passwords are real, all else says what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from json import dumps, loads
from typing import Any

import pulumi
from pulumi.runtime import set_mocks

from components.coredns import CoreDnsArgs, CoreDnsStack
from components.dynamic.password import PasswordProvider
from federation.topology.dns import CoreDns
from tests.components.plane_fixtures import DYNAMIC, Built, Noting, Props, unwrapped
from tests.unit import kubeconfig_fixtures

NAMESERVERS = ["10.99.1.10:30053"]


class Zone(Built):
    """What the program of a zone registers."""

    def new_resource(self, args: Any) -> tuple[str, Props]:
        if args.typ == f"{DYNAMIC}Password":
            made = PasswordProvider().create(unwrapped(dict(args.inputs)))
            return made.id, made.outs
        id_, outs = super().new_resource(args)
        if args.typ == f"{DYNAMIC}CoreDnsReady":
            outs = {**outs, "nameservers": NAMESERVERS}
        return id_, outs

    def manifest(self, kind: str, name: str) -> Props:
        """Of an object in the cluster."""
        return dict(unwrapped(self.resources[f"dns-{kind}-{name}"].inputs))

    def pod(self, kind: str, name: str) -> Props:
        """Of a Deployment or StatefulSet."""
        return dict(self.manifest(kind, name)["spec"]["template"]["spec"])


def build(*, preview: bool = False, **spec: Any) -> Zone:
    """The zone example.com on fc01; keywords are keys of its part of the topology. Equal ones are built once."""
    return _built(dumps(spec), preview=preview)


@cache
def _built(text: str, *, preview: bool) -> Zone:
    built = Zone(preview=preview)
    set_mocks(built, preview=preview, monitor=Noting(built))
    spec = CoreDns.model_validate({"provider": "coredns", **loads(text)})

    def program() -> pulumi.Output[Any]:
        args = CoreDnsArgs(
            federation="fed",
            domain="example.com",
            spec=spec,
            cluster="fc01",
            kubeconfig=kubeconfig_fixtures.text(),
            kubeconfig_path="fc01.yaml",
        )
        made = CoreDnsStack("dns", args)
        outputs = {
            "nameservers": made.nameservers,
            "store": made.store,
            "controller_store": made.controller_store,
        }
        secret = pulumi.Output.all(
            **{name: pulumi.Output.from_input(each.is_secret()) for name, each in outputs.items()}
        )
        return pulumi.Output.all(
            pulumi.Output.all(**outputs).apply(built.outputs.update),
            secret.apply(lambda found: built.secret_outputs.update(n for n, is_ in found.items() if is_)),
        )

    run: Callable[[], Any] = pulumi.runtime.test(program)
    run()
    return built
