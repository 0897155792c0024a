"""`ClusterGuard`: remembers what a cluster in Azure was made with, and speaks up in a preview when that is to change.

The engine shows a replacement of a cluster as one line among many, and some changes it does not know to be impossible
until Azure refuses them in the middle of an update. This resource is nothing but memory: a change of what another
cluster would be made for is a warning, and what Azure would refuse is refused before anything is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, UpdateResult
from pulumi.runtime.settings import get_monitor

from components.dynamic.base import Props, Provider, Resource


@dataclass(frozen=True, kw_only=True)
class ClusterGuardArgs:
    """Inputs of a `ClusterGuard`, all of them known in every preview.

    Attributes:
        cluster: its name.
        replacing: key of the topology to its value, of those that AKS cannot change: another cluster is made.
        fixed: the same, of those that cannot change as long as the cluster lives.
        inside: what is under the cluster and may go before it: pools by their names in Azure, and administrators.
        protect: whether a lock lies on the cluster, and so on all that is under it.
    """

    cluster: str
    replacing: Mapping[str, Any]
    fixed: Mapping[str, Any]
    inside: Sequence[str]
    protect: bool


class ClusterGuardProvider(Provider):
    """Has no object anywhere."""

    compared = ("replacing", "fixed", "inside", "protect")
    replacing = ("cluster",)

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuses what Azure would refuse later."""
        return CheckResult(news, [CheckFailure(key, text) for key, text in refusals(olds, news)])

    def create(self, props: Props) -> CreateResult:
        """Remembers."""
        return CreateResult(props["cluster"], props)

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Remembers."""
        return UpdateResult(news)


def refusals(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Key and message of each change that cannot be. Whoever makes another cluster may change everything."""
    if not olds or changed(olds, news, "replacing"):
        return []
    name = news["cluster"]
    found = [(key, _fixed(name, key, olds["fixed"][key])) for key in changed(olds, news, "fixed")]
    gone = sorted(set(olds["inside"]) - set(news["inside"]))
    if gone and olds["protect"] and news["protect"]:
        text = (
            f"cluster {name}: {', '.join(gone)} would go, and the lock on the cluster is in the way. "
            "Next: set protect: false for this update, and leave it out again afterwards."
        )
        found.append(("inside", text))
    return found


def _fixed(cluster: str, key: str, value: Any) -> str:
    way = _WAYS.get(key, "")
    return f"cluster {cluster}: {key} is {_shown(value)} for the life of the cluster. Next: put it back{way}."


_POOL = "; for another system pool add one with mode: System to user_pools, and lower this one's count"
_WAYS = {"system_pool.vm_size": _POOL, "system_pool.zones": _POOL}


def warnings(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """A line for each change that another cluster is made for."""
    return [
        f"cluster {news['cluster']}: {key} changes from {_shown(olds['replacing'].get(key))} to "
        f"{_shown(news['replacing'].get(key))}: the cluster is REPLACED. All that is in it is lost, volumes too, and "
        "its Services get other addresses"
        for key in changed(olds, news, "replacing")
    ]


def changed(olds: Mapping[str, Any], news: Mapping[str, Any], part: str) -> list[str]:
    """Keys of a part that have other values; those that only newer versions of this program know are no change."""
    before, after = olds.get(part) or {}, news.get(part) or {}
    return sorted(key for key in before.keys() & after.keys() if before[key] != after[key])


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


class ClusterGuard(Resource, module="federation", name="ClusterGuard"):
    """See this module."""

    def __init__(self, name: str, args: ClusterGuardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {
            "cluster": args.cluster,
            "replacing": dict(args.replacing),
            "fixed": dict(args.fixed),
            "inside": sorted(args.inside),
            "protect": args.protect,
        }
        super().__init__(ClusterGuardProvider(), name, props, pulumi.ResourceOptions.merge(opts, _hook(name)))


def _hook(name: str) -> pulumi.ResourceOptions:
    """Before an update of it, in previews too. Pulumi's mocks, under which tests run, have no hooks."""
    if not hasattr(get_monitor(), "RegisterResourceHook"):
        return pulumi.ResourceOptions()
    how = pulumi.ResourceHookOptions(on_dry_run=True, ignore_errors=True)
    hook = pulumi.ResourceHook(f"warn-{name}", _warn, how)
    return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_update=[hook]))


def _warn(args: pulumi.ResourceHookArgs) -> None:
    for line in warnings(args.old_inputs or {}, args.new_inputs or {}):
        pulumi.log.warn(line)
