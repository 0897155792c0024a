"""A zone in Azure DNS, and how it is reached, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from federation.azure.cloud import CLOUDS, Cloud
from federation.names import GLOBAL, Level

_PUBLIC = CLOUDS["public"]


@dataclass(frozen=True, kw_only=True)
class AzureStore:
    """Where the records of a zone are written. It holds no secret: who writes is known to the environment.

    Attributes:
        provider: "azure": Azure DNS, or with `private` Azure Private DNS.
        subscription: id.
        resource_group: name.
        zone: its name, with or without a dot at the end: the federation's domain, or one above it.
        private: whether the zone answers in virtual networks only.
        resource_manager: URL, of the cloud.
        authority: URL of Entra ID in that cloud.
        audience: of tokens for the resource manager.
        ca: PEM of the only authority to trust; None: the public ones.
        tenant: of the identity; None: as the environment says.
        client_id: of the workload identity of a pod; None: whoever the environment logs in, see
            `federation.azure.credentials`.
        without_global: the global names belong to somebody else in this zone: to Traffic Manager's aliases.
    """

    provider: Literal["azure"] = "azure"
    subscription: str
    resource_group: str
    zone: str
    private: bool = False
    resource_manager: str = _PUBLIC.resource_manager
    authority: str = _PUBLIC.authority
    audience: str = _PUBLIC.audience
    ca: str | None = None
    tenant: str | None = None
    client_id: str | None = None
    without_global: bool = False

    @classmethod
    def of(cls, cloud: Cloud, **more: Any) -> AzureStore:
        """A store in a cloud; `more` are the other attributes."""
        return cls(
            resource_manager=cloud.resource_manager,
            authority=cloud.authority,
            audience=cloud.audience,
            ca=cloud.ca,
            **more,
        )

    @property
    def cloud(self) -> Cloud:
        """The cloud that it is in."""
        return Cloud(
            name=self.resource_manager,
            resource_manager=self.resource_manager.rstrip("/"),
            authority=self.authority.rstrip("/"),
            audience=self.audience,
            ca=self.ca,
        )

    @property
    def zone_name(self) -> str:
        """As names are here: lower case, without the dot at the end."""
        return self.zone.lower().removesuffix(".")

    @property
    def without(self) -> tuple[Level, ...]:
        """The levels at which the names are somebody else's."""
        return (GLOBAL,) if self.without_global else ()

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it is, whoever asks it: Azure compares names without their case."""
        parts = (self.resource_manager.rstrip("/"), self.subscription, self.resource_group, self.zone_name)
        return self.provider, *(part.lower() for part in parts), self.private

    def as_props(self) -> dict[str, Any]:
        """As a resource's inputs, a controller's configuration and the stack's state have it (JSON)."""
        return {
            "provider": self.provider,
            "subscription": self.subscription,
            "resourceGroup": self.resource_group,
            "zone": self.zone,
            "private": self.private,
            "resourceManager": self.resource_manager,
            "authority": self.authority,
            "audience": self.audience,
            "ca": self.ca,
            "tenant": self.tenant,
            "clientId": self.client_id,
            "withoutGlobal": self.without_global,
        }

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> AzureStore:
        """The reverse of `as_props`. What has a default may be left out."""
        return cls(
            subscription=props["subscription"],
            resource_group=props["resourceGroup"],
            zone=props["zone"],
            private=bool(props.get("private")),
            resource_manager=props.get("resourceManager") or _PUBLIC.resource_manager,
            authority=props.get("authority") or _PUBLIC.authority,
            audience=props.get("audience") or _PUBLIC.audience,
            ca=props.get("ca"),
            tenant=props.get("tenant"),
            client_id=props.get("clientId"),
            without_global=bool(props.get("withoutGlobal")),
        )
