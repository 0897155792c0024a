"""CoreDNS and its etcd in a real cluster: who gets an answer, who may write, and what is left in the end.

Samples of it are in test_service_names.py, whose federation has such a zone too.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lab.federation.zone_fixtures import NAME, ZoneStack, corefile_of
from tests.lab.labs import TestLab, eventually

pytestmark = [pytest.mark.lab, pytest.mark.long]
CLUSTER = "fc03"
ADDRESSES = {"10.250.0.2", "10.250.1.2"}


@pytest.fixture(scope="module")
def corefile(three: TestLab) -> str:
    """As the cluster's own DNS had it before."""
    return corefile_of(three, CLUSTER)


@pytest.fixture(scope="module")
def zone(three: TestLab, corefile: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneStack]:
    assert "fc-federated.com" not in corefile
    stack = ZoneStack(three, tmp_path_factory.mktemp("zone") / "stack", CLUSTER)
    try:
        stack.up()
        assert stack.store("put", NAME, *sorted(ADDRESSES)) is True
        yield stack
    finally:
        stack("destroy", "--yes", "--skip-preview")
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
    secret = zone.lab.get(CLUSTER, "-n", "federation-dns", "secret", "coredns")["data"]
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


def test_a_block_that_somebody_has_removed_is_seen_and_put_back(zone: ZoneStack, corefile: str) -> None:
    wired = zone.corefile()
    zone.lab.kubectl(CLUSTER, "replace", "-f", "-", stdin=replaced(zone.lab, corefile))
    zone("refresh", "--yes")
    assert zone.changes() == ["wiring"]
    zone.up()
    assert zone.corefile() == wired


def test_in_the_end_nothing_is_left_and_the_clusters_dns_is_as_it_was(zone: ZoneStack, corefile: str) -> None:
    zone("destroy", "--yes", "--skip-preview")
    assert zone.corefile() == corefile
    assert zone.lab.get(CLUSTER, "persistentvolumes")["items"] == []
    names = [n["metadata"]["name"] for n in zone.lab.get(CLUSTER, "namespaces")["items"]]
    assert "federation-dns" not in names


def replaced(lab: TestLab, corefile: str) -> str:
    """The ConfigMap with that Corefile, as YAML."""
    found = lab.get(CLUSTER, "-n", "kube-system", "configmap", "coredns")
    found["data"]["Corefile"] = corefile
    return str(yaml.safe_dump(found))
