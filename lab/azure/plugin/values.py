"""Properties as the engine sends them, and as Python has them: `Struct` ↔ dict, unknowns, secrets, numbers.

Source of the marks: the Pulumi SDK's `resource.proto` conventions (sdk/go/common/resource/plugin/rpc.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

Values = dict[str, Any]
"""Properties by name: text, numbers, booleans, lists, dicts, and `UNKNOWN`. There is no None."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark, no secret
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


class Unknown:
    """A value that is not known before the update."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: dict[int, Any]) -> Unknown:
        return self


UNKNOWN: Final = Unknown()
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        _UNKNOWN_TEXT,
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
    }
)


class Secret:
    """A value that the engine shall encrypt."""

    def __init__(self, value: Any) -> None:
        self.value = value


def read(message: Struct) -> Values:
    """Properties from the wire: nulls are dropped, secrets unwrapped, whole numbers are integers."""
    return {k: v for k, v in ((k, _read(v)) for k, v in MessageToDict(message).items()) if v is not None}


def _read(value: Any) -> Any:
    match value:
        case str() if value in _UNKNOWNS:
            return UNKNOWN
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_read(item) for item in value]
        case dict() if value.get(SIGNATURE) in (SECRET, OUTPUT):
            return _read(value["value"]) if "value" in value else UNKNOWN
        case dict():
            return {k: v for k, v in ((k, _read(v)) for k, v in value.items()) if v is not None}
    return value


def write(values: Mapping[str, Any]) -> Struct:
    """Properties for the wire."""
    message = Struct()
    message.update({key: _write(value) for key, value in values.items() if value is not None})
    return message


def _write(value: Any) -> Any:
    match value:
        case Unknown():
            return _UNKNOWN_TEXT
        case Secret():
            return {SIGNATURE: SECRET, "value": _write(value.value)}
        case list() | tuple():
            return [_write(item) for item in value]
        case Mapping():
            return {k: _write(v) for k, v in value.items() if v is not None}
    return value


def has_unknown(value: Any) -> bool:
    """Whether a value, or any in it, is not known."""
    match value:
        case Unknown():
            return True
        case list():
            return any(has_unknown(item) for item in value)
        case dict():
            return any(has_unknown(item) for item in value.values())
    return False
