"""CoreDNS and its etcd in a real cluster: who gets an answer, who may write, and what is left in the end."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lab.labs import TestLab, booted, eventually
from tests.lab.names.zone_fixtures import NAME, ZoneStack

pytestmark = pytest.mark.lab
ADDRESSES = {"10.250.0.2", "10.250.1.2"}
LAB = """\
clusters: [{name: fc01, region: us, zone: east}]
images: [workload, etcd]
"""
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "asker"},
    "spec": {
        "containers": [
            {
                "name": "asker",
                "image": "docker.io/k8s-federation/debug:1",
                "command": ["sleep", "3600"],
            }
        ]
    },
}


@pytest.fixture(scope="module")
def lab(state_root: Path) -> Iterator[TestLab]:
    with booted(state_root, "t-dns", LAB) as lab:
        lab.applied("fc01", POD)
        yield lab


@pytest.fixture(scope="module")
def corefile(lab: TestLab) -> str:
    """As the cluster's own DNS had it before."""
    text: str = lab.get("fc01", "-n", "kube-system", "configmap", "coredns")["data"]["Corefile"]
    return text


@pytest.fixture(scope="module")
def zone(lab: TestLab, corefile: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneStack]:
    assert "fc-federated.com" not in corefile
    stack = ZoneStack(lab, tmp_path_factory.mktemp("zone") / "stack", "fc01")
    stack.up()
    assert stack.store("put", NAME, *sorted(ADDRESSES)) is True
    yield stack
    stack.remove()


def test_the_zone_is_answered_over_udp_and_tcp_with_its_ttl(zone: ZoneStack) -> None:
    assert zone.addresses(NAME) == ADDRESSES
    assert zone.addresses(NAME, "+tcp") == ADDRESSES
    answer = zone.dig(NAME)
    assert re.search(rf"^{NAME}\.\s+30\s+IN\s+A\s+10\.250\.0\.2$", answer, re.MULTILINE)
    assert " aa " in answer.replace(";", " ").replace(":", " ")


def test_a_name_that_is_not_there_is_denied_for_a_short_time_only(zone: ZoneStack) -> None:
    answer = zone.dig("late.fc-federated.com")
    assert "status: NXDOMAIN" in answer
    assert re.search(r"^fc-federated\.com\.\s+1\s+IN\s+SOA\s", answer, re.MULTILINE)
    zone.store("put", "late.fc-federated.com", "10.250.0.3")
    eventually(
        lambda: None if zone.addresses("late.fc-federated.com") == {"10.250.0.3"} else "no answer",
        within=3,
        what="the name",
    )


def test_the_zone_has_soa_and_ns_and_other_zones_are_refused(zone: ZoneStack) -> None:
    assert zone.dig("fc-federated.com", "+short", "NS").strip() == "ns.dns.fc-federated.com."
    assert zone.dig("fc-federated.com", "+short", "SOA").startswith("ns.dns.fc-federated.com. hostmaster.")
    for other in ("example.com", "com", "cluster.local"):
        assert "status: REFUSED" in zone.dig(other)


def test_etcd_is_for_its_users_only(zone: ZoneStack, tmp_path: Path) -> None:
    secret = zone.lab.get("fc01", "-n", "federation-dns", "secret", "coredns")["data"]
    reader = tmp_path / "reader.pem"
    reader.write_text("".join(b64decode(secret[key]).decode() for key in ("client.crt", "client.key")))
    denied = "Error: etcdserver: permission denied"
    assert zone.store("as", str(reader)) == {
        "read the zone": "ok",
        "write the zone": denied,
        "read everything": denied,
    }
    nobody = zone.store("as", "")
    assert not [what for what, said in nobody.items() if said == "ok"]


def test_a_second_up_changes_nothing(zone: ZoneStack) -> None:
    assert zone.changes() == []
    assert "28 unchanged" in zone.up()


def test_pods_resolve_the_name_by_their_clusters_own_dns(zone: ZoneStack) -> None:
    def missing() -> str | None:
        done = zone.lab.run(
            "kubectl", "fc01", "exec", "asker", "--", "dig", "+short", "+time=1", "+tries=1", NAME
        )
        return None if set(done.stdout.split()) == ADDRESSES else done.stdout + done.stderr

    eventually(missing, within=150, what="the name in a pod")


def test_a_block_that_somebody_has_removed_is_seen_and_put_back(zone: ZoneStack, corefile: str) -> None:
    wired = zone.corefile()
    zone.lab.kubectl("fc01", "replace", "-f", "-", stdin=replaced(zone.lab, corefile))
    zone("refresh", "--yes")
    assert zone.changes() == ["wiring"]
    zone.up()
    assert zone.corefile() == wired


def test_in_the_end_nothing_is_left_and_the_clusters_dns_is_as_it_was(zone: ZoneStack, corefile: str) -> None:
    zone("destroy", "--yes", "--skip-preview")
    assert zone.corefile() == corefile
    assert zone.lab.get("fc01", "persistentvolumes")["items"] == []
    names = [n["metadata"]["name"] for n in zone.lab.get("fc01", "namespaces")["items"]]
    assert "federation-dns" not in names


def replaced(lab: TestLab, corefile: str) -> str:
    """The ConfigMap with that Corefile, as YAML."""
    found = lab.get("fc01", "-n", "kube-system", "configmap", "coredns")
    found["data"]["Corefile"] = corefile
    return str(yaml.safe_dump(found))
