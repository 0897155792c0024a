"""Properties of a resource: any may be missing, of another type, secret, or not known yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of an object that stands for a special value (Pulumi, sdk/go/common/resource/properties.go)."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  (a mark, and no secret)
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a flag
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # a text
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
    }
)
"""What the engine sends in place of a value that is known after the update only (the same file)."""
REDACTED = "[secret]"
"""What `pulumi policy analyze --file` has in place of a secret."""


class UnknownValueError(Exception):
    """A value is known after the update only.

    Attributes:
        path: of the property, such as "spec.template.spec.containers[0].image".
    """

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is known after the update only")
        self.path = path


@dataclass(frozen=True, slots=True)
class Property:
    """A value somewhere in a resource, or the absence of one.

    Reading a value of another type than asked for gives what a missing one gives: it is not the pack's business
    to check types. Reading one that is not known yet raises `UnknownValueError`.

    Attributes:
        raw: as the engine sends it, as JSON.
        path: where it is.
        secret: it, or what it is a part of, is marked as a secret.
    """

    raw: Any
    path: str = ""
    secret: bool = False

    def at(self, *keys: str) -> Property:
        """The property below it by these keys."""
        found = self
        for key in keys:
            found = found._below(key)
        return found

    def _below(self, key: str) -> Property:
        opened = self.opened()
        value = opened.raw.get(key) if isinstance(opened.raw, Mapping) else None
        return Property(value, f"{self.path}.{key}" if self.path else key, opened.secret)

    def opened(self) -> Property:
        """It without the marks of secrets and outputs. Raises `UnknownValueError`."""
        found = self
        while isinstance(found.raw, Mapping) and found.raw.get(SIGNATURE) in (SECRET, OUTPUT):
            if "value" not in found.raw:
                raise UnknownValueError(self.path)
            secret = found.raw[SIGNATURE] == SECRET or found.raw.get("secret") is True
            found = Property(found.raw["value"], self.path, found.secret or secret)
        if isinstance(found.raw, str) and found.raw in UNKNOWNS:
            raise UnknownValueError(self.path)
        return found

    def exists(self) -> bool:
        """Whether there is a value."""
        return self.opened().raw is not None

    def text(self) -> str:
        """A text; empty if it is none."""
        raw = self.opened().raw
        return raw if isinstance(raw, str) else ""

    def number(self) -> float | None:
        """A number; None if it is none, or too large to be one of the engine's."""
        raw = self.opened().raw
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            return None
        try:
            return float(raw)
        except OverflowError:
            return None

    def flag(self) -> bool | None:
        """True or false; None if it is neither."""
        raw = self.opened().raw
        return raw if isinstance(raw, bool) else None

    def items(self) -> list[Property]:
        """The members of a list; none if it is none."""
        opened = self.opened()
        if not isinstance(opened.raw, list):
            return []
        return [Property(raw, f"{self.path}[{n}]", opened.secret) for n, raw in enumerate(opened.raw)]

    def texts(self) -> list[str]:
        """The texts in a list, without what is none in it."""
        return [text for item in self.items() if (text := item.text())]

    def entries(self) -> list[tuple[str, Property]]:
        """Keys and values of an object; none if it is none."""
        raw = self.opened().raw
        return [(key, self._below(key)) for key in raw] if isinstance(raw, Mapping) else []

    def leaves(self) -> Iterator[tuple[str, Property]]:
        """All values in it that are neither lists nor objects, each with the nearest key above it.

        Never raises: what is not known yet is one of them, and raises when it is read.
        """
        yield from self._leaves("")

    def _leaves(self, key: str) -> Iterator[tuple[str, Property]]:
        try:
            opened = self.opened()
        except UnknownValueError:
            yield key, self
            return
        if isinstance(opened.raw, Mapping):
            for name in opened.raw:
                yield from self._below(name)._leaves(name)
        elif isinstance(opened.raw, list):
            for item in self.items():
                yield from item._leaves(key)
        elif opened.raw is not None:
            yield key, opened
