"""The graph of `Nginx`, under Pulumi's mocks: no engine, no cluster."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.runtime import Mocks, set_mocks

from components.nginx import Nginx, NginxArgs

COMPONENT = "federation:demo:Nginx"


class Recorder(Mocks):  # type: ignore[misc]  # the SDK is not checked
    """Remembers what was registered, by type."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        self.inputs[args.typ] = dict(args.inputs)
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: Any) -> dict[str, Any]:
        raise AssertionError(f"the component asked for {args.token}")


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def recorder(request: pytest.FixtureRequest) -> Recorder:
    recorder = Recorder()
    set_mocks(recorder, preview=request.param)
    return recorder


def test_a_service_leads_to_the_pods_of_the_deployment(recorder: Recorder) -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[None]:
        nginx = Nginx("fc01", NginxArgs(replicas=3, node_port=30123))
        return nginx.node_port.apply(lambda port: _is(port, 30123))

    program()
    deployment = recorder.inputs["kubernetes:apps/v1:Deployment"]["spec"]
    service = recorder.inputs["kubernetes:core/v1:Service"]["spec"]
    assert deployment["replicas"] == 3
    assert (
        deployment["selector"]["matchLabels"]
        == deployment["template"]["metadata"]["labels"]
        == service["selector"]
    )
    (container,) = deployment["template"]["spec"]["containers"]
    assert container["image"] == "docker.io/library/nginx:stable"
    assert container["readinessProbe"]["httpGet"] == {"path": "/", "port": 80}
    assert service["type"] == "NodePort"
    assert service["ports"] == [{"port": 80, "nodePort": 30123}]


def test_everything_lies_in_the_components_namespace_and_is_its_child(recorder: Recorder) -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[None]:
        nginx = Nginx("fc01", NginxArgs())
        return pulumi.Output.all(nginx.urn, nginx.node_port).apply(
            lambda facts: _is(COMPONENT in facts[0], True)
        )

    program()
    assert recorder.inputs["kubernetes:core/v1:Namespace"]["metadata"] == {"name": "demo"}
    for kind in ("apps/v1:Deployment", "core/v1:Service"):
        assert recorder.inputs[f"kubernetes:{kind}"]["metadata"] == {"name": "nginx", "namespace": "demo"}


def _is(found: object, wanted: object) -> None:
    assert found == wanted
