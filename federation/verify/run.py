"""A verification from its first step to its removal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from federation.errors import FederationError
from federation.verify import steps
from federation.verify.result import Result
from federation.verify.steps import Context

Step = Callable[[Context], list[Result]]


def run(context: Context, *, keep: bool, tell: Callable[[Result], None]) -> tuple[Result, ...]:
    """All results, in order; `tell` is given each at once.

    The first step that is not ok is the last one, but for the removal, which always comes unless `keep`: also after
    an interruption, which goes on to the caller afterwards.
    """
    results: list[Result] = []

    def take(step: Step, what: str) -> bool:
        found = _guarded(step, what, context)
        for result in found:
            tell(result)
        results.extend(found)
        return all(result.ok for result in found)

    if not take(steps.members, "all members are ready"):
        return tuple(results)
    well = False
    try:
        well = all(take(step, what) for step, what in _steps(context))
    finally:
        if not keep:
            context.say("removing it again")
            well = take(steps.remove, "nothing is left of it") and well
    if well and not keep and context.nameservers:
        take(steps.names_gone, "names are gone")
    return tuple(results)


def _steps(context: Context) -> Iterator[tuple[Step, str]]:
    yield steps.deploy, "nginx is deployed"
    yield steps.replicas, "replicas run"
    yield steps.addresses, "members give addresses"
    if context.nameservers:
        yield steps.names, "names answer"
    if context.http:
        yield steps.pages, "pages answer"


def _guarded(step: Step, what: str, context: Context) -> list[Result]:
    """A step that cannot be done is a check that has failed."""
    try:
        return step(context)
    except FederationError as error:
        return [Result(ok=False, what=what, seen=f"{error.obj}: {error.cause}", fix=error.fix)]
