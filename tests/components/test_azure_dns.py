"""The graph of a zone in Azure DNS and of Traffic Manager."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.azure.dns_zone import AzureDnsZone, AzureDnsZoneArgs
from components.azure.traffic_manager import TrafficManager, TrafficManagerArgs, endpoints, profile_name
from federation.names import Service
from federation.topology.dns import AzureDns
from tests.components.azure_fixtures import SUBSCRIPTION, TENANT, Azure, run
from tests.components.plane_fixtures import unwrapped

NETWORK = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v"
ZONE_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/fed-dns-rg/providers/Microsoft.dns/Zone/names-zone"
ELSEWHERE = "22222222-2222-3333-4444-555555555555"


def build(*, preview: bool = False, **keys: Any) -> Azure:
    spec = AzureDns.model_validate({"provider": "azure", "resource_group": "fed-dns-rg", **keys})

    def program() -> dict[str, Any]:
        args = AzureDnsZoneArgs(
            spec=spec,
            domain="syncweek.com",
            federation="fed",
            location="westus",
            issuer="https://issuer.example/",
            namespace="federation-dns-azure",
            service_account="dns-controller",
            networks={"west": NETWORK + "-west"},
        )
        zone = AzureDnsZone("names", args)
        return {
            "id": zone.zone_id,
            "name": zone.zone_name,
            "servers": zone.name_servers,
            "subscription": zone.subscription,
            "client": zone.client_id,
            "tenant": zone.tenant_id,
            "group": zone.resource_group,
            "own": zone.own_group,
        }

    return run(program, preview=preview)


def inputs(azure: Azure, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = unwrapped(azure.only(kind).inputs)
    return found


def test_the_zone_is_made_in_its_group_and_the_rest_of_the_stack_learns_of_it() -> None:
    azure = build()
    assert inputs(azure, "resources:ResourceGroup")["resourceGroupName"] == "fed-dns-rg"
    assert inputs(azure, "dns:Zone")["zoneName"] == "syncweek.com"
    assert azure.outputs == {
        "id": ZONE_ID,
        "name": "syncweek.com",
        "servers": ["ns1-01.azure-dns.com", "ns2-01.azure-dns.net"],
        "subscription": SUBSCRIPTION,
        "client": "client of names-writer",
        "tenant": TENANT,
        "group": "fed-dns-rg",
        "own": "fed-dns-rg",
    }


def test_the_zone_cannot_be_deleted_by_accident() -> None:
    azure = build()
    lock = azure.only("authorization:ManagementLockByScope")
    assert (lock.inputs["scope"], lock.inputs["level"]) == (f"{ZONE_ID}/SOA/@", "CanNotDelete")
    assert not lock.protect, "it shall go in the same run that is told of protect: false"
    assert azure.only("dns:Zone").protect
    unguarded = build(protect=False)
    assert unguarded.of("authorization:ManagementLockByScope") == {}
    assert not unguarded.only("dns:Zone").protect


def test_one_service_account_may_write_this_zone_and_nothing_else() -> None:
    azure = build()
    credential = inputs(azure, "managedidentity:FederatedIdentityCredential")
    assert credential["subject"] == "system:serviceaccount:federation-dns-azure:dns-controller"
    assert credential["issuer"] == "https://issuer.example/"
    assert credential["audiences"] == ["api://AzureADTokenExchange"]
    role = inputs(azure, "authorization:RoleAssignment")
    assert role["roleDefinitionId"].endswith("/befefa01-2a29-4197-83a8-272ff33ce314")
    assert (role["scope"], role["principalId"]) == (ZONE_ID, "principal of names-writer")


def test_the_zone_above_says_who_answers_for_ours() -> None:
    azure = build(zone="west.syncweek.com", parent={"zone": "syncweek.com", "resource_group": "dns"})
    record = inputs(azure, "dns:RecordSet")
    assert (record["recordType"], record["relativeRecordSetName"]) == ("NS", "west")
    assert (record["zoneName"], record["resourceGroupName"]) == ("syncweek.com", "dns")
    assert record["nsRecords"] == [{"nsdname": "ns1-01.azure-dns.com."}, {"nsdname": "ns2-01.azure-dns.net."}]


def test_a_private_zone_answers_in_the_networks_of_the_stack_and_in_others_that_are_named() -> None:
    azure = build(private=True, links=[NETWORK])
    links = azure.of("privatedns:VirtualNetworkLink")
    found = {name: asked.inputs["virtualNetwork"]["id"] for name, asked in links.items()}
    assert found == {"names-west": NETWORK + "-west", "names-link-1": NETWORK}
    assert not any(asked.inputs["registrationEnabled"] for asked in links.values())
    assert inputs(azure, "authorization:RoleAssignment")["roleDefinitionId"].endswith(
        "/b12aa53e-6015-4669-85d0-8515ebb3ae7f"
    )
    assert azure.only("authorization:ManagementLockByScope").inputs["scope"].endswith("/names-zone/SOA/@")
    assert azure.outputs["servers"] == []
    assert azure.of("dns:Zone") == {}


def test_a_zone_that_is_there_is_neither_made_nor_locked_and_its_group_is_left_alone() -> None:
    azure = build(create=False)
    assert azure.of("authorization:ManagementLockByScope") == {}
    assert inputs(azure, "resources:ResourceGroup")["resourceGroupName"] == "names"
    assert azure.of("dns:Zone") == {}
    assert azure.read == {
        "names-zone": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/fed-dns-rg/providers/"
        "Microsoft.Network/dnsZones/syncweek.com"
    }
    assert (azure.outputs["group"], azure.outputs["own"]) == ("fed-dns-rg", "names")


def test_a_zone_in_another_subscription_has_a_provider_of_its_own() -> None:
    azure = build(subscription=ELSEWHERE)
    assert azure.resources["names-subscription"].inputs["subscriptionId"] == ELSEWHERE
    assert azure.outputs["subscription"] == ELSEWHERE
    ours = [asked for asked in azure.resources.values() if asked.type.startswith("azure-native:")]
    assert {asked.provider for asked in ours} == {"names-subscription"}


def test_a_preview_from_nothing_registers_what_an_update_does() -> None:
    planned = build(preview=True)
    assert planned.resources.keys() == build().resources.keys()
    assert "id" not in planned.outputs


def traffic(placements: dict[str, list[str]], *, preview: bool = False) -> Azure:
    def program() -> dict[str, Any]:
        known = pulumi.Output.from_input(placements)
        args = TrafficManagerArgs(
            service=Service("default", "calculatorlb"),
            federation="fed",
            domain="syncweek.com",
            zone_name="syncweek.com",
            resource_group="fed-dns-rg",
            own_group="fed-dns-rg",
            ttl=30,
            port=80,
            placements=known,
            metadata={"owner": "fed"},
        )
        return {"name": TrafficManager("calculatorlb", args).name}

    return run(program, preview=preview)


def test_a_profile_asks_each_members_addresses_and_the_global_name_is_an_alias_of_it() -> None:
    azure = traffic({"west": ["203.0.113.5"], "east": ["203.0.113.9", "203.0.113.7", "2001:db8::1"]})
    profile, record = inputs(azure, "trafficmanager:Profile"), inputs(azure, "dns:RecordSet")
    assert [(e["name"], e["target"]) for e in profile["endpoints"]] == [
        ("east", "203.0.113.7"),
        ("east-2", "203.0.113.9"),
        ("west", "203.0.113.5"),
    ]
    assert profile["monitorConfig"]["protocol"] == "TCP"
    assert profile["monitorConfig"]["port"] == 80
    assert (profile["trafficRoutingMethod"], profile["maxReturn"]) == ("MultiValue", 8)
    assert profile["dnsConfig"]["ttl"] == record["ttl"] == 30
    assert record["relativeRecordSetName"] == "calculatorlb.default.fed.svc"
    assert record["targetResource"]["id"].endswith("/calculatorlb-profile")
    assert record["metadata"] == {"owner": "fed"}
    assert "aRecords" not in record


def test_a_service_without_addresses_has_a_profile_without_endpoints() -> None:
    assert inputs(traffic({"west": []}), "trafficmanager:Profile")["endpoints"] == []


@given(
    st.dictionaries(
        st.sampled_from(["west", "east", "north"]),
        st.lists(st.ip_addresses(v=4).map(str), max_size=4),
        max_size=3,
    ),
    st.randoms(),
)
def test_equal_addresses_are_equal_endpoints_and_no_target_is_there_twice(
    placements: dict[str, list[str]], random: Any
) -> None:
    members = list(placements)
    random.shuffle(members)
    found = endpoints(placements)
    assert found == endpoints({member: placements[member][::-1] for member in members})
    for key in ("name", "target", "priority"):
        assert len({endpoint[key] for endpoint in found}) == len(found)
    assert {endpoint["target"] for endpoint in found} == {a for many in placements.values() for a in many}


@pytest.mark.parametrize("service", [Service("default", "web"), Service("n" * 63, "s" * 63)])
def test_the_name_of_a_profile_is_a_label_and_another_one_for_each_service(service: Service) -> None:
    one = profile_name("a.example", service)
    assert len(one) <= 63
    assert one != profile_name("b.example", service)
