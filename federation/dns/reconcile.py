"""Make a backend's records what they shall be: read, plan, write; and again when somebody else was faster.

This is optimistic concurrency: nobody holds a lock, a write says what it has seen, and who comes second starts anew
with what the first has written. Each time one of the writers succeeds, so all come to an end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from federation.dns.backend import Backend, StaleError, UnfinishedError
from federation.dns.facts import Current, Facts, current
from federation.dns.plan import Plan, plan
from federation.dns.records import Change

FactsOf = Callable[[tuple[Current, ...]], Facts]
"""Facts about the services, with the records that are there now. Asked after each reading, for what is true then."""


@dataclass(frozen=True)
class Result:
    """What was done.

    Attributes:
        plan: the last one; its conflicts are the caller's to tell.
        written: whether its changes were made; False too when it has none.
        made: those that were made last.
        left: number of those that the store will take later: a caller that wants them asks again.
    """

    plan: Plan
    written: bool
    made: tuple[Change, ...] = ()
    left: int = 0


def reconcile(
    backend: Backend, facts_of: FactsOf, *, owner: str, attempts: int = 5, dry_run: bool = False
) -> Result:
    """Bring the records of `owner`, a federation, up to date; with `dry_run` only plan.

    Raises `StaleError` when somebody else was faster at each of the `attempts`, and what the backend raises.
    """
    for left in reversed(range(attempts)):
        seen = backend.read()
        made = plan(facts_of(current(seen.values())), without=backend.without)
        if dry_run or not made.changes:
            break
        try:
            backend.write(made.changes, seen, owner=owner)
        except StaleError:
            if not left:
                raise
        except UnfinishedError as later:
            return Result(made, written=False, made=later.made, left=later.left)
        else:
            return Result(made, written=True, made=made.changes)
    return Result(made, written=False)
