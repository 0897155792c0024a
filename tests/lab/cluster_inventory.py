"""All objects of a cluster. Runs where clusters can be reached:

    lab exec -- python -m tests.lab.cluster_inventory NAME

Prints a JSON object: resource → sorted "namespace/name uid".
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

from federation.kube import Kube, Ref
from federation.kubeconfig import read

COME_AND_GO = {"events", "leases", "componentstatuses"}
"""Of these a cluster makes and removes some by itself."""


def resources(kube: Kube) -> Iterator[Ref]:
    """Every collection that the API server can list."""
    groups = json.loads(kube.text("/apis"))["groups"]
    versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
    for version in versions:
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        for resource in json.loads(kube.text(path))["resources"]:
            if "list" in resource["verbs"] and "/" not in resource["name"]:
                yield Ref(version, resource["name"])


def inventory(kube: Kube) -> dict[str, list[str]]:
    """Resource to its objects."""
    found: dict[str, list[str]] = {}
    for ref in resources(kube):
        if ref.plural in COME_AND_GO:
            continue
        metadata = [o["metadata"] for o in kube.list(ref)]
        names = [f"{m.get('namespace', '')}/{m['name']} {m.get('uid', '')}" for m in metadata]
        found[f"{ref.plural} {ref.api_version}"] = sorted(names)
    return found


def main() -> None:
    """Print the inventory of the cluster whose context is named."""
    kubeconfig = read(os.environ["KUBECONFIG"], context=sys.argv[1])
    print(json.dumps(inventory(Kube.connect(kubeconfig, sys.argv[1]))))


if __name__ == "__main__":
    main()
