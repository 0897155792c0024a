"""Kubernetes objects, wherever they hide, and the pods in them."""

from __future__ import annotations

from typing import Any

import pytest

from policy.objects import KubernetesObject
from policy.pods import arguments, containers, flag, pod_spec
from policy.properties import Property
from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, deployment, dynamic, kubernetes, resource

POD: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}}


def titles(found: Resource) -> list[str]:
    return [f"{each.api} {each.title}" for each in found.objects]


def test_a_resource_of_the_provider_is_one() -> None:
    assert titles(kubernetes("apps/v1:Deployment", "apps/web")) == ["apps/v1 Deployment apps/web"]
    assert titles(kubernetes("v1:Service", "apps/web")) == ["v1 Service apps/web"]
    assert titles(kubernetes("v1:NodePatch", "n1")) == ["v1 Node n1"]


def test_its_group_is_read_from_its_version() -> None:
    (found,) = kubernetes("apps/v1:Deployment").objects
    assert found.group == "apps"
    (core,) = kubernetes("v1:Service").objects
    assert core.group == ""


def test_it_is_in_default_if_it_does_not_say_where_and_in_none_if_its_kind_is_in_none() -> None:
    assert [each.namespace for each in kubernetes("v1:Service", "web").objects] == ["default"]
    assert [each.namespace for each in kubernetes("v1:Namespace", "apps").objects] == [""]


def test_what_is_not_known_is_a_question_mark_in_its_title() -> None:
    assert titles(kubernetes("v1:Service", f"{UNKNOWN}/web")) == ["v1 Service ?/web"]
    assert titles(kubernetes("v1:Service", f"apps/{UNKNOWN}")) == ["v1 Service apps/?"]
    assert titles(resource("kubernetes:core/v1:Service")) == ["v1 Service default/?"]


@pytest.mark.parametrize(
    "type_",
    [
        "kubernetes:helm.sh/v3:Release",
        "kubernetes:yaml:ConfigFile",
        "kubernetes:yaml/v2:ConfigGroup",
        "kubernetes:kustomize:Directory",
        "azure-native:dns:Zone",
        "federation:index:Federation",
    ],
)
def test_other_resources_are_none(type_: str) -> None:
    assert resource(type_, manifest=POD).objects == []


def test_a_dynamic_resource_may_carry_one_or_several() -> None:
    assert titles(dynamic("my:Object", manifest=POD)) == ["v1 Pod n/p"]
    assert titles(dynamic("my:Object", objects=[POD, {"kind": "x"}, POD])) == ["v1 Pod n/p"] * 2
    assert titles(dynamic("my:Object", name_=UNKNOWN, manifest=POD)) == ["v1 Pod n/p"]
    assert titles(dynamic("my:Object", manifest={**POD, "kind": UNKNOWN})) == []
    assert titles(dynamic("my:Object", manifest={"apiVersion": "v1"})) == []


def test_a_work_carries_manifests_for_a_member() -> None:
    manifests = [POD, {"other": 1}]
    spec = {"workload": {"manifests": manifests}}
    work = kubernetes("work.karmada.io/v1alpha1:Work", "karmada-es-fc01/w", spec=spec)
    assert titles(work)[1:] == ["v1 Pod n/p"]
    assert work.objects[1].root.path == "spec.workload.manifests[0]"
    inside = dynamic("my:Object", manifest=dict(work.raw))
    assert titles(inside)[1:] == ["v1 Pod n/p"]
    assert len(titles(kubernetes("example.com/v1:Work", "n/w", spec=spec))) == 1
    assert len(titles(kubernetes("work.karmada.io/v1alpha2:ResourceBinding", "n/w", spec=spec))) == 1
    unknown = kubernetes("work.karmada.io/v1alpha1:Work", "n/w", spec={"workload": UNKNOWN})
    assert len(titles(unknown)) == 1


def test_a_list_is_what_is_in_it() -> None:
    items = [{"metadata": {"name": "a"}}, {**POD, "kind": "Job"}]
    found = kubernetes("apps/v1:DeploymentList", "n/l", items=items)
    assert titles(found)[1:] == ["apps/v1 Deployment default/a", "v1 Job n/p"]
    assert [each.root.path for each in found.objects[1:]] == ["items[0]", "items[1]"]
    assert len(titles(kubernetes("v1:PodList", "n/l", items=UNKNOWN))) == 1


def override(
    *changes: dict[str, Any], kind: str = "OverridePolicy", name: str = "apps/o", **selector: Any
) -> Resource:
    return kubernetes(
        f"policy.karmada.io/v1alpha1:{kind}",
        name,
        spec={
            "resourceSelectors": [{"apiVersion": "apps/v1", "kind": "Deployment", **selector}],
            "overrideRules": [{"overriders": {"plaintext": [*changes]}}],
        },
    )


def test_an_override_policy_is_a_part_of_what_it_selects() -> None:
    change = {"path": "/spec/template/spec/hostNetwork", "operator": "add", "value": True}
    made = override(change)
    assert titles(made)[1:] == ["apps/v1 Deployment apps/o"]
    part = made.objects[1]
    assert part.partial
    assert not made.objects[0].partial
    assert part.root.at("spec", "template", "spec", "hostNetwork").flag() is True
    assert part.root.path == "spec.overrideRules[0].overriders.plaintext[0]"
    assert override(change, namespace="other").objects[1].namespace == "other"
    assert len(override(change, kind="ClusterOverridePolicy", name="o").objects) == 2


def test_what_an_override_policy_removes_is_nothing_that_it_adds() -> None:
    removal = {"path": "/spec/replicas", "operator": "remove", "value": 1}
    assert len(override(removal).objects) == 1
    assert len(override(removal, {**removal, "operator": "add"}).objects) == 2


def test_a_change_in_a_list_is_the_only_one_in_it() -> None:
    for place in ("0", "-"):
        change = {"path": f"/spec/containers/{place}/image", "operator": "replace", "value": "x"}
        (image,) = [
            each.at("image").text()
            for each in override(change).objects[1].root.at("spec", "containers").items()
        ]
        assert image == "x"


def test_a_change_of_an_escaped_key_or_of_everything() -> None:
    change = {"path": "/metadata/annotations/a~1b~0c", "operator": "add", "value": "x"}
    tree = override(change).objects[1].root.raw
    assert tree["metadata"] == {"annotations": {"a/b~c": "x"}, "namespace": "apps", "name": "o"}
    labels = {"path": "/spec/a~1b~0c", "operator": "add", "value": "x"}
    assert override(labels).objects[1].root.at("spec", "a/b~c").text() == "x"
    assert override({"path": "", "operator": "add", "value": 3}).objects[1].root.raw == {
        "metadata": {"namespace": "apps", "name": "o"}
    }


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Pod", ["spec"]),
        ("CronJob", ["spec", "jobTemplate", "spec", "template", "spec"]),
        *((kind, ["spec", "template", "spec"]) for kind in ("DaemonSet", "Deployment", "Job", "PodTemplate")),
        *(
            (kind, ["spec", "template", "spec"])
            for kind in ("ReplicaSet", "ReplicationController", "StatefulSet")
        ),
    ],
)
def test_where_pods_are(kind: str, path: list[str]) -> None:
    found = pod_spec(KubernetesObject("v1", kind, Property({})))
    assert found is not None
    assert found.path == ".".join(path)


def test_other_kinds_make_no_pods() -> None:
    assert pod_spec(KubernetesObject("v1", "Service", Property({}))) is None


def test_all_containers_of_a_pod() -> None:
    pod = pod_spec(
        deployment(
            {"name": "a"}, initContainers=[{"name": "i"}], ephemeralContainers=[{"name": "e"}]
        ).objects[0]
    )
    assert pod is not None
    assert [each.at("name").text() for each in containers(pod)] == ["i", "a", "e"]


def test_command_and_arguments_are_one_list() -> None:
    assert arguments(Property({"command": ["etcd"], "args": ["--a=b", 1]})) == ["etcd", "--a=b"]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--a=b"], "b"),
        (["-a=b"], "b"),
        (["--a", "b"], "b"),
        (["--a"], "true"),
        (["--a", "--b"], "true"),
        (["--a="], ""),
        (["--a=b=c"], "b=c"),
        (["--a=1", "--a=2"], "2"),
        (["a=b"], None),
        (["--ab=c"], None),
        (["--b", "a"], None),
        ([], None),
    ],
)
def test_a_flag_of_a_command_line(words: list[str], value: str | None) -> None:
    assert flag(words, "a") == value
