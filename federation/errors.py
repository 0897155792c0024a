"""The errors of this project: what failed, why, and what to do next, in one line.

    FederationError
    ├── TopologyError         the stack's configuration is wrong
    ├── KubeconfigError       a kubeconfig cannot be used
    ├── UnreachableError      an API server does not answer
    ├── UnauthorizedError     an API server does not know the caller (401)
    ├── ForbiddenError        an API server knows the caller and refuses (403)
    ├── ConflictError         somebody else was faster or owns it (409)
    ├── RejectedError         an API server finds the object wrong (400, 422), or an admission webhook does
    └── NotInTimeError        a deadline has passed

Anything else that escapes is a bug and keeps its traceback. Every type has a section in docs/troubleshooting.md.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

PAGE = "docs/troubleshooting.md"
"""Where each type of error is described (federation.catalogue writes it)."""


def title_of(name: str) -> str:
    """The title of a type of error by the name of its class: that of "NotInTimeError" is "Not in time"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Error")).capitalize()


def anchor_of(title: str) -> str:
    """The anchor of a heading, as GitHub and GitLab make it of a title that is words alone."""
    return title.lower().replace(" ", "-")


class FederationError(Exception):
    """Something that the user can act on, and that is of none of the kinds below.

    Attributes:
        title: of its type, as the page has it: made of the class's name, unless `class XError(…, title="…")` gives one.
        obj: the thing that failed, such as "member fc01".
        cause: why, without a full stop at the end.
        fix: the next command or step, without a full stop at the end.
    """

    title: ClassVar[str] = "Federation"

    def __init_subclass__(cls, *, title: str = "", **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.title = title or title_of(cls.__name__)

    def __init__(self, obj: str, cause: str, fix: str) -> None:
        super().__init__(obj, cause, fix)
        self.obj, self.cause, self.fix = obj, cause, fix

    def __str__(self) -> str:
        return f"{self.obj}: {self.cause}. Next: {self.fix}."

    @property
    def more(self) -> str:
        """The section about errors of this type."""
        return f"{PAGE}#{anchor_of(self.title)}"


class TopologyError(FederationError):
    """The stack's configuration is wrong; `cause` lists all mistakes."""


class KubeconfigError(FederationError):
    """A kubeconfig cannot be read, or must not be used."""


class UnreachableError(FederationError):
    """An API server does not answer."""


class UnauthorizedError(FederationError):
    """An API server does not know the caller: the credentials are wrong or have expired."""


class ForbiddenError(FederationError):
    """An API server knows the caller and refuses."""


class ConflictError(FederationError):
    """The object was changed meanwhile, exists already, or a field of it belongs to somebody else."""


class RejectedError(FederationError):
    """An API server finds the object wrong, or an admission webhook does."""


class NotInTimeError(FederationError):
    """What was waited for was not so in time."""
