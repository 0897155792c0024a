"""Who may do what: role assignments and management locks, asked from the inventory."""

from __future__ import annotations

import re
from functools import cache

from lab.azure.http import ArmError
from lab.azure.ids import ResourceId, covers
from lab.azure.kinds import Caller, Verb
from lab.azure.roles import BY_ID, Role
from lab.azure.settings import Settings
from lab.azure.store import Entry, Store

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
LOCKS = "Microsoft.Authorization/locks"


class Roles:
    """Asks role assignments. The operator is Owner of the subscription and has all data actions that they grant.

    Implements `lab.azure.kinds.Access`.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings

    def allowed(self, principal: str, action: str, scope: str, *, data: bool = False) -> bool:
        """Whether the principal may do `action` at `scope` or above it."""
        if principal == self._settings.operator_id and not data:
            return covers(f"/subscriptions/{self._settings.subscription_id}", scope) or not scope
        return any(_grants(role, action, data=data) for role in self._roles(principal, scope))

    def _roles(self, principal: str, scope: str) -> list[Role]:
        found = []
        for entry in self._store.of_type(ASSIGNMENTS):
            held = entry.properties
            if held.get("principalId") == principal and covers(held["scope"], scope):
                role = BY_ID.get(held["roleDefinitionId"].rsplit("/", 1)[-1].lower())
                found += [role] if role else []
        return found

    def require(self, caller: Caller, action: str, scope: str) -> None:
        """Raises the `ArmError` (403) of a caller without that right."""
        if self.allowed(caller.principal, action, scope):
            return
        raise ArmError(
            403,
            "AuthorizationFailed",
            f"The client '{caller.application}' with object id '{caller.principal}' does not have authorization "
            f"to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently "
            "granted, please refresh your credentials.",
        )


def _grants(role: Role, action: str, *, data: bool) -> bool:
    yes, no = (role.data_actions, ()) if data else (role.actions, role.not_actions)
    return any(_matches(p, action) for p in yes) and not any(_matches(p, action) for p in no)


def _matches(pattern: str, action: str) -> bool:
    return _compiled(pattern.lower()).fullmatch(action.lower()) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))))


def require_unlocked(store: Store, id_: ResourceId, verb: Verb) -> None:
    """Raises the `ArmError` (409 ScopeLocked) of a lock in the way of a write or delete.

    A lock holds for its scope and all under it. `CanNotDelete` stops deletes, `ReadOnly` writes and POST actions too.
    What lies under a resource would go with it, so its locks stop the delete as well: that is how a lock on the
    SOA record set keeps a zone.
    """
    if id_.type.lower() == LOCKS.lower() or verb in ("read", "list"):
        return
    scopes = [lock.resource_id.scope for lock in store.of_type(LOCKS) if _stops(lock, id_, verb)]
    if scopes:
        verb_said = "delete" if verb == "delete" else "write"
        raise ArmError(
            409,
            "ScopeLocked",
            f"The scope '{id_.text}' cannot perform {verb_said} operation because following scope(s) are locked: "
            f"'{','.join(scopes)}'. Please remove the lock and try again.",
        )


def _stops(lock: Entry, id_: ResourceId, verb: Verb) -> bool:
    scope = lock.resource_id.scope
    if verb == "delete":
        return covers(scope, id_.text) or covers(id_.text, scope)
    return lock.properties.get("level") == "ReadOnly" and covers(scope, id_.text)
