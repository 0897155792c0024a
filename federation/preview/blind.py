"""What a preview without access cannot compare: steps that nothing but a placeholder makes a change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from federation.offline import REDACTED, placeholder
from federation.preview.events import SECRET, Event, opened, unknown

PROVIDERS = "pulumi:providers:"
STEPS = ("resourcePreEvent", "resOutputsEvent")
CHANGING = ("update", "replace", "create-replacement", "delete-replaced")
_SEGMENT = re.compile(r"\[\"((?:[^\"\\]|\\.)*)\"\]|\[(\d+)\]|\.?([^.\[]+)")
_MISSING: Any = object()


def judged(events: Iterable[Event]) -> Iterator[Event]:
    """The events of a preview; a step that cannot be compared has the key "unknown", which is true."""
    for event in events:
        yield {kind: _judged(body) if kind in STEPS else body for kind, body in event.items()}


def _judged(body: Any) -> Any:
    step = body.get("metadata") if isinstance(body, Mapping) else None
    if not isinstance(step, Mapping) or step.get("op") not in CHANGING or not blind(step):
        return body
    return {**body, "metadata": {**step, "unknown": True}}


def blind(step: Mapping[str, Any]) -> bool:
    """Whether all that makes a step what it is are placeholders: of its differences, or its reasons for a replacement.

    Args:
        step: the engine's `metadata` of a step.
    """
    old, new = step.get("old") or {}, step.get("new") or {}
    before = [opened(old.get(part) or {}) for part in ("inputs", "outputs")]
    after = opened(new.get("inputs") or {})
    if str(step.get("type")).startswith(PROVIDERS) and step.get("op") == "update":
        # the engine makes some itself, of configuration that it knows the secrets of
        before, after = _open(before), _open(after)
    paths = _reasons(step) or [
        key for key in sorted(before[0].keys() | after.keys()) if before[0].get(key) != after.get(key)
    ]
    return bool(paths) and all(_beside(path, before, after) for path in paths)


def _open(value: Any) -> Any:
    """With the placeholder for each secret, as nobody else tells two of them apart."""
    if isinstance(value, Mapping):
        return {key: _open(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_open(inner) for inner in value]
    return REDACTED if value == SECRET else value


def _reasons(step: Mapping[str, Any]) -> list[str]:
    """Paths that the provider tells of: those that make it a replacement, if it is one."""
    detailed = step.get("detailedDiff") or {}
    replacing = [
        path for path, diff in detailed.items() if str(diff.get("diffKind", "")).endswith("-replace")
    ]
    if step.get("op") != "update" and (replacing or step.get("keys")):
        return replacing or list(step["keys"])
    return list(detailed) or list(step.get("diffs") or ())


def _beside(path: str, before: Iterable[Any], after: Any) -> bool:
    new = _at(after, path)
    return any(
        (placeholder(old) or placeholder(new)) and alike(old, new)
        for old in (_at(part, path) for part in before)
    )


def alike(old: Any, new: Any) -> bool:
    """Whether two values differ in placeholders only. What is not known yet is no placeholder: it will be another."""
    if unknown(old) or unknown(new):
        return False
    if (
        old == new
        or (isinstance(old, str) and placeholder(old))
        or (isinstance(new, str) and placeholder(new))
    ):
        return True
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return all(alike(old.get(key), new.get(key)) for key in old.keys() | new.keys())
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return all(alike(one, other) for one, other in _pairs(old, new))
    return False


def _pairs(old: list[Any], new: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Elements of two lists, what is in both first: whoever sorts a list puts a placeholder elsewhere."""
    left, right = list(old), []
    for value in new:
        if value in left:
            left.remove(value)
        else:
            right.append(value)
    return zip(left, right, strict=True)


def _at(value: Any, path: str) -> Any:
    """What is at a path such as `spec.rules[0]["a.b"]`, or the first thing on the way that has no inside."""
    for match in _SEGMENT.finditer(path):
        name, index, word = match.groups()
        key = word if name is None else name
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
        else:
            return value if isinstance(value, str) else _MISSING
    return value
