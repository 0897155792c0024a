"""What all dynamic providers of this project have in common.

A provider is a class without state in an importable module: its place is stored in the stack's state by name, so
moving or renaming one needs a shim for stacks that exist. The work is done in `federation`; a provider turns the
engine's verbs into calls of it. The engine calls up to four methods at once on one instance.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi
from pulumi import dynamic
from pulumi.dynamic import CheckResult, ConfigureRequest, DiffResult, ResourceProvider
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN

from federation.errors import FederationError
from federation.offline import REDACTED

Props = dict[str, Any]
DELETE_UNREACHABLE = "PULUMI_K8S_DELETE_UNREACHABLE"


class Provider(ResourceProvider):
    """Compares its own keys only, so that neither new code nor a changed engine is a diff.

    Attributes:
        compared: inputs whose change is an update.
        replacing: inputs whose change makes another thing of it. The old one is deleted first.
    """

    serialize_as_secret_always = (
        False  # the instance is empty: its reference is no secret, and diffs stay readable
    )
    compared: ClassVar[Sequence[str]] = ()
    replacing: ClassVar[Sequence[str]] = ()

    def configure(self, _req: ConfigureRequest) -> None:
        """Called once in each process, before anything else."""
        log = logging.getLogger("grpc._server")
        if _tracebacks not in log.handlers:
            log.addHandler(_tracebacks)

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """All inputs are taken as they are; subclasses normalise and refuse here."""
        return CheckResult(news, [])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """An unknown value counts as changed, for an update, and as unchanged, for a replacement."""
        keys = (*self.compared, *self.replacing)
        changed = {key for key in keys if differs(olds.get(key), news.get(key))}
        replaces = sorted(k for k in changed & set(self.replacing) if not unknown(news.get(k)))
        return DiffResult(changes=bool(changed), replaces=replaces, delete_before_replace=True)


class Resource(dynamic.Resource):
    """A dynamic resource; subclass it with the module and the name that make its type.

    class Join(Resource, module="federation", name="Join"): …   # pulumi-python:dynamic/federation:Join
    """

    def __init_subclass__(cls, *, module: str = "", name: str = "Resource") -> None:
        super().__init_subclass__(module=module, name=name)


def unknown(value: Any) -> bool:
    """Whether a preview does not know the value, or a part of it, yet, or knows none of its secrets.

    The SDK of 3.259 hands over an object of its own for such a value, others the engine's string.
    """
    if isinstance(value, Mapping):
        return any(unknown(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(unknown(v) for v in value)
    return isinstance(value, Unknown) or value in (UNKNOWN, REDACTED)


def differs(old: Any, new: Any) -> bool:
    """Whether a value is another one. A preview without access has a placeholder for the old one if it is a secret.

    The new one is a placeholder, too, unless it has other things than secrets inside (`components.offline`).
    """
    if old == REDACTED:
        return isinstance(new, Unknown) or new in (None, UNKNOWN)
    return bool(old != new)


def gone_for_good() -> bool:
    """Whether the user says that what does not answer will never do so again, as for the Kubernetes provider."""
    return os.environ.get(DELETE_UNREACHABLE, "").lower() == "true"


def options(opts: pulumi.ResourceOptions | None, *, secrets: Sequence[str] = ()) -> pulumi.ResourceOptions:
    """`opts` with outputs that are secret although no secret input has their name."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=list(secrets)))


class _Bugs(logging.Filter):
    """An error that the user can act on is told by the engine, in one line; a stack trace would only hide it."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, FederationError)


# The engine shows the message of an exception only, and gRPC's log goes nowhere unless it is given a place.
_tracebacks = logging.StreamHandler(sys.stderr)
_tracebacks.addFilter(_Bugs())

__all__ = [
    "DELETE_UNREACHABLE",
    "Props",
    "Provider",
    "Resource",
    "differs",
    "gone_for_good",
    "options",
    "unknown",
]
