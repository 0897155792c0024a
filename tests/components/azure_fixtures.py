"""Azure under Pulumi's mocks: what is registered with which options, and answers as the resource manager gives them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest.mock import patch

import pulumi
import yaml
from pulumi.runtime import Mocks, rpc, set_mocks
from pulumi.runtime.mocks import MockMonitor

from federation.topology import load
from federation.topology.models import AksCluster, Topology
from tests.components.plane_fixtures import unwrapped

Props = dict[str, Any]
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-2222-3333-4444-555555555555"
DEPLOYER = "77777777-2222-3333-4444-555555555555"
ISSUER = "https://westus.oic.prod-aks.azure.com/t/c/"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One resource as the engine is asked for it; others by their names."""

    type: str
    inputs: Props
    ignored: list[str]
    replaced: list[str]
    protect: bool
    needs: set[str]
    parent: str
    provider: str


@dataclass
class Azure(Mocks):  # type: ignore[misc]  # the SDK is not checked
    """What a program asks for. In a preview from nothing, outputs are unknown."""

    preview: bool = False
    resources: dict[str, Asked] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    outputs: Props = field(default_factory=dict)

    def new_resource(self, args: Any) -> tuple[str, Props]:
        inputs = unwrapped(dict(args.inputs))
        if self.preview and not args.resource_id:
            return "", {**inputs, **answer(args.typ, args.name, inputs, known=False)}
        return resource_id(args.typ, inputs, args.name), {**inputs, **answer(args.typ, args.name, inputs)}

    def call(self, args: Any) -> Props:
        self.calls.append(args.token)
        return invoked(args.token)

    def of(self, kind: str) -> dict[str, Asked]:
        """Those of a type, such as "containerservice:AgentPool", by name."""
        return {name: asked for name, asked in self.resources.items() if asked.type == f"azure-native:{kind}"}

    def only(self, kind: str) -> Asked:
        (asked,) = self.of(kind).values()
        return asked

    def before(self, name: str) -> set[str]:
        """All that must be there before, near and far."""
        found: set[str] = set()
        wanted = [name]
        while wanted:
            one = self.resources[wanted.pop()]
            near = one.needs & self.resources.keys() - found
            found |= near
            wanted += near
        return found


class Monitor(MockMonitor):  # type: ignore[misc]  # the SDK is not checked
    """Notes the options, which mocks are not told."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  as the service is called
        result = super().RegisterResource(request)
        if request.custom:  # components may have the names of what is in them
            assert request.name not in self.mocks.resources, request.name
            self.mocks.resources[request.name] = Asked(
                type=request.type,
                inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                ignored=list(request.ignoreChanges),
                replaced=list(request.replaceOnChanges),
                protect=request.protect,
                needs={str(urn).rpartition("::")[2] for urn in request.dependencies},
                parent=str(request.parent).rpartition("::")[2],
                provider=str(request.provider).rpartition("::")[0].rpartition("::")[2],
            )
        return result

    def ReadResource(self, request: Any) -> Any:  # noqa: N802  as the service is called
        self.mocks.read[request.name] = request.id
        return super().ReadResource(request)


def resource_id(type_: str, inputs: Mapping[str, Any], name: str) -> str:
    """Shaped as ARM's."""
    group = inputs.get("resourceGroupName", "none")
    if type_.endswith(":ResourceGroup"):
        return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
    kind = type_.removeprefix("azure-native:").replace(":", "/")
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.{kind}/{name}"


def answer(type_: str, name: str, inputs: Mapping[str, Any], *, known: bool = True) -> Props:
    """Outputs that are more than the inputs, or of another shape."""
    kind = type_.removeprefix("azure-native:")
    found: Props = {}
    if kind == "containerservice:ManagedCluster":
        ids = inputs["identity"]["userAssignedIdentities"]
        found["identity"] = {
            "type": "UserAssigned",
            "userAssignedIdentities": {id_: {} for id_ in ids if isinstance(id_, str) and id_},
        }
        if known:
            found["oidcIssuerProfile"] = {"enabled": True, "issuerURL": ISSUER}
    if not known:
        return found
    more: dict[str, Props] = {
        "network:PublicIPAddress": {"ipAddress": f"203.0.113.{len(name)}"},
        "managedidentity:UserAssignedIdentity": {
            "principalId": f"principal of {name}",
            "clientId": f"client of {name}",
            "tenantId": TENANT,
        },
        "monitor:AzureMonitorWorkspace": {
            "defaultIngestionSettings": {
                "dataCollectionRuleResourceId": "/rules/default",
                "dataCollectionEndpointResourceId": "/endpoints/default",
            }
        },
        "dns:Zone": {"nameServers": ["ns1-01.azure-dns.com.", "ns2-01.azure-dns.net."]},
        "trafficmanager:Profile": {
            "dnsConfig": {**inputs.get("dnsConfig", {}), "fqdn": "x.trafficmanager.net"}
        },
    }
    return {**found, "name": _arm_name(inputs, name), **more.get(kind, {})}


def _arm_name(inputs: Mapping[str, Any], name: str) -> Any:
    keys = [key for key in inputs if key.endswith("Name") and key != "resourceGroupName"]
    known = {"resourceName", "zoneName", "virtualNetworkName", "publicIpAddressName", "workspaceName"}
    return next((inputs[key] for key in keys if key in known), inputs.get("resourceGroupName", name))


def invoked(token: str) -> Props:
    """Of the two functions that the components call."""
    if token == "azure-native:authorization:getClientConfig":
        return {
            "clientId": "the client",
            "objectId": DEPLOYER,
            "subscriptionId": SUBSCRIPTION,
            "tenantId": TENANT,
        }
    assert token == "azure-native:containerservice:listManagedClusterUserCredentials", token
    file = b64encode(kubeconfig().encode()).decode()
    return {"kubeconfigs": [{"name": "clusterUser", "value": file}]}


def kubeconfig(user: Props | None = None, name: str = "west") -> str:
    """As AKS answers with format=exec."""
    words = "get-token --environment AzurePublicCloud --server-id 6dae42f8-4368-4678-94ff-3960e28e3630"
    args = [*words.split(), "--client-id", "80faf920", "--tenant-id", TENANT, "--login", "devicecode"]
    plugin = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "kubelogin", "args": args}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}-x.hcp.westus.azmk8s.io:443"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"clusterUser_{name}"}}],
        "users": [{"name": f"clusterUser_{name}", "user": user or {"exec": plugin}}],
        "current-context": name,
    }
    return yaml.safe_dump(config)


def topology(*clusters: Props, **more: Any) -> Topology:
    """Clusters of kind aks, by default one in westus."""
    sections = clusters or ({"name": "west", "location": "westus"},)
    aks = [{"kind": "aks", **section} for section in sections]
    return load({"name": "fed", "domain": "syncweek.com", "clusters": aks, **more})


def aks(**keys: Any) -> AksCluster:
    (cluster,) = topology({"name": "west", "location": "westus", **keys}).clusters
    assert isinstance(cluster, AksCluster)
    return cluster


A = TypeVar("A", bound=Azure)
Program = Callable[[], Mapping[str, pulumi.Input[Any]]]


def run(program: Program, *, preview: bool = False) -> Azure:
    """Run a program, and keep what it returns as outputs; those that are not known are left out."""
    return run_in(Azure(preview=preview), program)


def run_in(azure: A, program: Program) -> A:
    """The same in an Azure of one's own."""
    preview = azure.preview
    set_mocks(azure, preview=preview, monitor=Monitor(azure))

    def body() -> pulumi.Output[Any]:
        kept = [
            pulumi.Output.from_input(value).apply(lambda found, key=key: azure.outputs.update({key: found}))
            for key, value in program().items()
        ]
        return pulumi.Output.all(*kept)

    with patch.object(pulumi.ResourceOptions, "merge", _without_aliases):
        pulumi.runtime.test(body)()
    return azure


_merge = pulumi.ResourceOptions.merge


def _without_aliases(first: Any, second: Any) -> pulumi.ResourceOptions:
    """A hundred names of older API versions of each type take most of a test's time; they are the SDK's alone."""
    merged = _merge(first, second)
    merged.aliases = None
    return merged


def text(asked: Asked) -> str:
    return json.dumps(unwrapped(asked.inputs), sort_keys=True, default=str)
