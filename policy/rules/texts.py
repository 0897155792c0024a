"""What stands in a resource: values, lines that somebody runs, and documents inside of texts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import groupby, pairwise
from typing import Any

import yaml

from policy.objects import KubernetesObject
from policy.pods import containers, pod_spec
from policy.properties import REDACTED, SECRET, SIGNATURE, Property, UnknownValueError
from policy.rule import Verdicts, each
from policy.stack import Resource

Value = tuple[str, Property]
"""A value, and the key that it stands under."""
COMMANDS = frozenset({"args", "command", "create", "delete", "script", "stdin", "update"})
"""Keys of what is run, in containers and in resources that are commands."""
_DEEPEST = 50
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Makes texts of all scalars, so there is no value that it fails on."""
_ASSIGNED = re.compile(
    r"""(?mx)
    (?: ^[ \t]*(?:-[ ])?["']?(?P<line>[A-Za-z][\w.-]*)["']?:[ \t]+     # a line of YAML or JSON
      | (?:^|(?<=[\s;&|"']))-{0,2}(?P<word>[A-Za-z][\w.-]*)[ \t]*=(?!=)[ \t]*   # of INI or a shell, --key=value
      | (?<!\S)--(?P<flag>[A-Za-z][\w-]*)[ \t]+(?!-)                      # --key value
    )["']?(?P<value>[^\s"';,]*)"""
)


def leaves(resource: Resource) -> Iterator[Value]:
    """All values in a resource, each with its key.

    What an OverridePolicy changes has the key that it gets in the changed object; `value` beside a `name`, as in
    variables of containers, has that name; and a word behind "--token" in a list has the key "--token".
    """
    changes = {found.root.path: found.root for found in resource.objects if found.partial}
    replaced = tuple(f"{path}.value" for path in changes)
    for key, leaf in _named(resource.props):
        if not leaf.path.startswith(replaced):
            yield key, leaf
    for root in changes.values():
        yield from _named(root)


def _named(tree: Property) -> Iterator[Value]:
    found = list(tree.leaves())
    names = {
        f"{leaf.path.removesuffix(key)}value": name
        for key, leaf in found
        if key == "name" and (name := known(leaf))
    }
    for one, following in pairwise(found):
        word = known(one[1])
        if word.startswith("--") and "=" not in word and _place(one) == _place(following):
            names[following[1].path] = word
    for key, leaf in found:
        yield names.get(leaf.path, key), leaf


def lines(resource: Resource, wanted: Callable[[str], bool] = COMMANDS.__contains__) -> Iterator[Value]:
    """All texts, decoded; those in a list are one, as the words of a command are.

    Of values that are not known yet it has those whose keys are wanted. Reading one raises.
    """
    for place, group in groupby(leaves(resource), _place):
        found = list(group)
        key, words = found[0][0], []
        for _, leaf in found:
            try:
                words.append(leaf.text())
            except UnknownValueError:
                if wanted(key):
                    yield key, leaf
        line = decoded(" ".join(words)).replace("\\\n", " ")
        yield key, Property(line, place, any(leaf.secret for _, leaf in found))


def _place(value: Value) -> str:
    """The list that it is in, or else its own path."""
    path = value[1].path
    return path.rpartition("[")[0] if path.endswith("]") else path


def commands(resource: Resource) -> Iterator[Property]:
    """The lines that are run: those of containers, and all in a resource whose type ends in ":Command".

    Of values that are not known yet it has those of the latter.
    """
    runs = resource.is_command
    for key, line in lines(resource, lambda key: runs and key in COMMANDS):
        if runs or key in COMMANDS:
            yield line


def values(resource: Resource, mentions: re.Pattern[str]) -> Iterator[Value]:
    """All values; in place of a text that mentions something and is a document, the values in it."""
    for key, leaf in leaves(resource):
        yield from unfolded(key, leaf, mentions)


def unfolded(key: str, leaf: Property, mentions: re.Pattern[str]) -> Iterator[Value]:
    """The values in a text: of a document in JSON or YAML; else itself, and what it sets line by line."""
    text = decoded(known(leaf))
    if not mentions.search(text):
        yield key, leaf
    elif inner := documents(text):
        for document in inner:
            for below, value in _named(Property(document, leaf.path, leaf.secret)):
                yield from unfolded(below or key, value, mentions)
    else:
        yield key, Property(text, leaf.path, leaf.secret)
        for found in _ASSIGNED.finditer(text):
            name = found["line"] or found["word"] or found["flag"]
            yield name, Property(found["value"], f"{leaf.path}.{name}", leaf.secret)


def known(leaf: Property) -> str:
    """Its text; empty if it is none, or not known yet."""
    try:
        return leaf.text()
    except UnknownValueError:
        return ""


def decoded(text: str) -> str:
    """What it says if it is a text in base64, else itself."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except ValueError:
        return text


def documents(text: str) -> list[Any]:
    """The objects and lists that it describes in JSON or YAML; none if it is neither.

    One with aliases counts as none: a few lines of them may describe more than fits into memory. So does one that is
    nested deeper than anything that somebody has written: reading it would use up the stack.
    """
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
        return _structured([] if _deep(found) else [found])
    with suppress(yaml.YAMLError, ValueError):  # the latter for half of a surrogate pair
        return _structured(yaml.load_all(text, _LOADER) if _tame(text) else [])
    return []


def _structured(found: Iterable[Any]) -> list[Any]:
    return [document for document in found if isinstance(document, dict | list)]


def _deep(document: Any) -> bool:
    level = [document]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(inner, dict | list) for inner in level)


def _tame(text: str) -> bool:
    depth = 0
    for event in yaml.parse(text, _LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST or isinstance(event, yaml.AliasEvent):
            return False
    return True


def sealed(found: Property) -> bool:
    """Whether it is marked as a secret, known or not, or hidden already."""
    raw = found.raw
    while isinstance(raw, Mapping) and SIGNATURE in raw:
        if raw[SIGNATURE] == SECRET or raw.get("secret") is True:
            return True
        raw = raw.get("value")
    return found.secret or raw == REDACTED


def plain(key: str) -> str:
    """A key however it is written: "client-secret", "CLIENT_SECRET" and "clientSecret" are "clientsecret"."""
    return re.sub(r"[\W_]", "", key).lower()


def each_container(resource: Resource, look: Callable[[KubernetesObject, Property], Verdicts]) -> Verdicts:
    """What is found in each container of the workloads in a resource."""
    yield from each(resource.objects, partial(_containers, look))


def _containers(look: Callable[[KubernetesObject, Property], Verdicts], found: KubernetesObject) -> Verdicts:
    if pod := pod_spec(found):
        yield from each(containers(pod), partial(look, found))
