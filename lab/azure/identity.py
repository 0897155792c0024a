"""Microsoft.ManagedIdentity: user-assigned identities, and the tokens of other issuers that they trust."""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

from azure.mgmt.msi.v2024_11_30 import models

from lab.azure.entra import IDENTITIES
from lab.azure.http import Document
from lab.azure.ids import ResourceId
from lab.azure.kinds import Call, Kind

VERSIONS = ("2023-01-31", "2024-11-30", "2022-01-31-preview")
CREDENTIALS_PER_IDENTITY = 20


class Identity(Kind):
    """A managed identity: a principal of the tenant."""

    type = IDENTITIES
    versions = VERSIONS
    model: ClassVar[Any] = models.Identity
    tracked = True
    name_pattern = re.compile(r"[A-Za-z0-9][-\w]{2,127}")
    delete_order = 80

    def put(self, call: Call) -> Document:
        """With ids that stay for life."""
        for id_ in ("principalId", "clientId"):
            call.private.setdefault(id_, str(uuid.uuid4()))
        call.body["properties"] = {
            **call.properties,
            "tenantId": call.context.settings.tenant_id,
            "principalId": call.private["principalId"],
            "clientId": call.private["clientId"],
        }
        return call.body


class FederatedCredential(Kind):
    """What an identity trusts: an issuer, a subject, an audience; all compared to the letter.

    One write at a time for each identity, as Entra has it: others get a 409.
    """

    type = f"{IDENTITIES}/federatedIdentityCredentials"
    versions = VERSIONS
    model: ClassVar[Any] = models.FederatedIdentityCredential
    name_pattern = re.compile(r"[A-Za-z0-9][-\w]{2,119}")
    write_seconds = 0.2
    busy_code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"

    def busy_scope(self, id_: ResourceId) -> ResourceId:
        """The identity."""
        return id_.parent or id_

    def validate(self, call: Call) -> None:
        """All three are there, the pair is new, and there are not too many."""
        given = call.properties
        for field in ("issuer", "subject", "audiences"):
            if not given.get(field):
                raise call.refuse(
                    "BadRequest", f"The properties.{field} of {call.id.text} must not be empty."
                )
        if not given["issuer"].startswith("https://"):
            raise call.refuse(
                "BadRequest", f"The issuer '{given['issuer']}' must be a URL with the scheme https."
            )
        if len(given["audiences"]) != 1:
            raise call.refuse("BadRequest", f"{call.id.text} must have exactly one audience.")
        siblings = [
            e
            for e in call.context.store.children(call.id.parent or call.id, "federatedIdentityCredentials")
            if e.resource_id.key != call.id.key
        ]
        for entry in siblings:
            if (entry.properties["issuer"], entry.properties["subject"]) == (
                given["issuer"],
                given["subject"],
            ):
                raise call.refuse(
                    "Conflict",
                    f"Issuer and subject combination already exists for this Managed Identity: "
                    f"{entry.document['name']}.",
                    409,
                )
        if len(siblings) >= CREDENTIALS_PER_IDENTITY:
            raise call.refuse(
                "BadRequest",
                f"Too many Federated Identity Credentials; a managed identity has up to {CREDENTIALS_PER_IDENTITY}.",
            )


KINDS: tuple[Kind, ...] = (Identity(), FederatedCredential())
