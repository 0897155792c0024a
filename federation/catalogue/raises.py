"""Every type of error, and every place that makes one, with its texts. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from federation.catalogue.sources import Source, called
from federation.catalogue.texts import REST, Place, texts
from federation.errors import title_of

BASES = {"federation.errors.FederationError": "", "lab.errors.LabError": "Lab "}
"""Where the trees of types begin → what the titles of their types begin with."""
ARGUMENTS = ("obj", "cause", "fix")
MISTAKES = "federation.topology.mistakes.MistakesError"
LINES = {"mistake": ("cause", "fix"), "Mistake": ("path", "value", "cause", "fix")}
"""What makes a line of `MISTAKES` → what it is given."""
WORDS = "_CAUSES"
"""The table of causes and fixes for what pydantic finds, in the module of `MISTAKES`."""


@dataclass(frozen=True)
class Kind:
    """A type of error.

    Attributes:
        name: of its class, with its module.
        title: as the page has it.
        meaning: the docstring.
    """

    name: str
    title: str
    meaning: str


@dataclass(frozen=True, order=True)
class Made:
    """One text of an error, and where it is made.

    Attributes:
        kind: name of the class, with its module.
        path: of the module, such as "federation/kube.py".
        obj: what has failed.
        cause: why.
        fix: what to do next.
    """

    kind: str
    path: str
    obj: str
    cause: str
    fix: str


def kinds(sources: Mapping[str, Source]) -> dict[str, Kind]:
    """All types by name: the bases, and what inherits from them anywhere."""
    bases: dict[str, tuple[list[str], Kind]] = {}
    for source in sources.values():
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef):
                name = f"{source.module}.{node.name}"
                parents = [whole(base, source, sources) for base in node.bases]
                bases[name] = parents, Kind(name, _title(node), ast.get_docstring(node) or "")
    found: dict[str, Kind] = {}
    for name, (_, kind) in bases.items():
        if (root := _root(name, bases)) is not None:
            mark = BASES[root]
            title = (mark + kind.title.lower()).strip() if mark and name != root else kind.title
            found[name] = Kind(name, title, kind.meaning)
    return found


def _root(name: str, bases: Mapping[str, tuple[list[str], Kind]]) -> str | None:
    if name in BASES:
        return name
    parents = bases[name][0] if name in bases else []
    return next((root for parent in parents if (root := _root(parent, bases))), None)


def _title(node: ast.ClassDef) -> str:
    for word in node.keywords:
        if word.arg == "title" and isinstance(word.value, ast.Constant):
            return str(word.value.value)
    return title_of(node.name)


def whole(node: ast.expr, source: Source, sources: Mapping[str, Source]) -> str:
    """The name of a class with the module that defines it, as far as imports tell."""
    if not isinstance(node, ast.Name):
        return ""
    name, seen = node.id, set[tuple[str, str]]()
    while name in source.imports and (source.module, name) not in seen:
        seen.add((source.module, name))
        module, name = source.imports[name]
        if module not in sources:
            return f"{module}.{name}"
        source = sources[module]
    return f"{source.module}.{name}"


def made(sources: Mapping[str, Source]) -> list[Made]:
    """Every text of every error."""
    known = kinds(sources)
    found = {
        one
        for source in sources.values()
        for kind, call, words in _calls(source, sources, known)
        for one in _rows(kind, words, Place(sources, source, source.scopes.get(call)))
    }
    found |= {one for source in sources.values() for one in _words(source)}
    return sorted(found)


_Words = Mapping[str, ast.expr]


def _calls(
    source: Source, sources: Mapping[str, Source], known: Mapping[str, Kind]
) -> Iterator[tuple[str, ast.Call, _Words]]:
    """Type, call, and its three arguments."""
    owners = {
        inner: node for node in source.tree.body if isinstance(node, ast.ClassDef) for inner in ast.walk(node)
    }
    table = [*_table(source, sources, known)]
    for call in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
        line = LINES.get(called(call)) if source.path.startswith("federation/topology/") else None
        words = _arguments(call, line or ARGUMENTS)
        if line:
            words["obj"] = ast.Constant("topology")
        if not words.keys() >= {*ARGUMENTS}:
            continue
        if line:
            yield MISTAKES, call, words
        kind = whole(call.func, source, sources)
        if kind in known:
            yield kind, call, words
        elif called(call) == "__init__" and call in owners:  # super().__init__(...) of an error
            own = f"{source.module}.{owners[call].name}"
            if own in known:
                yield own, call, words
        elif called(call) == "kind":
            yield from ((each, call, {**words, "fix": fix}) for each, fix in table)


def _words(source: Source) -> Iterator[Made]:
    table = source.constants.get(WORDS)
    if source.module == MISTAKES.rpartition(".")[0] and table is not None:
        for cause, fix in ast.literal_eval(table).values():
            yield Made(MISTAKES, source.path, "topology", cause, fix)


def _arguments(call: ast.Call, names: Sequence[str]) -> dict[str, ast.expr]:
    given = dict(zip(names, call.args, strict=False))
    return given | {word.arg: word.value for word in call.keywords if word.arg and word.arg in names}


def _table(
    source: Source, sources: Mapping[str, Source], known: Mapping[str, Kind]
) -> Iterator[tuple[str, ast.expr]]:
    """Pairs of a type and what to do, as a module that chooses a `kind` by a status has them."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            kind = whole(node.elts[0], source, sources)
            if kind in known:
                yield kind, node.elts[1]


def _rows(kind: str, words: _Words, place: Place) -> Iterator[Made]:
    """A text for each cause; fixes that are as many as the causes go with them one by one."""
    objects, causes, fixes = (texts(words[name], place) for name in ARGUMENTS)
    pairs = zip(causes, fixes, strict=True) if len(causes) == len(fixes) else product(causes, [_or(fixes)])
    for cause, fix in pairs:
        yield Made(kind, place.source.path, _or(objects), cause, fix)


def _or(found: Sequence[str]) -> str:
    return " / ".join([text for text in found if text != REST] or [REST])
