"""What the topology's `control_plane` changes: each counterpart of a flag of kubefed, and what came since."""

from __future__ import annotations

from typing import Any

import pytest

from components.karmada.plane import COMPONENTS
from federation.topology import MistakesError
from tests.components.plane_fixtures import Build, Built, build_fixture  # noqa: F401

DEPLOYMENTS = [c for c in COMPONENTS if c != "etcd"]


def test_with_a_load_balancer_the_api_is_where_the_topology_says(build: Build) -> None:
    built = build(api_server={"service_type": "LoadBalancer", "advertise_address": "10.250.0.9"})
    service = built.host("service", "karmada-apiserver")["spec"]
    assert service["type"] == "LoadBalancer"
    assert service["ports"] == [{"name": "https", "port": 5443, "targetPort": 5443}]
    assert service["loadBalancerIP"] == "10.250.0.9"
    assert service["allocateLoadBalancerNodePorts"] is False
    assert built.outputs["endpoint"] == "https://10.250.0.9:5443"
    assert built.resources["fed-host"].inputs.get("nodePort") is None


def test_a_load_balancers_name_is_no_address_to_ask_for_and_its_port_is_one_more(build: Build) -> None:
    settings = {"service_type": "LoadBalancer", "advertise_address": "fed.example.com", "port": 443}
    built = build(api_server=settings)
    service = built.host("service", "karmada-apiserver")["spec"]
    assert "loadBalancerIP" not in service
    assert [(port["name"], port["port"]) for port in service["ports"]] == [("https", 5443), ("public", 443)]
    assert built.outputs["endpoint"] == "https://fed.example.com:443"


def test_a_load_balancer_without_an_address_is_a_mistake(build: Build) -> None:
    with pytest.raises(MistakesError) as caught:
        build(api_server={"service_type": "LoadBalancer"})
    (mistake,) = caught.value.mistakes
    assert str(mistake) == (
        "control_plane.api_server.service_type: 'LoadBalancer' has no address that clients and certificates "
        "could name; set control_plane.api_server.advertise_address"
    )


def test_the_node_port_and_the_address_of_the_walk_through_can_be_chosen(build: Build) -> None:
    built = build(api_server={"advertise_address": "172.16.254.64", "port": 31743})
    assert built.host("service", "karmada-apiserver")["spec"]["ports"][0]["nodePort"] == 31743
    assert built.outputs["endpoint"] == "https://172.16.254.64:31743"
    assert built.resources["fed-host"].inputs["nodePort"] == 31743


def test_an_ipv6_address_stands_in_brackets(build: Build) -> None:
    built = build(api_server={"advertise_address": "2001:db8::1"})
    assert built.outputs["endpoint"] == "https://[2001:db8::1]:32443"


def test_three_replicas_are_on_three_nodes_and_need_no_fourth_to_roll(build: Build) -> None:
    built = build(replicas=3, etcd={"members": 3})
    for component in COMPONENTS:
        spec = built.workload(component)["spec"]
        (term,) = spec["template"]["spec"]["affinity"]["podAntiAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]
        assert spec["replicas"] == 3
        assert term["topologyKey"] == "kubernetes.io/hostname"
        assert term["labelSelector"]["matchLabels"] == spec["selector"]["matchLabels"]
    for component in DEPLOYMENTS:
        strategy = built.workload(component)["spec"]["strategy"]["rollingUpdate"]
        assert strategy == {"maxSurge": 0, "maxUnavailable": 1}
    assert built.resources["fed-host"].inputs["nodes"] == 3


def test_a_single_replica_is_replaced_without_a_gap(build: Build) -> None:
    for component in DEPLOYMENTS:
        spec = build().workload(component)["spec"]
        assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
        assert "affinity" not in spec["template"]["spec"]


def test_three_members_of_etcd_know_each_other_and_clients_know_all(build: Build) -> None:
    built = build(etcd={"members": 3})
    hosts = [f"etcd-{i}.etcd.federation-system.svc.cluster.local" for i in range(3)]
    expected = ",".join(f"etcd-{i}=https://{host}:2380" for i, host in enumerate(hosts))
    assert built.flags("etcd")["initial-cluster"] == expected
    for component in ("karmada-apiserver", "karmada-aggregated-apiserver"):
        assert built.flags(component)["etcd-servers"] == ",".join(f"https://{h}:2379" for h in hosts)


def test_etcd_can_have_another_size_and_class(build: Build) -> None:
    (claim,) = build(etcd={"storage": "4Gi", "storage_class": "fast"}).host("statefulset", "etcd")["spec"][
        "volumeClaimTemplates"
    ]
    assert claim["spec"]["resources"] == {"requests": {"storage": "4Gi"}}
    assert claim["spec"]["storageClassName"] == "fast"


def test_etcd_without_persistence_asks_for_no_volume(build: Build) -> None:
    built = build(etcd={"persistent": False})
    spec = built.host("statefulset", "etcd")["spec"]
    assert spec["volumeClaimTemplates"] == []
    assert {"name": "data", "emptyDir": {}} in spec["template"]["spec"]["volumes"]
    assert built.resources["fed-host"].inputs["storage"] is False


@pytest.mark.parametrize(("members", "seconds"), [(1, 0), (3, 35)])
def test_the_next_etcd_member_is_replaced_when_the_others_find_the_last_one_again(
    build: Build, members: int, seconds: int
) -> None:
    built = build(etcd={"members": members}, replicas=members)
    assert built.host("statefulset", "etcd")["spec"]["minReadySeconds"] == seconds


def test_all_images_come_from_a_mirror_under_their_usual_paths(build: Build) -> None:
    built = build(images={"registry": "mirror.example.com/k8s/", "pull_secrets": ["pull"]})
    images = {component: built.container(component)["image"] for component in COMPONENTS}
    assert images["etcd"] == "mirror.example.com/k8s/etcd:3.6.14-0"
    assert images["karmada-webhook"] == "mirror.example.com/k8s/karmada/karmada-webhook:v1.18.2"
    assert all(image.startswith("mirror.example.com/k8s/") for image in images.values())
    pods = [built.workload(component)["spec"]["template"]["spec"] for component in COMPONENTS]
    assert all(pod["imagePullSecrets"] == [{"name": "pull"}] for pod in pods)


def test_one_image_can_be_pinned_by_its_digest(build: Build) -> None:
    pinned = f"mirror.example.com/etcd@sha256:{'a' * 64}"
    built = build(
        images={"registry": "other.example.com", "overrides": {"etcd": pinned}, "pull_policy": "Always"}
    )
    assert built.container("etcd")["image"] == pinned
    assert built.container("etcd")["imagePullPolicy"] == "Always"
    assert built.container("karmada-webhook")["image"].startswith("other.example.com/")


def test_flags_can_be_added_and_replaced_for_each_component(build: Build) -> None:
    changed = {"karmada-apiserver": {"v": "4", "profiling": "true"}, "karmada-scheduler": {"v": "2"}}
    built, plain = build(args=changed), build()
    assert built.flags("karmada-apiserver") == {
        **plain.flags("karmada-apiserver"),
        "v": "4",
        "profiling": "true",
    }
    assert built.flags("karmada-scheduler") == {**plain.flags("karmada-scheduler"), "v": "2"}
    assert built.flags("karmada-webhook") == plain.flags("karmada-webhook")


def test_pods_can_be_sent_to_chosen_nodes_with_resources_of_their_own(build: Build) -> None:
    limits = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}
    built = build(node_selector={"pool": "system"}, resources={"karmada-apiserver": limits})
    for component in COMPONENTS:
        assert built.workload(component)["spec"]["template"]["spec"]["nodeSelector"] == {"pool": "system"}
    assert built.container("karmada-apiserver")["resources"] == limits
    assert "limits" not in built.container("etcd")["resources"]


def test_the_plane_can_have_another_namespace_and_domain(build: Build) -> None:
    built = build(namespace="fed-plane", cluster_domain="corp.test")
    assert built.host("deployment", "karmada-webhook")["metadata"]["namespace"] == "fed-plane"
    assert "karmada-webhook.fed-plane.svc.corp.test" in str(
        built.plane("validatingwebhookconfiguration", "karmada")["webhooks"][0]["clientConfig"]["url"]
    )
    assert (
        "https://karmada-apiserver.fed-plane.svc.corp.test:5443"
        in built.files("karmada-webhook")["kubeconfig"]
    )


def test_network_policies_can_be_left_to_others(build: Build) -> None:
    assert build(network_policy=False).of_kind("networkpolicy") == {}


FAILOVER_FLAGS = {
    "enable-no-execute-taint-eviction": "true",
    "no-execute-taint-eviction-purge-mode": "Gracefully",
    "resource-eviction-rate": "10",
}


def failover(built: Built) -> dict[str, Any]:
    manager = built.flags("karmada-controller-manager")
    return {
        "flags": {name: manager[name] for name in FAILOVER_FLAGS if name in manager},
        "gates": manager["feature-gates"],
        "webhook": built.flags("karmada-webhook")["allow-no-execute-taint-policy"],
        "policy": list(built.of_kind("clustertaintpolicy", place="federation")),
    }


def test_with_failover_workloads_may_leave_a_dead_member(build: Build) -> None:
    assert failover(build()) == {
        "flags": FAILOVER_FLAGS,
        "gates": "PropagationPolicyPreemption=true,Failover=true",
        "webhook": "true",
        "policy": ["failover"],
    }


def test_without_failover_nothing_moves_them(build: Build) -> None:
    assert failover(build(failover={"enabled": False})) == {
        "flags": {},
        "gates": "PropagationPolicyPreemption=true",
        "webhook": "false",
        "policy": [],
    }


def test_how_soon_a_member_counts_as_dead_can_be_chosen(build: Build) -> None:
    chosen = {
        "status_frequency_seconds": 5,
        "failure_threshold_seconds": 15,
        "success_threshold_seconds": 20,
        "purge_mode": "Directly",
        "eviction_rate": 0.5,
    }
    flags = build(failover=chosen).flags("karmada-controller-manager")
    assert flags["cluster-status-update-frequency"] == "5s"
    assert flags["cluster-failure-threshold"] == "15s"
    assert flags["cluster-success-threshold"] == "20s"
    assert flags["no-execute-taint-eviction-purge-mode"] == "Directly"
    assert flags["resource-eviction-rate"] == "0.5"


def test_federated_services_have_node_ports_and_addresses_of_their_own(build: Build) -> None:
    flags = build(api_server={"service_cidr": "10.128.0.0/16", "node_port_range": "31000-31099"}).flags(
        "karmada-apiserver"
    )
    assert flags["service-cluster-ip-range"] == "10.128.0.0/16"
    assert flags["service-node-port-range"] == "31000-31099"
