"""A small client for etcd v3 through its JSON gateway: one of several endpoints, mutual TLS, user and password.

etcd3gw sends the requests. It knows neither users nor a second endpoint, and the environment's proxies and certificate
authorities (REQUESTS_CA_BUNDLE) would reach into its sessions: these are made here. Once etcd's users are on, the
gateway refuses every client certificate with a common name; give one without.
"""

from __future__ import annotations

import json
import re
import ssl
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from etcd3gw.client import Etcd3Client
from etcd3gw.exceptions import (
    ConnectionFailedError,
    ConnectionTimeoutError,
    Etcd3Exception,
    InternalServerError,
)

from federation.errors import (
    FederationError,
    ForbiddenError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from federation.pinned import PinnedTls

Answer = dict[str, Any]
REQUEST_SECONDS = 5.0
PAGE = 5000  # keys a request
_INVALID, _DENIED, _UNAUTHENTICATED = 3, 7, 16  # codes of gRPC, which the gateway puts into its answer
# Such as (111, 'Connection refused'), [Errno 111] Connection refused, 'Connection to 10.0.0.5 timed out. (…)'.
_INNERMOST = re.compile(
    r"""(?:\[Errno -?\d+\] |\(\d+, ['"]|(?<=['"])(?=Connection to ))(?P<text>.+?)(?: \(|\)?["']\)|["']$|$)"""
)
_RENEW = ("invalid auth token", "revision of auth store is old", "user name is empty")


@dataclass(frozen=True)
class EtcdTls:
    """Texts in PEM.

    Attributes:
        ca: authority of the members' certificates; no other is trusted.
        certificate: of the client, without a common name.
        key: its private key, not encrypted.
    """

    ca: str
    certificate: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Found:
    """The keys of a range.

    Attributes:
        revision: of the store at the moment of the answer.
        entries: key, value and mod_revision of each, sorted by key.
    """

    revision: int
    entries: tuple[tuple[str, bytes, int], ...]


class EtcdClient:
    """Asks the endpoint that answered last, then the others.

    Args:
        endpoints: URLs, such as "https://10.0.0.5:2379".
        tls: for https.
        user, password: of etcd's own users; None: the users are off.
        timeout: seconds for one request to one endpoint.

    All calls raise `UnreachableError` when no endpoint answers, `UnauthorizedError`, `ForbiddenError`, and
    `RejectedError` for what etcd finds wrong. A write whose answer is lost is sent to the next endpoint, so it may
    happen twice: `txn` is for writes that say what must be so before.
    """

    def __init__(
        self,
        endpoints: Sequence[str],
        *,
        tls: EtcdTls | None = None,
        user: str | None = None,
        password: str | None = None,
        timeout: float = REQUEST_SECONDS,
    ) -> None:
        self._user, self._password, self._token = user, password, ""
        self._session = _session(tls)
        self._members = [_member(endpoint, self._session, timeout) for endpoint in endpoints]

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    @property
    def where(self) -> str:
        """For messages."""
        return f"etcd {', '.join(member.base_url for member in self._members)}"

    def range(self, key: str, end: str, *, page: int = PAGE) -> Found:
        """Keys from `key` up to, not including, `end`, all as of one revision."""
        revision, entries, start = 0, list[tuple[str, bytes, int]](), key
        while True:
            question = {"key": encode(start), "range_end": encode(end), "limit": page, "revision": revision}
            answer = self.call("kv/range", question)
            revision = revision or int(answer["header"]["revision"])
            entries += [_entry(each) for each in answer.get("kvs", [])]
            if not answer.get("more"):
                return Found(revision, tuple(entries))
            start = entries[-1][0] + "\0"

    def txn(self, compare: Sequence[Answer], success: Sequence[Answer]) -> bool:
        """Do all of `success` if all of `compare` holds, else nothing; whether it did (etcd API, "Transaction")."""
        return bool(
            self.call("kv/txn", {"compare": [*compare], "success": [*success]}).get("succeeded", False)
        )

    def user_add(self, name: str, password: str | None = None) -> None:
        """A user; without a password it is one that only a certificate's common name can be."""
        options = {"no_password": password is None}
        self.call("auth/user/add", {"name": name, "password": password or "", "options": options})

    def user_change_password(self, name: str, password: str) -> None:
        """Another password; tokens that are out stay valid."""
        self.call("auth/user/changepw", {"name": name, "password": password})

    def user_grant_role(self, user: str, role: str) -> None:
        """Give the user a role."""
        self.call("auth/user/grant", {"user": user, "role": role})

    def role_add(self, name: str) -> None:
        """A role that may nothing yet."""
        self.call("auth/role/add", {"name": name})

    def role_grant_permission(self, role: str, kind: str, key: str, end: str) -> None:
        """Let a role do `kind` (READ, WRITE or READWRITE) with keys from `key` up to `end`."""
        permission = {"permType": kind, "key": encode(key), "range_end": encode(end)}
        self.call("auth/role/grant", {"name": role, "perm": permission})

    def auth_enable(self) -> None:
        """Refuse everybody who is no user. Needs a user root with the role root."""
        self.call("auth/enable", {})

    def call(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Ask the gateway for `/v3/<path>`."""
        if self._user is not None and not self._token:
            self._authenticate()
        try:
            return self._send(path, body)
        except FederationError as error:
            if self._user is None or not any(words in error.cause for words in _RENEW):
                raise
        # Simple tokens live five minutes, and die with any change of users and with the member's process.
        self._authenticate()
        return self._send(path, body)

    def _authenticate(self) -> None:
        self._token = ""
        answer = self._send("auth/authenticate", {"name": self._user, "password": self._password})
        self._token = str(answer["token"])

    def _send(self, path: str, body: Mapping[str, Any]) -> Answer:
        headers, failures = {"Authorization": self._token} if self._token else {}, list[str]()
        for member in list(self._members):
            try:
                answer: Answer = member.post(member.get_url(path), json=dict(body), headers=headers)
            except (ConnectionFailedError, ConnectionTimeoutError, InternalServerError) as error:
                failures.append(f"{member.base_url}: {reason(error)}")
                self._members.append(self._members.pop(0))
            except Etcd3Exception as error:
                raise _refused(member.base_url, error) from None
            except requests.RequestException as error:
                failures.append(f"{member.base_url}: {reason(error)}")
                self._members.append(self._members.pop(0))
            else:
                return answer
        fix = "see that one of its members runs and is reachable from here, and that authority and certificate fit"
        raise UnreachableError(self.where, "; ".join(failures), fix)


def encode(text: str) -> str:
    """Bytes as the gateway takes them."""
    return b64encode(text.encode()).decode()


def _entry(found: Mapping[str, str]) -> tuple[str, bytes, int]:
    """Numbers of 64 bits are texts in JSON, and empty fields are left out (protobuf's JSON mapping)."""
    key = b64decode(found["key"]).decode(errors="replace")
    return key, b64decode(found.get("value", "")), int(found["mod_revision"])


def _session(tls: EtcdTls | None) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    if tls is not None:
        session.mount("https://", PinnedTls(_context(tls)))
    return session


def _context(tls: EtcdTls) -> ssl.SSLContext:
    """OpenSSL takes a client key from a file only: it is there for a moment, mode 0600."""
    try:
        context = ssl.create_default_context(cadata=tls.ca)
        if tls.certificate:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(f"{tls.certificate}\n{tls.key}")
                file.flush()
                context.load_cert_chain(file.name)
    except (ssl.SSLError, ValueError) as error:
        cause = f"its certificate, key or authority cannot be used: {getattr(error, 'reason', None) or error}"
        raise RejectedError("etcd client", cause, "give texts in PEM that belong together") from None
    return context


def _member(endpoint: str, session: requests.Session, timeout: float) -> Etcd3Client:
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RejectedError(
            f"etcd {endpoint}", "not a URL with http or https", "write it as https://HOST:2379"
        )
    return Etcd3Client(
        parts.hostname,
        parts.port or 2379,
        parts.scheme,
        timeout=timeout,
        api_path="/v3/",
        session=session,
    )


def reason(error: Exception) -> str:
    """The innermost message of a failed connection, without the objects around it; or what the member says."""
    text = str(getattr(error, "detail_text", None) or error)
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        found = _INNERMOST.search(text)
    return found["text"] if found else text.rpartition("): ")[2].strip()[:200]


def _refused(server: str, error: Etcd3Exception) -> FederationError:
    """An answer that no other member would give differently."""
    try:
        answer = json.loads(error.detail_text or "")
        code, cause = int(answer["code"]), str(answer["message"])
    except (ValueError, KeyError, TypeError):
        code, cause = 0, str(error.detail_text or error).strip()[:200]
    if code == _DENIED:
        return ForbiddenError(f"etcd {server}", cause, "let the user's role reach the keys of the zone")
    if code == _UNAUTHENTICATED or (code == _INVALID and ("auth" in cause or "user name" in cause)):
        return UnauthorizedError(f"etcd {server}", cause, "give the name and password of one of its users")
    return RejectedError(f"etcd {server}", cause, "mend what it says")
