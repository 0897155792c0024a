"""Pods in workloads, and containers in pods."""

from __future__ import annotations

from policy.objects import KubernetesObject
from policy.properties import Property

_TEMPLATES = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        (
            "DaemonSet",
            "Deployment",
            "Job",
            "PodTemplate",
            "ReplicaSet",
            "ReplicationController",
            "StatefulSet",
        ),
        ("spec", "template", "spec"),
    ),
}
WORKLOADS = frozenset(_TEMPLATES)
"""Kinds that make pods, and Pod itself."""


def pod_spec(found: KubernetesObject) -> Property | None:
    """The pod's specification, if the object makes pods."""
    path = _TEMPLATES.get(found.kind)
    return found.root.at(*path) if path else None


def containers(pod: Property) -> list[Property]:
    """All containers of a pod: those that run, those that run first, and those for debugging."""
    return [
        each
        for key in ("initContainers", "containers", "ephemeralContainers")
        for each in pod.at(key).items()
    ]


def arguments(container: Property) -> list[str]:
    """Command and arguments in one list."""
    return [*container.at("command").texts(), *container.at("args").texts()]


def flag(words: list[str], name: str) -> str | None:
    """The value of `--name=value`, of `--name value` and of `--name` alone ("true"), the last one that is given.

    None if it is not given at all.
    """
    value = None
    for place, word in enumerate(words):
        key, equals, rest = word.lstrip("-").partition("=")
        if not word.startswith("-") or key != name:
            continue
        following = words[place + 1] if place + 1 < len(words) else ""
        value = rest if equals else ("true" if not following or following.startswith("-") else following)
    return value
