"""Resources over gRPC: made, read, changed, adopted, deleted; every type that needs no cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as rpc

from lab.azure.plugin.servicer import Provider
from lab.azure.plugin.types import TYPES
from lab.azure.plugin.values import SECRET, SIGNATURE
from tests.wire.azure_plugin_fixtures import UNKNOWN, FailedError, Made, Plugin, operator, plugged, speaking

GROUP_VERSION = "2024-03-01"
DNS_CONTRIBUTOR = "befefa01-2a29-4197-83a8-272ff33ce314"


@pytest.fixture(scope="module", name="plugin")
def plugin_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    with plugged(tmp_path_factory.mktemp("azure"), retry_after=0) as plugin:
        yield plugin


@pytest.fixture(name="group")
def group_fixture(plugin: Plugin) -> Iterator[str]:
    """A group that is gone after the test, with all that is in it."""
    made = plugin.create(
        "resources:ResourceGroup", "group", {"resourceGroupName": "group", "location": "westus"}
    )
    yield "group"
    plugin.delete(made)
    assert plugin.ids() == set()


def network(plugin: Plugin, group: str, **more: Any) -> Made:
    return plugin.create(
        "network:VirtualNetwork",
        "net",
        {
            "resourceGroupName": group,
            "virtualNetworkName": "net",
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            **more,
        },
    )


def subnet(plugin: Plugin, group: str) -> Made:
    return plugin.create(
        "network:Subnet",
        "nodes",
        {"resourceGroupName": group, "virtualNetworkName": "net", "addressPrefix": "10.0.0.0/24"},
    )


def zone(plugin: Plugin, group: str, **more: Any) -> Made:
    inputs = {"resourceGroupName": group, "zoneName": "example.test", "location": "global", **more}
    return plugin.create("dns:Zone", "zone", inputs)


def test_it_says_who_it_is_and_checks_nothing_that_it_does_not_know(plugin: Plugin) -> None:
    from google.protobuf.empty_pb2 import Empty  # noqa: PLC0415

    assert plugin.call("GetPluginInfo", Empty()).version == "3.29.0"
    with pytest.raises(
        FailedError, match=r"resource type azure-native:web:WebApp: the stand-in .* does not know it"
    ):
        plugin.check("web:WebApp", "app", {})


def test_every_type_is_there_in_the_stand_in_but_for_clusters(plugin: Plugin, group: str) -> None:
    """Each PUT that the plugin knows is answered as a known type with a known api-version."""
    known = {kind.type.lower() for kind in plugin.azure.service.context.parts["catalog"].all()}
    for type_ in TYPES:
        path = re.sub(r"\{recordType\}", "A", type_.path.rpartition("/providers/")[2])
        path = re.sub(r"\{endpointType\}", "ExternalEndpoints", path)
        words = path.split("/")
        arm = "/".join((words[0], *words[1::2])).lower()
        if "managedclusters" not in arm and "resourcegroups" not in arm:
            assert arm in known, type_.name


def test_a_networks_subnets_survive_its_updates_and_are_none_of_its_inputs(
    plugin: Plugin, group: str
) -> None:
    net = network(plugin, group, tags={"team": "a"})
    nodes = subnet(plugin, group)
    assert nodes.id == f"{net.id}/subnets/nodes"
    plugin.update(net, tags={"team": "b"})
    assert [s["name"] for s in net.outputs["subnets"]] == ["nodes"]
    assert plugin.refresh(nodes)
    before = dict(net.inputs)
    assert plugin.refresh(net)
    assert net.inputs == before
    assert not plugin.diff(net).detailedDiff


def test_inline_subnets_are_what_the_program_says(plugin: Plugin, group: str) -> None:
    inline = [{"name": "a", "addressPrefix": "10.0.1.0/24"}, {"name": "b", "addressPrefix": "10.0.2.0/24"}]
    net = network(plugin, group, subnets=inline)
    assert {s["name"]: s["addressPrefix"] for s in net.outputs["subnets"]} == {
        "a": "10.0.1.0/24",
        "b": "10.0.2.0/24",
    }
    plugin.update(net, subnets=inline[:1])
    assert [s["name"] for s in net.outputs["subnets"]] == ["a"]


def test_a_location_that_is_not_given_is_the_groups(plugin: Plugin, group: str) -> None:
    inputs = {"resourceGroupName": group, "resourceName": "identity"}
    assert plugin.checked("managedidentity:UserAssignedIdentity", "i", inputs)["location"] == "westus"
    inputs["resourceGroupName"] = "nowhere"
    failures = plugin.check("managedidentity:UserAssignedIdentity", "i", inputs).failures
    assert [f.property for f in failures] == ["location"]
    inputs["resourceGroupName"] = UNKNOWN  # type: ignore[assignment]
    assert plugin.checked("managedidentity:UserAssignedIdentity", "i", inputs)["location"] is UNKNOWN


def test_autonaming_of_the_stack_arrives(plugin: Plugin) -> None:
    wanted = rpc.CheckRequest.AutonamingOptions(
        proposed_name="dev-rg", mode=rpc.CheckRequest.AutonamingOptions.ENFORCE
    )
    found = plugin.check("resources:ResourceGroup", "rg", {"location": "westus"}, autonaming=wanted)
    assert found.inputs["resourceGroupName"] == "dev-rg"


def test_a_preview_makes_nothing_and_says_what_is_not_known(plugin: Plugin) -> None:
    found = plugin.preview(
        "dns:Zone", "zone", {"resourceGroupName": UNKNOWN, "zoneName": "e.test", "location": "global"}
    )
    assert found["location"] == "global"
    assert found["nameServers"] is UNKNOWN
    assert plugin.ids() == set()


def test_identities_rights_and_locks(plugin: Plugin, group: str) -> None:
    dns = zone(plugin, group)
    who = plugin.create(
        "managedidentity:UserAssignedIdentity",
        "c",
        {"resourceGroupName": group, "resourceName": "controller"},
    )
    trust = plugin.create(
        "managedidentity:FederatedIdentityCredential",
        "trust",
        {
            "resourceGroupName": group,
            "resourceName": "controller",
            "issuer": "https://issuer.test/a",
            "subject": "system:serviceaccount:dns:controller",
            "audiences": ["api://AzureADTokenExchange"],
        },
    )
    assert trust.id == f"{who.id}/federatedIdentityCredentials/trust"
    role = f"{plugin.azure.subscription}/providers/Microsoft.Authorization/roleDefinitions/{DNS_CONTRIBUTOR}"
    right = plugin.create(
        "authorization:RoleAssignment",
        "right",
        {
            "scope": dns.id,
            "roleDefinitionId": role,
            "principalId": who.outputs["principalId"],
            "principalType": "ServicePrincipal",
        },
    )
    assert re.fullmatch(r"[0-9a-f-]{36}", right.outputs["name"])
    assert right.id.startswith(dns.id)
    assert plugin.diff(right, principalId="other").replaces == ["principalId"]
    lock = plugin.create(
        "authorization:ManagementLockByScope",
        "soa",
        {"scope": f"{dns.id}/SOA/@", "lockName": "keep", "level": "CanNotDelete"},
    )
    with pytest.raises(FailedError, match=r"^dns:Zone example.test: ScopeLocked: .* Next: remove the lock"):
        plugin.delete(dns)
    for made in (lock, right, trust, who, dns):
        assert plugin.refresh(made)
        assert not plugin.diff(made).detailedDiff, made.type
        plugin.delete(made)
        assert not plugin.refresh(made)


def test_record_sets_come_and_go_and_are_imported(plugin: Plugin, group: str) -> None:
    zone(plugin, group)
    www = plugin.create(
        "dns:RecordSet",
        "www",
        {
            "resourceGroupName": group,
            "zoneName": "example.test",
            "recordType": "A",
            "relativeRecordSetName": "www",
            "ttl": 30,
            "aRecords": [{"ipv4Address": "192.0.2.1"}],
            "metadata": {"owner": "test"},
        },
    )
    assert www.outputs["fqdn"] == "www.example.test."
    plugin.update(www, aRecords=[{"ipv4Address": "192.0.2.2"}])
    found = plugin.look_up("dns:RecordSet", www.id)
    assert found is not None
    assert found.inputs["aRecords"] == [{"ipv4Address": "192.0.2.2"}]
    assert {k: found.inputs[k] for k in ("zoneName", "recordType", "relativeRecordSetName")} == {
        "zoneName": "example.test",
        "recordType": "A",
        "relativeRecordSetName": "www",
    }
    plugin.delete(www)
    plugin.delete(www)
    assert plugin.look_up("dns:RecordSet", www.id) is None


def test_what_was_changed_by_hand_is_drift_and_is_put_right(plugin: Plugin, group: str) -> None:
    net = network(plugin, group, tags={"team": "a"})
    other = plugin.look_up("network:VirtualNetwork", net.id)
    assert other is not None
    plugin.update(other, tags={"team": "z"})
    wanted = dict(net.inputs)
    assert plugin.refresh(net)
    assert net.inputs["tags"] == {"team": "z"}
    assert list(plugin.diff(net, tags=wanted["tags"]).detailedDiff) == ["tags.team"]
    plugin.update(net, tags=wanted["tags"])
    assert net.outputs["tags"] == {"team": "a"}


def test_a_network_that_is_gone_is_made_again_by_an_update(plugin: Plugin, group: str) -> None:
    net = network(plugin, group)
    plugin.delete(net)
    plugin.update(net, tags={"team": "a"})
    assert plugin.refresh(net)


# Creating what is there


def test_what_a_killed_run_has_made_is_adopted(plugin: Plugin, group: str) -> None:
    first = network(plugin, group, tags={"team": "a"})
    subnet(plugin, group)
    again = network(plugin, group, tags={"team": "a"})
    assert (again.id, again.outputs["resourceGuid"]) == (first.id, first.outputs["resourceGuid"])


@pytest.mark.parametrize(
    "change", [{"tags": {"team": "b"}}, {"tags": {}}, {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}]
)
def test_what_is_somebody_elses_is_not_adopted(plugin: Plugin, group: str, change: Any) -> None:
    mine = network(plugin, group, tags={"team": "a"})
    with pytest.raises(FailedError) as refused:
        network(plugin, group, **{"tags": {"team": "a"}, **change})
    assert str(refused.value) == (
        "network:VirtualNetwork net: there is such a resource already, and it is not as this one shall be. Next: give "
        f"another name, or take it over with `pulumi import azure-native:network:VirtualNetwork NAME {mine.id}`."
    )
    assert refused.value.partial is None, "a destroy would delete it"
    assert plugin.refresh(mine)
    assert mine.outputs["tags"] == {"team": "a"}


# Functions


def invoke(plugin: Plugin, token: str, **arguments: Any) -> Any:
    from lab.azure.plugin.values import write  # noqa: PLC0415

    return getattr(plugin.call("Invoke", rpc.InvokeRequest(tok=token, args=write(arguments))), "return")


def test_the_client_is_who_has_logged_in(plugin: Plugin) -> None:
    found = invoke(plugin, "azure-native:authorization:getClientConfig")
    settings = plugin.azure.settings
    assert dict(found) == {
        "clientId": settings.client_id,
        "objectId": settings.operator_id,
        "subscriptionId": settings.subscription_id,
        "tenantId": settings.tenant_id,
    }


def test_functions_that_are_not_known_or_lack_an_argument_say_so(plugin: Plugin) -> None:
    with pytest.raises(
        FailedError, match=r"function azure-native:web:getWebApp: the stand-in .* does not know it"
    ):
        invoke(plugin, "azure-native:web:getWebApp")
    with pytest.raises(FailedError, match="missing required argument 'resourceName'"):
        invoke(
            plugin,
            "azure-native:containerservice:listManagedClusterUserCredentials",
            resourceGroupName="group",
        )


def test_kubeconfigs_are_secrets(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def act(self: Any, id_: str, action: str, version: str, *rest: Any) -> Any:
        asked.append(f"{id_}/{action}?{version}{rest[-1]}")
        return {"kubeconfigs": [{"name": "clusterUser", "value": "a3ViZQ=="}]}

    monkeypatch.setattr("lab.azure.plugin.arm.Arm.act", act)
    found = invoke(
        plugin,
        "azure-native:containerservice:listManagedClusterUserCredentials",
        resourceGroupName="g",
        resourceName="west",
        format="exec",
    )
    assert asked[0].endswith("/managedClusters/west/listClusterUserCredential?2025-09-01&format=exec")
    assert dict(found["kubeconfigs"][0]["value"]) == {SIGNATURE: SECRET, "value": "a3ViZQ=="}


# The provider


def test_a_provider_with_a_federated_token_logs_in_too(plugin: Plugin) -> None:
    """No identity trusts this token: it is the token service that says so, so it was asked."""
    config = {k: v for k, v in operator(plugin.azure).items() if k != "clientSecret"}
    environment = {"FEDERATION_AZURE_CA": plugin.azure.authority}
    with speaking(Provider(environment), plugin.azure) as other:
        from lab.azure.plugin.values import write  # noqa: PLC0415

        args = write({**config, "useOidc": "true", "oidcToken": "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"})
        other.call("Configure", rpc.ConfigureRequest(args=args))
        with pytest.raises(FailedError, match=r"no token for it: .*AADSTS"):
            other.create("resources:ResourceGroup", "g", {"location": "westus"})


def test_a_wrong_secret_is_one_line_without_the_secret(plugin: Plugin) -> None:
    with speaking(Provider({"FEDERATION_AZURE_CA": plugin.azure.authority}), plugin.azure) as other:
        other.configure(clientSecret="geheim-und-falsch")
        with pytest.raises(
            FailedError, match=r"^resources:ResourceGroup g[0-9a-f]{8}: no token for it: [^\n]*$"
        ) as refused:
            other.create("resources:ResourceGroup", "g", {"location": "westus"})
        assert "geheim" not in str(refused.value)


def test_no_connection_is_made_before_it_is_needed(plugin: Plugin) -> None:
    with speaking(Provider({"FEDERATION_AZURE_CA": plugin.azure.authority}), plugin.azure) as other:
        other.configure(metadataHost="127.0.0.1:9")
        other.checked("resources:ResourceGroup", "g", {"location": "westus"})
        other.preview("resources:ResourceGroup", "g", {"location": "westus"})
