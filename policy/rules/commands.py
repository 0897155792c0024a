"""What resources that run a shell would run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policy.properties import Property, UnknownValueError
from policy.rule import Undecided
from policy.stack import Resource

_KEYS = ("command", "create", "delete", "script", "update")
_ENDS = re.compile(r"\n|;|&&|\|")


def commands(resource: Resource) -> Iterator[Property | Undecided]:
    """The texts that a command of any provider runs, here or elsewhere; a list of words is one text."""
    if not resource.is_command:
        return
    for key in _KEYS:
        value = resource.props.at(key)
        try:
            text = value.text() or " ".join(value.texts())
            yield Property(text, value.path, value.opened().secret)
        except UnknownValueError as error:
            yield Undecided(error.path)


def statements(text: str) -> list[str]:
    """The simple commands in a shell script, without a look at its quotes."""
    return [each.strip() for each in _ENDS.split(text.replace("\\\n", " "))]
