"""ARM's verbs, each until it has ended: a write is done when the operation it started is.

Source: "Track asynchronous Azure operations" (Azure Resource Manager documentation) and the ARM RPC contract.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from lab.azure.http import Document
from lab.azure.plugin.errors import ArmRefusalError, TimeoutExpiredError
from lab.azure.plugin.session import Answer, Session
from lab.deadline import Deadline

TERMINAL = frozenset({"succeeded", "failed", "canceled"})

_POLL = 2.0  # seconds, where the server names none
_SHORTEST = 0.05  # a server that says 0 is asked often, not always


def state(document: Document) -> str:
    """`properties.provisioningState` in lower case; `succeeded` for what has none."""
    properties = document.get("properties")
    found = properties.get("provisioningState") if isinstance(properties, dict) else None
    return str(found).lower() if found else "succeeded"


class Arm:
    """Resources by id.

    Args:
        poll: seconds between two looks at an operation that says nothing of it.
    """

    def __init__(self, session: Session, *, poll: float = _POLL) -> None:
        self.session, self._poll = session, poll

    def get(self, id_: str, version: str, subject: str, deadline: Deadline) -> Document | None:
        """The document; None when there is none."""
        try:
            return self.session.send("GET", _url(id_, version), subject, deadline).document
        except ArmRefusalError as refusal:
            if refusal.is_gone:
                return None
            raise

    def start_put(
        self, id_: str, version: str, body: Document, subject: str, deadline: Deadline, *, etag: str = ""
    ) -> Answer:
        """Send a PUT; the answer says whether there is something to wait for.

        Args:
            etag: that the resource must have; empty: any.
        """
        headers = {"If-Match": etag} if etag else {}
        return self.session.send("PUT", _url(id_, version), subject, deadline, body=body, headers=headers)

    def delete(self, id_: str, version: str, subject: str, deadline: Deadline) -> None:
        """Delete, and wait until it is gone. Gone already is fine."""
        try:
            answer = self.session.send("DELETE", _url(id_, version), subject, deadline)
            self.finish(answer, subject, deadline)
        except ArmRefusalError as refusal:
            if not refusal.is_gone:
                raise

    def act(
        self, id_: str, action: str, version: str, subject: str, deadline: Deadline, query: str = ""
    ) -> Document:
        """POST an action."""
        url = _url(f"{id_}/{action}", version) + query
        return self.session.send("POST", url, subject, deadline).document

    def settled(self, id_: str, version: str, subject: str, deadline: Deadline) -> Document | None:
        """The document once no operation is on its way; None when it is gone."""
        while (document := self.get(id_, version, subject, deadline)) is not None:
            if (now := state(document)) in TERMINAL:
                return document
            self._pause(None, f"provisioningState is {now.capitalize()}", subject, deadline)
        return None

    def finish(self, answer: Answer, subject: str, deadline: Deadline) -> None:
        """Wait for the operation that an answer speaks of. Raises `ArmRefusalError` if it fails."""
        if (url := answer.headers.get("azure-asyncoperation")) is not None:
            self._watch(url, answer, subject, deadline)
        elif answer.status == 202 and (url := answer.headers.get("location")) is not None:
            self._follow(url, answer, subject, deadline)

    def _watch(self, url: str, answer: Answer, subject: str, deadline: Deadline) -> None:
        while True:
            self._pause(answer, f"operation {_name(url)} is in progress", subject, deadline)
            answer = self.session.send("GET", url, subject, deadline)
            found = str(answer.document.get("status", "")).lower()
            if found in TERMINAL or not found:
                break
        if found in ("failed", "canceled"):
            code, message = answer.error
            raise ArmRefusalError(subject, 0, code, message or f"the operation has {found}")

    def _follow(self, url: str, answer: Answer, subject: str, deadline: Deadline) -> None:
        while answer.status == 202:
            self._pause(answer, f"operation {_name(url)} is in progress", subject, deadline)
            answer = self.session.send("GET", url, subject, deadline)
            url = answer.headers.get("location", url)

    def _pause(self, answer: Answer | None, waits_for: str, subject: str, deadline: Deadline) -> None:
        named = answer.retry_after if answer is not None else None
        pause = self._poll if named is None else named
        if not deadline.left:
            raise TimeoutExpiredError(
                subject,
                f"it has not ended within its time: {waits_for}",
                "run `pulumi up` again, which goes on from here; custom_timeouts give it more time",
            )
        self.session.wait(min(max(pause, _SHORTEST), deadline.left), subject)


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _url(id_: str, version: str) -> str:
    return f"{quote(id_, safe='/@*()!$,;=:~-._')}?api-version={version}"


def etag_of(document: Document, path: str) -> str:
    """The etag at a dotted path; empty when the path or the etag is."""
    found: Any = document
    for word in path.split(".") if path else []:
        found = found.get(word) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""
