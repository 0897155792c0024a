"""What the resource manager does with any kind: ids, versions, names, regions, parents, etags."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.azure.http import Document, Request
from lab.azure.ids import covers, parse, resource
from lab.azure.kinds import Call
from lab.azure.resources import KINDS as GROUPS
from tests.unit import azure_arm_kinds
from tests.unit.azure_arm_fixtures import CORE, Arm, code, message
from tests.unit.azure_arm_kinds import PROVIDER, Thing, V

test_arm, group = azure_arm_kinds.test_arm, azure_arm_kinds.group  # pytest finds fixtures by their names

# Ids


@pytest.mark.parametrize(
    "text",
    [
        "/subscriptions/s",
        "/subscriptions/s/resourceGroups/g",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/dnszones/x.test/A/www",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.N/dnszones/x/SOA/@/providers/Microsoft.A/locks/k",
        "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/r",
        "/providers/Microsoft.Authorization/roleDefinitions/r",
    ],
)
def test_an_id_is_read_and_written_the_same(text: str) -> None:
    assert resource(text).text == text


@pytest.mark.parametrize(
    "text", ["", "/", "/x/y", "/subscriptions/s/other/x", "/subscriptions//x", "/providers/x"]
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse(text) is None


def test_the_parts_of_a_nested_id() -> None:
    id_ = resource("/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/dnszones/x/A/www")
    assert (id_.type, id_.name, id_.group, id_.subscription) == (
        "Microsoft.Network/dnszones/A",
        "www",
        "G",
        "S",
    )
    assert id_.parent is not None
    assert id_.parent.text == "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/dnszones/x"
    assert id_.parent.child("A", "www") == id_
    assert id_.within("/SUBSCRIPTIONS/s/resourcegroups/g")
    assert not covers("/subscriptions/S/resourceGroups/G2", id_.text)
    assert not covers(
        "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/dnszones/x/A/ww", id_.text
    )


# What every request must have


def test_a_version_is_required_and_must_be_one_of_the_kinds(test_arm: Arm, group: str) -> None:
    path = f"{group}/{PROVIDER}/things/a"
    bare = test_arm.service.handle(Request(method="GET", path=path), test_arm.caller)
    assert code(bare) == "400 MissingApiVersionParameter"
    wrong = test_arm.get(path, version="2020-01-01")
    assert code(wrong) == "400 NoRegisteredProviderFound"
    assert "The supported api-versions are '2024-01-01'" in message(wrong)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("{g}/providers/Microsoft.Nothing/things/a", "404 InvalidResourceNamespace"),
        ("{g}/providers/Microsoft.Test/nothings/a", "404 InvalidResourceType"),
        ("/subscriptions/other/resourceGroups/g", "404 SubscriptionNotFound"),
        ("/nowhere", "404 NotFound"),
        ("{g}/providers/Microsoft.Test/things/a", "404 ResourceNotFound"),
    ],
)
def test_what_is_not_there_is_404(test_arm: Arm, group: str, path: str, said: str) -> None:
    assert code(test_arm.get(path.format(g=group, s=test_arm.subscription))) == said


def test_responses_carry_correlation(test_arm: Arm, group: str) -> None:
    own = str(uuid.uuid4())
    found = test_arm.get(group, version="2024-03-01", headers={"x-ms-correlation-request-id": own})
    assert found.headers["x-ms-correlation-request-id"] == own
    assert uuid.UUID(found.headers["x-ms-request-id"])
    assert int(found.headers["x-ms-ratelimit-remaining-subscription-reads"]) < 250


@pytest.mark.parametrize("body", ["[]", "{", '"text"', "\x00"])
def test_a_body_that_is_no_object_is_refused(test_arm: Arm, group: str, body: str) -> None:
    request = Request(
        method="PUT", path=f"{group}/{PROVIDER}/things/a", query={"api-version": V}, body=body.encode()
    )
    assert code(test_arm.service.handle(request, test_arm.caller)) == "400 InvalidRequestContent"


# Resources


def test_a_resource_is_made_changed_and_removed(test_arm: Arm, group: str) -> None:
    path = f"{group}/{PROVIDER}/things/a"
    made = test_arm.put(path, {"location": "East US", "tags": {"a": "1"}, "properties": {"x": 1}})
    assert made.status == 201
    found = made.json()
    assert found["id"] == path
    assert (found["name"], found["type"], found["location"]) == ("a", "Microsoft.Test/things", "eastus")
    changed = test_arm.put(
        path.upper().replace("/PROVIDERS/MICROSOFT.TEST", "/providers/microsoft.test"), found
    )
    assert changed.status == 200
    assert changed.json()["id"] == path, "the case of the first write stays"
    patched = test_arm.patch(path, {"tags": {"b": "2"}}).json()
    assert (patched["tags"], patched["properties"]) == ({"b": "2"}, {"x": 1})
    assert test_arm.call("HEAD", path).status == 204
    assert test_arm.delete(path).status == 200
    assert test_arm.delete(path).status == 204
    assert test_arm.call("HEAD", path).status == 404


def test_only_tags_can_be_patched_by_default(test_arm: Arm, group: str) -> None:
    path = f"{group}/{PROVIDER}/things/a"
    assert code(test_arm.patch(path, {"tags": {}})) == "404 ResourceNotFound"
    test_arm.put(path, {"location": "eastus"})
    refused = test_arm.patch(path, {"location": "westus"})
    assert message(refused) == "The request content was invalid: location can't be patched."


@pytest.mark.parametrize(
    ("body", "said", "words"),
    [
        ({}, "400 LocationRequired", "location property is required"),
        ({"location": "westtus"}, "400 LocationNotAvailableForResourceType", "'westtus' is not available"),
        ({"location": 7}, "400 LocationRequired", "required"),
    ],
)
def test_a_region_must_be_one(test_arm: Arm, group: str, body: Document, said: str, words: str) -> None:
    refused = test_arm.put(f"{group}/{PROVIDER}/things/a", body)
    assert code(refused) == said
    assert words in message(refused)


def test_a_region_is_for_life(test_arm: Arm, group: str) -> None:
    path = f"{group}/{PROVIDER}/things/a"
    test_arm.put(path, {"location": "westus"})
    refused = test_arm.put(path, {"location": "eastus"})
    assert code(refused) == "409 InvalidResourceLocation"
    assert "already exists in location 'westus'" in message(refused)
    moved = test_arm.put(group, {"location": "eastus"}, version="2024-03-01")
    assert code(moved) == "409 InvalidResourceGroupLocation"


@pytest.mark.parametrize("name", ["4711", "toolonganame", "a-b", "a."])
def test_a_name_must_fit(test_arm: Arm, group: str, name: str) -> None:
    assert code(test_arm.put(f"{group}/{PROVIDER}/things/{name}", {"location": "westus"})) == (
        "400 InvalidResourceName"
    )


def test_groups_and_parents_must_be_there(test_arm: Arm, group: str) -> None:
    elsewhere = test_arm.put(
        f"{test_arm.subscription}/resourceGroups/none/{PROVIDER}/things/a", {"location": "westus"}
    )
    assert code(elsewhere) == "404 ResourceGroupNotFound"
    lost = f"{test_arm.subscription}/resourceGroups/none/{PROVIDER}/things/a"
    assert code(test_arm.get(lost)) == code(test_arm.delete(lost)) == "404 ResourceGroupNotFound"
    assert code(test_arm.delete(f"{test_arm.subscription}/resourceGroups/none", version="2024-03-01")) == (
        "404 ResourceGroupNotFound"
    )
    assert code(test_arm.put(f"{group}/{PROVIDER}/slows/x/parts/y", {})) == "404 ParentResourceNotFound"
    assert code(test_arm.get(f"{group}/{PROVIDER}/slows/x/parts")) == "404 ResourceNotFound"
    on_nothing = f"{group}/{PROVIDER}/things/none/{PROVIDER}/notes/n"
    assert code(test_arm.put(on_nothing, {})) == "404 ResourceNotFound"


def test_extensions_go_with_what_they_extend(test_arm: Arm, group: str) -> None:
    path = f"{group}/{PROVIDER}/things/a"
    test_arm.put(path, {"location": "westus"})
    assert test_arm.put(f"{path}/{PROVIDER}/notes/n", {"properties": {"text": "hi"}}).status == 201
    assert [n["name"] for n in test_arm.get(f"{path}/{PROVIDER}/notes").json()["value"]] == ["n"]
    assert test_arm.get(f"{group}/{PROVIDER}/notes").json()["value"] == [], "only those at the very scope"
    test_arm.delete(path)
    assert test_arm.store.of_type("Microsoft.Test/notes") == []


# Etags


def test_preconditions_are_obeyed(test_arm: Arm, group: str) -> None:
    path, body = f"{group}/{PROVIDER}/things/a", {"location": "westus"}
    missing = test_arm.put(path, body, headers={"If-Match": "*"})
    assert code(missing) == "412 PreconditionFailed"
    assert "the resource does not exist" in message(missing)
    first = test_arm.put(path, body, headers={"If-None-Match": "*"})
    assert first.status == 201
    assert code(test_arm.put(path, body, headers={"If-None-Match": "*"})) == "412 PreconditionFailed"
    etag = first.json()["etag"]
    assert first.headers["ETag"] == f'"{etag}"'
    second = test_arm.put(path, body, headers={"If-Match": etag})
    assert second.json()["etag"] != etag
    assert code(test_arm.put(path, body, headers={"If-Match": etag})) == "412 PreconditionFailed"
    assert code(test_arm.delete(path, headers={"If-Match": f'"{etag}"'})) == "412 PreconditionFailed"
    assert test_arm.put(path, body, headers={"If-Match": "*"}).status == 200
    assert test_arm.delete(path, headers={"If-Match": "*"}).status == 200


def test_the_subscription_and_its_providers() -> None:
    arm = Arm(CORE)
    assert arm.get("/subscriptions").json()["value"][0]["tenantId"] == arm.service.settings.tenant_id
    assert arm.get(arm.subscription).json()["state"] == "Enabled"
    assert code(arm.get("/subscriptions/other")) == "404 SubscriptionNotFound"
    network = arm.get(f"{arm.subscription}/providers/microsoft.network").json()
    assert network["registrationState"] == "Registered"
    assert "natGateways" in [row["resourceType"] for row in network["resourceTypes"]]
    assert arm.post(f"{arm.subscription}/providers/Microsoft.Network/register").status == 200
    assert code(arm.get(f"{arm.subscription}/providers/Microsoft.Nope")) == "404 InvalidResourceNamespace"


def test_a_bug_in_a_kind_is_500_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Thing):
        """A kind with a bug."""

        def validate(self, call: Call) -> None:
            raise ZeroDivisionError

    arm = Arm((*GROUPS, Broken()), version=V)
    path = f"{arm.group()}/{PROVIDER}/things/a"
    assert code(arm.put(path, {"location": "westus"})) == "500 InternalServerError"
    assert arm.get(path).status == 404


def test_writers_with_preconditions_lose_no_update(test_arm: Arm, group: str) -> None:
    path, writers, rounds = f"{group}/{PROVIDER}/things/a", 4, 25
    test_arm.service.configure({"rates": {f"arm-{n}": {"calls": 10**6} for n in ("reads", "writes")}})
    test_arm.put(path, {"location": "westus", "properties": {"count": 0}})

    def add() -> None:
        for _ in range(rounds):
            while True:
                now = test_arm.get(path).json()
                body = {"location": "westus", "properties": {"count": now["properties"]["count"] + 1}}
                if test_arm.put(path, body, headers={"If-Match": now["etag"]}).status == 200:
                    break

    with ThreadPoolExecutor(writers) as pool:
        for done in [pool.submit(add) for _ in range(writers)]:
            done.result()
    assert test_arm.get(path).json()["properties"]["count"] == writers * rounds
