"""The graph of `FederatedWorkloads`, under Pulumi's mocks: no engine, no cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import Mocks, set_mocks

from components.kubernetes import KubernetesObject
from components.workloads import FederatedWorkloads, WorkloadsArgs
from federation.manifests import ManifestError
from federation.topology.models import ClusterPreference, Failover, Preferences, Workload

NGINX = str(Path(__file__).parents[2] / "apps/nginx")
FORCE = {"pulumi.com/patchForce": "true"}
SKIP = {"pulumi.com/skipAwait": "true"}


class Recorder(Mocks):  # type: ignore[misc]  # the SDK is not checked
    """Remembers what was registered, by name, in order."""

    def __init__(self) -> None:
        self.types: dict[str, str] = {}
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        if args.custom:
            self.types[args.name] = args.typ
            self.inputs[args.name] = dict(args.inputs)
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: Any) -> dict[str, Any]:
        raise AssertionError(f"the component asked for {args.token}")


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def recorder(request: pytest.FixtureRequest) -> Recorder:
    recorder = Recorder()
    set_mocks(recorder, preview=request.param)
    return recorder


def run(*workloads: Workload, failover: Failover | None = None) -> list[str]:
    """The names of the component's objects."""
    names: list[str] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[None]:
        args = WorkloadsArgs(workloads=workloads, members=("fc01", "fc02"), failover=failover or Failover())
        made = FederatedWorkloads("workloads", args)
        return made.objects.apply(names.extend)

    program()
    return names


def evenly() -> Preferences:
    return Preferences(clusters={"*": ClusterPreference(weight=1)})


def test_manifests_become_objects_of_the_types_and_names_that_they_say(recorder: Recorder) -> None:
    assert run(Workload(path=NGINX)) == ["deployment/default/nginx", "service/default/nginx"]
    assert recorder.types == {
        "deployment/default/nginx": "kubernetes:apps/v1:Deployment",
        "service/default/nginx": "kubernetes:core/v1:Service",
    }
    assert recorder.inputs["deployment/default/nginx"]["spec"]["replicas"] == 4


def test_nothing_is_awaited_but_the_end_of_a_namespace(recorder: Recorder) -> None:
    names = run(Workload(path=NGINX, namespace="web", preferences=evenly()))
    assert names == [
        "namespace/web",
        "propagationpolicy/web/nginx-deployment",
        "deployment/web/nginx",
        "service/web/nginx",
    ]
    found = {name: recorder.inputs[name]["metadata"].get("annotations") for name in names}
    assert found == {name: FORCE if name == "namespace/web" else FORCE | SKIP for name in names}


def test_an_annotation_of_the_user_stays(recorder: Recorder, tmp_path: Path) -> None:
    annotations = "{a: b, pulumi.com/skipAwait: 'false'}"
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, annotations: {annotations}}}"
    (tmp_path / "a.yaml").write_text(text)
    run(Workload(path=str(tmp_path)))
    found = recorder.inputs["configmap/default/a"]["metadata"]["annotations"]
    assert found == FORCE | {"a": "b", "pulumi.com/skipAwait": "false"}


def test_namespaces_and_policies_are_there_before_what_needs_them(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs: dict[str, list[str]] = {}

    class Seen(KubernetesObject):
        def __init__(self, name: str, manifest: Any, opts: pulumi.ResourceOptions) -> None:
            super().__init__(name, manifest, opts)
            self.name = name
            needs[name] = [one.name for one in opts.depends_on]

    monkeypatch.setattr("components.workloads.KubernetesObject", Seen)
    run(Workload(path=NGINX, namespace="web", preferences=evenly()))
    namespace, policy = "namespace/web", "propagationpolicy/web/nginx-deployment"
    assert needs == {
        namespace: [],
        policy: [namespace],
        "deployment/web/nginx": [namespace, policy],
        "service/web/nginx": [namespace, policy],
    }


def test_the_control_planes_failover_reaches_the_policy_of_a_division(recorder: Recorder) -> None:
    run(Workload(path=NGINX, preferences=evenly()), failover=Failover(toleration_seconds=7))
    spec = recorder.inputs["propagationpolicy/default/nginx-deployment"]["spec"]
    assert spec["placement"]["clusterTolerations"][0]["tolerationSeconds"] == 7


def test_what_an_operator_may_not_expect_is_a_warning(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi, "warn", lambda message, _resource: said.append(message))
    run(Workload(path=NGINX, preferences=Preferences(clusters={"fc01": ClusterPreference(min_replicas=1)})))
    assert said == ["Deployment default/nginx: 1 of 4 replicas are placed; its preferences allow no more."]


def test_a_mistake_in_a_manifest_stops_before_anything_is_made(recorder: Recorder, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Service")
    with pytest.raises(
        ManifestError, match=r"document 1: apiVersion is None, not a text; .*metadata\.name is missing"
    ):
        run(Workload(path=NGINX), Workload(path=str(tmp_path)))
    assert recorder.types == {}
