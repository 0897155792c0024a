"""The official SDK's clients read what the stand-in's DNS says, and send what it takes."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.dns import DnsManagementClient
from azure.mgmt.dns import models as public
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.privatedns import models as private
from azure.mgmt.trafficmanager import TrafficManagerManagementClient
from azure.mgmt.trafficmanager import models as traffic

from tests.unit.azure_dns_fixtures import Dns, dns_arm
from tests.unit.azure_sdk_fixtures import client

__all__ = ["dns_arm"]
ZONE = "example.com"


@pytest.fixture
def sdk(dns_arm: Dns) -> Any:
    with client(DnsManagementClient, dns_arm.service) as found:
        found.zones.create_or_update("rg", ZONE, public.Zone(location="global", tags={"a": "b"}))
        yield found


def code(error: HttpResponseError) -> str | None:
    return error.error.code if error.error else None


def a(*addresses: str, **more: Any) -> public.RecordSet:
    return public.RecordSet(ttl=30, a_records=[public.ARecord(ipv4_address=x) for x in addresses], **more)


def test_a_zone_is_read_with_all_its_fields(sdk: Any) -> None:
    zone = sdk.zones.get("rg", ZONE)
    assert (zone.name, zone.location, zone.tags, zone.zone_type) == (ZONE, "global", {"a": "b"}, "Public")
    assert zone.max_number_of_record_sets == 10_000
    assert zone.number_of_record_sets == 2
    assert len(zone.name_servers) == 4
    assert zone.etag
    assert [z.name for z in sdk.zones.list()] == [ZONE]
    assert [z.name for z in sdk.zones.list_by_resource_group("rg")] == [ZONE]
    assert sdk.zones.update("rg", ZONE, public.ZoneUpdate(tags={"c": "d"})).tags == {"c": "d"}


def test_sets_are_written_under_preconditions_and_read_back(sdk: Any) -> None:
    sets = sdk.record_sets
    made = sets.create_or_update(
        "rg", ZONE, "www", "A", a("10.0.0.1", metadata={"owner": "us"}), if_none_match="*"
    )
    assert (made.ttl, made.fqdn, made.metadata) == (30, "www.example.com.", {"owner": "us"})
    assert made.provisioning_state == "Succeeded"
    with pytest.raises(HttpResponseError) as refused:
        sets.create_or_update("rg", ZONE, "www", "A", a("10.0.0.2"), if_none_match="*")
    assert refused.value.status_code == 412
    assert code(refused.value) == "PreconditionFailed"
    changed = sets.create_or_update("rg", ZONE, "www", "A", a("10.0.0.2"), if_match=made.etag)
    assert changed.etag != made.etag
    with pytest.raises(HttpResponseError) as stale:
        sets.delete("rg", ZONE, "www", "A", if_match=made.etag)
    assert stale.value.status_code == 412
    found = sets.get("rg", ZONE, "www", "A")
    assert [r.ipv4_address for r in found.a_records] == ["10.0.0.2"]
    assert found.etag == changed.etag
    sets.delete("rg", ZONE, "www", "A", if_match=changed.etag)
    sets.delete("rg", ZONE, "www", "A")
    with pytest.raises(ResourceNotFoundError):
        sets.get("rg", ZONE, "www", "A")


def test_each_type_of_the_sdk_comes_back_as_it_was_sent(sdk: Any) -> None:
    m = public
    sent = {
        "A": m.RecordSet(ttl=5, a_records=[m.ARecord(ipv4_address="10.0.0.1")]),
        "AAAA": m.RecordSet(ttl=5, aaaa_records=[m.AaaaRecord(ipv6_address="fd00::1")]),
        "CAA": m.RecordSet(ttl=5, caa_records=[m.CaaRecord(flags=0, tag="issue", value="ca.org")]),
        "MX": m.RecordSet(ttl=5, mx_records=[m.MxRecord(preference=1, exchange="mx.org")]),
        "NS": m.RecordSet(ttl=5, ns_records=[m.NsRecord(nsdname="ns.org")]),
        "PTR": m.RecordSet(ttl=5, ptr_records=[m.PtrRecord(ptrdname="x.org")]),
        "SRV": m.RecordSet(ttl=5, srv_records=[m.SrvRecord(priority=1, weight=2, port=3, target="x.org")]),
        "TXT": m.RecordSet(ttl=5, txt_records=[m.TxtRecord(value=["a", "b"])]),
    }
    computed = ("id", "name", "type", "etag", "fqdn", "provisioning_state", "target_resource")
    for kind, body in sent.items():
        sdk.record_sets.create_or_update("rg", ZONE, "x", kind, body)
        back = sdk.record_sets.get("rg", ZONE, "x", kind)
        assert all(getattr(back, field) is not None for field in computed)
        for field in computed:
            setattr(back, field, None)
        assert back == body, kind
    cname = m.RecordSet(ttl=5, cname_record=m.CnameRecord(cname="x.org"))
    assert sdk.record_sets.create_or_update("rg", ZONE, "c", "CNAME", cname).cname_record.cname == "x.org"
    with pytest.raises(ResourceExistsError):
        sdk.record_sets.create_or_update("rg", ZONE, "x", "CNAME", cname)


def test_lists_go_through_all_pages(sdk: Any) -> None:
    names = [f"n{i}" for i in range(7)]
    for name in names:
        sdk.record_sets.create_or_update("rg", ZONE, name, "A", a("10.0.0.1"))
    by_type = [s.name for s in sdk.record_sets.list_by_type("rg", ZONE, "A", top=2)]
    assert by_type == names
    for listing in (sdk.record_sets.list_by_dns_zone, sdk.record_sets.list_all_by_dns_zone):
        assert sorted(s.name for s in listing("rg", ZONE, top=3)) == ["@", "@", *names]
    some = sdk.record_sets.list_by_dns_zone("rg", ZONE, recordsetnamesuffix="n3")
    assert [s.name for s in some] == ["n3"]


def test_a_patch_and_a_patch_of_soa(sdk: Any) -> None:
    sdk.record_sets.create_or_update("rg", ZONE, "www", "A", a("10.0.0.1"))
    assert sdk.record_sets.update("rg", ZONE, "www", "A", public.RecordSet(ttl=60)).ttl == 60
    soa = sdk.record_sets.get("rg", ZONE, "@", "SOA")
    soa.soa_record.minimum_ttl = 30
    changed = sdk.record_sets.update("rg", ZONE, "@", "SOA", soa)
    assert (changed.soa_record.minimum_ttl, changed.soa_record.refresh_time) == (30, 3600)


def test_deleting_a_zone_is_waited_for(sdk: Any) -> None:
    sdk.zones.begin_delete("rg", ZONE, polling_interval=0).result()
    with pytest.raises(ResourceNotFoundError):
        sdk.zones.get("rg", ZONE)


def test_a_locked_soa_set_stops_the_deletion(sdk: Any, dns_arm: Dns) -> None:
    zone = sdk.zones.get("rg", ZONE).id
    dns_arm.lock(f"{zone}/SOA/@")
    with pytest.raises(ResourceExistsError) as refused:
        sdk.zones.begin_delete("rg", ZONE)
    assert code(refused.value) == "ScopeLocked"


def test_a_private_zone_with_a_link_and_a_set(dns_arm: Dns) -> None:
    network = dns_arm.foreign("Microsoft.Network/virtualNetworks", "net")
    with client(PrivateDnsManagementClient, dns_arm.service) as sdk:
        zone = sdk.private_zones.begin_create_or_update(
            "rg", "corp.internal", private.PrivateZone(location="global"), polling_interval=0
        ).result()
        assert zone.properties.provisioning_state == "Succeeded"
        link = private.VirtualNetworkLink(
            location="global",
            properties=private.VirtualNetworkLinkProperties(
                virtual_network=private.SubResource(id=network), registration_enabled=False
            ),
        )
        made = sdk.virtual_network_links.begin_create_or_update(
            "rg", "corp.internal", "net", link, polling_interval=0
        ).result()
        assert made.properties.virtual_network_link_state == "Completed"
        body = private.RecordSet(
            properties=private.RecordSetProperties(
                ttl=30, a_records=[private.ARecord(ipv4_address="10.0.0.1")]
            )
        )
        found = sdk.record_sets.create_or_update("rg", "corp.internal", "A", "www", body)
        assert found.properties.fqdn == "www.corp.internal."
        assert [s.name for s in sdk.record_sets.list_by_type("rg", "corp.internal", "A")] == ["www"]
        assert len(list(sdk.record_sets.list("rg", "corp.internal"))) == 2
        sdk.record_sets.delete("rg", "corp.internal", "A", "www")
        sdk.virtual_network_links.begin_delete("rg", "corp.internal", "net", polling_interval=0).result()
        sdk.private_zones.begin_delete("rg", "corp.internal", polling_interval=0).result()
        assert list(sdk.private_zones.list()) == []


def test_a_profile_and_an_endpoint_of_its_own(dns_arm: Dns) -> None:
    with client(TrafficManagerManagementClient, dns_arm.service) as sdk:
        body = traffic.Profile(
            location="global",
            properties=traffic.ProfileProperties(
                traffic_routing_method="MultiValue",
                max_return=8,
                dns_config=traffic.DnsConfig(relative_name="web", ttl=10),
                monitor_config=traffic.MonitorConfig(protocol="HTTP", port=80, path="/"),
                endpoints=[
                    traffic.Endpoint(
                        name="west",
                        type="Microsoft.Network/trafficManagerProfiles/externalEndpoints",
                        properties=traffic.EndpointProperties(target="10.90.1.1"),
                    )
                ],
            ),
        )
        made = sdk.profiles.create_or_update("rg", "web", body)
        assert made.properties.dns_config.fqdn == "web.trafficmanager.net"
        assert made.properties.endpoints[0].properties.endpoint_monitor_status == "CheckingEndpoint"
        east = traffic.Endpoint(properties=traffic.EndpointProperties(target="10.90.2.1"))
        sdk.endpoints.create_or_update("rg", "web", "ExternalEndpoints", "east", east)
        assert [e.name for e in sdk.profiles.get("rg", "web").properties.endpoints] == ["west", "east"]
        assert sdk.endpoints.get("rg", "web", "ExternalEndpoints", "east").properties.priority == 2
        # a profile that was read can be sent again as it is
        again = sdk.profiles.create_or_update("rg", "web", sdk.profiles.get("rg", "web"))
        assert len(again.properties.endpoints) == 2
        sdk.endpoints.delete("rg", "web", "ExternalEndpoints", "east")
        sdk.profiles.delete("rg", "web")
        assert list(sdk.profiles.list_by_subscription()) == []
