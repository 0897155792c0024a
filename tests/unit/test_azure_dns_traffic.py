"""Traffic Manager in the stand-in: profiles, endpoints, what is monitored and what is answered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.azure_arm_fixtures import code, message
from tests.unit.azure_dns_fixtures import TRAFFIC, Dns, dns_arm, endpoint, profile_body

__all__ = ["dns_arm"]
TWO = [endpoint("west", "10.90.1.1"), endpoint("east", "10.90.2.1")]


def profile(arm: Dns, name: str = "web") -> dict[str, Any]:
    found: dict[str, Any] = arm.get(arm.profile_id(name), version=TRAFFIC).json()
    return found


def statuses(arm: Dns, name: str = "web") -> dict[str, str]:
    return {
        e["name"]: e["properties"]["endpointMonitorStatus"]
        for e in profile(arm, name)["properties"]["endpoints"]
    }


def test_a_profile_has_its_name_its_defaults_and_its_endpoints(dns_arm: Dns) -> None:
    made = dns_arm.profile(endpoints=TWO)
    assert made.status == 201
    found = made.json()["properties"]
    assert found["dnsConfig"] == {"relativeName": "web", "fqdn": "web.trafficmanager.net", "ttl": 10}
    assert found["profileStatus"] == "Enabled"
    assert found["monitorConfig"] == {
        "protocol": "TCP",
        "port": 80,
        "intervalInSeconds": 30,
        "timeoutInSeconds": 10,
        "toleratedNumberOfFailures": 3,
        "profileMonitorStatus": "CheckingEndpoints",
    }
    west = found["endpoints"][0]
    assert west["type"] == "Microsoft.Network/trafficManagerProfiles/externalEndpoints"
    assert west["id"] == f"{dns_arm.profile_id()}/externalEndpoints/west"
    assert west["properties"] == {
        "target": "10.90.1.1",
        "endpointStatus": "Enabled",
        "endpointMonitorStatus": "CheckingEndpoint",
        "weight": 1,
        "priority": 1,
    }
    assert found["endpoints"][1]["properties"]["priority"] == 2


def test_a_name_is_given_once_in_all_of_azure(dns_arm: Dns) -> None:
    dns_arm.profile("web")
    body = profile_body("WEB")
    refused = dns_arm.put(dns_arm.profile_id("other"), body, version=TRAFFIC)
    assert code(refused) == "409 Conflict"
    assert (
        message(refused)
        == "Domain name WEB.trafficmanager.net is not available. Please choose a different DNS prefix."
    )
    assert dns_arm.profile("web").status == 200
    dns_arm.delete(dns_arm.profile_id("web"), version=TRAFFIC)
    assert dns_arm.put(dns_arm.profile_id("other"), body, version=TRAFFIC).status == 201


def test_a_put_replaces_all_endpoints_also_by_none(dns_arm: Dns) -> None:
    dns_arm.profile(endpoints=TWO)
    dns_arm.profile(endpoints=[TWO[1], endpoint("north", "10.90.3.1")])
    assert set(statuses(dns_arm)) == {"east", "north"}
    dns_arm.profile()
    assert statuses(dns_arm) == {}
    assert profile(dns_arm)["properties"]["monitorConfig"]["profileMonitorStatus"] == "Inactive"


def test_a_patch_keeps_endpoints_and_may_not_name_them(dns_arm: Dns) -> None:
    dns_arm.profile(endpoints=TWO)
    refused = dns_arm.patch(dns_arm.profile_id(), {"properties": {"endpoints": []}}, version=TRAFFIC)
    assert message(refused).startswith(
        "The 'endpoints' property cannot be specified when updating a profile using PATCH."
    )
    patched = dns_arm.patch(
        dns_arm.profile_id(),
        {"tags": {"a": "b"}, "properties": {"dnsConfig": {"ttl": 5}, "monitorConfig": {"port": 8080}}},
        version=TRAFFIC,
    )
    assert patched.status == 200
    found = profile(dns_arm)
    assert (found["tags"], found["properties"]["dnsConfig"]["ttl"]) == ({"a": "b"}, 5)
    assert found["properties"]["monitorConfig"]["port"] == 8080
    assert len(found["properties"]["endpoints"]) == 2
    dns_arm.profile()
    assert statuses(dns_arm) == {}, "a PUT after a PATCH is a PUT"


def test_endpoints_are_also_resources_of_their_own(dns_arm: Dns) -> None:
    dns_arm.profile()
    path = f"{dns_arm.profile_id()}/ExternalEndpoints/west"
    body = {"properties": {"target": "10.90.1.1", "weight": 5}}
    made = dns_arm.put(path, body, version=TRAFFIC)
    assert made.status == 201
    assert made.json()["properties"]["endpointMonitorStatus"] == "CheckingEndpoint"
    other = {"properties": {"target": "10.90.2.1"}}
    assert (
        dns_arm.put(path.replace("west", "east"), other, version=TRAFFIC).json()["properties"]["priority"]
        == 2
    )
    assert list(statuses(dns_arm)) == ["west", "east"]
    patched = dns_arm.patch(path, {"properties": {"endpointStatus": "Disabled"}}, version=TRAFFIC)
    assert patched.json()["properties"]["weight"] == 5
    assert statuses(dns_arm)["west"] == "Disabled"
    assert dns_arm.delete(path, version=TRAFFIC).status == 200
    assert list(statuses(dns_arm)) == ["east"]


@pytest.mark.parametrize(
    ("endpoints", "said"),
    [
        ([endpoint("a", "10.0.0.1"), endpoint("b", "10.0.0.1")], "duplicates in the list of targets"),
        ([endpoint("a", "10.0.0.1"), endpoint("A", "10.0.0.2")], "duplicates in the list of endpoints"),
        (
            [endpoint("a", "10.0.0.1", priority=1), endpoint("b", "10.0.0.2", priority=1)],
            "list of priorities",
        ),
        ([endpoint("a", "10.0.0.1", priority=1), endpoint("b", "10.0.0.2")], "on all endpoints, or on none"),
        ([endpoint("a", "10.0.0.1", weight=1001)], "from 1 to 1000"),
        ([endpoint("a", "10.0.0.1", priority=0)], "from 1 to 1000"),
        ([endpoint("a", "no name")], "target 'no name'"),
        ([endpoint("", "10.0.0.1")], "Endpoint name '' is invalid"),
        (
            [
                {
                    **endpoint("a", "10.0.0.1"),
                    "type": "Microsoft.Network/trafficManagerProfiles/azureEndpoints",
                }
            ],
            "azureEnd",
        ),
    ],
)
def test_endpoints_that_are_refused(dns_arm: Dns, endpoints: list[dict[str, Any]], said: str) -> None:
    refused = dns_arm.profile(endpoints=endpoints)
    assert code(refused) == "400 BadRequest"
    assert said in message(refused)
    assert dns_arm.get(dns_arm.profile_id(), version=TRAFFIC).status == 404


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"trafficRoutingMethod": "Geographic"}, "routing method 'Geographic'"),
        ({"trafficRoutingMethod": "MultiValue"}, "'maxReturn' is required"),
        ({"trafficRoutingMethod": "MultiValue", "maxReturn": 9}, "from 1 to 8"),
        (
            {"trafficRoutingMethod": "MultiValue", "maxReturn": 2, "endpoints": [endpoint("a", "x.org")]},
            "an IP address",
        ),
        (
            {"trafficRoutingMethod": "Performance", "endpoints": [endpoint("a", "10.0.0.1")]},
            "endpointLocation",
        ),
        ({"maxReturn": 2}, "only there"),
        ({"dnsConfig": {"ttl": 10}}, "relative DNS name"),
        ({"dnsConfig": {"relativeName": "a_b"}}, "relative DNS name"),
        ({"dnsConfig": {"relativeName": "web", "ttl": -1}}, "TTL -1"),
        ({"monitorConfig": {"protocol": "TCP", "port": 0}}, "port '0'"),
        ({"monitorConfig": {"protocol": "TCP", "port": 80, "path": "/"}}, "path can't"),
        ({"monitorConfig": {"protocol": "HTTP", "port": 80}}, "path 'None'"),
        ({"monitorConfig": {"protocol": "TCP", "port": 80, "intervalInSeconds": 20}}, "interval 20"),
        ({"monitorConfig": {"protocol": "TCP", "port": 80, "timeoutInSeconds": 11}}, "5 to 10"),
        (
            {
                "monitorConfig": {
                    "protocol": "TCP",
                    "port": 80,
                    "intervalInSeconds": 10,
                    "timeoutInSeconds": 10,
                }
            },
            "5 to 9",
        ),
        ({"monitorConfig": {"protocol": "TCP", "port": 80, "toleratedNumberOfFailures": 10}}, "from 0 to 9"),
    ],
)
def test_profiles_that_are_refused(dns_arm: Dns, properties: dict[str, Any], said: str) -> None:
    refused = dns_arm.profile(**properties)
    assert code(refused) == "400 BadRequest"
    assert said in message(refused)


def test_the_name_of_a_profile_stays(dns_arm: Dns) -> None:
    dns_arm.profile()
    refused = dns_arm.put(dns_arm.profile_id(), profile_body("other"), version=TRAFFIC)
    assert "can't be changed" in message(refused)


def test_a_fast_interval_has_another_timeout(dns_arm: Dns) -> None:
    found = dns_arm.profile(monitorConfig={"protocol": "TCP", "port": 80, "intervalInSeconds": 10}).json()
    assert found["properties"]["monitorConfig"]["timeoutInSeconds"] == 9
