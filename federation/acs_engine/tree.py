"""JSON as a tree that knows where each value stands, read by this module itself as the standard library tells no lines.

Read as strictly as acs-engine did (RFC 8259, Go's `encoding/json`): no comments, no NaN, and of two equal keys the last
one counts. The earlier ones stay in the tree, as a report tells about them.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from federation.acs_engine.values import Loc, Scalar

DEEPEST = 64
"""Levels; an api-model has eight at most."""
MOST_VALUES = 10_000
"""Objects and arrays counted in; the largest api-models have some hundreds."""
LARGEST = 4 << 20
"""Bytes; the largest api-models, with certificates inside, have some tens of thousands."""

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, Scalar] = {"true": True, "false": False, "null": None}
_STRINGS = json.JSONDecoder()
_EXACT = 18  # digits that are surely within 64 bits


class NotJsonError(Exception):
    """The text is not JSON, or not what this module reads. Never holds anything of the text.

    Attributes:
        line: where, from 1; None if that has no meaning.
        cause: what is wrong.
    """

    def __init__(self, cause: str, line: int | None = None) -> None:
        super().__init__(cause, line)
        self.cause, self.line = cause, line


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """One value. Two nodes are equal only if they are the same one; it is never printed, as it may be a secret.

    Attributes:
        line: of its first character, from 1; None if the document was no text.
        value: of a scalar.
        fields: of an object, in the order of the document, repeated keys included; None if it is none.
        items: of an array; None if it is none.
    """

    line: int | None
    value: Scalar = None
    fields: tuple[tuple[str, Node], ...] | None = None
    items: tuple[Node, ...] | None = None

    @property
    def is_leaf(self) -> bool:
        """A scalar, or an object or array with nothing in it."""
        return not self.fields and not self.items

    @property
    def is_null(self) -> bool:
        """JSON's null, which says no more than a key that is left out."""
        return self.value is None and self.fields is None and self.items is None

    def get(self, key: str) -> Node | None:
        """The value of a key, whatever its case (as Go compares them); None if it is not there, or null."""
        found = [node for name, node in self.fields or () if name.lower() == key.lower()]
        return found[-1] if found and not found[-1].is_null else None


@dataclass(frozen=True, eq=False, repr=False)
class Leaf:
    """A leaf and where it is.

    Attributes:
        loc: keys and indices that lead to it.
        node: what is there.
        again: if a key that leads to it is repeated later, the line of the one that counts; 0 if lines are unknown.
    """

    loc: Loc
    node: Node
    again: int | None = None


def leaves(node: Node, loc: Loc = (), again: int | None = None) -> Iterator[Leaf]:
    """All leaves in the order of the document."""
    if node.is_leaf:
        yield Leaf(loc, node, again)
        return
    last = {name.lower(): value for name, value in node.fields or ()}
    for name, value in node.fields or ():
        counts = last[name.lower()]
        yield from leaves(value, (*loc, name), again if counts is value else counts.line or 0)
    for index, value in enumerate(node.items or ()):
        yield from leaves(value, (*loc, index), again)


def parse(document: object) -> Node:
    """The tree of a text, of bytes (UTF-8, or UTF-16 with its mark), or of a document that was parsed before.

    Raises `NotJsonError`.
    """
    if isinstance(document, bytes | bytearray):
        document = text_of(bytes(document))
    if isinstance(document, str):
        return _Reader(document.removeprefix("\ufeff")).document()
    return _grown(document, 1, iter(range(MOST_VALUES)))


def text_of(raw: bytes) -> str:
    """Bytes of a file as text. Windows writes UTF-16, or UTF-8 with a mark in front. Raises `NotJsonError`."""
    if len(raw) > LARGEST:
        raise NotJsonError(f"is larger than {LARGEST >> 20} MiB")
    try:
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise NotJsonError("is not text in UTF-8", line) from None


def _grown(value: object, depth: int, budget: Iterator[int]) -> Node:
    """The tree of what `json.loads` gives, or of something like it; each node costs one of the budget."""
    if depth > DEEPEST:
        raise NotJsonError(f"is nested deeper than {DEEPEST} levels")
    if next(budget, None) is None:
        raise NotJsonError("has too many values")
    if isinstance(value, int) and value.bit_length() > 63:
        return Node(
            None, math.copysign(math.inf, value > 0 or -1)
        )  # Python does not write numbers of any length
    if value is None or isinstance(value, bool | str | int | float):
        return Node(None, value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise NotJsonError("has a key that is no text")
        return Node(None, fields=tuple((key, _grown(each, depth + 1, budget)) for key, each in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return Node(None, items=tuple(_grown(each, depth + 1, budget) for each in value))
    raise NotJsonError("holds a value that JSON does not have")


class _Reader:
    """One pass over a text."""

    def __init__(self, text: str) -> None:
        if len(text) > LARGEST:
            raise NotJsonError(f"is larger than {LARGEST >> 20} MiB")
        self.text, self.at, self.values = text, 0, 0
        self.breaks = [hit.start() for hit in re.finditer("\n", text)]

    def document(self) -> Node:
        node = self._value(1)
        if self._next():
            raise self._wrong("something follows where the document should end")
        return node

    def _value(self, depth: int) -> Node:
        self.values += 1
        if self.values > MOST_VALUES:
            raise self._wrong("has too many values")
        if depth > DEEPEST:
            raise self._wrong(f"is nested deeper than {DEEPEST} levels")
        first, line = self._next(), self._line()
        if first == "{":
            return Node(line, fields=tuple(self._fields(depth)))
        if first == "[":
            return Node(line, items=tuple(self._entries("]", depth)))
        return Node(line, self._string() if first == '"' else self._word())

    def _fields(self, depth: int) -> Iterator[tuple[str, Node]]:
        for _ in self._separated("}"):
            if self._next() != '"':
                raise self._wrong("a key in double quotes should stand here")
            key = self._string()
            if self._next() != ":":
                raise self._wrong("a colon should stand here")
            self.at += 1
            yield key, self._value(depth + 1)

    def _entries(self, end: str, depth: int) -> Iterator[Node]:
        for _ in self._separated(end):
            yield self._value(depth + 1)

    def _separated(self, end: str) -> Iterator[None]:
        """Stops before each entry, and checks the commas between them; the opening bracket is next."""
        self.at += 1
        if self._next() != end:
            yield
            while self._next() == ",":
                self.at += 1
                yield
            if self._next() != end:
                raise self._wrong(f"a comma or {end} should stand here")
        self.at += 1

    def _string(self) -> str:
        try:
            text, self.at = _STRINGS.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:
            self.at = min(error.pos, len(self.text))
            raise self._wrong("the text in double quotes is not right, or does not end") from None
        return str(text)

    def _word(self) -> Scalar:
        for word, meaning in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return meaning
        hit = _NUMBER.match(self.text, self.at)
        if hit is None:
            raise self._wrong("a value should stand here")
        self.at = hit.end()
        whole = hit[0].removeprefix("-").isdigit() and len(hit[0]) <= _EXACT
        return int(hit[0]) if whole else float(hit[0])

    def _next(self) -> str:
        """The next character that is no space, which becomes the current one; nothing at the end."""
        hit = _SPACE.match(self.text, self.at)
        self.at = hit.end() if hit else self.at
        return self.text[self.at : self.at + 1]

    def _line(self) -> int:
        return bisect_right(self.breaks, self.at - 1) + 1

    def _wrong(self, cause: str) -> NotJsonError:
        return NotJsonError(
            cause if cause.startswith(("is ", "has ")) else f"is not JSON: {cause}", self._line()
        )
