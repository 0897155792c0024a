"""The objects of a zone on CoreDNS, under Pulumi's mocks: what runs, who may talk to it, and what waits for what."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from cryptography import x509

from federation.dns.store import Store
from tests.components.plane_fixtures import open_texts
from tests.components.zone_fixtures import NAMESERVERS, Zone, build

RESTRICTED = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "runAsGroup": 65532,
    "fsGroup": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture
def zone() -> Zone:
    return build()


def files(zone: Zone, component: str) -> dict[str, str]:
    return {
        name: b64decode(text).decode() for name, text in zone.manifest("secret", component)["data"].items()
    }


def container(zone: Zone, kind: str, component: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = zone.pod(kind, component)["containers"]
    return found


@pytest.mark.parametrize(("kind", "component"), [("deployment", "coredns"), ("statefulset", "etcd")])
def test_pods_are_not_root_and_write_nothing_but_their_data(zone: Zone, kind: str, component: str) -> None:
    pod, main = zone.pod(kind, component), container(zone, kind, component)
    assert pod["securityContext"] == RESTRICTED
    assert pod["automountServiceAccountToken"] is False
    assert main["securityContext"]["readOnlyRootFilesystem"] is True
    assert main["securityContext"]["allowPrivilegeEscalation"] is False
    assert main["securityContext"]["capabilities"]["drop"] == ["ALL"]


def test_the_namespace_refuses_pods_that_ask_for_more(zone: Zone) -> None:
    labels = zone.manifest("namespace", "federation-dns")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    # Of capabilities, "restricted" lets exactly this one be added.
    assert container(zone, "deployment", "coredns")["securityContext"]["capabilities"]["add"] == [
        "NET_BIND_SERVICE"
    ]


def test_coredns_reads_etcd_by_certificate_and_serves_one_zone(zone: Zone) -> None:
    found = files(zone, "coredns")
    assert found["Corefile"].startswith("example.com:5353 {\n")
    etcd = "https://etcd-0.etcd.federation-dns.svc.cluster.local:2379"
    assert f"        endpoint {etcd}\n" in found["Corefile"]
    tls = "tls /etc/federation/client.crt /etc/federation/client.key /etc/federation/ca.crt"
    assert f"        {tls}\n" in found["Corefile"]
    assert common_name(found["client.crt"]) == ["coredns"]
    assert container(zone, "deployment", "coredns")["command"] == [
        "/coredns",
        "-conf",
        "/etc/federation/Corefile",
    ]


def common_name(pem: str) -> list[str]:
    subject = x509.load_pem_x509_certificate(pem.encode()).subject
    return [str(part.value) for part in subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]


def test_the_writers_certificate_has_no_common_name_as_the_gateway_refuses_one(zone: Zone) -> None:
    store = Store.from_props(zone.outputs["store"])
    assert common_name(store.certificate) == []


def test_etcd_takes_certificates_only_from_clients_and_from_peers(zone: Zone) -> None:
    words = container(zone, "statefulset", "etcd")["command"]
    assert "--quota-backend-bytes=268435456" in words  # less than its volume, or the disk is full first
    for flag in ("--client-cert-auth=true", "--peer-client-cert-auth=true", "--tls-min-version=TLS1.3"):
        assert flag in words


def test_etcds_certificate_is_valid_where_a_port_forward_ends(zone: Zone) -> None:
    certificate = x509.load_pem_x509_certificate(files(zone, "etcd")["server.crt"].encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert "etcd-0.etcd.federation-dns.svc.cluster.local" in names.get_values_for_type(x509.DNSName)


def test_one_port_serves_udp_and_tcp() -> None:
    spec = build(node_port=30053).manifest("service", "coredns")["spec"]
    assert spec["type"] == "NodePort"
    assert spec["ports"] == [
        {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 5353, "nodePort": 30053},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 5353, "nodePort": 30053},
    ]


def test_without_a_node_port_the_cluster_chooses(zone: Zone) -> None:
    ports = zone.manifest("service", "coredns")["spec"]["ports"]
    assert [port.get("nodePort") for port in ports] == [None, None]


def test_a_load_balancer_is_asked_for_the_address() -> None:
    spec = build(service_type="LoadBalancer", address="10.250.0.53").manifest("service", "coredns")["spec"]
    assert (spec["type"], spec["loadBalancerIP"]) == ("LoadBalancer", "10.250.0.53")


def test_replicas_are_apart_where_there_are_nodes_enough(zone: Zone) -> None:
    assert zone.manifest("deployment", "coredns")["spec"]["replicas"] == 2
    affinity = zone.pod("deployment", "coredns")["affinity"]["podAntiAffinity"]
    (wish,) = affinity["preferredDuringSchedulingIgnoredDuringExecution"]
    assert wish["podAffinityTerm"]["topologyKey"] == "kubernetes.io/hostname"


def test_three_members_of_etcd_are_on_three_nodes_and_replaced_slowly() -> None:
    zone = build(etcd_members=3, storage="2Gi", storage_class="fast")
    spec = zone.manifest("statefulset", "etcd")["spec"]
    assert (spec["replicas"], spec["minReadySeconds"]) == (3, 35)
    affinity = zone.pod("statefulset", "etcd")["affinity"]["podAntiAffinity"]
    assert "requiredDuringSchedulingIgnoredDuringExecution" in affinity
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "2Gi"}},
        "storageClassName": "fast",
    }
    assert len(Store.from_props(zone.outputs["store"]).endpoints) == 3


@pytest.mark.parametrize("component", ["etcd", "coredns"])
def test_one_pod_of_each_at_a_time_may_be_evicted(zone: Zone, component: str) -> None:
    assert zone.manifest("poddisruptionbudget", component)["spec"]["maxUnavailable"] == 1


def test_etcd_is_for_coredns_and_the_controller_and_coredns_for_everybody(zone: Zone) -> None:
    def allowed(component: str) -> list[tuple[int, str, list[str]]]:
        return [
            (
                rule["ports"][0]["port"],
                rule["ports"][0]["protocol"],
                [p["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for p in rule.get("from", ())],
            )
            for rule in zone.manifest("networkpolicy", component)["spec"]["ingress"]
        ]

    assert allowed("etcd") == [(2379, "TCP", ["coredns", "dns-controller"]), (2380, "TCP", ["etcd"])]
    assert allowed("coredns") == [(5353, "UDP", []), (5353, "TCP", []), (9153, "TCP", [])]


def test_network_policies_can_be_left_out() -> None:
    assert not [name for name in build(network_policy=False).resources if "networkpolicy" in name]


def test_the_engine_goes_through_the_cluster_and_the_controller_does_not(zone: Zone) -> None:
    engine, controller = (Store.from_props(zone.outputs[n]) for n in ("store", "controller_store"))
    assert controller.through is None
    assert engine.through is not None
    assert (engine.through.namespace, engine.through.port) == ("federation-dns", 2379)
    assert engine.through.labels == {
        "app.kubernetes.io/name": "etcd",
        "app.kubernetes.io/instance": "fed",
    }
    assert engine.user == controller.user == "writer"
    assert zone.secret_outputs == {"store", "controller_store"}
    assert zone.outputs["nameservers"] == NAMESERVERS


def test_users_are_there_before_coredns_and_coredns_answers_last(zone: Zone) -> None:
    assert "dns-etcd" in zone.before("dns-access")
    assert "dns-access" in zone.before("dns-deployment-coredns")
    assert "dns-deployment-coredns" in zone.before("dns-ready")
    assert "dns-secret-etcd-users" in zone.before("dns-access")
    assert "dns-volumes" in zone.before("dns-namespace-federation-dns")


def test_objects_go_with_the_namespace(zone: Zone) -> None:
    inside = [
        r for n, r in zone.resources.items() if r.type.startswith("kubernetes:") and "namespace" not in n
    ]
    assert {r.goes_with for r in inside} == {"dns-namespace-federation-dns"}


def test_keys_and_passwords_are_secrets_everywhere(zone: Zone) -> None:
    passwords = [b64decode(text).decode() for text in zone.manifest("secret", "etcd-users")["data"].values()]
    assert len({*passwords}) == 2
    for resource in zone.resources.values():
        for text in open_texts(resource.inputs):
            assert "PRIVATE KEY" not in text, resource.name
            assert text not in passwords, resource.name


def test_another_corefile_or_certificate_rolls_the_pods() -> None:
    def mark(zone: Zone) -> str:
        metadata = zone.manifest("deployment", "coredns")["spec"]["template"]["metadata"]
        return str(metadata["annotations"]["federation/certificates"])

    assert mark(build()) != mark(build(etcd_members=3))
    assert mark(build()) != mark(build(certificate_days=100))


def test_a_preview_knows_its_objects() -> None:
    preview = build(preview=True)
    assert preview.resources.keys() == build().resources.keys()
