"""One kubeconfig added to another, as an operator keeps it: what others have put there stays as it is. Pure.

What is added bears a mark (`extensions`, of which every entry may have some), by which it is known when its credentials
were renewed. Anything else of the same name is somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from federation.errors import ConflictError, KubeconfigError
from federation.kubeconfig.document import WHAT, Section, dump, named, parse
from federation.kubeconfig.rewrite import merge, minify

MARK = "k8s-federation"
"""Name of the extension that marks entries as ours."""
_PARTS = {"clusters": "cluster", "contexts": "context", "users": "user"}


@dataclass(frozen=True, repr=False)
class Addition:
    """What becomes of a kubeconfig. Its repr shows no secret.

    Attributes:
        text: of the whole file.
        added: contexts that were not there.
        updated: contexts that led elsewhere, or with other credentials.
        unchanged: contexts that were there as they are.
        current: the current context.
    """

    text: str
    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    current: str

    @property
    def changes(self) -> bool:
        """Whether the file is another one afterwards."""
        return bool(self.added or self.updated)


def add(existing: str, new: str, *, where: str, only: str | None = None, overwrite: bool = False) -> Addition:
    """The first kubeconfig with the contexts of the second, and all that they lead to.

    The current context stays, unless there is none. Comments in the file are lost, as with `kubectl config`.

    Args:
        existing: text of the file; empty if there is none.
        new: what is added, with everything inside; all parts of a context are called as the context is.
        where: how messages call the file.
        only: this context alone.
        overwrite: replace entries of the same name that are not ours.

    Raises:
        KubeconfigError: one of them is none, or has no such context.
        ConflictError: somebody else's entry has the name of one of ours.
    """
    whole = _kubeconfig(existing, where)
    contexts = _chosen(named(parse(new), "contexts", "context"), only)
    mine = parse(merge({name: minify(new, name) for name in contexts}))
    addition = {plural: named(mine, plural, singular) for plural, singular in _PARTS.items()}
    _keep_namespaces(addition["contexts"], named(whole, "contexts", "context"))
    if not overwrite and (foreign := [*_foreign(whole, addition, contexts)]):
        raise ConflictError(
            where,
            "; ".join(foreign),
            "add --overwrite to replace it, or --context NAME to take another one alone",
        )
    states = {name: _state(whole, addition, name) for name in contexts}
    for plural, singular in _PARTS.items():
        for name in contexts:
            _put(whole, plural, singular, name, addition[plural][name])
    current = whole.get("current-context") or only or parse(new).get("current-context") or contexts[0]
    whole["current-context"] = current
    grouped = {
        state: tuple(n for n in contexts if states[n] == state) for state in ("added", "updated", "unchanged")
    }
    return Addition(dump(whole), current=str(current), **grouped)


def strangers(existing: str, new: str) -> list[str]:
    """Contexts of the first that the second does not have, and those that are there under its names and not ours."""
    there, ours = (named(parse(text), "contexts", "context") for text in (existing, new))
    return [name for name, context in there.items() if name not in ours or not _ours(context)]


def _kubeconfig(text: str, where: str) -> Section:
    if not text.strip():
        return {"apiVersion": "v1", "kind": "Config"}
    try:
        return parse(text)
    except KubeconfigError as error:
        raise KubeconfigError(where, error.cause, "correct it, or name another file") from None


def _chosen(contexts: Mapping[str, Section], only: str | None) -> list[str]:
    if not contexts:
        raise KubeconfigError(WHAT, "it has no contexts", "get it from the stack's output anew")
    if only is None:
        return [*contexts]
    if only not in contexts:
        raise KubeconfigError(WHAT, f"no context {only!r}", f"name one of {', '.join(contexts)}")
    return [only]


def _keep_namespaces(mine: Mapping[str, Section], there: Mapping[str, Section]) -> None:
    """Those that `kubectl config set-context --namespace` has chosen since."""
    for name, context in mine.items():
        found = there.get(name, {})
        if _ours(found) and found.get("namespace"):
            context.setdefault("namespace", found["namespace"])


def _foreign(
    whole: Section, addition: Mapping[str, Mapping[str, Section]], contexts: list[str]
) -> Iterator[str]:
    """Entries that would be lost; what they lead to is said, and no credentials."""
    for name in contexts:
        for plural, singular in _PARTS.items():
            there = named(whole, plural, singular).get(name)
            mine = addition[plural][name]
            if there is None or _ours(there) or there == mine:
                continue
            yield _difference(singular, name, there, mine)


def _difference(kind: str, name: str, there: Section, mine: Section) -> str:
    """Of two entries of one name, in words that can be told."""
    for keys, text in ((("server",), "{0}"), (("user", "cluster"), "user {0} on cluster {1}")):
        ways = [text.format(*(each.get(key) for key in keys)) for each in (there, mine)]
        if ways[0] != ways[1]:
            return f"{kind} {name} is {ways[0]} there, and {ways[1]} here"
    return f"{kind} {name} has other {'credentials' if kind == 'user' else 'settings'} there"


def _state(whole: Section, addition: Mapping[str, Mapping[str, Section]], name: str) -> str:
    there = [named(whole, plural, singular).get(name) for plural, singular in _PARTS.items()]
    if there[1] is None:
        return "added"
    same = all(
        found is not None and _plain(found) == addition[p][name]
        for found, p in zip(there, _PARTS, strict=True)
    )
    return "unchanged" if same else "updated"


def _put(whole: Section, plural: str, singular: str, name: str, section: Section) -> None:
    """In the place of the first one of that name, which is the one that counts, else at the end."""
    entries = whole.get(plural)
    entries = [*entries] if isinstance(entries, list) else []
    entry = {"name": name, singular: _marked(section)}
    for place, found in enumerate(entries):
        if isinstance(found, dict) and found.get("name") == name:
            entries[place] = entry if found.get(singular) != section else found
            break
    else:
        entries.append(entry)
    whole[plural] = entries


def _marked(section: Section) -> Section:
    return {**section, "extensions": [{"name": MARK, "extension": {"added-by": "fedctl kubeconfig"}}]}


def _ours(section: Section) -> bool:
    extensions: Any = section.get("extensions")
    return any(
        isinstance(e, dict) and e.get("name") == MARK
        for e in (extensions if isinstance(extensions, list) else ())
    )


def _plain(section: Section) -> Section:
    return {key: value for key, value in section.items() if key != "extensions"}
