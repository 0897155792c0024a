"""The engine's events, one JSON object a line, as `pulumi preview --json` writes them. Pure.

With PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true, that is; without it, it writes one document at its end, which has
nothing of policies. The form is `EngineEvent` of pulumi/sdk/go/common/apitype/events.go, as of 3.259.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of an object that stands for a special value (Pulumi, sdk/go/common/resource/properties.go)."""
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  (a mark, and no secret)
OUTPUT_MARK = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
SECRET = "[secret]"  # noqa: S105
"""Stands for any secret, as in the engine's own displays."""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What an event has in place of a value that is known after the update only."""
WORDS = ("op", "diffKind", "severity", "enforcementLevel")
"""Keys whose values are the engine's own words."""

Event = dict[str, Any]


def read(lines: Iterable[str]) -> Iterator[Event]:
    """The events. What else is on a line (a program's output, a line cut short) is left out."""
    for line in lines:
        if not line.lstrip().startswith("{"):
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def opened(value: Any) -> Any:
    """A value without the engine's marks; in place of each secret there is `SECRET`."""
    if isinstance(value, Mapping):
        mark = value.get(SIGNATURE)
        if mark == SECRET_MARK or (mark == OUTPUT_MARK and value.get("secret") is True):
            return SECRET
        if mark == OUTPUT_MARK:
            return opened(value.get("value", UNKNOWN))
        return {str(key): opened(inner) for key, inner in value.items()}
    return [opened(inner) for inner in value] if isinstance(value, list) else value


def plaintexts(value: Any) -> Iterator[str]:
    """The texts of secrets that are shown for once (`--show-secrets`): nothing may repeat them."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_MARK:
            yield from _texts(value.get("plaintext"), value.get("value"))
            return
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from plaintexts(inner)


def _texts(*values: Any) -> Iterator[str]:
    """All texts in a secret; the engine writes it as JSON in a text."""
    for value in values:
        if isinstance(value, str):
            yield value
            try:
                inner = json.loads(value)
            except (ValueError, RecursionError):
                continue
            if inner != value:
                yield from _texts(inner)
        elif isinstance(value, Mapping):
            yield from _texts(*value.values())
        elif isinstance(value, list):
            yield from _texts(*value)


def without(value: Any, secrets: Collection[str]) -> Any:
    """A value that repeats no secret anywhere; what is the engine's own word stays."""
    if isinstance(value, Mapping):
        return {
            _hidden(key, secrets): inner if key in WORDS else without(inner, secrets)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [without(inner, secrets) for inner in value]
    return _hidden(value, secrets) if isinstance(value, str) else value


def _hidden(text: str, secrets: Collection[str]) -> str:
    for secret in sorted(secrets, key=lambda each: (-len(each), each)):
        text = text.replace(secret, SECRET)
    return text


def unknown(value: Any) -> bool:
    """Whether a value, or a part of it, is known after the update only."""
    if isinstance(value, Mapping):
        return any(unknown(inner) for inner in value.values())
    if isinstance(value, list):
        return any(unknown(inner) for inner in value)
    return bool(value == UNKNOWN)
