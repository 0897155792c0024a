"""`ClusterDns` in the real dynamic server, against an API server that speaks HTTPS."""

from __future__ import annotations

from typing import Any

import pytest

from components.dynamic.cluster_dns import ClusterDnsProvider
from federation.coredns import stub
from tests.unit.member_fixtures import made
from tests.unit.test_corefile import BLOCK, USUAL
from tests.unit.test_corefile_member import config
from tests.wire.api_fixtures import Servers, servers_fixture  # noqa: F401  pytest finds fixtures by their import
from tests.wire.dynamic_fixtures import UNKNOWN, Diff, Remote, Server, refusal, server_fixture  # noqa: F401

NOTHING = Diff(changes=False, delete_before_replace=True)
UPDATE = Diff(changes=True, delete_before_replace=True)


@pytest.fixture(name="dns")
def dns_fixture(server: Server, servers: Servers) -> Remote:
    servers.member.api.put(config(USUAL))
    return server.of(ClusterDnsProvider())


def inputs(servers: Servers, **changes: Any) -> dict[str, Any]:
    return {
        "federation": "fed",
        "member": "fc01",
        "domain": "example.com",
        "nameservers": ["10.0.0.1:30053", "10.0.0.2:30053"],
        "ttl": 30,
        "kubeconfig": servers.inputs()["kubeconfig"],
        **changes,
    }


def corefile(servers: Servers) -> str:
    return str(made(servers.member.api, "ConfigMap", "coredns", "kube-system")["data"]["Corefile"])


def test_it_is_made_found_as_it_was_made_and_taken_out_again(dns: Remote, servers: Servers) -> None:
    found = dns.create(dns.check({}, inputs(servers)))
    assert corefile(servers) == stub.put(USUAL, "fed", BLOCK)
    assert found.id == "fed/fc01"
    assert found.outs == inputs(servers) | {"configMap": "kube-system/coredns", "wired": True}
    read = dns.read(found.id, found.outs)
    assert read.outs == found.outs
    assert dns.diff(found.id, read.outs, inputs(servers)) == NOTHING
    dns.delete(found.id, found.outs)
    assert corefile(servers) == USUAL
    dns.delete(found.id, found.outs)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"nameservers": ["10.0.0.9:53"]}, UPDATE),
        ({"nameservers": UNKNOWN}, UPDATE),
        ({"ttl": 5}, UPDATE),
        ({"domain": "example.org"}, UPDATE),
        ({"kubeconfig": "renewed"}, UPDATE),
        ({"member": "fc02"}, Diff(changes=True, replaces=["member"], delete_before_replace=True)),
        ({"federation": "fed2"}, Diff(changes=True, replaces=["federation"], delete_before_replace=True)),
    ],
)
def test_a_preview_tells_updates_from_replacements(
    dns: Remote, servers: Servers, change: dict[str, Any], expected: Diff
) -> None:
    found = dns.create(inputs(servers))
    assert dns.diff(found.id, found.outs, inputs(servers, **change)) == expected


def test_a_block_that_was_removed_or_changed_is_drift_and_put_back(dns: Remote, servers: Servers) -> None:
    found = dns.create(inputs(servers))
    for text in (USUAL, stub.put(USUAL, "fed", BLOCK.replace("30053", "53"))):
        servers.member.api.put(config(text))
        read = dns.read(found.id, found.outs)
        assert read.outs == found.outs | {"wired": False}
        assert dns.diff(found.id, read.outs, inputs(servers)) == UPDATE
        assert dns.update(found.id, read.outs, inputs(servers)) == found.outs
        assert corefile(servers) == stub.put(USUAL, "fed", BLOCK)


def test_a_dead_member_fails_neither_a_refresh_nor_an_update_nor_a_removal(
    dns: Remote, servers: Servers
) -> None:
    found = dns.create(inputs(servers))
    servers.member.stop()
    assert dns.read(found.id, found.outs).outs == found.outs
    outs = dns.update(found.id, found.outs, inputs(servers, ttl=5))
    assert outs == inputs(servers, ttl=5) | {"configMap": "kube-system/coredns", "wired": False}
    dns.delete(found.id, outs)


def test_a_member_that_is_dead_from_the_start_is_told(dns: Remote, servers: Servers) -> None:
    servers.member.stop()
    url = servers.member.url
    told = refusal(dns.create, inputs(servers))
    assert told.startswith(f"member fc01: {url} does not answer: ")
