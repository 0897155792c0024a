"""What one check has found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One check.

    Attributes:
        ok: whether it is as it should be.
        what: what should be, such as "4 replicas are divided evenly".
        seen: what is, such as "fc01: 2, fc02: 2".
        fix: the next step if it is not ok, else empty.
    """

    ok: bool
    what: str
    seen: str
    fix: str = ""

    def __str__(self) -> str:
        verdict = "ok  " if self.ok else "FAIL"
        return f"{verdict}  {self.what}: {self.seen}" + ("" if self.ok else f". Next: {self.fix}.")


def judged(what: str, *, ok: bool, seen: str, fix: str) -> Result:
    """A check with what to do if it is not ok."""
    return Result(ok, what, seen, "" if ok else fix)
