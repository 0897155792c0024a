"""Karmada's kinds in the federation API: put there, and seen to be served."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

from federation.deadline import Deadline
from federation.kube import Kube, Ref

MANAGER = "federation-kinds"
AT_ONCE = 8
DEFINITIONS = Ref("apiextensions.k8s.io/v1", "customresourcedefinitions")


def digests(definitions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Name of each definition to a hash over all of it."""
    return {d["metadata"]["name"]: _digest(d) for d in definitions}


def _digest(definition: Mapping[str, Any]) -> str:
    return sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:16]


def apply(plane: Kube, definitions: Iterable[Mapping[str, Any]], deadline: Deadline) -> dict[str, int]:
    """Make or change all definitions, several at once, and wait until they are served.

    One by one, as resources of the Kubernetes provider, they take 14 s instead of 2: it reads the whole of the API's
    schema again after each.

    Returns the generation of each, by name. Raises what `Kube.apply` does, and `NotInTimeError`.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(lambda d: plane.apply(d, manager=MANAGER), definitions))
    names = {d["metadata"]["name"] for d in made}
    deadline.until("kinds of Karmada", lambda: _missing(plane, names), fix="run `pulumi up` again")
    return {d["metadata"]["name"]: int(d["metadata"]["generation"]) for d in made}


def _missing(plane: Kube, names: set[str]) -> str | None:
    established = {d["metadata"]["name"] for d in plane.list(DEFINITIONS) if _is_established(d)}
    left = sorted(names - established)
    return f"{len(left)} of {len(names)} are not served yet, such as {left[0]}" if left else None


def _is_established(definition: Mapping[str, Any]) -> bool:
    conditions = (definition.get("status") or {}).get("conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def changed(plane: Kube, generations: Mapping[str, int]) -> list[str]:
    """Names of the definitions that somebody has changed or removed since `apply` returned these generations."""
    live = {d["metadata"]["name"]: d["metadata"]["generation"] for d in plane.list(DEFINITIONS)}
    return sorted(name for name, generation in generations.items() if live.get(name) != int(generation))
