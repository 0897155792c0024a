"""What runs on a node, and with which settings."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from lab.layout import ClusterLayout, Node, lay_out
from lab.node import config as node_config
from lab.topology import Oidc, parse
from tests.unit.lab_fixtures import two_clusters, with_worker

CLUSTER = with_worker().clusters[0]
CONTROL, WORKER = CLUSTER.nodes
NO_SCHEDULE = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}


def commands(cluster: ClusterLayout, node: Node) -> dict[str, list[str]]:
    return {
        s["name"]: s["argv"] for s in node_config.services(cluster, node, lambda name: Path("/opt", name))
    }


def flags(cluster: ClusterLayout, node: Node, service: str) -> dict[str, str]:
    words = [w for w in commands(cluster, node)[service][1:] if w.startswith("--")]
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def test_a_control_plane_node_runs_everything_in_the_order_of_need() -> None:
    assert list(commands(CLUSTER, CONTROL)) == [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "containerd",
        "kubelet",
        "kube-proxy",
    ]


def test_a_worker_runs_no_control_plane() -> None:
    assert list(commands(CLUSTER, WORKER)) == ["containerd", "kubelet", "kube-proxy"]


def test_programs_come_from_where_the_lab_has_them() -> None:
    assert {argv[0] for argv in commands(CLUSTER, CONTROL).values()} == {
        f"/opt/{name}" for name in commands(CLUSTER, CONTROL)
    }


@pytest.mark.parametrize("node", [CONTROL, WORKER])
def test_what_needs_the_api_server_waits_for_it(node: Node) -> None:
    api = {"tcp": ["10.99.1.10", 6443]}
    found = {
        s["name"]: s["after"] for s in node_config.services(CLUSTER, node, lambda name: Path("/opt", name))
    }
    assert found.pop("containerd") == {}
    assert found.pop("kubelet") == {**api, "path": "/run/containerd/containerd.sock"}
    if node.control_plane:
        assert found.pop("etcd") == {}
        assert found.pop("kube-apiserver") == {"tcp": ["127.0.0.1", 2379]}
    assert list(found.values()) == [api] * len(found)


def test_components_agree_on_the_ranges_of_the_cluster() -> None:
    assert flags(CLUSTER, CONTROL, "kube-apiserver")["--service-cluster-ip-range"] == "10.200.0.0/16"
    assert flags(CLUSTER, CONTROL, "kube-apiserver")["--advertise-address"] == "10.99.1.10"
    assert flags(CLUSTER, CONTROL, "kube-controller-manager")["--cluster-cidr"] == "10.100.0.0/16"
    assert node_config.kube_proxy_configuration(CLUSTER, WORKER)["clusterCIDR"] == "10.100.0.0/16"
    assert node_config.kubelet_configuration(CLUSTER, WORKER)["clusterDNS"] == ["10.200.0.10"]


def test_every_key_that_a_control_plane_is_told_of_is_one_it_gets() -> None:
    told = {
        Path(value).name
        for service in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
        for value in flags(CLUSTER, CONTROL, service).values()
        if value.startswith(f"{node_config.PKI}/")
    }
    assert told <= set(node_config.CONTROL_PLANE_FILES)


def test_a_node_says_its_name_and_address() -> None:
    found = flags(CLUSTER, WORKER, "kubelet")
    assert found["--hostname-override"] == "fc01-worker-1"
    assert found["--node-ip"] == "10.99.1.11"
    assert node_config.kube_proxy_configuration(CLUSTER, WORKER)["hostnameOverride"] == "fc01-worker-1"


def test_a_node_is_labelled_with_the_place_of_its_cluster() -> None:
    cluster = two_clusters().clusters[1]
    assert flags(cluster, cluster.nodes[0], "kubelet")["--node-labels"] == (
        "topology.kubernetes.io/region=us,topology.kubernetes.io/zone=west"
    )


def test_a_cluster_without_a_place_labels_nothing() -> None:
    assert "--node-labels" not in flags(CLUSTER, CONTROL, "kubelet")


def test_a_cluster_with_a_zone_alone_labels_that() -> None:
    (cluster,) = lay_out("lab", parse({"clusters": [{"name": "a", "zone": "z1"}]})).clusters
    found = flags(cluster, cluster.nodes[0], "kubelet")
    assert found["--node-labels"] == "topology.kubernetes.io/zone=z1"


def test_a_node_has_the_labels_that_its_cluster_gives_it() -> None:
    labels = [{"agentpool": "system"}, {"agentpool": "user"}]
    (cluster,) = lay_out(
        "lab", parse({"clusters": [{"name": "a", "workers": 2, "region": "r", "labels": labels}]})
    ).clusters
    assert [flags(cluster, node, "kubelet")["--node-labels"] for node in cluster.nodes] == [
        f"agentpool={pool},topology.kubernetes.io/region=r" for pool in ("system", "user", "user")
    ]


def api_server(**more: Any) -> list[str]:
    (cluster,) = lay_out("lab", parse({"clusters": [{"name": "a", **more}]})).clusters
    return commands(cluster, cluster.nodes[0])["kube-apiserver"]


def test_tokens_of_service_accounts_name_the_issuer_that_was_given_and_the_clusters_own_stay_good() -> None:
    own = "--service-account-issuer=https://kubernetes.default.svc.cluster.local"
    found = api_server(issuer="https://10.98.0.1/oidc/x/")
    assert [word for word in found if word.startswith("--service-account-issuer=")] == [
        "--service-account-issuer=https://10.98.0.1/oidc/x/",
        own,
    ]
    assert "--service-account-jwks-uri=https://10.98.0.1/oidc/x/openid/v1/jwks" in found
    assert [
        word for word in api_server() if "issuer" in word or "jwks" in word or "authentication" in word
    ] == [own]


def test_the_api_server_takes_the_tokens_of_the_issuer_that_was_given(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("PEM")
    oidc = {"issuer": "https://10.98.0.1/t/v2.0", "audience": "aks", "ca": str(tmp_path / "ca.crt")}
    assert "--authentication-config=/etc/kubernetes/authentication.yaml" in api_server(oidc=oidc)
    assert node_config.authentication_configuration(Oidc.model_validate(oidc))["jwt"] == [
        {
            "issuer": {
                "url": "https://10.98.0.1/t/v2.0",
                "audiences": ["aks"],
                "certificateAuthority": "PEM",
            },
            "claimMappings": {
                "username": {"claim": "oid", "prefix": ""},
                "groups": {"claim": "groups", "prefix": ""},
            },
        }
    ]


def test_pods_stay_off_the_control_plane_where_there_are_workers() -> None:
    assert node_config.kubelet_configuration(CLUSTER, CONTROL)["registerWithTaints"] == [NO_SCHEDULE]
    assert node_config.kubelet_configuration(CLUSTER, WORKER)["registerWithTaints"] == []


def test_pods_run_on_a_control_plane_that_is_alone() -> None:
    cluster = two_clusters().clusters[0]
    assert node_config.kubelet_configuration(cluster, cluster.nodes[0])["registerWithTaints"] == []


def test_each_node_gives_its_own_range_to_its_pods() -> None:
    found = node_config.cni_configuration(WORKER)
    bridge, ports = found["plugins"]
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.100.1.0/24"}]]
    assert bridge["ipMasq"] is False
    assert ports["type"] == "portmap"


@pytest.mark.parametrize("snapshotter", ["overlayfs", "native"])
def test_the_runtimes_settings_are_toml(snapshotter: str) -> None:
    text = node_config.containerd_configuration(cni_plugins=Path("/usr/lib/cni"), snapshotter=snapshotter)
    found = tomllib.loads(text)
    assert found["version"] == 2
    cri = found["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["containerd"]["snapshotter"] == snapshotter
    assert cri["containerd"]["runtimes"]["runc"]["options"] == {"SystemdCgroup": False}
    assert cri["cni"] == {"bin_dir": "/usr/lib/cni", "conf_dir": "/etc/cni/net.d"}
    assert cri["sandbox_image"].startswith("registry.k8s.io/pause:")
