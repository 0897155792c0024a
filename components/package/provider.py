"""The process that serves the package to the engine."""

from typing import Any

import pulumi
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from components.package.federation import Federation
from components.package.zone import CoreDnsZone
from federation.errors import FederationError
from federation.topology.models import VERSION

NAME = "federation"
COMPONENTS = [Federation, CoreDnsZone]


class Provider(ComponentProvider):
    """Serves the components; an error that the user can act on has no stack trace."""

    def __init__(self) -> None:
        super().__init__(COMPONENTS, NAME, version=VERSION)

    def construct(
        self, name: str, resource_type: str, inputs: Any, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Make one component."""
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, FederationError):
                # Not at a property: the engine would print its value, which may be a secret.
                raise pulumi.InputPropertiesError(str(error.inner), []) from None
            raise
