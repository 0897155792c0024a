"""Agent pools, maintenance windows and kubeconfigs of the stand-in's clusters."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml

from tests.unit.azure_aks_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    Cloud,
    Site,
    cloud,
    merged,
    site,
)


def user_pool(site: Site, **change: Any) -> dict[str, Any]:  # noqa: F811
    return {"properties": site.pool(**change)}


def test_a_pool_comes_changes_and_goes(site: Site) -> None:  # noqa: F811
    site.up()
    path = f"{site.cluster}/agentPools/user"
    made = site.cloud.put(path, user_pool(site, enableAutoScaling=True, minCount=1, maxCount=3))
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert made["properties"]["orchestratorVersion"] == "1.35"
    assert made["properties"]["currentOrchestratorVersion"] == "1.36.3"
    names = [pool["name"] for pool in site.cloud.get(site.cluster)["properties"]["agentPoolProfiles"]]
    assert names == ["system", "user"]
    changed = site.cloud.put(path, user_pool(site, enableAutoScaling=True, minCount=2, count=2, maxCount=5))
    assert [changed["properties"][key] for key in ("minCount", "count", "maxCount")] == [2, 2, 5]
    assert site.cloud.ask("DELETE", path).status == 202
    site.cloud.settle()
    assert site.cloud.gone(path)


def test_the_etag_of_a_pool_guards_its_updates(site: Site) -> None:  # noqa: F811
    site.up()
    path = f"{site.cluster}/agentPools/user"
    tag = site.cloud.put(path, user_pool(site))["properties"]["eTag"]
    assert site.cloud.refused("PUT", path, user_pool(site), if_match="other")[0] == 412
    assert site.cloud.ask("PUT", path, user_pool(site, count=2), if_match=tag).status == 200
    site.cloud.settle()


def test_the_last_system_pool_stays_unless_the_cluster_goes(site: Site) -> None:  # noqa: F811
    site.up()
    path = f"{site.cluster}/agentPools/system"
    assert "at least one system agent pool" in site.cloud.refused("DELETE", path)[2]
    as_user = {"properties": site.pool(mode="User", count=2)}
    assert "at least one system agent pool" in site.cloud.refused("PUT", path, as_user)[2]
    site.cloud.put(f"{site.cluster}/agentPools/second", user_pool(site, mode="System"))
    assert site.cloud.ask("DELETE", path).status == 202
    site.cloud.settle()


def test_a_pool_is_not_added_by_the_cluster(site: Site) -> None:  # noqa: F811
    site.up()
    pools = [site.pool(name="system", mode="System", count=2), site.pool(name="more")]
    refusal = site.cloud.refused("PUT", site.cluster, site.body({"properties": {"agentPoolProfiles": pools}}))
    assert refusal[:2] == (400, "BadRequest")
    assert refusal[2].startswith("A new agent pool was introduced.")


def test_a_pool_that_the_clusters_body_does_not_name_stays(site: Site) -> None:  # noqa: F811
    site.up()
    site.cloud.put(f"{site.cluster}/agentPools/user", user_pool(site))
    site.up({"tags": {"a": "b"}})
    assert not site.cloud.gone(f"{site.cluster}/agentPools/user")


def test_pools_follow_the_version_of_the_cluster_and_do_not_go_back(site: Site) -> None:  # noqa: F811
    site.up()
    path = f"{site.cluster}/agentPools/system"
    newer = {"properties": site.pool(mode="System", count=2, orchestratorVersion="1.36")}
    assert site.cloud.refused("PUT", path, newer)[1] == "NodePoolMcVersionIncompatible"
    site.up({"properties": {"kubernetesVersion": "1.36"}})
    assert site.cloud.get(path)["properties"]["orchestratorVersion"] == "1.35", (
        "nodes are upgraded by themselves"
    )
    assert site.cloud.put(path, newer)["properties"]["orchestratorVersion"] == "1.36"
    older = {"properties": site.pool(mode="System", count=2, orchestratorVersion="1.35")}
    assert site.cloud.refused("PUT", path, older)[1] == "OperationNotAllowed"


def test_pools_of_a_cluster_are_written_so_often_and_no_oftener(site: Site) -> None:  # noqa: F811
    site.up()
    path = f"{site.cluster}/agentPools/user"
    for i in range(20):
        site.cloud.put(path, {**user_pool(site, tags={"n": str(i)})})
    answer = site.cloud.ask("PUT", path, user_pool(site))
    assert (answer.status, answer.headers["Retry-After"]) == (429, "50")
    other = site.cluster.replace("/west", "/other")
    site.cloud.put(other, site.body({"properties": {"dnsPrefix": "o"}}))
    site.cloud.put(f"{other}/agentPools/user", user_pool(site))


def test_a_pool_needs_its_cluster(site: Site) -> None:  # noqa: F811
    refusal = site.cloud.refused("PUT", f"{site.cluster}/agentPools/user", user_pool(site))
    assert refusal[:2] == (404, "ParentResourceNotFound")


WINDOW: dict[str, Any] = {
    "schedule": {"weekly": {"dayOfWeek": "Sunday", "intervalWeeks": 1}},
    "durationHours": 4,
    "startTime": "01:00",
}


def test_a_maintenance_window_is_there_at_once(site: Site) -> None:  # noqa: F811
    site.up()
    path = f"{site.cluster}/maintenanceConfigurations/aksManagedAutoUpgradeSchedule"
    made = site.cloud.put(path, {"properties": {"maintenanceWindow": WINDOW}})
    assert made["properties"]["maintenanceWindow"] == {
        **WINDOW,
        "utcOffset": "+00:00",
        "startDate": "2026-09-21",
    }
    assert site.cloud.ask("DELETE", path).status == 200
    assert site.cloud.gone(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"durationHours": 3}, "3 is not within 4 and 24"),
        ({"durationHours": 25}, "25 is not within 4 and 24"),
        ({"startTime": "24:00"}, "'24:00' is no time such as 01:00"),
        ({"utcOffset": "+1"}, "'+1' is no offset such as +00:00"),
        ({"schedule": {"weekly": {"intervalWeeks": 5}}}, "5 is not within 1 and 4"),
        (
            {"schedule": {"daily": {"intervalDays": 1}}},
            "exactly one kind of schedule must be given, and there are 2",
        ),
        ({"schedule": {"weekly": None}}, "exactly one kind of schedule must be given, and there are 0"),
        (
            {"schedule": {"weekly": None, "absoluteMonthly": {"intervalMonths": 7, "dayOfMonth": 1}}},
            "7 is not within 1 and 6",
        ),
    ],
)
def test_a_window_that_aks_does_not_keep_is_refused(site: Site, change: dict[str, Any], says: str) -> None:  # noqa: F811
    site.up()
    path = f"{site.cluster}/maintenanceConfigurations/aksManagedNodeOSUpgradeSchedule"
    refusal = site.cloud.refused("PUT", path, {"properties": {"maintenanceWindow": merged(WINDOW, change)}})
    assert refusal[:2] == (400, "InvalidParameter")
    assert says in refusal[2]


def test_maintenance_configurations_have_three_names(site: Site) -> None:  # noqa: F811
    site.up()
    place = f"{site.cluster}/maintenanceConfigurations"
    body = {"properties": {"maintenanceWindow": WINDOW}}
    assert site.cloud.refused("PUT", f"{place}/weekly", body)[1] == "InvalidMaintenanceConfigurationName"
    assert "needs timeInWeek" in site.cloud.refused("PUT", f"{place}/default", body)[2]
    assert (
        "needs a maintenanceWindow"
        in site.cloud.refused("PUT", f"{place}/aksManagedAutoUpgradeSchedule", {"properties": {}})[2]
    )
    site.cloud.put(
        f"{place}/default", {"properties": {"timeInWeek": [{"day": "Sunday", "hourSlots": [1, 2]}]}}
    )


def kubeconfig(site: Site, action: str) -> dict[str, Any]:  # noqa: F811
    answer = site.cloud.ask("POST", f"{site.cluster}/{action}")
    assert answer.status == 200, answer.body
    (found,) = answer.json()["kubeconfigs"]
    config: dict[str, Any] = yaml.safe_load(base64.b64decode(found["value"]))
    return {**config, "called": found["name"]}


def test_a_users_kubeconfig_calls_kubelogin_as_aks_writes_it(site: Site) -> None:  # noqa: F811
    site.up()
    config = kubeconfig(site, "listClusterUserCredential")
    assert config["called"] == "clusterUser"
    assert config["clusters"][0]["cluster"]["server"] == "https://192.0.2.1:6443"
    assert config["current-context"] == "west"
    (user,) = config["users"]
    assert user["name"] == "clusterUser_rg_west"
    assert user["user"]["exec"]["command"] == "kubelogin"
    assert user["user"]["exec"]["apiVersion"] == "client.authentication.k8s.io/v1beta1"
    assert user["user"]["exec"]["args"] == [
        "get-token",
        "--environment",
        "AzurePublicCloud",
        "--server-id",
        "6dae42f8-4368-4678-94ff-3960e28e3630",
        "--client-id",
        "80faf920-1908-4b52-b5ef-a8e7bedfc67a",
        "--tenant-id",
        site.cloud.service.settings.tenant_id,
        "--login",
        "devicecode",
    ]


def test_an_administrators_kubeconfig_is_only_given_where_local_accounts_are(site: Site) -> None:  # noqa: F811
    site.up()
    assert site.cloud.refused("POST", f"{site.cluster}/listClusterAdminCredential") == (
        400,
        "BadRequest",
        "Getting static credential is not allowed because this cluster is set to disable local accounts.",
    )
    site.up({"properties": {"disableLocalAccounts": False}})
    config = kubeconfig(site, "listClusterAdminCredential")
    assert config["called"] == "clusterAdmin"
    assert config["current-context"] == "west-admin"


def test_without_entra_a_user_has_a_local_account(site: Site) -> None:  # noqa: F811
    site.up({"properties": {"disableLocalAccounts": False, "aadProfile": None}})
    config = kubeconfig(site, "listClusterUserCredential")
    assert "exec" not in config["users"][0]["user"]


def test_a_cluster_that_never_came_up_has_no_kubeconfig(site: Site) -> None:  # noqa: F811
    body = site.body()
    site.up()
    site.cloud.service.store.delete(site.cluster)
    assert site.cloud.refused("POST", f"{site.cluster}/listClusterUserCredential")[0] == 404
    assert body["location"] == "westus"
