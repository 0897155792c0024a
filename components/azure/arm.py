"""Ids and names of Azure Resource Manager, and what all resources of a cluster or a zone have in common."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import pulumi
from pulumi_azure_native import authorization

# "Azure built-in roles"; the ids are the same in every tenant.
NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
MANAGED_IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
AKS_CLUSTER_ADMIN = "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"
DNS_ZONE_CONTRIBUTOR = "befefa01-2a29-4197-83a8-272ff33ce314"
PRIVATE_DNS_ZONE_CONTRIBUTOR = "b12aa53e-6015-4669-85d0-8515ebb3ae7f"

_NAMES = uuid.UUID("0c5bd3f2-7d0e-5d0c-9a55-5d2e4a6f3c11")
Principal = Literal["Group", "ServicePrincipal"]


def options(
    parent: pulumi.Resource,
    *after: pulumi.Resource,
    ignore: Iterable[str] = (),
    **more: Any,
) -> pulumi.ResourceOptions:
    """Options of a child. Its name is fixed, so the old one goes before a new one of that name can be made."""
    return pulumi.ResourceOptions(
        parent=parent,
        depends_on=list(after),
        ignore_changes=list(ignore) or None,
        delete_before_replace=True,
        **more,
    )


def foreign(tags: Sequence[str]) -> list[str]:
    """Paths of tags that are somebody else's, to be ignored."""
    return [f'tags["{name}"]' for name in tags]


def tags(federation: str, more: Mapping[str, str]) -> dict[str, str]:
    """Of every resource, so that each can be found and paid for; the operator's win."""
    return {"federation": federation, **more}


def assignment(
    name: str,
    *,
    role: str,
    scope: pulumi.Input[str],
    principal: pulumi.Input[str],
    kind: Principal | None,
    opts: pulumi.ResourceOptions,
) -> authorization.RoleAssignment:
    """A role for a principal at a scope.

    Args:
        name: of the resource, and with the scope what the assignment's id comes from. So an interrupted run's
            assignment is found, and not made a second time.
        role: id of the definition.
        scope: id of a resource.
        principal: object id.
        kind: None for whoever is logged in: Azure looks it up. Where it is known, it need not look for a principal that
            is new.
        opts: see `options`.
    """
    place = pulumi.Output.from_input(scope)
    return authorization.RoleAssignment(
        name,
        role_assignment_name=place.apply(lambda id_: assignment_name(id_, name)),
        role_definition_id=place.apply(lambda id_: role_id(id_, role)),
        principal_id=principal,
        # Without anything, the SDK says "User", which a program in CI is not.
        principal_type=kind or pulumi.Output.from_input(None),
        scope=scope,
        opts=opts,
    )


def assignment_name(scope: str, name: str) -> str:
    """The UUID of a role assignment."""
    return str(uuid.uuid5(_NAMES, f"{scope.lower()} {name}"))


def role_id(scope: str, role: str) -> str:
    """The id of a built-in role, in the subscription of the scope."""
    return f"/subscriptions/{subscription(scope)}/providers/Microsoft.Authorization/roleDefinitions/{role}"


def subscription(id_: str) -> str:
    """The subscription of a resource's id."""
    return id_.split("/")[2]
