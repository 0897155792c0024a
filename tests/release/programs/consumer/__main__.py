"""A federation as the engine constructs it for a program in any language: a component of the package `federation`."""

from __future__ import annotations

from typing import Any

import pulumi


class Federation(pulumi.ComponentResource):  # type: ignore[misc]  # untyped upstream
    """What an SDK that is made of the schema declares."""

    endpoint: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any]) -> None:
        outputs = dict.fromkeys(("endpoint", "kubeconfig"))
        super().__init__("federation:index:Federation", name, {**inputs, **outputs}, remote=True)


class CoreDnsZone(pulumi.ComponentResource):  # type: ignore[misc]  # untyped upstream
    """The same of the other component."""

    nameservers: pulumi.Output[list[str]]

    def __init__(self, name: str, inputs: dict[str, Any]) -> None:
        super().__init__("federation:index:CoreDnsZone", name, {**inputs, "nameservers": None}, remote=True)


config = pulumi.Config()
kubeconfig = config.require_secret("kubeconfig")
if domain := config.get("zone"):
    zone = CoreDnsZone("zone", {"owner": "team", "domain": domain, "kubeconfig": kubeconfig})
    pulumi.export("nameservers", zone.nameservers)
else:
    hidden = config.get_secret_object("topology") if config.get("hide") else None
    topology = hidden or config.require_object("topology")
    kubeconfigs = dict.fromkeys(config.require("given").split(), kubeconfig)
    federation = Federation("fed", {"topology": topology, "kubeconfigs": kubeconfigs})
    pulumi.export("endpoint", federation.endpoint)
    pulumi.export("kubeconfig", federation.kubeconfig)
