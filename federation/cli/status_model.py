"""What is known of a federation: problems first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from federation.dns.view import View


@dataclass(frozen=True)
class Name:
    """One name, and what nameservers say to it.

    Attributes:
        answers: by nameserver, as `federation.dns.query.Answer` tells it.
    """

    name: str
    type: str
    values: tuple[str, ...]
    answers: dict[str, str]


@dataclass(frozen=True)
class Status:
    """All that is known, problems first.

    Attributes:
        problems: what is wrong, a sentence each.
        view: the federation.
        names: those of its services, if they were asked for.
        notes: what is not wrong, and should be known: members that are drained.
        wrong: name and type of the names that are not as they shall be.
    """

    problems: tuple[str, ...]
    view: View
    names: tuple[Name, ...]
    notes: tuple[str, ...] = ()
    wrong: frozenset[tuple[str, str]] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """In its public form (docs/dns-controller.md)."""
        return {
            "problems": list(self.problems),
            "notes": list(self.notes),
            "members": [member.model_dump(by_alias=True) for member in self.view.members],
            "services": [service.model_dump(by_alias=True) for service in self.view.services],
            "names": [vars(name) | {"values": list(name.values)} for name in self.names],
        }
