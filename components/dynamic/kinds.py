"""`Kinds`: Karmada's CustomResourceDefinitions in the federation API, as one resource.

The state holds a hash of each: a preview names those that a new version changes, and half a megabyte stays outside.
"""

from __future__ import annotations

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from components.dynamic.base import Props, Provider, Resource
from federation.deadline import Deadline
from federation.errors import FederationError
from federation.karmada import crds, kinds
from federation.kube import Kube
from federation.paths import cache_dir

SECONDS = 60.0


class KindsProvider(Provider):
    """Where the definitions come from is no difference, only what they are."""

    compared = ("digests", "conversionUrl", "caBundle", "federationKubeconfig")
    replacing = ("federation",)

    def create(self, props: Props) -> CreateResult:
        """Raises `FederationError`."""
        return CreateResult(f"{props['federation']}/kinds", self._applied(props))

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """What a newer version no longer has stays: objects of that kind would go with it."""
        return UpdateResult(self._applied(news))

    def read(self, id_: str, props: Props) -> ReadResult:
        """A definition that was changed or removed loses its digest here, so that the next `up` mends it."""
        strayed = kinds.changed(_plane(props), props["generations"])
        digests = {name: digest for name, digest in props["digests"].items() if name not in strayed}
        return ReadResult(id_, {**props, "digests": digests})

    def delete(self, _id: str, _props: Props) -> None:
        """They go with the plane's etcd; removing them before would remove every policy and binding first."""

    def _applied(self, props: Props) -> Props:
        definitions = crds.load(props.get("source"), version=props["version"], cache=cache_dir())
        if kinds.digests(definitions) != props["digests"]:
            raise FederationError(
                "kinds of Karmada", "the files have changed during this run", "run `pulumi up` again"
            )
        converted = crds.with_conversion(definitions, props["conversionUrl"], props["caBundle"])
        return {**props, "generations": kinds.apply(_plane(props), converted, Deadline(SECONDS))}


def _plane(props: Props) -> Kube:
    return Kube.connect(props["federationKubeconfig"], f"federation {props['federation']}")


class Kinds(Resource, module="federation", name="CustomResourceDefinitions"):
    """Karmada's kinds.

    Args:
        name: of the resource.
        inputs: `federation`, `federationKubeconfig` (secret), `version` and `source` as `crds.load` takes them,
            `digests` of the definitions, `conversionUrl` and `caBundle` as `crds.with_conversion` takes them.

    Attributes:
        generations: name to `metadata.generation` after the last change of ours.
    """

    generations: pulumi.Output[dict[str, int]]

    def __init__(self, name: str, inputs: Props, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(KindsProvider(), name, {"generations": None, **inputs}, opts)
