"""What came of one file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from federation.acs_engine import Line


@dataclass(frozen=True, kw_only=True)
class Part:
    """What came of one file.

    Attributes:
        source: its name.
        kind: what it is, such as "kubeconfig"; empty if that is not known.
        clusters: sections of a topology; empty if the file is refused.
        dns: the same.
        domain: the zone of the federation, if the file says it.
        report: what became of each line.
        problems: why the file is refused; empty if it is not.
        notes: what the reader should know or do.
    """

    source: str
    kind: str = ""
    clusters: tuple[dict[str, Any], ...] = ()
    dns: tuple[dict[str, Any], ...] = ()
    domain: str | None = None
    report: tuple[Line, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def refusals(report: tuple[Line, ...]) -> tuple[str, ...]:
    """The lines of a report that stop the conversion, as problems."""
    return tuple(f"{line.place}: {line.reason}" for line in report if line.verdict == "refused")
