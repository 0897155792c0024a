"""What a gateway node is told: keepalived's configuration, `vip-configmap`, and when a node counts as able to serve."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.vip.health import FALL, GRACE, RISE, Verdict
from federation.vip.keepalived import Instance, render
from federation.vip.shared import EXCLUDED, Gateway, Shared, gateway, gateways

NODES = tuple(Gateway(f"n{i}", IPv4Address(f"10.99.0.1{i}")) for i in (1, 2, 3))


def instance(me: str, nodes: tuple[Gateway, ...] = NODES, *addresses: str) -> Instance:
    return Instance(
        me=me,
        gateways=nodes,
        interface="eth0",
        router_id=51,
        addresses=addresses,
        health="/run/keepalived/health",
    )


def test_the_configuration_of_one_of_three_nodes() -> None:
    assert (
        render(instance("n2", NODES, "10.250.0.10", "10.250.0.2"))
        == """\
global_defs {
  router_id n2
  vrrp_version 3
}

track_file health {
  file "/run/keepalived/health"
  weight 0
}

vrrp_instance federation {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 199
  advert_int 0.1
  down_timer_adverts 5
  nopreempt
  garp_master_refresh 30
  unicast_src_ip 10.99.0.12
  unicast_peer {
    10.99.0.11
    10.99.0.13
  }
  virtual_ipaddress {
    169.254.0.51/32 dev lo scope host no_track
  }
  virtual_ipaddress_excluded {
    10.250.0.2/32 dev eth0
    10.250.0.10/32 dev eth0
  }
  track_file {
    health
  }
}
"""
    )


def test_a_node_alone_has_no_peers_and_a_cluster_without_services_no_addresses() -> None:
    text = render(instance("n1", NODES[:1]))
    assert "unicast" not in text
    assert "excluded" not in text


def test_the_first_node_wins_and_all_of_many_nodes_have_a_valid_priority() -> None:
    many = tuple(Gateway(f"n{i:03}", IPv4Address(f"10.99.{i // 200}.{i % 200 + 1}")) for i in range(300))
    priorities = [
        int(line.split()[1])
        for node in many
        for line in render(instance(node.name, many)).splitlines()
        if line.startswith("  priority")
    ]
    assert priorities[:2] == [200, 199]
    assert priorities == sorted(priorities, reverse=True)
    assert priorities[-1] == 1


def test_a_change_of_addresses_changes_nothing_of_what_an_advert_holds() -> None:
    def advertised(text: str) -> str:
        return text.partition("virtual_ipaddress_excluded")[0]

    assert advertised(render(instance("n1", NODES, "10.250.0.2"))) == advertised(
        render(instance("n1", NODES, "10.250.0.2", "10.250.0.3"))
    )


def test_a_node_that_is_no_gateway_has_no_configuration() -> None:
    with pytest.raises(ValueError, match="'n9' is not in list"):
        render(instance("n9"))


held = st.dictionaries(st.integers(0x0A000000, 0x0AFFFFFF).map(lambda n: str(IPv4Address(n))), st.text())
nodes = st.lists(st.builds(Gateway, st.text(), st.integers(0, 9).map(IPv4Address)), max_size=5)


@given(held, nodes)
def test_what_is_shared_is_read_as_it_was_written(addresses: dict[str, str], found: list[Gateway]) -> None:
    wanted = Shared(addresses, gateways(found))
    assert Shared.of(wanted.data()) == wanted


def test_the_config_map_is_that_of_the_old_keepalived_vip() -> None:
    assert Shared({"10.250.0.2": "default/nginx"}, NODES[:1]).data() == {
        "10.250.0.2": "default/nginx",
        "gateways": '[{"name": "n1", "address": "10.99.0.11"}]',
    }


def node(*, address: str = "10.99.0.11", labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    addresses = [
        {"type": "Hostname", "address": "n1"},
        {"type": "InternalIP", "address": "fd00::1"},
        {"type": "InternalIP", "address": address},
    ]
    return {"metadata": {"name": "n1", "labels": labels}, "spec": spec, "status": {"addresses": addresses}}


def taint(key: str, effect: str = "NoSchedule") -> dict[str, Any]:
    return {"taints": [{"key": key, "effect": effect}]}


def test_a_node_is_a_gateway_by_its_internal_ipv4_address() -> None:
    assert gateway(node(), tolerant=False) == NODES[0]
    assert gateway(node(address="fd00::2"), tolerant=False) is None


@pytest.mark.parametrize(
    ("spec", "tolerant", "counts"),
    [
        (taint("node-role.kubernetes.io/control-plane"), False, False),
        (taint("node-role.kubernetes.io/control-plane"), True, True),
        (taint("example.com/maintenance", "PreferNoSchedule"), False, True),
        (taint("node.kubernetes.io/unreachable", "NoExecute"), False, True),
        ({"unschedulable": True} | taint("node.kubernetes.io/unschedulable"), False, True),
    ],
)
def test_the_gateways_are_the_nodes_that_the_daemon_set_runs_on(
    spec: dict[str, Any], tolerant: bool, counts: bool
) -> None:
    assert (gateway(node(**spec), tolerant=tolerant) is not None) == counts


def test_a_node_that_load_balancers_must_not_use_is_no_gateway() -> None:
    assert gateway(node(labels={EXCLUDED: ""}), tolerant=True) is None


def after(*answers: bool) -> list[bool]:
    verdict, found = Verdict(), []
    for well in answers:
        verdict = verdict.after(well=well)
        found.append(verdict.healthy)
    return found


def test_a_kube_proxy_that_never_answers_says_nothing_after_a_while() -> None:
    assert GRACE == 10
    assert after(*[False] * 20) == [False] * 9 + [True] * 11
    assert after(*[False] * 20, True, False, False, False)[-4:] == [True, True, True, False]


def test_a_node_that_starts_holds_nothing_until_its_kube_proxy_is_well() -> None:
    assert after(True, True) == [False, True]
    assert after(False, False, True, True) == [False, False, False, True]


def test_a_node_falls_and_rises_after_several_answers_in_a_row() -> None:
    assert (FALL, RISE) == (3, 2)
    well = [True, True]
    assert after(*well, False, False, False)[2:] == [True, True, False]
    assert after(*well, False, False, True, False, False)[2:] == [True] * 5
    assert after(*well, False, False, False, True, False, True, True)[4:] == [False] * 4 + [True]
