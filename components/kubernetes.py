"""Kubernetes objects as resources, from the same plain manifests that `kubectl` takes.

The typed classes of `pulumi_kubernetes` say the same in five thousand files, and importing them costs half a second
of each preview. With manifests as data, what an object looks like is a pure function, tested without Pulumi.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import _utilities

Manifest = Mapping[str, Any]
"""An object as in a YAML file; any value may be a `pulumi.Output`."""

FORCE = {"pulumi.com/patchForce": "true"}
"""What the stack declares wins over what was set by hand, such as by `kubectl scale`; else `up` would stop there."""
SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""For objects that are waited for by other means, or that never become what the provider waits for."""
SECRET_OUTPUTS = {"Secret": ["data", "stringData"]}  # as in the typed SDK


class KubernetesObject(pulumi.CustomResource):
    """One object. Its type is that of the typed SDK, such as "kubernetes:apps/v1:Deployment".

    Args:
        name: the resource's name in the stack.
        manifest: with `apiVersion`, `kind` and `metadata.name`.
        opts: must lead to a provider, by itself or by its parent.
    """

    metadata: pulumi.Output[Any]

    def __init__(self, name: str, manifest: Manifest, opts: pulumi.ResourceOptions | None = None) -> None:
        version, kind = str(manifest["apiVersion"]), str(manifest["kind"])
        group = version if "/" in version else f"core/{version}"
        defaults = pulumi.ResourceOptions(
            version=_utilities.get_version(),
            additional_secret_outputs=SECRET_OUTPUTS.get(kind),
        )
        props = {**manifest, "metadata": _forced(manifest["metadata"])}
        super().__init__(
            f"kubernetes:{group}:{kind}", name, props, pulumi.ResourceOptions.merge(opts, defaults)
        )


def _forced(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {**metadata, "annotations": {**FORCE, **(metadata.get("annotations") or {})}}
