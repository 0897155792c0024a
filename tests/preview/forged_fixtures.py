"""States as `pulumi up` would leave them, without clusters: what the program registers under mocks, written down.

A preview with access shows whether that is so: it must find nothing to change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pulumi
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import set_mocks

from components.stack import Federation, FederationArgs
from federation.azure.cloud import CLOUDS
from federation.preview.events import SECRET_MARK, SIGNATURE
from federation.preview.snapshot import ordered
from federation.topology import load
from federation.topology.models import ExistingCluster
from lab.azure.plugin import check
from lab.azure.plugin.types import BY_TOKEN
from tests.components.azure_fixtures import _without_aliases
from tests.components.plane_fixtures import DYNAMIC, PROVIDERS, Built, Noting
from tests.components.test_westus import InAzure

State = dict[str, Any]
PROJECT = "federation"
ROOT = "pulumi:pulumi:Stack"
NAMES = check.Name(logical="", seed=b"", mode="none", proposed="")
SERVER = "https://127.0.0.1:1"
"""Of the kubeconfigs of tests/policy/preview_fixtures.py."""
MORE: dict[str, State] = {
    f"{DYNAMIC}Join": {"endpoint": SERVER},
    f"{DYNAMIC}Host": {"clusterId": "6c1f", "version": "v1.36.3"},
    f"{DYNAMIC}Init": {"version": "v1.36.3", "endpoint": "https://10.11.12.1:32443", "healthy": True},
    f"{DYNAMIC}ApiServerReady": {"version": "v1.36.3"},
    f"{DYNAMIC}ClusterDns": {"configMap": "kube-system/coredns", "wired": True},
    f"{DYNAMIC}EtcdAccess": {"complete": True},
    f"{DYNAMIC}NodeLabels": {"kept": [], "missing": []},
    f"{DYNAMIC}DnsRecords": {"records": [], "owner": "", "addresses": []},
}


class Forger(Noting):
    """Keeps each request, and the answer to it, as a resource of a state."""

    def __init__(self, mocks: Built, stack: str, document: State) -> None:
        super().__init__(mocks)
        self.config = {"federation:topology": json.dumps(document, sort_keys=True, separators=(",", ":"))}
        self.stack = f"urn:pulumi:{stack}::{PROJECT}"
        self.root = f"{self.stack}::{ROOT}::{PROJECT}-{stack}"
        self.made: list[State] = [{"urn": self.root, "type": ROOT, "custom": False}]

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine makes it: without the type of the stack."""
        if type_ == ROOT:
            return self.root
        above = parent.split("::")[2]
        return f"{self.stack}::{type_ if above == ROOT else f'{above}${type_}'}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  as the service is called
        inputs = plain(request.object)
        answered = super().RegisterResource(request)
        if request.type == ROOT:
            return answered
        if request.type.startswith("azure-native:"):
            type_ = BY_TOKEN[request.type]
            inputs = dict(check.with_defaults(type_, {}, inputs, NAMES, lambda _old, _new: None))
        elif request.type.startswith("pulumi:providers:"):
            inputs = {**inputs, "version": request.version}
        elif request.type in PROVIDERS:
            inputs = {**inputs, **tidied(request.type, inputs)}
        outputs = {**plain(answered.object), **MORE.get(request.type, {})}
        outputs = {**inputs, **outputs}
        # secrets are marked in inputs only
        outputs |= {key: value for key, value in inputs.items() if SIGNATURE in json.dumps(value)}
        if request.type.startswith("kubernetes:"):
            for sealed in set(request.additionalSecretOutputs) & inputs.keys():
                inputs[sealed] = _sealed(inputs[sealed])
            outputs |= {key: inputs[key] for key in outputs.keys() & inputs.keys()}
            outputs["__inputs"] = inputs
        made: State = {
            "urn": answered.urn,
            "type": request.type,
            "custom": request.custom,
            "parent": self.root if f"::{ROOT}::" in request.parent else request.parent,
            "dependencies": sorted(request.dependencies),
            "propertyDependencies": {
                key: list(each.urns) for key, each in request.propertyDependencies.items()
            },
        }
        if request.custom:
            own = request.type.startswith("pulumi:providers:")
            made |= {
                "id": answered.id,
                "inputs": inputs,
                "outputs": outputs,
                **({} if own else {"provider": self.provider(request)}),
                "protect": request.protect,
                "additionalSecretOutputs": list(request.additionalSecretOutputs),
            }
        if request.deletedWith:
            made["deletedWith"] = request.deletedWith
        self.made.append(made)
        return answered

    def provider(self, request: Any) -> str:
        """Of a resource: its own, or the default one of its package, which the engine makes."""
        if request.provider:
            return str(request.provider)
        package = request.type.partition(":")[0]
        name = "default" if not request.version else f"default_{request.version.replace('.', '_')}"
        urn = f"{self.stack}::pulumi:providers:{package}::{name}"
        if all(each["urn"] != urn for each in self.made):
            given = {"version": request.version} if request.version else self.config
            self.made.append(
                {
                    "urn": urn,
                    "type": f"pulumi:providers:{package}",
                    "custom": True,
                    "id": f"{name}-id",
                    "inputs": given,
                    "outputs": given,
                }
            )
        return f"{urn}::{name}-id"


def plain(struct: Struct) -> State:
    """As a state has it, with its secrets in clear."""
    return dict(marked(MessageToDict(struct)))


def marked(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_MARK:
            return {SIGNATURE: SECRET_MARK, "plaintext": json.dumps(opened(value["value"]))}
        return {key: marked(inner) for key, inner in value.items()}
    return [marked(inner) for inner in value] if isinstance(value, list) else value


def opened(value: Any) -> Any:
    if isinstance(value, Mapping):
        return opened(value["value"]) if SIGNATURE in value else {k: opened(v) for k, v in value.items()}
    return [opened(inner) for inner in value] if isinstance(value, list) else value


def _sealed(value: Any) -> State:
    """As one secret, which the engine makes of what has one inside."""
    return {SIGNATURE: SECRET_MARK, "plaintext": json.dumps(_bare(value))}


def _bare(value: Any) -> Any:
    if _is_secret(value):
        return json.loads(value["plaintext"])
    return {key: _bare(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


def tidied(kind: str, inputs: State) -> State:
    """What a provider's `check` makes of inputs; secrets are no matter for it."""
    bare = {key: value for key, value in inputs.items() if key != "__provider" and not _is_secret(value)}
    secret = {key: json.loads(value["plaintext"]) for key, value in inputs.items() if _is_secret(value)}
    found = PROVIDERS[kind].check({}, {**bare, **secret}).inputs
    return {key: found[key] for key in bare}


def _is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET_MARK


def forged(document: dict[str, Any], stack: str, kubeconfigs: Mapping[str, str]) -> State:
    """The state of a stack, as `pulumi stack import` takes it; its secrets are in clear.

    Args:
        document: its topology.
        stack: its name.
        kubeconfigs: of the clusters that are there already.
    """
    topology = load(document)
    mocks = InAzure()
    monitor = Forger(mocks, stack, document)
    set_mocks(mocks, project=PROJECT, stack=stack, preview=False, monitor=monitor)
    existing = [c.name for c in topology.clusters if isinstance(c, ExistingCluster)]

    def program() -> pulumi.Output[Any]:
        cloud = CLOUDS["public"] if any(z.provider == "azure" for z in topology.dns) else None
        texts = {name: kubeconfigs[name] for name in existing}
        made = Federation(topology.name, FederationArgs(topology=topology, kubeconfigs=texts, cloud=cloud))
        return pulumi.Output.all(made.members, made.kubeconfig, made.names, made.nameservers, made.stores)

    with patch.object(pulumi.ResourceOptions, "merge", _without_aliases):
        pulumi.runtime.test(program)()
    return {"version": 3, "deployment": {"manifest": manifest(), "resources": ordered(monitor.made)}}


def manifest() -> State:
    return {"time": "2026-11-29T00:00:00Z", "magic": "", "version": ""}
