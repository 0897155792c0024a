"""Collections a page at a time, at all scopes, and POST actions."""

from __future__ import annotations

from tests.unit import azure_arm_kinds
from tests.unit.azure_arm_fixtures import Arm, code
from tests.unit.azure_arm_kinds import KINDS, PROVIDER, V

test_arm, group = azure_arm_kinds.test_arm, azure_arm_kinds.group  # pytest finds fixtures by their names

# Lists


def test_lists_come_in_pages() -> None:
    arm = Arm(KINDS, version=V, page_size=2)
    group = arm.group()
    for name in "abcde":
        arm.put(f"{group}/{PROVIDER}/things/{name}", {"location": "westus"})
    found: list[str] = []
    pages, query = 0, {"$filter": "x y"}
    while True:
        page = arm.get(f"{group}/{PROVIDER}/things", query=query).json()
        found += [row["name"] for row in page["value"]]
        pages += 1
        if "nextLink" not in page:
            break
        assert page["nextLink"].startswith(f"https://10.98.0.1{group}/{PROVIDER}/things?")
        assert "api-version=2024-01-01" in page["nextLink"]
        query = {"$skiptoken": page["nextLink"].rpartition("skiptoken=")[2]}
    assert (found, pages) == (list("abcde"), 3)
    assert len(arm.get(f"{group}/{PROVIDER}/things", query={"$top": "1"}).json()["value"]) == 1
    assert code(arm.get(f"{group}/{PROVIDER}/things", query={"$top": "x"})) == "400 InvalidParameterValue"


def test_lists_of_a_subscription_a_group_and_a_parent(test_arm: Arm, group: str) -> None:
    other = test_arm.group("other")
    for path in (
        f"{group}/{PROVIDER}/things/a",
        f"{other}/{PROVIDER}/things/b",
        f"{group}/{PROVIDER}/slows/s",
    ):
        test_arm.put(path, {"location": "westus"})
    test_arm.put(f"{group}/{PROVIDER}/slows/s/parts/p", {})

    def names(path: str, version: str = V) -> list[str]:
        return [row["name"] for row in test_arm.get(path, version=version).json()["value"]]

    assert names(f"{test_arm.subscription}/{PROVIDER}/things") == ["a", "b"]
    assert names(f"{group}/{PROVIDER}/things") == ["a"]
    assert names(f"{group}/{PROVIDER}/slows/s/parts") == ["p"]
    assert names(f"{group}/resources") == ["a", "s"]
    assert names(f"{test_arm.subscription}/resources") == ["a", "b", "s"]
    assert names(f"{test_arm.subscription}/resourceGroups", "2024-03-01") == ["rg", "other"]
    assert code(test_arm.get(f"{test_arm.subscription}/resourceGroups/none/resources")) == (
        "404 ResourceGroupNotFound"
    )
    none = test_arm.get(f"{test_arm.subscription}/resourceGroups/none", version="2024-03-01")
    assert code(none) == "404 ResourceGroupNotFound"
    assert test_arm.get(f"{group}/{PROVIDER}/things/a/everything").json()["value"] == [{"of": "a"}]
    assert code(test_arm.get(f"{group}/{PROVIDER}/things/z/everything")) == "404 ResourceNotFound"
    assert code(test_arm.delete(f"{group}/{PROVIDER}/things")) == "405 MethodNotAllowed"


# Actions


def test_actions(test_arm: Arm, group: str) -> None:
    path = f"{group}/{PROVIDER}/things/a"
    assert code(test_arm.post(f"{path}/spin")) == "404 ResourceNotFound"
    test_arm.put(path, {"location": "westus"})
    assert test_arm.post(f"{path}/PING").status == 204
    assert code(test_arm.post(f"{path}/jump")) == "404 NotFound"
    started = test_arm.post(f"{path}/spin")
    assert started.status == 202
    location = started.headers["Location"].removeprefix("https://10.98.0.1").partition("?")[0]
    assert test_arm.get(location).json() == {"spun": "a"}
    assert test_arm.operation(started)["status"] == "Succeeded"
