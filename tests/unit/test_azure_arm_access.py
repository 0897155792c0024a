"""Who may do what: role assignments and locks."""

from __future__ import annotations

import uuid

import pytest

from lab.azure.kinds import Caller
from lab.azure.roles import ROLES
from tests.unit.azure_arm_fixtures import CORE, Arm, code, message

ASSIGNMENT = "2022-04-01"
LOCK = "2020-05-01"
NETWORK = "2024-05-01"
ROLE = {role.name: role.id for role in ROLES}
NOBODY = "00000000-0000-4000-8000-000000000000"


class Tenant:
    """A stand-in with a group, a network in it, and an identity."""

    def __init__(self) -> None:
        self.arm = Arm(CORE)
        self.group = self.arm.group()
        self.network = f"{self.group}/providers/Microsoft.Network/virtualNetworks/vnet"
        body = {"location": "westus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
        assert self.arm.put(self.network, body, version=NETWORK).status == 201
        identity = f"{self.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/who"
        made = self.arm.put(identity, {"location": "westus"}, version="2023-01-31").json()["properties"]
        self.caller = Caller(principal=made["principalId"], application=made["clientId"])

    def assign(self, scope: str, role: str, name: str | None = None, **properties: str) -> str:
        """Assign a role to the identity; returns the answer in short."""
        subscription = self.arm.subscription
        body = {
            "properties": {
                "principalId": self.caller.principal,
                "roleDefinitionId": f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}",
                **properties,
            }
        }
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name or uuid.uuid4()}"
        found = self.arm.put(path, body, version=ASSIGNMENT)
        return code(found) if found.status >= 400 else str(found.status)

    def lock(self, scope: str, level: str, name: str = "keep") -> str:
        """Lock a scope; returns the lock's path."""
        path = f"{scope}/providers/Microsoft.Authorization/locks/{name}"
        assert self.arm.put(path, {"properties": {"level": level}}, version=LOCK).status in (200, 201)
        return path


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def test_an_identity_may_do_nothing_at_first(tenant: Tenant) -> None:
    refused = tenant.arm.get(tenant.network, version=NETWORK, caller=tenant.caller)
    assert code(refused) == "403 AuthorizationFailed"
    assert (
        "does not have authorization to perform action 'Microsoft.Network/virtualNetworks/read' over scope"
        in (message(refused))
    )
    assert tenant.caller.principal in message(refused)


def test_a_role_holds_for_its_scope_and_under_it(tenant: Tenant) -> None:
    arm, caller = tenant.arm, tenant.caller
    assert tenant.assign(tenant.network, ROLE["Reader"]) == "201"
    assert arm.get(tenant.network, version=NETWORK, caller=caller).status == 200
    assert arm.get(f"{tenant.network}/subnets", version=NETWORK, caller=caller).status == 200
    assert code(arm.get(tenant.group, caller=caller)) == "403 AuthorizationFailed"
    subnet = f"{tenant.network}/subnets/s"
    body = {"properties": {"addressPrefix": "10.0.0.0/24"}}
    assert code(arm.put(subnet, body, version=NETWORK, caller=caller)) == "403 AuthorizationFailed"
    assert tenant.assign(tenant.group, ROLE["Network Contributor"]) == "201"
    assert arm.put(subnet, body, version=NETWORK, caller=caller).status == 201
    assert code(arm.delete(tenant.group, caller=caller)) == "403 AuthorizationFailed"


def test_a_contributor_gives_no_rights_away(tenant: Tenant) -> None:
    tenant.assign(tenant.group, ROLE["Contributor"])
    arm = tenant.arm
    assert arm.patch(tenant.group, {"tags": {}}, caller=tenant.caller).status == 200
    arm.caller = tenant.caller
    assert tenant.assign(tenant.group, ROLE["Owner"]) == "403 AuthorizationFailed"


def test_what_was_assigned_can_be_taken_back(tenant: Tenant) -> None:
    name = str(uuid.uuid4())
    assert tenant.assign(tenant.group, ROLE["Reader"], name) == "201"
    assert tenant.arm.get(tenant.group, caller=tenant.caller).status == 200
    path = f"{tenant.group}/providers/Microsoft.Authorization/roleAssignments/{name}"
    assert tenant.arm.delete(path, version=ASSIGNMENT).status == 200
    assert tenant.arm.get(tenant.group, caller=tenant.caller).status == 403


def test_data_actions_are_apart(tenant: Tenant) -> None:
    access = tenant.arm.service.roles
    action = "Microsoft.ContainerService/managedClusters/pods/read"
    operator = tenant.arm.service.settings.operator_id
    assert not access.allowed(operator, action, tenant.group, data=True), "as Owner has no data actions"
    tenant.assign(tenant.group, ROLE["Azure Kubernetes Service RBAC Cluster Admin"])
    assert access.allowed(tenant.caller.principal, action, tenant.network, data=True)
    assert not access.allowed(tenant.caller.principal, "Microsoft.Network/x/write", tenant.network)


def test_an_assignment_is_there_once(tenant: Tenant) -> None:
    name = str(uuid.uuid4())
    assert tenant.assign(tenant.group, ROLE["Reader"], name) == "201"
    assert tenant.assign(tenant.group, ROLE["Reader"]) == "409 RoleAssignmentExists"
    assert tenant.assign(tenant.group, ROLE["Reader"], name) == "200"
    assert tenant.assign(tenant.group, ROLE["Owner"], name) == "409 RoleAssignmentUpdateNotPermitted"
    assert tenant.assign(tenant.network, ROLE["Reader"]) == "201", "another scope is another assignment"


@pytest.mark.parametrize(
    ("role", "name", "properties", "said"),
    [
        (ROLE["Reader"], "reader", {}, "400 InvalidRoleAssignmentId"),
        (NOBODY, None, {}, "400 RoleDefinitionDoesNotExist"),
        (ROLE["Reader"], None, {"principalId": NOBODY}, "400 PrincipalNotFound"),
        (ROLE["Reader"], None, {"principalType": "User"}, "400 UnmatchedPrincipalType"),
        (ROLE["Reader"], None, {"principalType": "Robot"}, "400 UnmatchedPrincipalType"),
    ],
)
def test_a_wrong_assignment_is_refused(
    tenant: Tenant, role: str, name: str | None, properties: dict[str, str], said: str
) -> None:
    assert tenant.assign(tenant.group, role, name, **properties) == said


def test_assignments_are_listed_by_scope_and_principal(tenant: Tenant) -> None:
    for scope in (tenant.arm.subscription, tenant.group, tenant.network):
        tenant.assign(scope, ROLE["Reader"])

    def count(scope: str, filter_: str = "") -> int:
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
        query = {"$filter": filter_} if filter_ else None
        return len(tenant.arm.get(path, version=ASSIGNMENT, query=query).json()["value"])

    assert (count(tenant.arm.subscription), count(tenant.group)) == (3, 2)
    assert count(tenant.group, "atScope()") == 1
    assert count(tenant.group, f"principalId eq '{tenant.caller.principal}'") == 2
    assert count(tenant.group, f"principalId eq '{uuid.uuid4()}'") == 0


def test_role_definitions_can_be_found_by_name(tenant: Tenant) -> None:
    path = f"{tenant.arm.subscription}/providers/Microsoft.Authorization/roleDefinitions"
    found = tenant.arm.get(path, query={"$filter": "roleName eq 'DNS Zone Contributor'"}).json()["value"]
    assert [row["name"] for row in found] == ["befefa01-2a29-4197-83a8-272ff33ce314"]
    assert tenant.arm.get(f"{path}/{ROLE['Reader']}").json()["properties"]["roleName"] == "Reader"
    assert code(tenant.arm.get(f"{path}/{uuid.uuid4()}")) == "404 RoleDefinitionDoesNotExist"


# Locks


def test_a_lock_stops_the_delete_of_what_it_is_on_above_it_and_under_it(tenant: Tenant) -> None:
    arm = tenant.arm
    lock = tenant.lock(tenant.network, "CanNotDelete")
    subnet = f"{tenant.network}/subnets/s"
    assert arm.put(subnet, {"properties": {"addressPrefix": "10.0.0.0/24"}}, version=NETWORK).status == 201
    for path, version in ((tenant.network, NETWORK), (subnet, NETWORK), (tenant.group, "2024-03-01")):
        refused = arm.delete(path, version=version)
        assert code(refused) == "409 ScopeLocked", path
        assert f"'{path}' cannot perform delete operation because following scope(s) are locked" in message(
            refused
        )
        assert f"'{tenant.network}'" in message(refused)
    assert arm.delete(lock, version=LOCK).status == 200
    arm.delete(tenant.group)
    assert arm.store.all() == []


def test_a_read_only_scope_stops_writes(tenant: Tenant) -> None:
    lock = tenant.lock(tenant.group, "ReadOnly")
    assert code(tenant.arm.patch(tenant.network, {"tags": {}}, version=NETWORK)) == "409 ScopeLocked"
    assert code(tenant.arm.patch(tenant.group, {"tags": {}})) == "409 ScopeLocked"
    assert tenant.arm.get(tenant.network, version=NETWORK).status == 200
    assert tenant.arm.delete(lock, version=LOCK).status == 200
    assert tenant.arm.patch(tenant.network, {"tags": {}}, version=NETWORK).status == 200


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({}, "400 InvalidRequestContent"),
        ({"level": "NotSpecified"}, "400 InvalidLockLevel"),
        ({"level": "Loose"}, "400 InvalidLockLevel"),
        ({"level": "ReadOnly", "notes": "x" * 513}, "400 InvalidLockNotes"),
    ],
)
def test_a_wrong_lock_is_refused(tenant: Tenant, properties: dict[str, str], said: str) -> None:
    path = f"{tenant.group}/providers/Microsoft.Authorization/locks/keep"
    assert code(tenant.arm.put(path, {"properties": properties}, version=LOCK)) == said


def test_locks_are_listed_from_their_scope_down(tenant: Tenant) -> None:
    tenant.lock(tenant.network, "CanNotDelete", "inner")
    tenant.lock(tenant.group, "CanNotDelete", "outer")
    path = f"{tenant.group}/providers/Microsoft.Authorization/locks"
    assert [r["name"] for r in tenant.arm.get(path, version=LOCK).json()["value"]] == ["inner", "outer"]
