"""Networks, subnets, public addresses and NAT gateways, and who keeps whom from going."""

from __future__ import annotations

from typing import Any

import pytest

from lab.azure.http import Document, Response
from tests.unit.azure_arm_fixtures import CORE, Arm, code, message

VERSION = "2024-05-01"
SPACE = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}
STATIC: Document = {
    "location": "westus",
    "sku": {"name": "Standard"},
    "properties": {"publicIPAllocationMethod": "Static"},
}


class Net:
    """A stand-in with a group, and short ways to network resources in it."""

    def __init__(self, **settings: Any) -> None:
        self.arm = Arm(CORE, version=VERSION, **settings)
        self.group = self.arm.group()
        self.base = f"{self.group}/providers/Microsoft.Network"
        self.vnet = f"{self.base}/virtualNetworks/vnet"

    def address(self, name: str = "ip", **other: Any) -> Response:
        return self.arm.put(f"{self.base}/publicIPAddresses/{name}", {**STATIC, **other})

    def gateway(self, name: str = "nat", **other: Any) -> Response:
        return self.arm.put(f"{self.base}/natGateways/{name}", {"location": "westus", **other})

    def network(self, subnets: list[Document] | None = None, **properties: Any) -> Response:
        more = {} if subnets is None else {"subnets": subnets}
        return self.arm.put(self.vnet, {"location": "westus", "properties": {**SPACE, **more, **properties}})

    def subnet(self, name: str, range_: str, **properties: Any) -> Response:
        return self.arm.put(
            f"{self.vnet}/subnets/{name}", {"properties": {"addressPrefix": range_, **properties}}
        )

    def subnets(self) -> list[str]:
        found = self.arm.get(self.vnet).json()["properties"]["subnets"]
        return [f"{s['name']} {s['properties']['addressPrefix']}" for s in found]


@pytest.fixture
def net() -> Net:
    return Net()


# Networks


def test_a_network_shows_its_subnets_wherever_they_were_made(net: Net) -> None:
    assert net.network([{"name": "a", "properties": {"addressPrefix": "10.1.0.0/24"}}]).status == 201
    assert net.subnet("b", "10.1.1.0/24").status == 201
    assert net.subnets() == ["a 10.1.0.0/24", "b 10.1.1.0/24"]
    shown = net.arm.get(net.vnet).json()["properties"]["subnets"][0]
    assert shown["id"] == f"{net.vnet}/subnets/a"
    assert shown["etag"] == net.arm.get(f"{net.vnet}/subnets/a").json()["etag"]
    assert shown["properties"]["provisioningState"] == "Succeeded"


def test_a_network_put_without_subnets_keeps_them_and_with_a_list_makes_it_so(net: Net) -> None:
    net.network([{"name": n, "properties": {"addressPrefix": f"10.1.{i}.0/24"}} for i, n in enumerate("ab")])
    net.network()
    assert net.subnets() == ["a 10.1.0.0/24", "b 10.1.1.0/24"]
    net.network([{"name": "b", "properties": {"addressPrefix": "10.1.1.0/24"}}])
    assert net.subnets() == ["b 10.1.1.0/24"]
    net.network([])
    assert net.subnets() == []


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"addressSpace": {}}, "400 InvalidRequestFormat"),
        ({"addressSpace": {"addressPrefixes": ["10.1.0.1/16"]}}, "400 InvalidCIDRNotation"),
        ({"addressSpace": {"addressPrefixes": ["ten"]}}, "400 InvalidCIDRNotation"),
        (
            {"addressSpace": {"addressPrefixes": ["10.0.0.0/8", "10.1.0.0/16"]}},
            "400 VnetAddressSpacesOverlap",
        ),
        ({"subnets": [{"properties": {"addressPrefix": "10.1.0.0/24"}}]}, "400 MissingJsonReferenceId"),
        ({"subnets": [{"name": "a"}]}, "400 InvalidRequestFormat"),
        (
            {"subnets": [{"name": "a", "properties": {"addressPrefix": "10.2.0.0/24"}}]},
            "400 NetcfgInvalidSubnet",
        ),
        (
            {"subnets": [{"name": "a", "properties": {"addressPrefix": "10.1.0.0/30"}}]},
            "400 NetcfgInvalidSubnet",
        ),
        (
            {
                "subnets": [
                    {"name": "a", "properties": {"addressPrefix": "10.1.0.0/24"}},
                    {"name": "b", "properties": {"addressPrefix": "10.1.0.128/25"}},
                ]
            },
            "400 NetcfgSubnetRangesOverlap",
        ),
    ],
)
def test_a_wrong_network_is_refused(net: Net, properties: Document, said: str) -> None:
    assert code(net.network(**properties)) == said
    assert net.arm.get(net.vnet).status == 404


def test_a_subnet_must_fit_between_the_others(net: Net) -> None:
    net.network()
    net.subnet("a", "10.1.0.0/24")
    refused = net.subnet("b", "10.1.0.0/25")
    assert code(refused) == "400 NetcfgSubnetRangesOverlap"
    assert "existing subnet in virtual network 'vnet': a." in message(refused)
    assert net.subnet("a", "10.1.2.0/24").status == 200, "it may move while nobody is in it"
    shrunk = net.arm.put(
        net.vnet,
        {"location": "westus", "properties": {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}},
    )
    assert code(shrunk) == "400 NetcfgInvalidSubnet"


def test_what_a_subnet_refers_to_must_be_there(net: Net) -> None:
    net.network()
    missing = {"id": f"{net.base}/natGateways/none"}
    refused = net.subnet("a", "10.1.0.0/24", natGateway=missing)
    assert code(refused) == "400 InvalidResourceReference"
    assert f"Resource {missing['id']} referenced by resource {net.vnet}/subnets/a" in message(refused)
    other_kind = net.subnet("a", "10.1.0.0/24", natGateway={"id": net.vnet})
    assert code(other_kind) == "400 InvalidResourceReference"


# Who keeps whom


def test_gateway_address_and_subnet_go_in_their_order_only(net: Net) -> None:
    address = net.address().json()
    gateway = net.gateway(properties={"publicIpAddresses": [{"id": address["id"]}]}).json()
    net.network()
    subnet = net.subnet("a", "10.1.0.0/24", natGateway={"id": gateway["id"]}).json()
    arm = net.arm
    assert arm.get(address["id"]).json()["properties"]["natGateway"] == {"id": gateway["id"]}
    assert arm.get(gateway["id"]).json()["properties"]["subnets"] == [{"id": subnet["id"]}]
    refused = arm.delete(address["id"])
    assert code(refused) == "400 PublicIPAddressCannotBeDeleted"
    assert f"still allocated to resource {gateway['id']}" in message(refused)
    assert code(arm.delete(gateway["id"])) == "400 CannotDeleteNatGatewayAssociatedToSubnet"
    for id_ in (net.vnet, gateway["id"], address["id"]):
        assert arm.delete(id_).status == 202
        assert arm.get(id_).status == 404
    assert [e.type for e in arm.store.all()] == ["Microsoft.Resources/resourceGroups"]


def test_a_subnet_that_is_in_use_stays(net: Net) -> None:
    net.network()
    subnet = net.subnet("a", "10.1.0.0/24").json()
    user = net.arm.group("user")
    workspace = f"{user}/providers/Microsoft.OperationalInsights/workspaces/logs"
    body = {"location": "westus", "tags": {"in": subnet["id"]}}
    assert net.arm.put(workspace, body, version="2023-09-01").status == 201
    for path, version in ((subnet["id"], VERSION), (net.vnet, VERSION)):
        refused = net.arm.delete(path, version=version)
        assert code(refused) == "400 InUseSubnetCannotBeDeleted"
        assert f"in use by {workspace}" in message(refused)
    assert code(net.network([])) == "400 InUseSubnetCannotBeDeleted"
    assert code(net.subnet("a", "10.1.9.0/24")) == "400 InUseSubnetCannotBeUpdated"
    blocked = net.arm.operation(net.arm.delete(net.group, version="2024-03-01"))
    assert blocked["error"]["code"] == "ResourceGroupDeletionBlocked"
    net.arm.delete(user, version="2024-03-01")
    net.arm.delete(net.group, version="2024-03-01")
    assert net.arm.store.all() == []


def test_a_group_goes_with_a_whole_network_in_it(net: Net) -> None:
    address = net.address().json()
    gateway = net.gateway(properties={"publicIpAddresses": [{"id": address["id"]}]}).json()
    net.network(
        [{"name": "a", "properties": {"addressPrefix": "10.1.0.0/24", "natGateway": {"id": gateway["id"]}}}]
    )
    started = net.arm.delete(net.group, version="2024-03-01")
    assert net.arm.operation(started)["status"] == "Succeeded"
    assert net.arm.store.all() == []


def test_the_network_is_busy_while_a_subnet_is(net: Net) -> None:
    net.network()
    first = net.arm.call(
        "PUT",
        f"{net.vnet}/subnets/a",
        {"properties": {"addressPrefix": "10.1.0.0/24"}},
        headers={"x-standin-fault": '{"operation": "hang"}'},
    )
    assert first.status == 201
    assert code(net.arm.call("DELETE", net.vnet)) == "409 AnotherOperationInProgress"
    net.arm.service.faults.replace(b"[]")
    assert net.arm.service.operations.wait(10)
    assert net.subnets() == ["a 10.1.0.0/24"]


# Addresses


def test_static_addresses_are_given_at_once_and_kept(net: Net) -> None:
    found = [net.address(name).json()["properties"]["ipAddress"] for name in ("a", "b")]
    assert found == ["203.0.113.1", "203.0.113.2"]
    assert net.address("a", tags={"x": "y"}).json()["properties"]["ipAddress"] == "203.0.113.1"
    net.arm.delete(f"{net.base}/publicIPAddresses/a")
    assert net.address("c").json()["properties"]["ipAddress"] == "203.0.113.1"


def test_a_dynamic_address_is_none_yet(net: Net) -> None:
    found = net.arm.put(f"{net.base}/publicIPAddresses/d", {"location": "westus"}).json()
    assert found["sku"] == {"name": "Basic", "tier": "Regional"}
    assert "ipAddress" not in found["properties"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"properties": {"publicIPAllocationMethod": "Dynamic"}}, "StandardSkuPublicIPAddressesMustBeStatic"),
        (
            {"properties": {"publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": 31}},
            "PublicIPAddressIdleTimeoutOutOfRange",
        ),
        ({"zones": ["1"]}, "AvailabilityZoneNotSupported"),
        ({"location": "eastus", "zones": ["4"]}, "AvailabilityZoneNotSupported"),
    ],
)
def test_a_wrong_address_is_refused(net: Net, other: Document, said: str) -> None:
    assert code(net.address(**other)) == f"400 {said}"


def test_zones_are_those_of_the_region(net: Net) -> None:
    assert net.address("east", location="eastus", zones=["1", "2", "3"]).status == 201
    refused = net.address("west", zones=["1", "2"])
    assert "The zone(s) '1,2' for resource" in message(refused)
    assert "The supported zones for location 'westus' are ''" in message(refused)


def test_what_an_address_is_made_of_is_for_life(net: Net) -> None:
    net.address("east", location="eastus", zones=["1"])
    refused = net.address("east", location="eastus", zones=["2"])
    assert code(refused) == "400 ResourceCannotUpdateAfterCreate"
    basic = {"name": "Basic"}
    assert code(net.address("east", location="eastus", zones=["1"], sku=basic)) == (
        "400 ResourceCannotUpdateAfterCreate"
    )


def test_a_label_is_taken_once_in_a_region(net: Net) -> None:
    labelled = {"publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": "shop"}}
    made = net.address("a", properties=labelled).json()
    assert made["properties"]["dnsSettings"]["fqdn"] == "shop.westus.cloudapp.azure.com"
    assert code(net.address("b", properties=labelled)) == "409 DnsRecordInUse"
    assert net.address("b", location="eastus", properties=labelled).status == 201


def test_the_quota_of_addresses_holds_in_each_region() -> None:
    net = Net(quotas={"public-ips": 2})
    assert [net.address(n).status for n in ("a", "b")] == [201, 201]
    refused = net.address("c")
    assert code(refused) == "400 PublicIPCountLimitReached"
    assert "more than 2 public IP addresses" in message(refused)
    assert net.address("a").status == 200
    assert net.address("c", location="eastus").status == 201


@pytest.mark.parametrize(
    ("address", "gateway", "said"),
    [
        ({"sku": {"name": "Basic"}}, {}, "NatGatewayWithNonStandardPublicIpNotAllowed"),
        ({"location": "eastus"}, {}, "ResourceInWrongRegion"),
        ({}, {"properties": {"idleTimeoutInMinutes": 121}}, "NatGatewayIdleTimeoutOutOfRange"),
        ({}, {"zones": ["1"]}, "AvailabilityZoneNotSupported"),
        (
            {"location": "eastus"},
            {"location": "eastus", "zones": ["1", "2"]},
            "NatGatewayWithMultipleZonesNotAllowed",
        ),
    ],
)
def test_a_wrong_gateway_is_refused(net: Net, address: Document, gateway: Document, said: str) -> None:
    made = net.address(**address).json()
    properties = {"publicIpAddresses": [{"id": made["id"]}], **gateway.pop("properties", {})}
    assert code(net.gateway(properties=properties, **gateway)) == f"400 {said}"


def test_an_address_is_one_gateways(net: Net) -> None:
    properties = {"publicIpAddresses": [{"id": net.address().json()["id"]}]}
    assert net.gateway("a", properties=properties).status == 201
    assert net.gateway("a", properties=properties).status == 200
    assert code(net.gateway("b", properties=properties)) == "400 PublicIPAddressInUse"
