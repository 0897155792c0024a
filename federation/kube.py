"""A small client for Kubernetes API servers: objects are plain dicts, errors are ours, nothing is cached.

The official client is not used for requests: importing it takes half a second, which each preview would pay; it
writes client keys to temporary files that stay when the process is killed, as the engine does with its plug-ins;
and its requests have no deadline.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from federation.errors import RejectedError, UnreachableError
from federation.kube_answers import message, refusal
from federation.kube_transport import lines, reason, transport
from federation.kubeconfig import Access, access

Object = dict[str, Any]
EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
REQUEST_SECONDS = 10.0
WATCH_SECONDS = 300.0
NOT_FOUND = 404


@dataclass(frozen=True)
class Ref:
    """The address of one object, or with an empty name of a collection."""

    api_version: str
    plural: str
    name: str = ""
    namespace: str | None = None

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Ref:
        """The address of an object that is at hand."""
        metadata = manifest["metadata"]
        return cls(
            manifest["apiVersion"], plural(manifest["kind"]), metadata["name"], metadata.get("namespace")
        )

    @property
    def path(self) -> str:
        """Its path on every API server (Kubernetes API concepts, "Resource URIs")."""
        root = "/apis/" if "/" in self.api_version else "/api/"
        place = f"/namespaces/{quote(self.namespace)}" if self.namespace else ""
        return f"{root}{self.api_version}{place}/{self.plural}" + (
            f"/{quote(self.name)}" if self.name else ""
        )

    def __str__(self) -> str:
        return f"{self.plural} {self.namespace + '/' if self.namespace else ''}{self.name}".rstrip(" /")


@dataclass(frozen=True)
class Listing:
    """A collection at one moment.

    Attributes:
        items: its objects.
        version: the `resourceVersion` to watch from.
    """

    items: Sequence[Object]
    version: str


@dataclass(frozen=True)
class Event:
    """A change of a collection (Kubernetes API concepts, "Efficient detection of changes").

    Attributes:
        type: with "BOOKMARK", the object has its kind and `metadata.resourceVersion` only.
        object: as it is now; with "DELETED", as it was.
    """

    type: EventType
    object: Object

    @property
    def version(self) -> str:
        """The `resourceVersion` to go on from when the watch ends after this event."""
        return str(self.object["metadata"]["resourceVersion"])


def plural(kind: str) -> str:
    """The resource of a kind, by the rule of `meta.UnsafeGuessKindToResource` in k8s.io/apimachinery."""
    word = kind.lower()
    if word == "endpoints":
        return word
    if word.endswith("s"):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") else word + "s"


class Kube:
    """One API server, as one user.

    Args:
        access: where it is and who asks.
        name: how messages call it, such as "cluster fc01".
        timeout: seconds for each request.
    """

    def __init__(self, access: Access, name: str, *, timeout: float = REQUEST_SECONDS) -> None:
        self.name, self.server = name, access.server
        self._timeout = timeout
        self._transport = transport(access)

    @classmethod
    def connect(cls, kubeconfig: str, name: str, *, context: str | None = None, **options: float) -> Kube:
        """From a kubeconfig's text. Raises `KubeconfigError`."""
        return cls(access(kubeconfig, context), name, **options)

    def get(self, ref: Ref) -> Object | None:
        """The object, or None where there is none, or no such kind of object."""
        return self._ask("GET", ref.path, f"get {ref}")

    def list(self, ref: Ref, *, labels: str | None = None) -> list[Object]:
        """All objects of a collection; none where there is no such kind."""
        return [*self.listing(ref, labels=labels).items]

    def listing(self, ref: Ref, *, labels: str | None = None) -> Listing:
        """As `list`, with the moment that it shows."""
        pages = [*self.pages(ref, labels=labels)]
        return Listing([item for page in pages for item in page.items], pages[0].version)

    def pages(self, ref: Ref, *, labels: str | None = None) -> Iterator[Listing]:
        """As `listing`, 500 objects at a time: all pages show the moment of the first one. There is at least one."""
        query = {"limit": "500"} | ({"labelSelector": labels} if labels else {})
        while True:
            page = self._ask("GET", f"{ref.path}?{urlencode(query)}", f"list {ref}") or {}
            metadata = page.get("metadata", {})
            yield Listing(page.get("items", []), str(metadata.get("resourceVersion", "")))
            if not (token := metadata.get("continue")):
                return
            query["continue"] = token

    def watch(
        self, ref: Ref, *, since: str, labels: str | None = None, seconds: float = WATCH_SECONDS
    ) -> Iterator[Event]:
        """The changes of a collection after `since`, the `version` of a `Listing` or of an event, as they happen.

        Ends after `seconds`, as the server counts them; the caller goes on from the last event's `version`. A
        connection that is dead is noticed after 15 s. To stop earlier, leave the loop.

        Raises `GoneError` if `since` is too long ago, `UnreachableError` also when the connection breaks, and
        `RejectedError` where there is no such kind.
        """
        query = {
            "watch": "1",
            "resourceVersion": since,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(max(1, round(seconds))),
        }
        query |= {"labelSelector": labels} if labels else {}
        task, timeout = f"watch {ref}", Timeout(connect=self._timeout, read=seconds + self._timeout)
        with self._reached():
            answer = self._transport("GET", f"{ref.path}?{urlencode(query)}", timeout=timeout, stream=True)
            try:
                if answer.status >= 400:
                    self._check(answer, task)
                for line in lines(answer):
                    yield self._event(json.loads(line), task)
            finally:
                answer.close()

    def apply(self, manifest: Mapping[str, Any], *, manager: str, force: bool = True) -> Object:
        """Server-side apply (KEP-555): the object is made, or its fields are those of `manager`.

        Raises `ConflictError`, unless `force`, if a field belongs to another manager.
        """
        ref = Ref.of(manifest)
        query = urlencode({"fieldManager": manager, "force": str(force).lower()})
        return self._must("PATCH", f"{ref.path}?{query}", f"apply {ref}", manifest, APPLY)

    def create(self, manifest: Mapping[str, Any]) -> Object:
        """A new object. Raises `ConflictError` if it is there."""
        ref = Ref.of(manifest)
        return self._must("POST", ref.path.removesuffix(f"/{ref.name}"), f"create {ref}", manifest)

    def dry_run(self, manifest: Mapping[str, Any]) -> Object:
        """What `create` would answer, admission webhooks asked, nothing kept. Raises as it does."""
        ref = Ref.of(manifest)
        path = f"{ref.path.removesuffix(f'/{ref.name}')}?dryRun=All"
        return self._must("POST", path, f"try {ref}", manifest)

    def merge(self, ref: Ref, changes: Mapping[str, Any]) -> Object | None:
        """JSON merge patch (RFC 7386), conditional if it has a `resourceVersion`; None where nothing is there."""
        return self._ask("PATCH", ref.path, f"change {ref}", changes, MERGE)

    def delete(self, ref: Ref, *, uid: str | None = None, grace: int | None = None) -> bool:
        """Ask for removal; False if it was gone. With `uid`, of exactly that object."""
        options: Object = {"propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        return self._ask("DELETE", ref.path, f"delete {ref}", options) is not None

    def post(self, path: str, body: Mapping[str, Any]) -> Object:
        """For requests that are no objects, such as access reviews and tokens."""
        return self._must("POST", path, f"post {path}", body)

    def text(self, path: str) -> str:
        """What a path answers with, such as `/readyz`. Raises as all others do."""
        answer = self._send("GET", path)
        self._check(answer, f"get {path}")
        return answer.data.decode(errors="replace")  # a log is whatever a program has written

    def ready(self) -> str | None:
        """None if the API server says that it is ready, else why not. Never raises for one that is not."""
        try:
            self.text("/readyz")
        except (UnreachableError, RejectedError) as error:
            return error.cause
        return None

    def version(self) -> str:
        """The server's version, such as "v1.36.3"."""
        return str(json.loads(self.text("/version"))["gitVersion"])

    def date(self) -> str | None:
        """The server's clock: the Date header of an answer (RFC 9110, 6.6.1)."""
        return self._send("GET", "/version").headers.get("Date")

    def _must(
        self, method: str, path: str, task: str, body: Mapping[str, Any], kind: str = "application/json"
    ) -> Object:
        answer = self._ask(method, path, task, body, kind)
        if answer is None:
            raise RejectedError(
                self.name, f"cannot {task}: not found", "see whether its kind and namespace are there"
            )
        return answer

    def _ask(
        self,
        method: str,
        path: str,
        task: str,
        body: Mapping[str, Any] | None = None,
        kind: str = "application/json",
    ) -> Object | None:
        answer = self._send(method, path, body, kind)
        if answer.status == NOT_FOUND:
            return None
        self._check(answer, task)
        parsed: Object = json.loads(answer.data)
        return parsed

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, kind: str = "application/json"
    ) -> urllib3.BaseHTTPResponse:
        data = None if body is None else json.dumps(body)
        with self._reached():
            return self._transport(method, path, data, kind, timeout=Timeout.from_float(self._timeout))

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except HTTPError as error:
            raise UnreachableError(
                self.name,
                f"{self.server} does not answer: {reason(error)}",
                "see whether it runs and can be reached",
            ) from None

    def _event(self, found: Object, task: str) -> Event:
        """Raises what a `Status` in the middle of a watch means."""
        if found["type"] != "ERROR":
            return Event(found["type"], found["object"])
        status = found["object"]
        raise refusal(self.name, int(status.get("code", 500)), task, str(status.get("message", status)))

    def _check(self, answer: urllib3.BaseHTTPResponse, task: str) -> None:
        if answer.status >= 400:
            raise refusal(self.name, answer.status, task, message(answer))
