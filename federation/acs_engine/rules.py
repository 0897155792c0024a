"""What becomes of the keys that need no thought. Keys are compared without case, as Go's `encoding/json` does."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from federation.acs_engine.addons import reason_of_addon
from federation.acs_engine.keys import ADDONS, JUDGED, dropped
from federation.acs_engine.ledger import Ledger
from federation.acs_engine.sources import ACS
from federation.acs_engine.tree import Leaf, Node

Key = tuple[str, ...]


def _key(path: str) -> Key:
    return tuple(path.lower().split("."))


_ADDONS = _key(ADDONS)
_REASONS: Mapping[Key, tuple[str, str]] = {_key(path): (reason, source) for path, reason, source in dropped()}
_SPELLED: Mapping[Key, str] = {
    _key(path): path.rpartition(".")[2] for path in [*JUDGED, *(path for path, _, _ in dropped())]
}


def decide(leaf: Leaf, root: Node, ledger: Ledger) -> None:
    """Drop a leaf that nothing has been said about, with its reason."""
    key = tuple("*" if isinstance(part, int) else part.lower() for part in leaf.loc)
    if leaf.node.is_null:
        ledger.drop(leaf.node, "null says nothing")
    elif key[:4] == _ADDONS:
        ledger.drop(leaf.node, *reason_of_addon(leaf.loc, root))
    elif found := next((_REASONS[key[:n]] for n in range(len(key), 0, -1) if key[:n] in _REASONS), None):
        ledger.drop(leaf.node, *found)
    elif key in _SPELLED and _says_nothing(leaf.node):
        ledger.drop(leaf.node, "says nothing")
    else:
        ledger.drop(leaf.node, _unknown(key), ACS)


def _says_nothing(node: Node) -> bool:
    return node.fields is not None or node.items is not None or node.value == ""


def _unknown(key: Key) -> str:
    """Which part of the path acs-engine does not know, and what may have been meant."""
    for n in range(1, len(key) + 1):
        if key[:n] in _SPELLED or key[n - 1] == "*":
            continue
        near = difflib.get_close_matches(key[n - 1][:99], _siblings(key[: n - 1]), n=1)
        hint = f"; did you mean {_SPELLED[(*key[: n - 1], near[0])]}?" if near else ""
        return f"acs-engine knows no such key{hint}"
    return "is not what belongs here"


def _siblings(place: Key) -> Iterator[str]:
    return (known[-1] for known in _SPELLED if known[:-1] == place)
