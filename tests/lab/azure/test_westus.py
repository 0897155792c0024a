"""The Azure walk-through end to end: from the seed's acs-engine file to names that answer, and back to nothing.

The tests of this file build on each other: one `up` of everything takes minutes.
"""

from __future__ import annotations

import json
import random
import re

import pytest

from tests.lab.azure.conftest import EAST, WEST, Azure
from tests.lab.federation.workloads import running
from tests.lab.labs import eventually
from tests.lab.previews import compared, of_stack
from tests.lab.stacks import DocumentedStack, Stack

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

KILLED_UP = random.Random(6).randrange(10, 60)
"""After so many resources `pulumi` is killed; the next run goes on from there."""
BASE = "calculatorlb.default.myfederation.svc"
GLOBAL, WESTUS, EASTUS = (
    f"{BASE}.{rest}" for rest in ("syncweek.com", "westus.syncweek.com", "eastus.syncweek.com")
)
CLUSTERS = (WEST, EAST)


def test_a_preview_of_nothing_shows_all_of_it_and_what_to_know(azure: Azure, stack: Stack) -> None:
    said = stack("preview")
    assert "azure-native:containerservice:ManagedCluster" in said
    assert re.search(r"westus .*no availability zones", said), "an advisory"
    assert azure.inventory() == [], "it makes nothing"


def test_up_that_was_killed_goes_on_to_two_members_with_one_pod_each(azure: Azure, stack: Stack) -> None:
    assert stack.killed_after(KILLED_UP, " created (", "up")
    stack.up()
    assert {row["name"]: row["ready"] for row in stack.output("members")} == dict.fromkeys(CLUSTERS, True)

    def differs() -> str | None:
        found = {name: running(azure.lab, name, "calculator") for name in CLUSTERS}
        return None if found == dict.fromkeys(CLUSTERS, 1) else f"{found} run"

    eventually(differs, 60, "calculator: one and one")
    assert len([i for i in azure.inventory() if "/managedClusters/" in i and i.count("/") == 8]) == 2


def addresses(stack: Stack) -> dict[str, str]:
    """Member → address of its Service."""
    service = stack.get("service", "calculatorlb")
    state = stack.output("names")
    assert list(state) == ["default/calculatorlb"]
    found = {}
    for name in CLUSTERS:
        (entry,) = stack.lab.get(name, "service", "calculatorlb")["status"]["loadBalancer"]["ingress"]
        found[name] = entry["ip"]
    assert service["spec"]["type"] == "LoadBalancer"
    return found


def test_names_of_all_levels_answer_with_the_services_addresses_and_they_serve(
    azure: Azure, stack: Stack
) -> None:
    at = addresses(stack)
    assert azure.addresses(GLOBAL) == set(at.values())
    assert azure.addresses(WESTUS) == {at[WEST]}
    assert azure.addresses(EASTUS) == {at[EAST]}
    zones = [
        name
        for name in stack.output("names")["default/calculatorlb"]
        if name.count(".") > GLOBAL.count(".") + 1
    ]
    assert zones, "eastus has availability zones, and each of them a name"
    for name in zones:
        assert azure.addresses(name) == {at[EAST]}
    for address in at.values():
        page = azure.lab("exec", "--", "curl", "-sS", "--max-time", "5", f"http://{address}:5001/add/10/67")
        assert page.strip() == "77"


def test_the_quick_start_shows_what_it_says(stack: DocumentedStack) -> None:
    said = stack.reader.section("5. Look")
    assert re.findall(r"^(\w+cluster1) .*Push +(True)", said, re.MULTILINE) == [
        (EAST, "True"),
        (WEST, "True"),
    ]
    assert "problem" not in said


def test_nothing_is_left_to_change_and_nothing_secret_is_in_clear(azure: Azure, stack: Stack) -> None:
    stack("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    environment = json.loads(
        (azure.lab.state_root / azure.lab.name / "azure" / "environment.json").read_text()
    )
    secret = environment["AZURE_CLIENT_SECRET"]
    texts = {
        "up": stack.up("--expect-no-changes", "--diff", "--show-sames"),
        "state": stack("stack", "export"),
        "server's log": (azure.lab.state_root / azure.lab.name / "azure" / "server.log").read_text(),
    }
    for where, text in texts.items():
        assert secret not in text, where
        assert not re.search(r"PRIVATE KEY-----|eyJhbGciOi|client-key-data: ?\S", text), where


def test_the_policies_have_nothing_against_what_is_deployed(stack: Stack) -> None:
    assert "[mandatory]" not in stack.checked()


def test_a_preview_without_access_says_what_one_with_access_says(stack: Stack) -> None:
    of_stack(stack, "snapshot")
    original = json.dumps(stack.topology)
    try:
        with stack.edited() as topology:
            topology["clusters"][1]["tags"] = {"team": "a"}
            topology["control_plane"] |= {"replicas": 2}
        found = compared(stack)
    finally:
        with stack.edited() as topology:
            topology.clear()
            topology.update(json.loads(original))
        stack.settled = True
    assert found["share"] >= 0.95
    assert found["replacements"] == []


def unlike(azure: Azure, wanted: dict[str, set[str]]) -> str | None:
    found = {name: azure.addresses(name) for name in wanted}
    return None if found == wanted else str(found)


@pytest.mark.long  # tests/lab/federation/test_service_names.py has the same with CoreDNS
def test_a_member_that_dies_leaves_the_names_and_comes_back(azure: Azure, stack: Stack) -> None:
    at = addresses(stack)
    azure.lab("fault", "kill", EAST)
    try:
        answers = {GLOBAL: {at[WEST]}, EASTUS: {at[WEST]}}
        eventually(lambda: unlike(azure, answers), 60, "names without the dead member")
    finally:
        azure.lab("fault", "restore", EAST)
    eventually(lambda: unlike(azure, {GLOBAL: set(at.values()), EASTUS: {at[EAST]}}), 120, "both again")


@pytest.mark.long
def test_azure_fails_over_without_us(azure: Azure, stack: Stack) -> None:
    """Traffic Manager: neither our controller nor the engine has to see that a member died."""
    at = addresses(stack)
    both = set(at.values())
    with stack.edited() as topology:
        topology["dns"][0]["traffic_manager"] = True
    stack.up()
    try:
        (zone,) = (i for i in azure.inventory() if "/dnszones/" in i.lower() and i.count("/") == 8)
        label = GLOBAL.removesuffix(".syncweek.com")
        status, record = azure.arm("GET", f"{zone}/A/{label}?api-version=2018-05-01")
        assert status == 200
        assert "/trafficmanagerprofiles/" in record["properties"]["targetResource"]["id"].lower()
        eventually(lambda: unlike(azure, {GLOBAL: both, WESTUS: {at[WEST]}}), 60, "both probed")
        etag = record["etag"]
        azure.lab("fault", "kill", EAST)
        try:
            eventually(
                lambda: unlike(azure, {GLOBAL: {at[WEST]}}), 90, "the global name without the dead member"
            )
        finally:
            azure.lab("fault", "restore", EAST)
        eventually(lambda: unlike(azure, {GLOBAL: both}), 120, "both again")
        _, record = azure.arm("GET", f"{zone}/A/{label}?api-version=2018-05-01")
        assert record["etag"] == etag, "nobody wrote it"
        stack.up("--expect-no-changes")
    finally:
        with stack.edited() as topology:
            del topology["dns"][0]["traffic_manager"]
        stack.up()
    eventually(lambda: unlike(azure, {GLOBAL: both, EASTUS: {at[EAST]}}), 60, "our own records again")
    assert not [i for i in azure.inventory() if "/trafficmanagerprofiles/" in i.lower()]


def test_sizes_windows_and_tags_are_updates_and_another_region_is_a_replacement_that_warns(
    stack: Stack,
) -> None:
    original = json.dumps(stack.topology)
    try:
        with stack.edited() as topology:
            cluster = topology["clusters"][1]
            cluster["tags"] = {"team": "a"}
            cluster["maintenance"] = {"weekday": "Sunday", "time": "03:00"}
            cluster["user_pools"] = [
                {"name": "agentpo1", "vm_size": "Standard_D2ds_v6", "count": 3, "max_count": 7}
            ]
        plan = stack.preview()
        assert plan.keys() <= {"update"}, plan
        assert plan["update"]
        with stack.edited() as topology:
            topology["clusters"][1] = {
                **json.loads(original)["clusters"][1],
                "location": "eastus2",
                "protect": False,
            }
        said = stack.fails("preview")
        assert "location changes from eastus to eastus2: the cluster is REPLACED" in said
        assert re.search(r"unable to replace .*eastuscluster1-cluster", said), "it is protected"
    finally:
        with stack.edited() as topology:
            topology.clear()
            topology.update(json.loads(original))
        stack.settled = True


def test_a_zone_is_not_deleted_by_accident(azure: Azure, stack: Stack) -> None:
    said = stack.fails("destroy", "--yes", "--skip-preview")
    assert (
        f"not removed, as parts of it are protected: cluster {WEST}, cluster {EAST}, zone syncweek.com"
        in said
    )
    assert "deleted (" not in said, "nothing else goes either"
    stack.settled = True
    (zone,) = [i for i in azure.inventory() if "/dnszones/" in i.lower() and i.count("/") == 8]
    status, answer = azure.arm("DELETE", f"{zone}?api-version=2018-05-01")
    assert (status, answer["error"]["code"]) == (409, "ScopeLocked")
    assert azure.dig("syncweek.com", "SOA", "+short"), "it is there"


@pytest.mark.long
def test_a_cluster_on_premises_joins_and_names_are_in_both_stores(azure: Azure, stack: Stack) -> None:
    at = addresses(stack)
    with stack.edited() as topology:
        topology["clusters"].append(
            {
                "name": "onprem",
                "kubeconfig": {"path": "$KUBECONFIG", "context": "onprem"},
                "region": "us",
                "zone": "north",
                "vips": {"cidr": "10.250.2.0/24"},
            }
        )
        topology["dns"].append({"provider": "coredns", "cluster": "onprem", "node_port": 30053})
    stack.up()
    (entry,) = azure.lab.get("onprem", "service", "calculatorlb")["status"]["loadBalancer"]["ingress"]
    at["onprem"] = entry["ip"]
    served_here = ("exec", "--", "dig", "@10.99.1.10", "-p", "30053", "+short", GLOBAL)

    def differs() -> str | None:
        """Two pods are in two of the three clusters now, and names lead to these."""
        wanted = {at[name] for name in at if running(azure.lab, name, "calculator")}
        found = [azure.addresses(GLOBAL), set(azure.lab(*served_here).split())]
        return None if len(wanted) == 2 and found == [wanted, wanted] else f"{found} instead of {wanted}"

    eventually(differs, 90, "the global name in both stores")
    stack.up("--expect-no-changes")


def test_destroy_leaves_nothing_in_the_stand_in_and_no_cluster(azure: Azure, stack: DocumentedStack) -> None:
    with stack.edited() as topology:  # what was added since; the quick start knows nothing of it
        del topology["clusters"][2:], topology["dns"][1:]
    stack.reader.section("6. Remove")
    stack.removed()
    assert azure.inventory() == []
    assert {node["name"] for node in azure.lab.nodes().values()} == {"onprem-control-plane"}
    assert azure.dig(GLOBAL, "+short") == ""
