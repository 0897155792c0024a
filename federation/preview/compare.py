"""Two previews side by side: whether they say the same of each resource.

    python -m federation.preview.compare WITH_ACCESS.jsonl OFFLINE.jsonl

What counts is what becomes of a resource, and which of its properties differ. Exit status 0 if nothing is shown as a
replacement that is none in the first, and at least 95 % of the resources are alike; 3 otherwise.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from federation.errors import FederationError
from federation.preview.changes import Change, Preview, parse

ENOUGH = 0.95
WRONG = 3


@dataclass(frozen=True)
class Difference:
    """A resource of which the previews do not say the same.

    Attributes:
        urn: of the resource.
        first: what the first says, such as "update spec.replicas"; "-" if it is not in it.
        second: likewise.
    """

    urn: str
    first: str
    second: str


@dataclass(frozen=True)
class Comparison:
    """How alike two previews are.

    Attributes:
        resources: in either of them.
        differences: of them, unlike ones, by URN.
        replacements: URNs that only the second replaces, and so wrongly.
    """

    resources: int
    differences: tuple[Difference, ...]
    replacements: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of the resources that are alike, 0 to 1; 1 if there is none."""
        return 1 - len(self.differences) / self.resources if self.resources else 1.0

    @property
    def fine(self) -> bool:
        """Whether the second may stand in for the first."""
        return self.share >= ENOUGH and not self.replacements

    def as_json(self) -> dict[str, Any]:
        """In its public form (docs/previews.md)."""
        return {
            "resources": self.resources,
            "share": round(self.share, 4),
            "differences": [vars(each) for each in self.differences],
            "replacements": list(self.replacements),
        }

    def lines(self) -> list[str]:
        """For people."""
        same = self.resources - len(self.differences)
        head = f"{same} of {self.resources} resources are alike ({self.share:.1%})"
        body = [f"{each.urn}: {each.first} | {each.second}" for each in self.differences]
        return [head, *body, *(f"{urn}: is replaced in the second one only" for urn in self.replacements)]


def compare(first: Preview, second: Preview) -> Comparison:
    """Compare a preview with access to one without."""
    ones, others = ({change.urn: change for change in each.changes} for each in (first, second))
    urns = sorted(ones.keys() | others.keys())
    said = {urn: (_said(ones.get(urn)), _said(others.get(urn))) for urn in urns}
    return Comparison(
        resources=len(urns),
        differences=tuple(Difference(urn, *both) for urn, both in said.items() if both[0] != both[1]),
        replacements=tuple(
            urn for urn in urns if _replaced(others.get(urn)) and not _replaced(ones.get(urn))
        ),
    )


def read(file: Path) -> Preview:
    """The preview in a file of events. Raises `FederationError` if it has none."""
    fix = "make it with `fedctl preview --stack STACK --events FILE`"
    try:
        found = parse(file.read_text().splitlines())
    except OSError as error:
        raise FederationError(f"events {file}", str(error.strerror), fix) from None
    if not found.changes:
        raise FederationError(f"events {file}", "there is no resource in it", fix)
    return found


def _replaced(change: Change | None) -> bool:
    return change is not None and change.op == "replace" and not change.unknown


def _said(change: Change | None) -> str:
    if change is None:
        return "-"
    if change.unknown:
        return "unknown"
    return " ".join((change.op, *change.paths))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m federation.preview.compare WITH_ACCESS.jsonl OFFLINE.jsonl")
    found = compare(*(read(Path(word)) for word in sys.argv[1:]))
    print("\n".join(found.lines()))
    sys.exit(0 if found.fine else WRONG)
