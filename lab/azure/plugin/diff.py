"""What differs between old and new inputs, and whether it can be changed in place.

The rules are the real plugin's (pulumi-azure-native, `provider/pkg/provider/diff.go`): inputs are compared with inputs,
an input of the path or of `ResourceType.replaces` replaces, and so does all that is in such an input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from lab.azure.plugin.properties import region
from lab.azure.plugin.types import ResourceType
from lab.azure.plugin.values import Unknown, Values

Change = Literal["add", "delete", "update"]

RANDOM_NAME = "__createBeforeDelete"
"""An input that Check adds to a resource with a random name: a new one may be made beside the old one."""

KEYED = {("azure-native:containerservice:ManagedCluster", "agentPoolProfiles"): "name"}
"""Lists that ARM sees as sets of named items (`x-ms-identifiers`): order means nothing."""

_ABSENT: Final = object()
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Difference:
    """One property that differs.

    Attributes:
        path: such as `networkProfile.podCidr` or `agentPoolProfiles[0].count`.
        replaces: whether it takes a new resource.
    """

    path: str
    change: Change
    replaces: bool = False

    @property
    def top(self) -> str:
        """The input it is in."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


@dataclass(frozen=True)
class Verdict:
    """All that differs.

    Attributes:
        delete_first: whether a replacement needs the name of what it replaces.
    """

    differences: list[Difference] = field(default_factory=list)
    delete_first: bool = False

    @property
    def replaces(self) -> list[str]:
        """Paths that take a new resource."""
        return [d.path for d in self.differences if d.replaces]

    @property
    def changes(self) -> list[str]:
        """Inputs that differ, each once."""
        return sorted({d.top for d in self.differences})


def compare(
    type_: ResourceType,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    outputs: Mapping[str, Any],
    ignored: frozenset[str] = frozenset(),
) -> Verdict:
    """Compare inputs.

    Args:
        old: inputs of the last update.
        new: checked inputs; what is not known differs.
        outputs: of the last update. An input that is new and says what is so anyway replaces nothing.
        ignored: inputs at the top to leave out.
    """
    found = [
        Difference(d.path, d.change, _replaces(type_, d, new, outputs))
        for d in sorted(
            _objects(type_, _visible(old, ignored), _visible(new, ignored), ""), key=lambda d: d.path
        )
        if not _is_equal_anyway(d, old, new)
    ]
    replaced = any(d.replaces for d in found)
    return Verdict(found, delete_first=replaced and old.get(RANDOM_NAME) is not True)


def _visible(inputs: Mapping[str, Any], ignored: frozenset[str]) -> Values:
    return {k: v for k, v in inputs.items() if not k.startswith("__") and k not in ignored}


def _objects(
    type_: ResourceType, old: Mapping[str, Any], new: Mapping[str, Any], base: str
) -> Iterator[Difference]:
    for key in old.keys() | new.keys():
        path = f"{base}.{key}" if base else key
        yield from _values(type_, old.get(key, _ABSENT), new.get(key, _ABSENT), path)


def _values(type_: ResourceType, old: Any, new: Any, path: str) -> Iterator[Difference]:
    if old is _ABSENT or new is _ABSENT:
        yield Difference(path, "add" if old is _ABSENT else "delete")
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _objects(type_, old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(type_, old, new, path)
    elif isinstance(new, Unknown) or isinstance(old, bool) != isinstance(new, bool) or old != new:
        yield Difference(path, "update")


def _lists(type_: ResourceType, old: list[Any], new: list[Any], path: str) -> Iterator[Difference]:
    if (key := KEYED.get((type_.name, path))) is not None:
        old = _in_order(old, new, key)
    for i in range(max(len(old), len(new))):
        before = old[i] if i < len(old) else _ABSENT
        after = new[i] if i < len(new) else _ABSENT
        yield from _values(type_, before, after, f"{path}[{i}]")


def _in_order(old: list[Any], new: list[Any], key: str) -> list[Any]:
    """The old items where the new list has those of the same name; what is gone comes last."""
    if not all(isinstance(item, dict) and isinstance(item.get(key), str) for item in (*old, *new)):
        return old
    left = {item[key]: item for item in old}
    ordered = [left.pop(item[key], _ABSENT) for item in new]
    return [*ordered, *left.values()]


def _replaces(type_: ResourceType, d: Difference, new: Mapping[str, Any], outputs: Mapping[str, Any]) -> bool:
    general = _INDEX.sub("[]", d.path)
    rules = type_.replaces | set(type_.parameters)
    ruled = any(general == rule or general.startswith((f"{rule}.", f"{rule}[")) for rule in rules)
    says_what_is = d.change == "add" and d.path in outputs and outputs[d.path] == new.get(d.path)
    return ruled and not says_what_is


def _is_equal_anyway(d: Difference, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Inputs that ARM takes in any spelling: a group's name in any case, a region with spaces."""
    one, other = old.get(d.path), new.get(d.path)
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    if d.path == "resourceGroupName":
        return one.lower() == other.lower()
    return d.path == "location" and region(one) == region(other)
