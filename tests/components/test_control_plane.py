"""The objects of a control plane with every default: what runs, as whom, and who may talk to it."""

from __future__ import annotations

import json

import pytest

from components.karmada import admission
from tests.components.plane_fixtures import Build, Built, build_fixture  # noqa: F401

COMPONENTS = (
    "etcd",
    "karmada-apiserver",
    "kube-controller-manager",
    "karmada-aggregated-apiserver",
    "karmada-controller-manager",
    "karmada-scheduler",
    "karmada-webhook",
)
CONTROLLERS = ("kube-controller-manager", "karmada-controller-manager", "karmada-scheduler")
# What Karmada 1.18's webhook server registers (cmd/webhook/app/webhook.go).
PATHS = {
    "mutate": {
        "clusterpropagationpolicy",
        "clusterresourcebinding",
        "federatedhpa",
        "multiclusterservice",
        "overridepolicy",
        "propagationpolicy",
        "resourcebinding",
        "work",
    },
    "validate": {
        "clusteroverridepolicy",
        "clusterpropagationpolicy",
        "clustertaintpolicy",
        "cronfederatedhpa",
        "federatedhpa",
        "federatedresourcequota",
        "multiclusteringress",
        "multiclusterservice",
        "overridepolicy",
        "propagationpolicy",
        "resourcebinding",
        "resourcedeletionprotection",
        "resourceinterpretercustomization",
        "resourceinterpreterwebhookconfiguration",
    },
}


@pytest.fixture(name="plane")
def plane_fixture(build: Build) -> Built:
    return build()


def test_seven_workloads_make_a_plane(plane: Built) -> None:
    assert set(plane.of_kind("statefulset")) | set(plane.of_kind("deployment")) == set(COMPONENTS)


def test_the_namespace_refuses_pods_that_are_not_restricted(plane: Built) -> None:
    labels = plane.host("namespace", "federation-system")["metadata"]["labels"]
    modes = {key.rpartition("/")[2]: value for key, value in labels.items() if "pod-security" in key}
    assert modes == {"enforce": "restricted", "audit": "restricted", "warn": "restricted"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_each_pod_meets_the_restricted_standard(plane: Built, component: str) -> None:
    pod, container = plane.workload(component)["spec"]["template"]["spec"], plane.container(component)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert min(port["containerPort"] for port in container["ports"]) >= 1024


@pytest.mark.parametrize("component", COMPONENTS)
def test_no_pod_is_anybody_in_the_host_cluster(plane: Built, component: str) -> None:
    pod = plane.workload(component)["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in pod


@pytest.mark.parametrize("component", COMPONENTS)
def test_each_container_is_asked_for_its_health_and_has_requests(plane: Built, component: str) -> None:
    container = plane.container(component)
    ports = {port["containerPort"] for port in container["ports"]}
    assert {container[probe]["httpGet"]["port"] for probe in ("readinessProbe", "livenessProbe")} <= ports
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_each_component_mounts_its_own_secret_read_only(plane: Built, component: str) -> None:
    pod, container = plane.workload(component)["spec"]["template"]["spec"], plane.container(component)
    volume = next(v for v in pod["volumes"] if v["name"] == "config")
    assert volume["secret"] == {"secretName": component, "defaultMode": 0o440}
    mount = next(m for m in container["volumeMounts"] if m["name"] == "config")
    assert mount["readOnly"] is True
    named = {value for value in plane.flags(component).values() if value.startswith("/etc/federation/")}
    assert {path.removeprefix("/etc/federation/") for path in named} <= plane.files(component).keys()


@pytest.mark.parametrize("component", COMPONENTS)
def test_one_pod_of_each_at_a_time_may_be_evicted(plane: Built, component: str) -> None:
    spec = plane.host("poddisruptionbudget", component)["spec"]
    labels = plane.workload(component)["spec"]["template"]["metadata"]["labels"]
    assert spec["maxUnavailable"] == 1
    assert spec["selector"]["matchLabels"].items() <= labels.items()


def who_may_ask(plane: Built, component: str) -> dict[int, list[str]]:
    """Port to the names of those whom the NetworkPolicy lets in; "*" for everybody."""
    rules = plane.host("networkpolicy", component)["spec"]["ingress"]
    return {
        rule["ports"][0]["port"]: sorted(
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in rule.get("from", ())
        )
        or ["*"]
        for rule in rules
    }


def test_only_those_who_must_may_talk_to_a_part_of_the_plane(plane: Built) -> None:
    assert {component: who_may_ask(plane, component) for component in COMPONENTS} == {
        "etcd": {2379: ["karmada-aggregated-apiserver", "karmada-apiserver"], 2380: ["etcd"]},
        "karmada-apiserver": {5443: ["*"]},
        "karmada-aggregated-apiserver": {8443: ["karmada-apiserver"]},
        "karmada-webhook": {8443: ["karmada-apiserver"]},
        **{component: {} for component in CONTROLLERS},
    }
    for policy in plane.of_kind("networkpolicy").values():
        assert policy["spec"]["policyTypes"] == ["Ingress"]


def test_the_federation_api_is_at_node_port_32443(plane: Built) -> None:
    service = plane.host("service", "karmada-apiserver")["spec"]
    assert service["type"] == "NodePort"
    assert service["ports"] == [{"name": "https", "port": 5443, "targetPort": 5443, "nodePort": 32443}]
    assert plane.outputs["endpoint"] == "https://10.11.12.1:32443"


def test_etcd_takes_certificates_only_from_clients_and_from_peers(plane: Built) -> None:
    flags = plane.flags("etcd")
    assert (flags["client-cert-auth"], flags["peer-client-cert-auth"]) == ("true", "true")
    for kind in ("client", "peer"):
        assert flags[f"listen-{kind}-urls"].startswith("https://")
    assert flags["tls-min-version"] == "TLS1.3"


def test_etcd_has_a_volume_that_goes_with_the_namespace(plane: Built) -> None:
    spec = plane.host("statefulset", "etcd")["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "10Gi"}},
    }
    assert spec["replicas"] == 1


def test_images_are_those_of_the_pinned_releases(plane: Built) -> None:
    assert {component: plane.container(component)["image"] for component in COMPONENTS} == {
        "etcd": "registry.k8s.io/etcd:3.6.14-0",
        "karmada-apiserver": "registry.k8s.io/kube-apiserver:v1.36.3",
        "kube-controller-manager": "registry.k8s.io/kube-controller-manager:v1.36.3",
        "karmada-aggregated-apiserver": "docker.io/karmada/karmada-aggregated-apiserver:v1.18.2",
        "karmada-controller-manager": "docker.io/karmada/karmada-controller-manager:v1.18.2",
        "karmada-scheduler": "docker.io/karmada/karmada-scheduler:v1.18.2",
        "karmada-webhook": "docker.io/karmada/karmada-webhook:v1.18.2",
    }


def test_pods_roll_when_their_certificates_are_renewed_and_not_else(build: Build) -> None:
    def mark(built: Built, component: str) -> str:
        annotations = built.workload(component)["spec"]["template"]["metadata"]["annotations"]
        return str(annotations["federation/certificates"])

    first, same, renewed = build(), build(), build(certificate_days=100)
    for component in COMPONENTS:
        assert mark(first, component) == mark(same, component)
        assert mark(first, component) != mark(renewed, component)


@pytest.mark.parametrize(
    ("verb", "rows"), [("mutate", admission.MUTATING), ("validate", admission.VALIDATING)]
)
def test_every_check_that_karmadas_webhook_offers_is_asked_for(
    plane: Built, verb: str, rows: tuple[admission.Hook, ...]
) -> None:
    kind = {"mutate": "mutatingwebhookconfiguration", "validate": "validatingwebhookconfiguration"}[verb]
    hooks = plane.plane(kind, "karmada")["webhooks"]
    start = f"https://karmada-webhook.federation-system.svc.cluster.local:443/{verb}-"
    assert {hook["clientConfig"]["url"].removeprefix(start) for hook in hooks} == PATHS[verb]
    assert len(hooks) == len(rows)
    assert {hook["failurePolicy"] for hook in hooks} == {"Fail"}


def test_the_check_of_everything_is_for_objects_that_are_marked_only(plane: Built) -> None:
    """Without the label, a webhook that is down would let nothing at all be deleted."""
    hooks = plane.plane("validatingwebhookconfiguration", "karmada")["webhooks"]
    everything = [hook for hook in hooks if hook["rules"][0]["apiGroups"] == ["*"]]
    assert [hook["objectSelector"]["matchExpressions"] for hook in everything] == [
        [{"key": "resourcetemplate.karmada.io/deletion-protected", "operator": "Exists"}]
    ]


def test_the_kind_cluster_is_served_by_the_aggregated_api_server(plane: Built) -> None:
    service = plane.plane("service", "karmada-aggregated-apiserver")["spec"]
    assert service == {
        "type": "ExternalName",
        "externalName": "karmada-aggregated-apiserver.federation-system.svc.cluster.local",
    }
    spec = plane.plane("apiservice", "v1alpha1.cluster.karmada.io")["spec"]
    assert "insecureSkipTLSVerify" not in spec
    assert spec["caBundle"]


def test_users_of_a_namespace_have_rights_for_the_kinds_that_lie_in_one(plane: Built) -> None:
    edit = plane.plane("clusterrole", "karmada-edit")
    assert edit["metadata"]["labels"] == {"rbac.authorization.k8s.io/aggregate-to-edit": "true"}
    text = json.dumps(edit["rules"])
    assert "propagationpolicies" in text
    assert "clusterpropagationpolicies" not in text
    assert "*" not in text


def test_controllers_elect_a_leader_where_they_need_not_wait_for_a_namespace(plane: Built) -> None:
    for component in CONTROLLERS:
        assert plane.flags(component)["leader-elect-resource-namespace"] == "kube-system"


def test_what_is_behind_a_service_answers_until_it_is_forgotten_and_no_longer_than_it_has(
    plane: Built,
) -> None:
    behind = {name for name in plane.of_kind("service") if name != "etcd"}
    for component in COMPONENTS:
        hook = plane.container(component).get("lifecycle", {}).get("preStop", {}).get("sleep", {})
        assert ("seconds" in hook) == (component in behind)
        grace = plane.workload(component)["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert hook.get("seconds", 0) < grace
