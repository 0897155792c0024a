"""Deterministic faults: rules that are asked before each request, in their order; each fires so many times.

A rule comes from the script (`POST /standin/faults`, the operator's alone) or, for one request, from its header
`x-standin-fault`: the same JSON object.
"""

from __future__ import annotations

import re
import threading
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from lab.azure.http import ArmError, Request

HEADER = "x-standin-fault"


class Match(BaseModel):
    """Which requests a rule is for.

    Attributes:
        method: such as `PUT`; None: any.
        path: a regular expression that is searched in the path, in any case.
        skip: so many matching requests pass first.
        count: so many requests fail then; None: all that follow.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str | None = None
    path: str = ""
    skip: Annotated[int, Field(ge=0)] = 0
    count: Annotated[int, Field(ge=1)] | None = 1

    @field_validator("path")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from None
        return value

    def fits(self, request: Request) -> bool:
        """Whether the request is of this sort; nothing is counted."""
        if self.method is not None and self.method.upper() != request.method:
            return False
        return re.search(self.path, request.path, re.IGNORECASE) is not None


class Rule(BaseModel):
    """A fault.

    Attributes:
        delay: seconds until the request is looked at.
        drop: end the connection without a response, `before` or `after` the work.
        status: answer with this status and do nothing; with `code`, `message` and `retry_after` (seconds).
        operation: the long-running operation that the request starts ends in failure without having done anything
            (`fail`), or after its work (`fail-after`), or does not end until the faults are taken back (`hang`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: Match = Match()
    delay: Annotated[float, Field(ge=0)] = 0
    drop: Literal["before", "after"] | None = None
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    code: str = "InternalServerError"
    message: str = "A fault that was asked for."
    retry_after: int | None = None
    operation: Literal["fail", "fail-after", "hang"] | None = None

    def error(self, status: int | None = None) -> ArmError:
        """The refusal it asks for."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return ArmError(status or self.status or 500, self.code, self.message, headers)


_RULES = TypeAdapter(list[Rule])


class _Armed:
    def __init__(self, rule: Rule) -> None:
        self.rule, self.seen, self.fired = rule, 0, 0

    @property
    def is_spent(self) -> bool:
        return self.rule.match.count is not None and self.fired >= self.rule.match.count


class Faults:
    """The script in force. Thread-safe."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()
        self._generation = 0

    def replace(self, body: bytes) -> int:
        """Take a new script, a JSON list of rules; an empty one ends all faults and lets operations go that hang.

        Returns the number of rules. Raises `ArmError` (400) that names what is wrong.
        """
        try:
            rules = _RULES.validate_json(body)
        except ValidationError as error:
            raise _bad(error) from None
        with self._lock:
            self._armed = [_Armed(rule) for rule in rules]
            self._generation += 1
        return len(rules)

    def report(self) -> list[dict[str, object]]:
        """The rules, and how often each has fired."""
        with self._lock:
            return [{**a.rule.model_dump(exclude_defaults=True), "fired": a.fired} for a in self._armed]

    def take(self, request: Request) -> Rule | None:
        """The fault for this request, if there is one; it counts as fired. Raises `ArmError` for a bad header."""
        if header := request.headers.get(HEADER):
            try:
                return Rule.model_validate_json(header)
            except ValidationError as error:
                raise _bad(error) from None
        with self._lock:
            for armed in self._armed:
                if armed.is_spent or not armed.rule.match.fits(request):
                    continue
                armed.seen += 1
                if armed.seen > armed.rule.match.skip:
                    armed.fired += 1
                    return armed.rule
        return None

    @property
    def generation(self) -> int:
        """Changes with each new script: a `hang` ends then."""
        return self._generation


def _bad(error: ValidationError) -> ArmError:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return ArmError(400, "InvalidFault", f"The fault could not be read: {where}: {first['msg']}")
