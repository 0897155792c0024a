"""A whole federation under Pulumi's mocks: certificates are real, everything else says what it was asked."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from google.protobuf.json_format import MessageToJson
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import Mocks, rpc, set_mocks
from pulumi.runtime.mocks import MockMonitor

from components.dynamic.certificate import AuthorityProvider, CertificateProvider, KeyPairProvider
from components.stack import Federation, FederationArgs
from federation.karmada.crds import CONVERTED
from federation.topology import load
from tests.unit import kubeconfig_fixtures

Props = dict[str, Any]
DYNAMIC = "pulumi-python:dynamic/federation:"
PROVIDERS: dict[str, Any] = {
    f"{DYNAMIC}CertificateAuthority": AuthorityProvider(),
    f"{DYNAMIC}Certificate": CertificateProvider(),
    f"{DYNAMIC}KeyPair": KeyPairProvider(),
}
FACTS: dict[str, Props] = {
    f"{DYNAMIC}Join": {
        "clusterId": "6c1f",
        "endpoint": "https://10.11.12.1:8001",
        "version": "v1.36.3",
        "ready": True,
    },
    f"{DYNAMIC}CustomResourceDefinitions": {"generations": {}},
    f"{DYNAMIC}Password": {"value": "a password"},
    f"{DYNAMIC}CoreDnsReady": {"nameservers": ["10.99.1.10:30053"]},
    f"{DYNAMIC}DnsRecords": {
        "names": ["nginx.default.fed.svc.example.com"],
        "placements": {"fc01": ["192.0.2.1"], "fc02": ["192.0.2.2"]},
    },
}
FEDERATION = "fed"
CRDS = (*CONVERTED, "works.work.karmada.io")


@dataclass
class Registered:
    """One resource, as the program asks the engine for it; other resources by their names."""

    name: str
    type: str
    inputs: Props
    needs: set[str]
    parent: str
    goes_with: str
    provider: str


@dataclass
class Built(Mocks):  # type: ignore[misc]  # the SDK is not checked
    """What a program registers, and what it exports."""

    preview: bool = False
    resources: dict[str, Registered] = field(default_factory=dict)
    outputs: Props = field(default_factory=dict)
    secret_outputs: set[str] = field(default_factory=set)

    def new_resource(self, args: Any) -> tuple[str, Props]:
        inputs = {key: value for key, value in args.inputs.items() if key != "__provider"}
        if args.typ in PROVIDERS:
            plain = {key: _marked(value) for key, value in unwrapped(inputs).items()}
            checked = PROVIDERS[args.typ].check({}, plain).inputs
            if self.preview:
                return "", checked
            return _issued(args.typ, json.dumps(checked, sort_keys=True))
        if self.preview:
            return "", unwrapped(inputs)
        return f"{args.name}-id", {**unwrapped(inputs), **FACTS.get(args.typ, {})}

    def call(self, args: Any) -> Props:
        raise AssertionError(f"the program asked for {args.token}")

    def host(self, kind: str, name: str) -> Props:
        """A manifest for the host cluster."""
        return self.of_kind(kind)[name]

    def plane(self, kind: str, name: str) -> Props:
        """A manifest for the federation API."""
        return self.of_kind(kind, place="federation")[name]

    def of_kind(self, kind: str, *, place: str = "host") -> dict[str, Props]:
        """Name to manifest, of all in the host or in the federation API."""
        start = f"{FEDERATION}-{place}-{kind.lower()}-"
        return {
            name.removeprefix(start): unwrapped(found.inputs)
            for name, found in self.resources.items()
            if name.startswith(start)
        }

    def workload(self, component: str) -> Props:
        """The Deployment or StatefulSet."""
        return self.host("statefulset" if component == "etcd" else "deployment", component)

    def container(self, component: str) -> Props:
        container: Props
        (container,) = self.workload(component)["spec"]["template"]["spec"]["containers"]
        return container

    def flags(self, component: str) -> dict[str, str]:
        """The command line, without dashes."""
        words = [word for word in self.container(component)["command"] if word.startswith("--")]
        return dict(word.removeprefix("--").split("=", 1) for word in words)

    def files(self, component: str) -> dict[str, str]:
        """What the component's Secret holds."""
        data = self.host("secret", component)["data"]
        return {name: b64decode(text).decode() for name, text in data.items()}

    def before(self, name: str) -> set[str]:
        """All resources that must be there before this one, near and far: so it is removed before them."""
        found: set[str] = set()
        wanted = [name]
        while wanted:
            one = self.resources[wanted.pop()]
            near = {*one.needs, one.parent} & self.resources.keys() - found
            found |= near
            wanted += near
        return found


@cache
def _issued(type_: str, inputs: str) -> tuple[str, Props]:
    """Equal wishes give one certificate in all tests of a run: making keys takes most of their time."""
    made = PROVIDERS[type_].create(json.loads(inputs))
    return made.id, made.outs


class Noting(MockMonitor):  # type: ignore[misc]  # the SDK is not checked
    """Notes what mocks are not told: what depends on what, and secrets inside of inputs."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  as the service is called
        def name(urn: str) -> str:
            return str(urn).rpartition("::")[2]

        answer = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self.mocks.resources[request.name] = Registered(
                name=request.name,
                type=request.type,
                inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                needs={name(urn) for urn in request.dependencies},
                parent=name(request.parent),
                goes_with=name(request.deletedWith),
                provider=name(request.provider.rpartition("::")[0]),
            )
        _seal(answer.object, request.additionalSecretOutputs)
        return answer


def _seal(outputs: Struct, names: Iterable[str]) -> None:
    """Marks outputs as secret, which the engine does and mocks do not."""
    for name in names:
        if name in outputs:
            value = json.loads(MessageToJson(outputs.fields[name]))
            outputs.update({name: {rpc._special_sig_key: rpc._special_secret_sig, "value": value}})


def _marked(value: Any) -> Any:
    """Mocks have nothing where the engine says that a part of a list is not known yet."""
    return [rpc.UNKNOWN if part is None else part for part in value] if isinstance(value, list) else value


def unwrapped(value: Any) -> Any:
    """Without the marks of secrets."""
    plain = rpc.unwrap_rpc_secret(value) if rpc.is_rpc_secret(value) else value
    if isinstance(plain, dict):
        return {key: unwrapped(inner) for key, inner in plain.items()}
    return [unwrapped(inner) for inner in plain] if isinstance(plain, list) else plain


def open_texts(value: Any) -> Iterator[str]:
    """All texts in inputs that are not marked as secret."""
    if rpc.is_rpc_secret(value):
        return
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from open_texts(inner)
    elif isinstance(value, str):
        yield value


def definitions(folder: Path) -> Path:
    """A folder of CRDs, as small as they can be."""
    bases = folder / "crds" / "bases"
    bases.mkdir(parents=True)
    for name in CRDS:
        manifest = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": name},
            "spec": {"group": name.partition(".")[2]},
        }
        (bases / f"{name}.yaml").write_text(yaml.safe_dump(manifest))
    return bases.parent


Build = Callable[..., Built]


@pytest.fixture(name="build", scope="session")
def build_fixture(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds the federation of fc01, the host, and fc02. Keywords are keys of the control plane, or of the whole.

    What it returns is shared between tests.

    build(replicas=3); build(topology={"workloads": […]}, preview=True)
    """
    crds = str(definitions(tmp_path_factory.mktemp("karmada")))

    def build(*, preview: bool = False, topology: Props | None = None, **plane: Any) -> Built:
        clusters = [
            {"name": name, "kubeconfig": f"{name}.yaml", "region": "us", "zone": zone}
            for name, zone in (("fc01", "east"), ("fc02", "west"))
        ]
        document = {
            "name": FEDERATION,
            "domain": "example.com",
            "clusters": clusters,
            "control_plane": {"crds": crds, **plane},
            **(topology or {}),
        }
        return _built(json.dumps(document), preview=preview)

    return build


@cache
def _built(text: str, *, preview: bool) -> Built:
    document, built = json.loads(text), Built(preview=preview)
    set_mocks(built, preview=preview, monitor=Noting(built))
    texts = {c["name"]: kubeconfig_fixtures.text() for c in document["clusters"]}

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        made = Federation("fed-all", FederationArgs(topology=load(document), kubeconfigs=texts))
        outputs = {
            "members": made.members,
            "endpoint": made.endpoint,
            "kubeconfig": made.kubeconfig,
            "names": made.names,
            "nameservers": made.nameservers,
            "next": made.next_steps,
        }
        known = pulumi.Output.all(**outputs).apply(built.outputs.update)
        secret = pulumi.Output.from_input(made.kubeconfig.is_secret()).apply(
            lambda found: built.secret_outputs.update(["kubeconfig"] if found else [])
        )
        return pulumi.Output.all(known, secret)

    program()
    return built
