"""All kinds that the stand-in knows, by type."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module

from lab.azure.kinds import Kind

MODULES = (
    "lab.azure.resources",
    "lab.azure.network",
    "lab.azure.identity",
    "lab.azure.authorization",
    "lab.azure.monitor",
    "lab.azure.accounts",
    "lab.azure.dns",
    "lab.azure.aks",
)
"""Each has `KINDS: tuple[Kind, ...]`. They are imported when a service asks for all, as they import this package."""


class Catalog:
    """Kinds by type, in any case."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = {kind.type.lower(): kind for kind in kinds}

    def find(self, type_: str) -> Kind | None:
        """The kind of a type such as `microsoft.network/DNSZONES`."""
        return self._kinds.get(type_.lower())

    def has_namespace(self, namespace: str) -> bool:
        """Whether there is any type of that resource provider."""
        return any(key.startswith(f"{namespace.lower()}/") for key in self._kinds)

    def all(self) -> list[Kind]:
        """Every kind."""
        return list(self._kinds.values())


@cache
def catalog() -> Catalog:
    """Everything that there is."""
    return Catalog(kind for module in MODULES for kind in import_module(module).KINDS)
