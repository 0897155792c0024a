"""The one error of the lab: what failed, why, and what to do next.

Every refusal a user can meet is a `LabError`; the command line prints it as one paragraph and exits with 1.
Anything else that escapes is a bug and keeps its traceback.
"""

from __future__ import annotations


class LabError(Exception):
    """A failure the user can act on.

    Attributes:
        obj: the thing that failed, such as "cluster fc01" or "tool etcd".
        cause: why, without a full stop at the end.
        fix: the next command or step, without a full stop at the end.
    """

    def __init__(self, obj: str, cause: str, fix: str) -> None:
        super().__init__(obj, cause, fix)
        self.obj, self.cause, self.fix = obj, cause, fix

    def __str__(self) -> str:
        end = "" if self.cause.endswith("\n") else ". "  # a list of causes ends with its own line
        return f"{self.obj}: {self.cause}{end}Next: {self.fix}."


class NotFoundError(LabError):
    """Something was named that does not exist: a cluster, a node, a tool, an image."""
