"""What a bundle consists of: independent parts, each of which may fail without the others."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from federation.deadline import Deadline
from federation.errors import FederationError
from federation.gather.bundle import Bundle

PART_SECONDS = 60.0
"""For one part; what it has not collected by then is left out. A request that is under way ends within its own time."""

Files = Iterator[tuple[str, Any]]
"""Path and content of files."""


@dataclass(frozen=True)
class Part:
    """One part.

    Attributes:
        name: a folder of the bundle.
        what: what is asked, for people.
        files: collects them; may raise whatever it meets.
    """

    name: str
    what: str
    files: Callable[[], Files]


@dataclass(frozen=True)
class Failure:
    """Why a part is not whole."""

    part: str
    why: str


def collect(
    parts: Sequence[Part],
    bundle: Bundle,
    *,
    say: Callable[[str], None],
    deadline: Callable[[], Deadline] = lambda: Deadline(PART_SECONDS),
) -> list[Failure]:
    """Put all parts into the bundle, and of each that fails a file `failed.txt` with the reason.

    Args:
        parts: in this order.
        bundle: where files go.
        say: is told the progress.
        deadline: of each part.
    """
    failures = []
    for number, part in enumerate(parts, 1):
        say(f"[{number}/{len(parts)}] {part.name}: {part.what}")
        if why := _one(part, bundle, deadline()):
            failures.append(Failure(part.name, why.splitlines()[0]))
            bundle.add(f"{part.name}/failed.txt", f"{why}\n")
            say(f"  not whole: {why.splitlines()[0]}")
    return failures


def _one(part: Part, bundle: Bundle, deadline: Deadline) -> str | None:
    """None if the part is whole, else why it is not."""
    try:
        for path, content in part.files():
            bundle.add(f"{part.name}/{path}", content)
            if not deadline.left:
                return f"not collected within its time; {path} is the last file"
    except FederationError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a bug in one part must not cost the others
        return f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
    return None
