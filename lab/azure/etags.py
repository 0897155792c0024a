"""Preconditions: `If-Match` and `If-None-Match` (RFC 9110 §13.1), for kinds that have an etag."""

from __future__ import annotations

from lab.azure.http import ArmError
from lab.azure.kinds import Call, Kind
from lab.azure.store import Entry


def header(kind: Kind, entry: Entry) -> dict[str, str]:
    """The response's `ETag`."""
    return {"ETag": f'"{entry.etag}"'} if kind.etag else {}


def require(kind: Kind, call: Call) -> None:
    """Raises the `ArmError` (412) of a precondition that does not hold."""
    if not kind.etag:
        return
    wanted = call.request.headers.get("if-match", "").strip()
    unwanted = call.request.headers.get("if-none-match", "").strip()
    if wanted and not _matches(wanted, call.existing):
        raise _failed(call, f"If-Match is '{wanted}', and {_said(call.existing)}")
    if unwanted and _matches(unwanted, call.existing):
        raise _failed(call, f"If-None-Match is '{unwanted}', and {_said(call.existing)}")


def _matches(text: str, entry: Entry | None) -> bool:
    if entry is None:
        return False
    if text == "*":
        return True
    return any(tag.strip().removeprefix("W/").strip('"') == entry.etag for tag in text.split(","))


def _said(entry: Entry | None) -> str:
    return "the resource does not exist" if entry is None else f"the resource's etag is '{entry.etag}'"


def _failed(call: Call, why: str) -> ArmError:
    return ArmError(412, "PreconditionFailed", f"The condition of '{call.id.text}' failed: {why}.")
