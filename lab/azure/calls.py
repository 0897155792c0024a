"""What a kind is given: the request, who sends it, and what all kinds share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from lab.azure.clock import Clock
from lab.azure.http import ArmError, Document, Request
from lab.azure.ids import ResourceId
from lab.azure.settings import Settings
from lab.azure.store import Entry, Store

Verb = Literal["read", "list", "write", "delete", "action"]
Keys = Callable[[], Document]
"""Gives an issuer's JSON Web Key Set: `{"keys": [...]}`. May raise `OSError` while the issuer is not up."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks.

    Attributes:
        principal: object id, as in role assignments.
        application: client id.
        claims: all that the token says.
    """

    principal: str
    application: str = ""
    claims: Document = field(default_factory=dict)


class Access(Protocol):
    """Asks the role assignments."""

    def allowed(self, principal: str, action: str, scope: str, *, data: bool = False) -> bool:
        """Whether the principal may do `action` (`Microsoft.Network/dnszones/read`) at `scope` or above it.

        Args:
            data: whether it is a data action, such as those of Azure RBAC for Kubernetes.
        """
        ...


@dataclass(kw_only=True)
class Context:
    """What all kinds share.

    Attributes:
        directory: where the server keeps its files; None in unit tests: nothing is written then.
        issuers: URL of an OIDC issuer, as in the tokens' `iss` → its keys. The AKS kinds add their clusters here.
        parts: what a package keeps for itself between calls, under its own name: `parts["aks"]`, `parts["dns"]`.
        access: asks role assignments; for a kind's own checks, such as that of a linked resource.
    """

    store: Store
    clock: Clock
    settings: Settings
    access: Access
    directory: Path | None = None
    issuers: dict[str, Keys] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Call:
    """One request to one kind.

    Attributes:
        id: of the resource; for a list, of the collection.
        body: what was sent, checked and without read-only fields. May be changed.
        existing: the resource as it is now; None when it would be new.
        private: what the kind remembers of the resource; changes are stored with the document.
        cascading: a delete because the group or the parent goes: references from outside do not stop it.
    """

    context: Context
    id: ResourceId
    request: Request
    caller: Caller
    body: Document = field(default_factory=dict)
    existing: Entry | None = None
    private: Document = field(default_factory=dict)
    cascading: bool = False

    @property
    def properties(self) -> Document:
        """The body's `properties`; made if there are none, so that they can be changed."""
        found: Document = self.body.setdefault("properties", {})
        return found

    def refuse(self, code: str, message: str, status: int = 400) -> ArmError:
        """An error to raise."""
        return ArmError(status, code, message)

    def referred(self, id_: str, type_: str, path: str) -> Entry:
        """The resource that a field refers to. Raises the `ArmError` of a reference that leads nowhere.

        Args:
            path: of the field, such as `properties.natGateway.id`.
        """
        entry = self.context.store.get(id_)
        if entry is None or entry.type.lower() != type_.lower():
            raise ArmError(
                400,
                "InvalidResourceReference",
                f"Resource {id_} referenced by resource {self.id.text} ({path}) was not found. Please make sure "
                "that the referenced resource exists, and that both resources are in the same region.",
            )
        return entry
