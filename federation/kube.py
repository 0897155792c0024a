"""A small client for Kubernetes API servers: objects are plain dicts, errors are ours, nothing is cached.

The official client is not used for requests: importing it takes half a second, which each preview would pay; it
writes client keys to temporary files that stay when the process is killed, as the engine does with its plug-ins;
and its requests have no deadline.
"""

from __future__ import annotations

import json
import ssl
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from urllib3.exceptions import HTTPError

from federation import proxies
from federation.errors import (
    ConflictError,
    FederationError,
    ForbiddenError,
    KubeconfigError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from federation.kubeconfig import Access, access

Object = dict[str, Any]
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
REQUEST_SECONDS = 10.0
NOT_FOUND = 404
REFUSALS: dict[int, tuple[type[FederationError], str]] = {
    401: (UnauthorizedError, "get a new kubeconfig; its credentials are wrong or have expired"),
    403: (ForbiddenError, "use a kubeconfig of somebody who may do this"),
    409: (ConflictError, "see who has made or owns the object"),
}


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
        return f"{self.plural} {self.namespace + '/' if self.namespace else ''}{self.name}"


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
        self._transport = _transport(access)

    @classmethod
    def connect(cls, kubeconfig: str, name: str, *, context: str | None = None, **options: float) -> Kube:
        """From a kubeconfig's text. Raises `KubeconfigError`."""
        return cls(access(kubeconfig, context), name, **options)

    def get(self, ref: Ref) -> Object | None:
        """The object, or None where there is none, or no such kind of object."""
        return self._ask("GET", ref.path, f"get {ref}")

    def list(self, ref: Ref, *, labels: str | None = None) -> list[Object]:
        """All objects of a collection, a page at a time; none where there is no such kind."""
        query = {"limit": "500"} | ({"labelSelector": labels} if labels else {})
        found: list[Object] = []
        while True:
            page = self._ask("GET", f"{ref.path}?{urlencode(query)}", f"list {ref}") or {}
            found += page.get("items", [])
            if not (token := page.get("metadata", {}).get("continue")):
                return found
            query["continue"] = token

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
        return answer.data.decode()

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
        try:
            return self._transport(method, path, data, kind, self._timeout)
        except HTTPError as error:
            raise UnreachableError(
                self.name,
                f"{self.server} does not answer: {_reason(error)}",
                "see whether it runs and can be reached",
            ) from None

    def _check(self, answer: urllib3.BaseHTTPResponse, task: str) -> None:
        if answer.status < 400:
            return
        kind, fix = REFUSALS.get(answer.status, (RejectedError, "mend what it says"))
        raise kind(self.name, f"cannot {task}: {_message(answer)}", fix)


Transport = Callable[[str, str, str | None, str, float], urllib3.BaseHTTPResponse]


def _transport(access: Access) -> Transport:
    """A function that sends one request: method, path, body, content type, seconds."""
    options: dict[str, Any] = {"ssl_context": _context(access), "maxsize": 4, "retries": False}
    if access.tls_server_name:
        options |= {"server_hostname": access.tls_server_name, "assert_hostname": access.tls_server_name}
    proxy = access.proxy_url or proxies.of(access.server)
    pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
    headers = {"User-Agent": "k8s-federation", "Accept": "application/json"}
    if access.token:
        headers["Authorization"] = f"Bearer {access.token}"

    def send(method: str, path: str, body: str | None, kind: str, timeout: float) -> urllib3.BaseHTTPResponse:
        url = f"{access.server.rstrip('/')}{path}"
        return pool.request(
            method, url, body=body, headers={**headers, "Content-Type": kind}, timeout=timeout
        )

    return send


def _context(access: Access) -> ssl.SSLContext:
    """TLS as the kubeconfig says. OpenSSL takes a client key from a file only: it is there for a moment, mode 0600."""
    try:
        context = ssl.create_default_context(cadata=access.ca)
        if access.certificate and access.key:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(access.certificate + "\n" + access.key)
                file.flush()
                context.load_cert_chain(file.name)
    except ssl.SSLError as error:
        cause = f"a certificate or key for {access.server} cannot be used: {error.reason or error}"
        raise KubeconfigError("kubeconfig", cause, "get a new one from the cluster's administrator") from None
    return context


def _reason(error: Exception) -> str:
    """The innermost message, which says what happened, without the object addresses of the outer ones."""
    cause = getattr(error, "reason", None) or error
    return str(cause).rpartition(": ")[2] if "object at 0x" in str(cause) else str(cause)


def _message(answer: urllib3.BaseHTTPResponse) -> str:
    """The message of a `Status` object, or the start of whatever was answered."""
    try:
        return str(json.loads(answer.data)["message"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status} {answer.data[:200].decode(errors='replace').strip()}"
