"""Where programs of this project run: what `components.pods` and others need to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

INSTANCE = "app.kubernetes.io/instance"


class Place(Protocol):
    """Where programs run, and what they have in common: a namespace of a cluster, for one federation."""

    @property
    def federation(self) -> str:
        """The federation's name."""

    @property
    def namespace(self) -> str:
        """Of all objects."""

    @property
    def replicas(self) -> int:
        """Of each Deployment."""

    @property
    def pull_policy(self) -> Literal["Always", "IfNotPresent", "Never"]:
        """Of images."""

    @property
    def pull_secrets(self) -> Sequence[str]:
        """Names of Secrets in the namespace."""

    @property
    def node_selector(self) -> Mapping[str, str]:
        """Labels of the nodes that will do; all, if there are none."""

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Component to its requests and limits, where the default ones are not wanted."""

    def host_name(self, service: str) -> str:
        """The DNS name of a Service in its cluster."""

    def image(self, component: str) -> str:
        """The full name of the component's image."""

    def labels(self, component: str) -> dict[str, str]:
        """The recommended labels of Kubernetes; `selector` is the part of them that never changes."""

    def selector(self, component: str) -> dict[str, str]:
        """Finds the component's pods."""

    def metadata(self, component: str, name: str | None = None, **more: Any) -> dict[str, Any]:
        """Of an object of the component in the namespace."""


class _Owned(Protocol):
    """What labels are made of."""

    @property
    def federation(self) -> str: ...

    @property
    def namespace(self) -> str: ...

    @property
    def owner(self) -> Mapping[str, str]: ...

    def labels(self, component: str) -> dict[str, str]: ...

    def selector(self, component: str) -> dict[str, str]: ...


class Labelled:
    """How the objects of a place are called and labelled; for all places, which differ in their `owner` only."""

    @property
    def owner(self) -> Mapping[str, str]:
        """Labels that say who looks after the objects."""
        return {"app.kubernetes.io/managed-by": "pulumi"}

    def labels(self: _Owned, component: str) -> dict[str, str]:
        """The recommended labels of Kubernetes; `selector` is the part of them that never changes."""
        return {**self.selector(component), "app.kubernetes.io/part-of": "federation", **self.owner}

    def selector(self: _Owned, component: str) -> dict[str, str]:
        """Finds the component's pods."""
        return {"app.kubernetes.io/name": component, INSTANCE: self.federation}

    def metadata(self: _Owned, component: str, name: str | None = None, **more: Any) -> dict[str, Any]:
        """Of an object of the component in the namespace."""
        return {
            "name": name or component,
            "namespace": self.namespace,
            "labels": self.labels(component),
            **more,
        }
