"""Clusters and zones in Azure: what a topology may say of them, and what is said about one that is wrong."""

from __future__ import annotations

import json
import sys
from datetime import date
from ipaddress import IPv4Network
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError
from federation.topology import advisories, examine, load, sizes, versions
from federation.topology.addresses import RESERVED, addresses, subnet
from federation.topology.models import AksCluster, AzureDns
from federation.topology.regions import REGIONS

WEST: dict[str, Any] = {"name": "west", "kind": "aks", "location": "westus2"}
EAST: dict[str, Any] = {"name": "east", "kind": "aks", "location": "eastus"}
HERE: dict[str, Any] = {"name": "fc01", "kubeconfig": "fc01.yaml"}
ZONE: dict[str, Any] = {"provider": "azure", "resource_group": "fed-dns-rg"}
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
NOW = date(2026, 9, 1)


def with_(*clusters: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"name": "fed", "domain": "syncweek.com", "clusters": list(clusters) or [WEST], **keys}


def west(**keys: Any) -> dict[str, Any]:
    return with_({**WEST, **keys})


def zone(*clusters: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return with_(*clusters, dns=[{**ZONE, **keys}])


def aks(document: dict[str, Any]) -> AksCluster:
    cluster = load(document).clusters[0]
    assert isinstance(cluster, AksCluster)
    return cluster


def told(document: Any) -> list[str]:
    return [str(mistake) for mistake in examine(document)[1]]


def test_a_name_and_a_location_are_enough() -> None:
    cluster = aks(with_(WEST))
    assert (cluster.region, cluster.zones) == ("westus2", ("1", "2", "3"))
    assert (cluster.group, cluster.tier, cluster.kubernetes_version) == ("west", "Standard", versions.DEFAULT)
    assert (cluster.system.count, cluster.system.max_count) == (3, 6)
    (pool,) = cluster.pools
    assert (pool.name, pool.mode, pool.count, pool.max_count) == ("user", "User", 3, 6)
    assert cluster.protect


def test_a_region_without_zones_has_fewer_system_nodes_and_no_zones() -> None:
    cluster = aks(west(location="westus"))
    assert (cluster.zones, cluster.system.count, cluster.system.zones) == ((), 2, ())


def test_short_forms_of_the_pool_mean_the_long_one() -> None:
    short = aks(west(node_count=5, vm_size="Standard_D8ds_v5")).pools
    long = aks(west(user_pools=[{"name": "user", "count": 5, "vm_size": "Standard_D8ds_v5"}])).pools
    assert short == long


def test_a_pool_may_be_in_fewer_zones_than_the_cluster() -> None:
    one, other = aks(west(user_pools=[{"name": "a", "zones": ["2"]}, {"name": "b", "zones": []}])).pools
    assert (one.zones, other.zones) == (("2",), ())


def test_what_a_topology_says_is_read_back_as_it_was() -> None:
    topology = load(with_({**WEST, "node_count": 4}, EAST, HERE, dns=[ZONE]))
    assert load(topology.model_dump(mode="json")) == topology


def test_a_maintenance_window_is_the_same_each_time_and_another_for_most_others() -> None:
    windows = {aks(west(name=f"c{i}")).maintenance.window(f"c{i}") for i in range(40)}
    assert len(windows) > 15
    assert aks(with_(WEST)).maintenance.window("west") == aks(with_(WEST)).maintenance.window("west")
    chosen = aks(west(maintenance={"weekday": "Sunday", "time": "02:30"})).maintenance
    assert chosen.window("west") == ("Sunday", "02:30")


@given(st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True))
def test_chosen_addresses_are_apart_and_nobody_elses(name: str) -> None:
    plan = addresses(name)
    found = [plan.nodes, plan.pods, plan.services, *RESERVED, IPv4Network("10.96.0.0/12")]
    assert not [(a, b) for a in found for b in found if a != b and a.overlaps(b)]
    assert subnet(plan.nodes).subnet_of(plan.nodes)


def test_chosen_addresses_do_not_depend_on_other_clusters() -> None:
    alone, second = aks(with_(WEST)), load(with_(EAST, WEST)).clusters[1]
    assert isinstance(second, AksCluster)
    assert (alone.network, alone.pod_range) == (second.network, second.pod_range)


def test_chosen_addresses_are_checked_for_overlaps_like_others() -> None:
    nodes = str(addresses("west").nodes)
    assert told(with_(WEST, {**HERE, "nodes": [nodes]})) == [
        f"clusters[1].nodes[0]: '{nodes}' overlaps clusters[0].nodes ({nodes}); give both addresses of their own"
    ]


OWN = "give each its own"
MISTAKES = {
    "clusters[0].kubernetes_version: '1.8.11' is not supported by AKS, which has 1.34, 1.35, 1.36; write '1.34'": west(
        kubernetes_version="1.8.11"
    ),
    "clusters[0].kubernetes_version: '1.50' is not supported by AKS, which has 1.34, 1.35, 1.36; write '1.36'": west(
        kubernetes_version="1.50"
    ),
    "clusters[0].kubernetes_version: 1.36 is read as a number, which may lose its last digit; "
    "put it in quotes: '1.36'": west(kubernetes_version=1.36),
    "clusters[0].kubernetes_version: 'latest' is not a version of Kubernetes; write one such as '1.36'": west(
        kubernetes_version="latest"
    ),
    "clusters[0].kubernetes_version: '1.36.2' would be moved by upgrade_channel patch; "
    "write '1.36', or upgrade_channel: none": west(kubernetes_version="1.36.2"),
    "clusters[0].vm_size: 'Standard_D4sd_v5' is no size of virtual machines that is known here; "
    "did you mean 'Standard_D4s_v5'?": west(vm_size="Standard_D4sd_v5"),
    "clusters[0].vm_size: 'd4ds_v5' is no size of virtual machines that is known here; "
    "did you mean 'Standard_D4ds_v5'?": west(vm_size="d4ds_v5"),
    "clusters[0].vm_size: 'huge' is no size of virtual machines that is known here; "
    "take one such as 'Standard_D4ds_v5'": west(vm_size="huge"),
    "clusters[0].vm_size: 'Standard_NC6s_v3' is retired, and no machine of it can be made; "
    "take one such as 'Standard_D4ds_v5'": west(vm_size="Standard_NC6s_v3"),
    "clusters[0].vm_size: 'Standard_B1s' has 1 vCPU and 2 GiB, too little for a node; "
    "take one such as 'Standard_D4ds_v5'": west(vm_size="Standard_B1s"),
    "clusters[0].system_pool.vm_size: 'Standard_B2ts_v2' has 2 vCPU and 1 GiB, too little for a system pool; "
    "take one such as 'Standard_D4ds_v5'": west(system_pool={"vm_size": "Standard_B2ts_v2"}),
    "clusters[0].user_pools[0].max_count: 2 is less than count (3); raise it, or lower count": west(
        user_pools=[{"name": "a", "max_count": 2}]
    ),
    "clusters[0].user_pools[0].name: 'Big-Pool' is not a name of a pool; "
    "use up to 8 lower-case letters and digits, a letter first": west(user_pools=[{"name": "Big-Pool"}]),
    "clusters[0].user_pools[0].name: 'system' is the name of the system pool; take another, or see system_pool": west(
        user_pools=[{"name": "system"}]
    ),
    "clusters[0].user_pools: name 'a' twice; give each its own name": west(
        user_pools=[{"name": "a"}, {"name": "a"}]
    ),
    "clusters[0].user_pools: name '4', no zone of westus2, which has 1, 2, 3; name some of these": west(
        user_pools=[{"name": "a", "zones": ["4"]}]
    ),
    "clusters[0].node_count: 2 stands beside user_pools; put it into the pool that it is for": west(
        node_count=2, user_pools=[{"name": "a"}]
    ),
    "clusters[0].authorized_ranges[0]: '0.0.0.0/0' is everybody; "
    "name the addresses that operators come from, such as '203.0.113.0/24'": west(
        authorized_ranges=["0.0.0.0/0"]
    ),
    "clusters[0].authorized_ranges[0]: '2001:db8::/32' is of IPv6, which is not supported for AKS; "
    "write one such as '10.20.0.0/16'": west(authorized_ranges=["2001:db8::/32"]),
    "clusters[0].authorized_ranges: are of no use with private; give one of the two": west(
        private=True, authorized_ranges=["203.0.113.0/24"]
    ),
    "clusters[0].authorized_ranges: are 201, and AKS takes 200; join some of them": west(
        authorized_ranges=[f"203.0.{i}.0/24" for i in range(201)]
    ),
    "clusters[0].mode: 'automatic' is not made by this stack: its pools and network are chosen by Azure; "
    "leave it out, or make the cluster elsewhere and add it as kind existing": west(mode="automatic"),
    "clusters[0].administrators[0]: 'admins' is not an id; write it as Azure shows it: eight digits, '-', …": west(
        administrators=["admins"]
    ),
    "clusters[0].maintenance.time: '25:00' is not a time; write one such as '02:30'": west(
        maintenance={"time": "25:00"}
    ),
    "clusters[0].maintenance.hours: 3 is too small; let it be at least 4": west(maintenance={"hours": 3}),
    "clusters[0].maintenance.weekday: 'monday' is not one of Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, "
    "Sunday; did you mean 'Monday'?": west(maintenance={"weekday": "monday"}),
    "clusters[0].vips: are not for AKS, whose Services get addresses of Azure; leave them out": west(
        vips={"cidr": "10.9.0.0/24"}
    ),
    "clusters[0].node_labels: true is not for AKS, which labels its nodes itself; leave it out": west(
        node_labels=True
    ),
    "clusters[0].pods: has a /24 for fewer nodes than the 16 that the pools may grow to in an upgrade; "
    "take a wider range, or lower max_count": west(pods=["10.64.0.0/21"]),
    "clusters[0].nodes: has fewer addresses in its first half than the 16 nodes that the pools may grow to; "
    "take a wider range, or lower max_count": west(nodes=["10.9.0.0/27"]),
    "clusters[0].pods: overlap 172.30.0.0/16, which AKS keeps for itself; take another range": west(
        pods=["172.30.0.0/16"]
    ),
    "clusters[0].services: is not between /12 and /24; take one such as '172.16.0.0/20'": west(
        services=["172.16.0.0/28"]
    ),
    "clusters[0].nodes: are 2 ranges, and AKS takes one; give one": west(
        nodes=["10.9.0.0/16", "10.10.0.0/16"]
    ),
    "clusters[0].resource_group: 'a b' is not a name of a resource group; "
    "use up to 90 letters, digits, '-', '_', '.', '(' and ')'": west(resource_group="a b"),
    "clusters[0].dns_prefix: '-a' is not a prefix of AKS; "
    "use up to 54 letters, digits and '-', with a letter or a digit at both ends": west(dns_prefix="-a"),
    "clusters[0].tags['a/b']: 'a/b' is not a name of a tag; leave out <, >, %, &, \\, ? and /": west(
        tags={"a/b": "c"}
    ),
    "clusters[0].acs_engine: 'k8s.json' cannot be used: it is no api-model; name one": west(
        acs_engine="k8s.json"
    ),
    f"clusters[1].resource_group: 'West' is also that of clusters[0]; {OWN}": with_(
        WEST, {**EAST, "resource_group": "West"}
    ),
    f"dns[0].resource_group: 'west' is also that of clusters[0]; {OWN}": zone(resource_group="west"),
    "dns[0].resource_group: is missing; add it: of the zone; made by the stack, unless the zone is there": with_(
        dns=[{"provider": "azure"}]
    ),
    "dns[0].zone: 'other.com' does not hold the domain 'syncweek.com'; "
    "leave it out, or name a zone that the domain is in": zone(zone="other.com"),
    "dns[0].parent.zone: 'week.com' is not above the zone 'syncweek.com'; name one that its name ends with": zone(
        parent={"zone": "week.com", "resource_group": "dns"}
    ),
    "dns[0].zone: 'com' is a top-level domain, which Azure does not serve; name a zone below it": zone(
        zone="com"
    ),
    "dns[0].links: are given for a zone that is public; leave them out, or set private": zone(
        links=["/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v"]
    ),
    "dns[0].links[0]: 'vnet' is not the id of a virtual network; take what `az network vnet show --query id` prints": (
        zone(private=True, links=["vnet"])
    ),
    "dns[0].traffic_manager: true is of no use with private; give one of the two": zone(
        private=True, traffic_manager=True
    ),
    "dns[0].parent: stands beside create: false, and the zone is left as it is; leave it out": zone(
        create=False, parent={"zone": "com", "resource_group": "dns"}
    ),
    "dns[0].issuer: is missing, as cluster fc01 is not in Azure; add what `kubectl get --raw "
    "/.well-known/openid-configuration` says of it, if Azure can reach that": zone(HERE, WEST),
    "dns[0].issuer: 'https://x.example' is given for cluster west, whose issuer is known; leave it out": zone(
        issuer="https://x.example"
    ),
    "dns[0].location: is missing, as no cluster is in Azure; add a region, such as westus, for the zone's identity": (
        zone(HERE, issuer="https://x.example")
    ),
    "dns[1].namespace: 'federation-dns-azure' is where dns[0] runs, too (cluster west); "
    "give each a namespace or a cluster of its own": with_(
        dns=[ZONE, {**ZONE, "resource_group": "other", "private": True}]
    ),
}


@pytest.fixture(name="converter")
def converter_fixture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A converter of api-model files that knows one."""

    def settings(path: str, *, location: str | None) -> dict[str, Any]:
        assert location == "westus2"
        if path != "seed.json":
            raise FederationError(path, "it is no api-model", "name one")
        pools = [{"name": "agent", "count": 2, "vm_size": "Standard_D2ds_v6"}, {"name": "more"}]
        return {"dns_prefix": "westuscluster1", "user_pools": pools, "zones": ["1"]}

    module = ModuleType("federation.acs_engine")
    monkeypatch.setattr(module, "settings", settings, raising=False)
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.mark.usefixtures("converter")
@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_is_told_with_path_value_cause_and_fix(message: str) -> None:
    assert told(MISTAKES[message]) == [message]


@pytest.mark.usefixtures("converter")
def test_settings_come_from_an_api_model_file_and_keys_beside_it_win() -> None:
    cluster = aks(west(acs_engine="seed.json", kubernetes_version="1.35", zones=["2"], node_count=7))
    assert (cluster.dns_prefix, cluster.kubernetes_version, cluster.zones) == (
        "westuscluster1",
        "1.35",
        ("2",),
    )
    assert [(p.name, p.count, p.vm_size) for p in cluster.pools] == [
        ("agent", 7, "Standard_D2ds_v6"),
        ("more", 3, "Standard_D4ds_v5"),
    ]
    assert aks(west(acs_engine="seed.json")).zones == ("1",)
    assert [p.name for p in aks(west(acs_engine="seed.json", user_pools=[{"name": "mine"}])).pools] == [
        "mine"
    ]


def test_a_zone_above_the_domain_may_hold_it_and_two_kinds_of_zones_may_be_written() -> None:
    topology = load({**zone(zone="syncweek.com"), "domain": "fed.syncweek.com"})
    (backend,) = topology.dns
    assert isinstance(backend, AzureDns)
    assert load(with_(dns=[{"provider": "coredns"}, ZONE])).dns[1] == backend.model_copy(
        update={"zone": None}
    )
    assert told(zone(HERE, cluster="fc01", issuer="https://x.example", location="westus")) == []
    assert told(zone(HERE, WEST, cluster="west")) == []


OPEN = (
    "cluster west: its API server lets in the federation's clusters in Azure and nobody else. "
    "Next: name the addresses that you and clusters elsewhere come from in authorized_ranges"
)


def advised(document: dict[str, Any], today: date = NOW) -> list[str]:
    return list(advisories(load(document), today))


def test_a_careful_topology_needs_no_advice() -> None:
    assert advised(west(authorized_ranges=["203.0.113.0/24"])) == []
    assert advised(with_(HERE)) == []


ADVICE = {
    OPEN: (west(), NOW),
    "cluster west: westus has no availability zones: its nodes may fail together, and 99.9 % of uptime are "
    "promised instead of 99.95 %. Next: take a region with zones, if one is near": (
        west(private=True, location="westus"),
        NOW,
    ),
    "cluster west: tier Free has no promised uptime and is meant for tests. Next: leave tier out": (
        west(private=True, tier="Free"),
        NOW,
    ),
    "cluster west: support of Kubernetes 1.34 ends on 2026-11-30. Next: raise kubernetes_version to 1.35": (
        west(private=True, kubernetes_version="1.34"),
        NOW,
    ),
    "cluster west: support of Kubernetes 1.36 ended on 2027-06-30. Next: see what AKS supports now": (
        west(private=True),
        date(2027, 7, 1),
    ),
    "cluster west: pool user: machines of size Standard_D2_v2 will be stopped for good on 2028-05-01. "
    "Next: take Standard_D2ds_v6": (west(private=True, vm_size="Standard_D2_v2"), NOW),
    "cluster west: pool system: Standard_B2s_v2 is throttled under load. Next: take a size of series D for it": (
        west(private=True, system_pool={"vm_size": "Standard_B2s_v2"}),
        NOW,
    ),
    "cluster east: is upgraded in the same window as west (Friday, 01:00 UTC). "
    "Next: give one of them another maintenance.weekday": (
        with_(
            {**WEST, "private": True, "maintenance": {"weekday": "Friday", "time": "01:00"}},
            {**EAST, "private": True, "maintenance": {"weekday": "Friday", "time": "01:00"}},
        ),
        NOW,
    ),
}


@pytest.mark.parametrize("line", ADVICE)
def test_what_is_no_mistake_and_still_should_be_known_is_said(line: str) -> None:
    assert advised(*ADVICE[line]) == [line]


def test_long_term_support_lasts_a_year_longer() -> None:
    assert advised(west(private=True, tier="Premium", kubernetes_version="1.34")) == []


def test_without_a_date_it_is_that_of_the_clock() -> None:
    assert OPEN in advisories(load(west()))


def test_every_size_and_successor_is_known() -> None:
    for name, size in sizes.SIZES.items():
        assert size.name == name
        assert size.cpus >= 1
        assert size.memory > 0
        assert not sizes.retired(name)
        if size.successor is not None:
            found = sizes.SIZES[size.successor]
            assert found.retires is None
            assert found.cpus >= min(size.cpus, 64)


def test_default_versions_and_sizes_are_neither_old_nor_retiring() -> None:
    assert versions.minor(versions.DEFAULT) == max(versions.ENDS, key=versions.ENDS.__getitem__)
    assert sizes.SIZES["Standard_D4ds_v5"].holds_system
    assert versions.ENDS.keys() == versions.LONG_TERM_ENDS.keys()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.dictionaries(st.sampled_from(sorted(AksCluster.model_fields)), json_values, max_size=4),
    st.dictionaries(st.sampled_from(sorted(AzureDns.model_fields)), json_values, max_size=4),
)
def test_whatever_is_written_is_a_topology_or_a_mistake(
    cluster: dict[str, Any], backend: dict[str, Any]
) -> None:
    document = with_({**WEST, **cluster, "kind": "aks"}, dns=[{**ZONE, **backend, "provider": "azure"}])
    topology, mistakes = examine(document)
    assert (topology is None) == bool(mistakes)
    assert not [m for m in mistakes if "is wrong:" in str(m)], json.dumps(document)


def test_every_region_has_a_default_cluster() -> None:
    for region in REGIONS:
        assert told(west(location=region)) == []
