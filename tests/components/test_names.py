"""The names of a federation in its graph: what waits for what, on the way up and on the way down."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from components.names import require_room
from federation.dns.limits import LimitError
from federation.names import Service
from federation.topology import load
from tests.components.plane_fixtures import Build, Built, build_fixture, open_texts  # noqa: F401
from tests.components.test_stack import KEYS_IN_BASE64
from tests.unit.test_etcd_files import pair

NGINX = {"workloads": [{"path": "apps/nginx"}]}
COREDNS = {"dns": [{"provider": "coredns"}]}
CONTROLLER = "fed-coredns-controller-deployment-dns-controller"
ZONE = "fed-coredns-ready"
RECORDS = "default/nginx"


def clusters(**first: Any) -> dict[str, Any]:
    return {
        "clusters": [
            {"name": "fc01", "kubeconfig": "fc01.yaml", "region": "us", "zone": "east", **first},
            {"name": "fc02", "kubeconfig": "fc02.yaml", "region": "us", "zone": "west"},
        ]
    }


def of_type(built: Built, type_: str) -> set[str]:
    return {name for name, one in built.resources.items() if one.type.rpartition(":")[2] == type_}


def test_without_a_backend_nobody_has_a_name(build: Build) -> None:
    built = build(topology=NGINX)
    assert not of_type(built, "DnsRecords") | of_type(built, "ClusterDns") | of_type(built, "CoreDnsStack")
    assert (built.outputs["names"], built.outputs["nameservers"]) == ({}, [])


def test_each_federated_load_balancer_has_records_and_is_told_of(build: Build) -> None:
    built = build(topology={**NGINX, **COREDNS})
    assert of_type(built, "DnsRecords") == {RECORDS}
    inputs = built.resources[RECORDS].inputs
    assert (inputs["namespace"], inputs["service"], inputs["ttl"]) == ("default", "nginx", 30)
    assert inputs["members"] == [
        {"name": "fc01", "region": "us", "zones": ["east"]},
        {"name": "fc02", "region": "us", "zones": ["west"]},
    ]
    assert built.outputs["names"] == {RECORDS: ["nginx.default.fed.svc.example.com"]}
    assert built.outputs["nameservers"] == ["10.99.1.10:30053"]
    assert built.outputs["next"][-1] == "dig @10.99.1.10 -p 30053 nginx.default.fed.svc.example.com +short"


def test_a_service_that_opts_out_has_none(build: Build, tmp_path: Path) -> None:
    text = Path("apps/nginx/service.yaml").read_text()
    (tmp_path / "service.yaml").write_text(
        text.replace("  labels:\n", "  labels:\n    k8s-federation/dns: disabled\n")
    )
    built = build(topology={"workloads": [{"path": str(tmp_path)}], **COREDNS})
    assert not of_type(built, "DnsRecords")


def test_records_wait_for_the_zone_the_members_their_addresses_and_the_service(build: Build) -> None:
    built = build(topology={**NGINX, **COREDNS, **clusters(vips={"cidr": "10.250.0.0/24"})})
    needed = built.before(RECORDS)
    assert {ZONE, "fed-members", "service/default/nginx"} <= needed
    assert {name for name in built.resources if name.startswith("fc01-vips-")} <= needed


def test_the_controller_starts_after_the_records_so_that_it_stops_before_they_go(build: Build) -> None:
    built = build(topology={**NGINX, **COREDNS})
    needed = built.before(CONTROLLER)
    assert {RECORDS, ZONE} <= needed
    assert {name for name in built.resources if name.startswith("fed-identity-")} <= needed


def test_every_members_pods_are_led_to_the_zone_once_it_answers(build: Build) -> None:
    built = build(topology=COREDNS)
    wired = of_type(built, "ClusterDns")
    assert wired == {"fc01-fed-coredns", "fc02-fed-coredns"}
    assert all(ZONE in built.before(name) for name in wired)
    assert not of_type(
        build(topology={"dns": [{"provider": "coredns", "wire_members": False}]}), "ClusterDns"
    )


def test_the_zone_does_not_wait_for_the_control_plane(build: Build) -> None:
    built = build(topology={**NGINX, **COREDNS})
    assert not built.before(ZONE) & {"fed-init", "fed-api", "fed-members"}


def test_a_zone_behind_a_virtual_ip_waits_for_who_gives_it(build: Build) -> None:
    zone = {"dns": [{"provider": "coredns", "service_type": "LoadBalancer"}]}
    built = build(topology={**zone, **clusters(vips={"cidr": "10.250.0.0/24"})})
    assert {n for n in built.resources if n.startswith("fc01-vips-")} <= built.before(ZONE)


def test_no_key_or_password_is_in_an_input_that_is_not_secret(build: Build) -> None:
    built = build(topology={**NGINX, **COREDNS})
    password = b64encode(b"a password").decode()
    secrets = {"PRIVATE KEY", "a password", password, "client-key-data", *KEYS_IN_BASE64}
    shown = {
        (name, secret)
        for name, one in built.resources.items()
        for text in open_texts(one.inputs)
        for secret in secrets
        if secret in text
    }
    assert shown == set()


def test_a_zone_that_is_there_is_written_and_nothing_is_made_for_it_but_the_controller(
    build: Build, tmp_path: Path
) -> None:
    for name in ("ca", "client"):
        pair(tmp_path, name)
    tls = {"ca": "ca.crt", "certificate": "client.crt", "key": "client.key"}
    there = {
        "provider": "coredns",
        "endpoints": ["https://10.0.0.1:2379"],
        "tls": {key: str(tmp_path / file) for key, file in tls.items()},
    }
    built = build(topology={**NGINX, "dns": [there]})
    assert not of_type(built, "CoreDnsStack") | of_type(built, "ClusterDns")
    assert "fed-coredns-controller-namespace-federation-dns" in built.before(CONTROLLER)
    asked = build(topology={"dns": [{**there, "nameservers": ["10.0.0.1:53"]}]})
    assert of_type(asked, "ClusterDns") == {"fc01-fed-coredns", "fc02-fed-coredns"}


def test_two_zones_have_two_controllers_and_each_service_is_in_both(build: Build) -> None:
    second = {"provider": "coredns", "cluster": "fc02"}
    built = build(topology={**NGINX, "dns": [{"provider": "coredns"}, second]})
    assert {CONTROLLER, CONTROLLER.replace("coredns", "coredns-2", 1)} <= built.resources.keys()
    assert of_type(built, "DnsRecords") == {RECORDS}


def test_a_preview_of_nothing_knows_the_whole_graph(build: Build) -> None:
    topology = {**NGINX, **COREDNS, **clusters(vips={"cidr": "10.250.0.0/24"})}
    up, preview = build(topology=topology), build(topology=topology, preview=True)
    assert preview.resources.keys() == up.resources.keys()


def test_a_zone_that_cannot_hold_all_names_is_refused_before_anything_is_made() -> None:
    azure = {
        "provider": "azure",
        "resource_group": "rg",
        "location": "westus",
        "issuer": "https://issuer.example",
    }
    topology = load({"name": "fed", "domain": "example.com", "dns": [azure], **clusters()})
    services = [Service("default", f"s{number}") for number in range(2_500)]
    require_room(topology, services[:-1])
    with pytest.raises(LimitError, match="the zone would have 10002 record sets, azure takes 10000"):
        require_room(topology, services)
    require_room(load({"name": "fed", "domain": "example.com", **COREDNS, **clusters()}), services)
