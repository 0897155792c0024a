"""P05."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, azure, bad, dynamic, good, resource, secret, unknown

SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"
GROUP = f"{SUBSCRIPTION}/resourceGroups/fed-dns-rg"
ZONE = f"{GROUP}/providers/Microsoft.Network/dnsZones/syncweek.com"
PRIVATE_ZONE = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/syncweek.com"
DEFINITIONS = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
CONTRIBUTOR, ZONE_CONTRIBUTOR = (
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "befefa01-2a29-4197-83a8-272ff33ce314",
)
OWNING = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    CONTRIBUTOR: "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
DNS = {
    ZONE_CONTRIBUTOR: "DNS Zone Contributor",
    "b12aa53e-6015-4669-85d0-8515ebb3ae7f": "Private DNS Zone Contributor",
}
CREATE = "az ad sp create-for-rbac -n http://MyApp"


def assignment(role: str, scope: str, principal: str = "ServicePrincipal", name: str = "it") -> Resource:
    return azure(
        "authorization:RoleAssignment",
        name,
        roleDefinitionId=f"{DEFINITIONS}/{role}",
        scope=scope,
        principalType=principal,
        principalId="66666666-2222-3333-4444-555555555555",
    )


def classic(role: str, scope: str) -> Resource:
    return resource("azure:authorization/assignment:Assignment", roleDefinitionName=role, scope=scope)


def command(text: Any, key: str = "create") -> Resource:
    return dynamic("seed:Command", **{key: text})


def owns(scope: str, role: str = "Contributor", kind: str = "RoleAssignment") -> str:
    return f"{kind} 'it' makes a workload {role!r} of {scope}"


def no_zone(scope: str, role: str = "DNS Zone Contributor", kind: str = "RoleAssignment") -> str:
    return f"{kind} 'it' gives {role!r} on {scope}, which is not one zone"


ROLES = [
    *(
        bad("P05", f"{role} of a group", assignment(id_, GROUP), says=owns(GROUP, role))
        for id_, role in OWNING.items()
    ),
    *(
        bad("P05", f"{role} on a group", assignment(id_, GROUP), says=no_zone(GROUP, role))
        for id_, role in DNS.items()
    ),
    *(
        bad(
            "P05",
            f"{role.lower()} by its name",
            classic(role.lower(), GROUP),
            says=owns(GROUP, role, "Assignment"),
        )
        for role in OWNING.values()
    ),
    *(
        bad("P05", f"{role} by its name", classic(role, GROUP), says=no_zone(GROUP, role, "Assignment"))
        for role in DNS.values()
    ),
    *(
        bad("P05", f"Contributor of {scope}", assignment(CONTRIBUTOR.upper(), scope), says=owns(scope))
        for scope in (
            "/",
            SUBSCRIPTION,
            f"{SUBSCRIPTION}/",
            f"{GROUP}/",
            GROUP.lower(),
            "/providers/Microsoft.Management/managementGroups/all",
        )
    ),
    bad("P05", "no scope", assignment(CONTRIBUTOR, ""), says=owns("everything")),
    bad(
        "P05",
        "nobody knows what it is",
        azure("authorization/v20220401:RoleAssignment", roleDefinitionId=CONTRIBUTOR, scope=GROUP),
        says=owns(GROUP),
    ),
    good("P05", "Contributor of one resource", assignment(CONTRIBUTOR, ZONE)),
    good(
        "P05",
        "Contributor of a resource outside a group",
        assignment(CONTRIBUTOR, f"{SUBSCRIPTION}/providers/Microsoft.Foo/bar"),
    ),
    good("P05", "a user", assignment(CONTRIBUTOR, GROUP, "User")),
    good("P05", "a group of users", assignment(CONTRIBUTOR, GROUP, "group")),
    good("P05", "a smaller role", assignment("4d97b98b-1d4f-4787-a291-c67834d212e7", GROUP)),
    good("P05", "another type", azure("foo:Bar", roleDefinitionId=CONTRIBUTOR, scope=GROUP)),
    *(
        good("P05", f"records of {scope}", assignment(ZONE_CONTRIBUTOR, scope))
        for scope in (ZONE, ZONE.lower(), PRIVATE_ZONE, f"{ZONE}/A/www")
    ),
    bad("P05", "a user on all zones", assignment(ZONE_CONTRIBUTOR, GROUP, "User"), says=no_zone(GROUP)),
    *(
        bad("P05", f"records of {scope}", assignment(ZONE_CONTRIBUTOR, scope), says=no_zone(scope))
        for scope in (f"{GROUP}/providers/Microsoft.Network/dnsZones/", f"{GROUP}/dnsZonesOfMine/x")
    ),
    bad("P05", "records of everything", assignment(ZONE_CONTRIBUTOR, ""), says=no_zone("everything")),
    unknown("P05", "the role", assignment(CONTRIBUTOR, UNKNOWN), paths="scope"),
    unknown("P05", "the principal", assignment(CONTRIBUTOR, GROUP, UNKNOWN), paths="principalType"),
    good("P05", "what does not matter", assignment("other", UNKNOWN, UNKNOWN)),
    good("P05", "the principal does not matter", assignment(ZONE_CONTRIBUTOR, ZONE, UNKNOWN)),
]
COMMANDS = [
    *(
        bad(
            "P05",
            f"a command in {key}",
            command(f"{CREATE} --role contributor --scopes {GROUP}", key),
            says=owns(GROUP, kind="Command"),
        )
        for key in ("create", "update", "command", "script")
    ),
    bad(
        "P05",
        "a command with two scopes",
        resource(
            "command:local:Command",
            create=secret(f"{CREATE} --scopes '{GROUP}' \"{SUBSCRIPTION}\" \\\n--role=Owner --years 3"),
        ),
        says=[owns(scope, "Owner", "Command") for scope in (GROUP, SUBSCRIPTION)],
    ),
    bad(
        "P05",
        "a command in words",
        command([*CREATE.split(), "--role", "User Access Administrator", "--scopes", GROUP]),
        says=owns(GROUP, "User Access Administrator", "Command"),
    ),
    bad(
        "P05",
        "a command by id without a scope",
        command(f"set -e\naz  ad sp create-for-rbac --role {DEFINITIONS}/{CONTRIBUTOR} --scopes"),
        says=owns("everything", kind="Command"),
    ),
    bad(
        "P05",
        "two commands",
        command(
            f"az role assignment create --assignee x --scope {GROUP} --role 'DNS Zone Contributor'"
            f" && az role assignment create --role Owner --assignee x --scope {SUBSCRIPTION}"
        ),
        says=[no_zone(GROUP, kind="Command"), owns(SUBSCRIPTION, "Owner", "Command")],
    ),
    *(
        good("P05", f"a command after {name}", command(f"{CREATE}{end} echo --role owner --scopes {GROUP}"))
        for name, end in {"a line": "\n", "a semicolon": ";", "a pipe": "|", "an ampersand": "&"}.items()
    ),
    good("P05", "a command without a role", command(CREATE)),
    good("P05", "a command for one zone", command(f"{CREATE} --role contributor --scopes={ZONE}")),
    good("P05", "a zone in a variable", command(f"{CREATE} --role 'DNS Zone Contributor' --scopes $ZONE")),
    good("P05", "another command", command(f"az ad sp create --role owner --scopes {GROUP}")),
    good("P05", "no command", dynamic("seed:Text", create=f"{CREATE} --role owner --scopes {GROUP}")),
    unknown(
        "P05",
        "one command of two",
        dynamic("seed:Command", create=UNKNOWN, update=f"{CREATE} --role owner --scopes {GROUP}"),
        paths="create",
        says=owns(GROUP, "Owner", "Command"),
    ),
]
CASES = [*ROLES, *COMMANDS]
