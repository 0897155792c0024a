"""Microsoft.Authorization: role assignments and management locks, at any scope."""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

from azure.mgmt.authorization.v2022_04_01 import models
from azure.mgmt.resource.locks import models as lock_models

from lab.azure.access import ASSIGNMENTS, LOCKS
from lab.azure.clock import timestamp
from lab.azure.entra import IDENTITIES
from lab.azure.http import Document
from lab.azure.kinds import Call, Context, Kind
from lab.azure.roles import BY_ID


class RoleAssignment(Kind):
    """A principal, a role, and the scope that it hangs on."""

    type = ASSIGNMENTS
    versions = ("2022-04-01", "2020-10-01-preview", "2020-04-01-preview", "2020-08-01-preview", "2015-07-01")
    model: ClassVar[Any] = models.RoleAssignmentCreateParameters
    extension = True

    def validate(self, call: Call) -> None:
        """The name is a UUID, role and principal exist, and it is there under no other name."""
        try:
            uuid.UUID(call.id.name)
        except ValueError:
            raise call.refuse(
                "InvalidRoleAssignmentId",
                f"The role assignment ID '{call.id.name}' is not valid. The role assignment ID must be a GUID.",
            ) from None
        given = call.properties
        role = given["roleDefinitionId"].rsplit("/", 1)[-1].lower()
        if role not in BY_ID or "/roledefinitions/" not in given["roleDefinitionId"].lower():
            raise call.refuse(
                "RoleDefinitionDoesNotExist",
                f"The specified role definition with ID '{role}' does not exist.",
            )
        self._require_principal(call)
        self._require_new(call, role)

    @staticmethod
    def _require_principal(call: Call) -> None:
        given = call.properties
        principals = _principals(call.context)
        if given["principalId"].lower() not in principals:
            raise call.refuse(
                "PrincipalNotFound",
                f"Principal {given['principalId'].replace('-', '')} does not exist in the directory "
                f"{call.context.settings.tenant_id}. Check that you have the correct principal ID. If you are creating "
                "this principal and then immediately assigning a role, this error might be related to a replication "
                "delay. In this case, set the role assignment principalType property to a value, such as "
                "ServicePrincipal, User, or Group.",
            )
        given.setdefault("principalType", "ServicePrincipal")
        if given["principalType"] != "ServicePrincipal":
            raise call.refuse(
                "UnmatchedPrincipalType",
                f"The PrincipalId '{given['principalId']}' has type 'ServicePrincipal', which is different from "
                f"specified PrincipalType '{given['principalType']}'.",
            )

    def _require_new(self, call: Call, role: str) -> None:
        for entry in call.context.store.of_type(self.type):
            held = entry.properties
            same_scope = held["scope"].lower() == call.id.scope.lower()
            same = (
                same_scope
                and held["principalId"] == call.properties["principalId"]
                and held["roleDefinitionId"].rsplit("/", 1)[-1].lower() == role
            )
            is_this = entry.resource_id.key == call.id.key
            if same and not is_this:
                raise call.refuse(
                    "RoleAssignmentExists",
                    f"The role assignment already exists. The ID of the conflicting role assignment is "
                    f"{entry.document['name'].replace('-', '')}.",
                    409,
                )
            if is_this and not same:
                raise call.refuse(
                    "RoleAssignmentUpdateNotPermitted",
                    "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
                    409,
                )

    def put(self, call: Call) -> Document:
        """With its scope, and when it was made."""
        now = timestamp(call.context.clock.now())
        call.private.setdefault("created", now)
        by = call.caller.principal
        return {
            "properties": {
                **call.properties,
                "scope": call.id.scope,
                "createdOn": call.private["created"],
                "updatedOn": now,
                "createdBy": call.private.setdefault("by", by),
                "updatedBy": by,
            }
        }

    def list(self, call: Call) -> list[Document]:
        """Assignments at the scope and under it; `$filter=atScope()` or `principalId eq '...'` narrows them."""
        narrowed = call.request.query.get("$filter", "")
        wanted = re.search(r"principalId eq '([^']*)'", narrowed)
        found = call.context.store.of_type(self.type, call.id.scope)
        return [
            self.rendered(call.context, entry)
            for entry in found
            if (wanted is None or entry.properties["principalId"] == wanted[1])
            and ("atScope()" not in narrowed or entry.properties["scope"].lower() == call.id.scope.lower())
        ]


def _principals(context: Context) -> set[str]:
    identities = context.store.of_type(IDENTITIES)
    return {context.settings.operator_id.lower(), *(e.properties["principalId"].lower() for e in identities)}


class Lock(Kind):
    """A management lock. What it stops is in `lab.azure.access`."""

    type = LOCKS
    versions = ("2020-05-01", "2016-09-01", "2017-04-01")
    model: ClassVar[Any] = lock_models.ManagementLockObject
    extension = True
    name_pattern = re.compile(r"[^<>%&?/]{1,259}")

    def validate(self, call: Call) -> None:
        """The level is one of two; the notes are short."""
        level = call.properties["level"]
        if level not in ("CanNotDelete", "ReadOnly"):
            raise call.refuse(
                "InvalidLockLevel", f"The lock level '{level}' must be one of CanNotDelete, ReadOnly."
            )
        if len(call.properties.get("notes", "")) > 512:
            raise call.refuse("InvalidLockNotes", "The notes of a lock have up to 512 characters.")

    def list(self, call: Call) -> list[Document]:
        """Locks at the scope and under it."""
        return [self.rendered(call.context, e) for e in call.context.store.of_type(self.type, call.id.scope)]


KINDS: tuple[Kind, ...] = (RoleAssignment(), Lock())
