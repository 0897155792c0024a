"""The graph of `KeepalivedStack`, under Pulumi's mocks, and what its pods may do."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
from pulumi.runtime import Mocks, set_mocks

from components.keepalived import KeepalivedArgs, KeepalivedStack
from components.keepalived.objects import config, manifests
from components.keepalived.settings import AGENT, CONTROLLER, Settings
from federation.controllers import keepalived, vip
from federation.topology.models import Controllers, VipPool
from federation.vip.shared import NAMESPACE

Manifest = dict[str, Any]


def settings(*, replicas: int = 2, **pool: Any) -> Settings:
    return Settings(
        federation="fed",
        pool=VipPool.model_validate({"cidr": "10.250.0.0/24", **pool}),
        router_id=51,
        controllers=Controllers(replicas=replicas, pull_secrets=("registry",)),
    )


def found(kind: str, name: str, made: Settings | None = None) -> Manifest:
    (one,) = (m for m in manifests(made or settings()) if (m["kind"], m["metadata"]["name"]) == (kind, name))
    return one


def pod(kind: str, name: str, made: Settings | None = None) -> Manifest:
    spec: Manifest = found(kind, name, made)["spec"]["template"]["spec"]
    return spec


class Recorder(Mocks):  # type: ignore[misc]  # the SDK is not checked
    """Remembers types and dependencies, by name."""

    def __init__(self) -> None:
        self.types: dict[str, str] = {}

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        if args.custom:
            self.types[args.name] = args.typ
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: Any) -> dict[str, Any]:
        raise AssertionError(f"the component asked for {args.token}")


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_the_stack_makes_every_object_and_is_then_ready(preview: bool) -> None:
    recorder = Recorder()
    ready: list[bool] = []
    set_mocks(recorder, preview=preview)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[None]:
        args = KeepalivedArgs(
            federation="fed",
            cluster="fc01",
            pool=VipPool.model_validate({"cidr": "10.250.0.0/24"}),
            router_id=51,
            controllers=Controllers(),
        )
        return KeepalivedStack("fc01-vips", args).ready.apply(ready.append)

    program()
    assert ready == [True]
    assert recorder.types == {
        "fc01-vips-namespace-federation-vips": "kubernetes:core/v1:Namespace",
        "fc01-vips-serviceaccount-vip-controller": "kubernetes:core/v1:ServiceAccount",
        "fc01-vips-serviceaccount-keepalived": "kubernetes:core/v1:ServiceAccount",
        "fc01-vips-clusterrole-vip-controller": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
        "fc01-vips-clusterrolebinding-vip-controller": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
        "fc01-vips-role-vip-controller": "kubernetes:rbac.authorization.k8s.io/v1:Role",
        "fc01-vips-rolebinding-vip-controller": "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        "fc01-vips-role-keepalived": "kubernetes:rbac.authorization.k8s.io/v1:Role",
        "fc01-vips-rolebinding-keepalived": "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        "fc01-vips-configmap-vip-controller": "kubernetes:core/v1:ConfigMap",
        "fc01-vips-configmap-keepalived": "kubernetes:core/v1:ConfigMap",
        "fc01-vips-poddisruptionbudget-vip-controller": "kubernetes:policy/v1:PodDisruptionBudget",
        "fc01-vips-deployment-vip-controller": "kubernetes:apps/v1:Deployment",
        "fc01-vips-daemonset-keepalived": "kubernetes:apps/v1:DaemonSet",
    }


def test_everything_bears_the_federations_labels() -> None:
    for manifest in manifests(settings()):
        labels = manifest["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "k8s-federation"
        assert labels["k8s-federation/federation"] == "fed"
        assert manifest["metadata"].get("namespace", NAMESPACE) == NAMESPACE


def test_the_rights_are_the_least_that_works() -> None:
    rules = {
        (m["kind"], m["metadata"]["name"]): m["rules"]
        for m in manifests(settings())
        if m["kind"] in {"Role", "ClusterRole"}
    }
    assert all("*" not in json.dumps(rule) for each in rules.values() for rule in each)
    whole = rules["ClusterRole", "k8s-federation:vip-controller"]
    writes = {
        (r["resources"][0], verb)
        for r in whole
        for verb in r["verbs"]
        if verb not in {"get", "list", "watch"}
    }
    assert writes == {("services/status", "patch"), ("events", "create")}
    assert rules["Role", AGENT] == [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}
    ]


def test_the_agent_is_root_with_two_capabilities_and_nothing_to_write_but_its_own_files() -> None:
    spec = pod("DaemonSet", AGENT)
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN", "NET_RAW"]},
    }
    assert spec["securityContext"] == {"runAsUser": 0, "seccompProfile": {"type": "RuntimeDefault"}}
    assert spec["hostNetwork"]
    assert [m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")] == ["/run/keepalived"]


def test_the_controller_is_nobody_with_no_capability() -> None:
    spec = pod("Deployment", CONTROLLER)
    (container,) = spec["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (True, 65532)
    assert "hostNetwork" not in spec


def test_without_labels_gateways_are_the_nodes_that_take_any_pod() -> None:
    spec = pod("DaemonSet", AGENT)
    assert "tolerations" not in spec
    assert "nodeSelector" not in spec
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert terms == {
        "nodeSelectorTerms": [
            {
                "matchExpressions": [
                    {
                        "key": "node.kubernetes.io/exclude-from-external-load-balancers",
                        "operator": "DoesNotExist",
                    }
                ]
            }
        ]
    }


def test_gateways_that_are_named_by_labels_may_have_taints() -> None:
    spec = pod("DaemonSet", AGENT, settings(nodes={"role": "edge"}))
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["nodeSelector"] == {"role": "edge"}


def test_a_controller_alone_has_no_budget_that_would_keep_its_node_from_being_drained() -> None:
    kinds = [m["kind"] for m in manifests(settings(replicas=1))]
    assert "PodDisruptionBudget" not in kinds


def test_the_controllers_understand_the_configuration_that_they_are_given() -> None:
    made = settings(default_class=False, nodes={"role": "edge"}, interface="bond0")
    told = vip.Settings.of(config(made, CONTROLLER))
    assert (str(told.pool.network), told.default_class, told.nodes) == (
        "10.250.0.0/24",
        False,
        {"role": "edge"},
    )
    (container,) = pod("DaemonSet", AGENT, made)["containers"]
    environment = {variable["name"]: "x" for variable in container["env"]}
    agent = keepalived.Settings.of(config(made, AGENT), environment)
    assert (agent.router_id, agent.interface) == (51, "bond0")


def test_another_configuration_is_another_pod() -> None:
    def mark(made: Settings) -> str:
        annotations = found("Deployment", CONTROLLER, made)["spec"]["template"]["metadata"]["annotations"]
        return str(annotations["federation/config"])

    assert mark(settings()) == mark(settings())
    assert mark(settings()) != mark(settings(default_class=False))


def test_images_are_pulled_as_the_topology_says() -> None:
    for kind, name in (("Deployment", CONTROLLER), ("DaemonSet", AGENT)):
        spec = pod(kind, name)
        assert spec["imagePullSecrets"] == [{"name": "registry"}]
        (container,) = spec["containers"]
        assert container["image"] == Controllers().image
