"""What a topology may say, and what is said about one that is wrong."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from federation.errors import TopologyError
from federation.topology import examine, load
from federation.topology.models import AksCluster, ExistingCluster, Topology
from federation.topology.regions import REGIONS

FC01: dict[str, Any] = {
    "name": "fc01",
    "kubeconfig": {"path": "fc01.yaml"},
    "region": "us",
    "zones": ["east"],
}
FC02: dict[str, Any] = {**FC01, "name": "fc02", "zones": ["west"]}
LEAST: dict[str, Any] = {"name": "fed", "domain": "fc-federated.com", "clusters": [FC01, FC02]}
AKS: dict[str, Any] = {"name": "west", "kind": "aks", "location": "westus2"}
ETCD_TLS = {"ca": "ca.pem", "certificate": "client.pem", "key": "client.key"}


def with_(**keys: Any) -> dict[str, Any]:
    return {**LEAST, **keys}


def cluster(**keys: Any) -> dict[str, Any]:
    return with_(clusters=[{**FC01, **keys}])


def plane(**keys: Any) -> dict[str, Any]:
    return with_(control_plane=keys)


def coredns(**keys: Any) -> dict[str, Any]:
    """On an etcd that is there."""
    there = {"provider": "coredns", "endpoints": ["https://10.0.0.5:2379"], "tls": ETCD_TLS}
    return with_(dns=[{**there, **keys}])


def told(document: Any) -> list[str]:
    return [str(mistake) for mistake in examine(document)[1]]


def test_three_keys_are_enough() -> None:
    topology = load(LEAST)
    assert topology.host_cluster.name == "fc01"
    assert [c.name for c in topology.members] == ["fc01", "fc02"]
    assert topology.control_plane.etcd.members == 1
    assert topology.control_plane.api_server.service_cidr == IPv4Network("10.96.0.0/12")


def test_short_forms_mean_the_long_ones() -> None:
    short = {"name": "fc01", "kubeconfig": "fc01.yaml", "region": "us", "zone": "east"}
    assert load(with_(clusters=[short])) == load(with_(clusters=[{**FC01, "kind": "existing"}]))


def test_kinds_of_clusters_can_be_mixed() -> None:
    first, second = load(with_(clusters=[FC01, AKS])).clusters
    assert isinstance(first, ExistingCluster)
    assert isinstance(second, AksCluster)


def test_the_region_of_an_azure_cluster_is_its_location_unless_it_says_otherwise() -> None:
    plain, named = load(with_(clusters=[AKS, {**AKS, "name": "b", "region": "us"}])).clusters
    assert (plain.region, named.region) == ("westus2", "us")


def test_a_domain_may_end_with_a_dot_as_in_the_walk_through() -> None:
    assert load(with_(domain="FC-federated.com.")).domain == "fc-federated.com"


def test_a_host_that_takes_no_workloads_is_no_member() -> None:
    topology = load(with_(clusters=[FC01, {**FC02, "join": False}], host="fc02"))
    assert topology.host_cluster.name == "fc02"
    assert [c.name for c in topology.members] == ["fc01"]


def test_a_topology_is_a_topology_when_it_is_read_back() -> None:
    topology = load(with_(clusters=[{**FC01, "vips": {"cidr": "10.9.0.0/24"}}, AKS]))
    assert load(topology.model_dump(mode="json")) == topology


MISTAKES = {
    "clusters[1].name: 'fc01' is also the name of clusters[0]; give each cluster its own": with_(
        clusters=[FC01, {**FC02, "name": "fc01"}]
    ),
    "clusters[0].name: 'FC 01' is not a DNS label (RFC 1123); write 'fc-01'": cluster(name="FC 01"),
    f"clusters[0].name: '{'a' * 49}' has 49 characters; shorten it to at most 48": cluster(name="a" * 49),
    "name: 'My Fed' is not a DNS label (RFC 1123); write 'my-fed'": with_(name="My Fed"),
    "name: '***' is not a DNS label (RFC 1123); use lower-case letters, digits and '-'": with_(name="***"),
    "clusters[0].zones[0]: 'East_1' is not a DNS label (RFC 1123); write 'east-1'": cluster(zones=["East_1"]),
    "clusters[0].zones[0]: 1 is not a text; put it in quotes": cluster(zones=[1]),
    "clusters[0].zones: have no region, which follows them in DNS names; add region": cluster(region=None),
    "clusters[0].zones: name 'a' twice; name each zone once": cluster(zones=["a", "a"]),
    "clusters[0].zone: 'b' stands beside zones; put it into the list of zones": cluster(zone="b"),
    "clusters[0].location: 'westtus' is no Azure region; did you mean 'westus'?": with_(
        clusters=[{**AKS, "location": "westtus"}]
    ),
    "clusters[0].location: 'West US' is no Azure region; did you mean 'westus'?": with_(
        clusters=[{**AKS, "location": "West US"}]
    ),
    "clusters[0].location: 'mars' is no Azure region; take a name from `az account list-locations`": with_(
        clusters=[{**AKS, "location": "mars"}]
    ),
    "clusters[0].zones: name '1', no zone of westus, which has none; leave zones out, or take another location": with_(
        clusters=[{**AKS, "location": "westus", "zones": ["1"]}]
    ),
    "clusters[0].zones: name '4', no zone of westus2, which has 1, 2, 3; name some of these": with_(
        clusters=[{**AKS, "zones": ["1", "4"]}]
    ),
    "host: 'fc03' is not among the clusters; name one of fc01, fc02": with_(host="fc03"),
    "dns[0].cluster: 'x' is not among the clusters; name one of fc01, fc02": with_(
        dns=[{"provider": "coredns", "cluster": "x"}]
    ),
    "workloads[0].preferences.clusters.fc03: is not among the clusters; name one of fc01, fc02, "
    "or * for all others": with_(
        workloads=[{"path": "a", "preferences": {"clusters": {"*": {}, "fc01": {}, "fc03": {}}}}]
    ),
    "workloads[0].preferences.clusters.*.min_replicas: 3 is more than max_replicas (1); "
    "lower it, or raise max_replicas": with_(
        workloads=[{"path": "a", "preferences": {"clusters": {"*": {"min_replicas": 3, "max_replicas": 1}}}}]
    ),
    "domain: 'fc_federated' is not a DNS name; write one such as 'fc-federated.com'": with_(
        domain="fc_federated"
    ),
    "domain: '10.0.0.1' is not a DNS name; write one such as 'fc-federated.com'": with_(domain="10.0.0.1"),
    "domain: is missing; add it: the DNS zone of the federation, such as fc-federated.com": {
        k: v for k, v in LEAST.items() if k != "domain"
    },
    "clusters: is empty; give at least one": with_(clusters=[]),
    "clusters[0]: 'fc01' is not a mapping; write key: value": with_(clusters=["fc01"]),
    "clusters[0].kind: 'ask' is not one of existing, aks; did you mean 'aks'?": cluster(kind="ask"),
    "clusters[0].kind: is not one of existing, aks; write one of them": cluster(kind=["aks"]),
    "clusters[0].regoin: unknown key; did you mean 'region'?": cluster(regoin="us"),
    "control_plane.etcd.replicas: unknown key; remove it; known here are members, persistent, servers, storage, "
    "storage_class, tls": plane(etcd={"replicas": 3}),
    "control_plane.etcd.members: 2 is not one of 1, 3; write one of them": plane(etcd={"members": 2}),
    "dns[0].etcd_members: 4 is not one of 1, 3; write one of them": with_(
        dns=[{"provider": "coredns", "etcd_members": 4}]
    ),
    "dns[0].provider: 'bind' is not one of coredns, azure; write one of them": with_(
        dns=[{"provider": "bind"}]
    ),
    "dns[0].provider: is missing; write one of coredns, azure": with_(dns=[{}]),
    "control_plane.etcd.tls: is needed with servers; name the files ca, certificate and key": plane(
        etcd={"servers": ["https://10.0.0.5:2379"]}
    ),
    "control_plane.etcd.tls: is given without servers; give servers, or leave tls out": plane(
        etcd={"tls": ETCD_TLS}
    ),
    "control_plane.etcd.servers[0]: 'http://10.0.0.5:2379' is not the URL of a server; "
    "write one such as 'https://10.0.0.5:2379'": plane(
        etcd={"servers": ["http://10.0.0.5:2379"], "tls": ETCD_TLS}
    ),
    "dns[0].tls: is needed with endpoints; name the files ca, certificate and key": with_(
        dns=[{"provider": "coredns", "endpoints": ["https://10.0.0.5:2379"]}]
    ),
    "dns[0].nameservers: are given without endpoints; give endpoints, or leave them out": with_(
        dns=[{"provider": "coredns", "nameservers": ["10.0.0.53:53"]}]
    ),
    "dns[0].nameservers[0]: 'ns.example.com:53' is not an address with a port; "
    "write one such as '10.0.0.53:53' or '[fd00::53]:53'": coredns(nameservers=["ns.example.com:53"]),
    "dns[0].nameservers[0]: '10.0.0.53' is not an address with a port; "
    "write one such as '10.0.0.53:53' or '[fd00::53]:53'": coredns(nameservers=["10.0.0.53"]),
    "dns[0].nameservers[0]: '10.0.0.53:65536' is not an address with a port; "
    "write one such as '10.0.0.53:53' or '[fd00::53]:53'": coredns(nameservers=["10.0.0.53:65536"]),
    "dns[0].nameservers[0]: 'fd00::53:53' is not an address with a port; "
    "write '[…]' around an IPv6 address, and only there": coredns(nameservers=["fd00::53:53"]),
    "dns[0].address: 'dns.example.com' is not an IP address; write one such as '10.0.0.53'": with_(
        dns=[{"provider": "coredns", "address": "dns.example.com"}]
    ),
    "dns[0].renew_before_days: is no less than certificate_days (30): each `pulumi up` would renew; "
    "make it smaller": with_(dns=[{"provider": "coredns", "certificate_days": 30}]),
    "control_plane.etcd.storage: '10 GB' is not an amount; write one such as '10Gi' or '250m'": plane(
        etcd={"storage": "10 GB"}
    ),
    "clusters[0].kubeconfig: has neither path nor secret; give exactly one of them": cluster(kubeconfig={}),
    "clusters[0].kubeconfig: has both path and secret; give exactly one of them": cluster(
        kubeconfig={"path": "a", "secret": "b"}
    ),
    "clusters[0].kubeconfig.path: '' is empty; fill it in, or leave the key out": cluster(kubeconfig=""),
    "clusters[0].grants[0].verbs[0]: '*' would grant more than is known today; "
    "name what is needed, without '*'": cluster(
        grants=[{"api_groups": ["apps"], "resources": ["deployments"], "verbs": ["*"]}]
    ),
    "clusters[0].labels.tier: 'a b' is not a label's value; use up to 63 letters, digits, '-', '_' and '.', "
    "with a letter or a digit at both ends": cluster(labels={"tier": "a b"}),
    "clusters[0].labels['_/x']: '_/x' is not a label's key; write one such as 'tier' or 'example.com/tier'": cluster(
        labels={"_/x": ""}
    ),
    "clusters[0].pods[0]: '10.0.1.0/16' has bits behind its mask; write '10.0.0.0/16'": cluster(
        pods=["10.0.1.0/16"]
    ),
    "clusters[0].pods[0]: '10.0.0.0' is not an address range; write one such as '10.0.0.0/16'": cluster(
        pods=["10.0.0.0"]
    ),
    "clusters[0].pods: '10.0.0.0/16' is not a list; write each entry in a line of its own, after '- '": cluster(
        pods="10.0.0.0/16"
    ),
    "control_plane.api_server.node_port_range: '4-x' is not a range of ports; write one such as '32500-32767'": plane(
        api_server={"node_port_range": "4-x"}
    ),
    "control_plane.api_server.node_port_range: '9-8' is not a range of ports; let it rise, within 1 and 65535": plane(
        api_server={"node_port_range": "9-8"}
    ),
    "control_plane.api_server.node_port_range: '30000-32767' contains 32443, the federation API's own port on the "
    "host; start it higher, or give another port": plane(api_server={"node_port_range": "30000-32767"}),
    "control_plane.api_server.port: 70000 is too big; let it be at most 65535": plane(
        api_server={"port": 70000}
    ),
    "control_plane.api_server.advertise_address: 'https://x:1' is neither an address nor a DNS name; "
    "write it without scheme, port and path": plane(api_server={"advertise_address": "https://x:1"}),
    "control_plane.api_server.service_type: 'Nodeport' is not one of NodePort, LoadBalancer; "
    "did you mean 'NodePort'?": plane(api_server={"service_type": "Nodeport"}),
    "control_plane.images.overrides.karmada-scheduller: 'karmada-scheduller' is no component of the control plane; "
    "name one of etcd, karmada-apiserver, kube-controller-manager, karmada-aggregated-apiserver, "
    "karmada-controller-manager, karmada-scheduler, karmada-webhook": plane(
        images={"overrides": {"karmada-scheduller": "a"}}
    ),
    "control_plane.karmada_version: 'v1.18.2' is not a version; "
    "write all three numbers and no 'v', such as '1.18.2'": plane(karmada_version="v1.18.2"),
    "control_plane.renew_before_days: 400 is no less than certificate_days (365): each `pulumi up` would renew; "
    "make it smaller": plane(renew_before_days=400),
    "control_plane.replicas: 'two' is not a whole number; write a whole number": plane(replicas="two"),
    "control_plane.failover.enabled: 'maybe' is neither true nor false; write one of them": plane(
        failover={"enabled": "maybe"}
    ),
    "dns[1].namespace: 'federation-dns' is where dns[0] runs, too (cluster fc01); "
    "give each a namespace or a cluster of its own": with_(
        dns=[{"provider": "coredns"}, {"provider": "coredns", "cluster": "fc01"}]
    ),
    "clusters[0].vips.cidr: '10.9.0.1/32' has no address besides the first, which is reserved; "
    "take a wider range, such as one of /28": cluster(vips={"cidr": "10.9.0.1/32"}),
    "ttl: 0 is too small; let it be at least 1": with_(ttl=0),
    "topology: null is not a mapping; write key: value": None,
    "control_plane: true is not a mapping; write key: value": with_(control_plane=True),
}


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_is_told_with_path_value_cause_and_fix(message: str) -> None:
    assert told(MISTAKES[message]) == [message]


def test_all_mistakes_are_told_at_once_also_those_between_broken_sections() -> None:
    broken = {**FC01, "kubeconfig": 5, "zones": ["EAST"]}
    with pytest.raises(TopologyError) as caught:
        load(with_(clusters=[broken, {**FC02, "name": "fc01"}], host="fc03", ttl=-1))
    assert str(caught.value) == (
        "topology: 5 mistakes\n"
        "  clusters[0].zones[0]: 'EAST' is not a DNS label (RFC 1123); write 'east'\n"
        "  clusters[0].kubeconfig: 5 is not a mapping; write key: value\n"
        "  ttl: -1 is too small; let it be at least 1\n"
        "  clusters[1].name: 'fc01' is also the name of clusters[0]; give each cluster its own\n"
        "  host: 'fc03' is not among the clusters; name one of fc01\n"
        "Next: correct the stack's federation:topology and look with `fedctl validate FILE`."
    )


def test_a_kubeconfig_in_place_of_its_path_is_never_shown() -> None:
    text = "apiVersion: v1\nusers: [{user: {token: hunter2}}]\n"
    (message,) = told(cluster(kubeconfig=text))
    assert message == (
        "clusters[0].kubeconfig: holds a kubeconfig itself; "
        "put it into the configuration as a secret, and name that"
    )


def test_a_long_value_is_shortened() -> None:
    (message,) = told(with_(ttl="x" * 500))
    assert message == f"ttl: '{'x' * 58}… is not a whole number; write a whole number"


def test_a_number_that_python_does_not_write_is_no_crash() -> None:
    assert told(with_(domain=10**5000)) == ["domain: a very long number is not a text; put it in quotes"]


def test_every_region_knows_whether_it_has_zones() -> None:
    assert (REGIONS["westus"], REGIONS["eastus"], REGIONS["westus2"]) == (False, True, True)


KEYS = st.sampled_from(
    "name domain clusters host control_plane dns ttl workloads kind kubeconfig path secret region zone zones etcd "
    "members servers tls api_server pods nodes vips cidr preferences provider cluster labels grants".split()
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=5),
    max_leaves=25,
)
documents = st.fixed_dictionaries(
    {"name": st.just("fed") | json_values, "clusters": st.lists(json_values | st.just(FC01), max_size=3)},
    optional=dict.fromkeys(("domain", "control_plane", "dns", "workloads", "host"), json_values),
)


@given(json_values | documents)
@example({"clusters": {"0": {"name": "a"}}, 5: {}, None: 1})
@example({"name": "\ud800", "\ud800": 1, "clusters": [{"\ud800": 2, "labels": {"\ud800": "\ud800"}}]})
def test_no_document_is_a_crash(document: Any) -> None:
    topology, mistakes = examine(document)
    assert isinstance(topology, Topology) is not bool(mistakes)
    for mistake in mistakes:
        assert len(str(mistake).splitlines()) == 1
        assert str(mistake).isprintable()
