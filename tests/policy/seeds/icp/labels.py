"""### Label the nodes."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s
from contexts import Contexts  # type: ignore[import-not-found]  # beside it once it runs
from shell import Command  # type: ignore[import-not-found]

ZONES = {"fc01": "east", "fc02": "west"}


def label(contexts: Contexts) -> None:
    """All nodes; of their names, the text has those of the boot masters alone."""
    for cluster, provider in contexts.both().items():
        place = {"region": "us", "zone": ZONES[cluster]}
        for key, value in place.items():
            # `kubectl label --all nodes failure-domain.beta.kubernetes.io/region=us --context fc01-context`,
            # `.../zone=east --context fc01-context`, `.../zone=west --context fc02-context`
            Command(
                f"label-{cluster}-{key}",
                create=f"kubectl label --all nodes failure-domain.beta.kubernetes.io/{key}={value}"
                f" --context {cluster}-context",
            )
        # the same, of a node that has a name: `fc01-bootmaster01`, `fc02-bootmaster01`
        k8s.core.v1.NodePatch(
            f"{cluster}-bootmaster01",
            metadata={
                "name": f"{cluster}-bootmaster01",
                "labels": {f"failure-domain.beta.kubernetes.io/{key}": value for key, value in place.items()},
            },
            opts=pulumi.ResourceOptions(provider=provider),
        )
