"""The member's side of a join: which cluster it is, and a token of the federation's identity that it takes."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509

from federation.deadline import Deadline
from federation.errors import (
    ConflictError,
    ForbiddenError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from federation.karmada import rbac
from federation.karmada.member import MemberSpec
from federation.kube import Kube, Object, Ref
from federation.kubeconfig import Access

Client = Callable[[Access, str], Kube]
"""Makes a client from how to reach an API server and its name in messages."""

KUBE_SYSTEM = Ref("v1", "namespaces", "kube-system")
FIX = "see whether kube-controller-manager runs on the member, and run the same command again"
SOON = 0.05  # seconds between looks at what takes a moment


def identify(spec: MemberSpec, member: Kube) -> str:
    """The cluster's id: the UID of its namespace kube-system (KEP-2149 gives it the same role)."""
    try:
        found = member.get(KUBE_SYSTEM)
    except UnreachableError as error:
        raise _with_clocks(error, member.server) from None
    if found is None:
        raise RejectedError(
            spec.subject,
            f"{member.server} has no namespace kube-system",
            "see whether this is a Kubernetes API server",
        )
    return str(found["metadata"]["uid"])


def claim(spec: MemberSpec, member: Kube, manifest: Object) -> Object:
    """Make an object, or change it if it is this federation's. What is somebody else's would go with a leave.

    Raises `ConflictError` if it is.
    """
    ref = Ref.of(manifest)
    found = member.get(ref)
    if found is not None and not spec.owns(found):
        raise ConflictError(
            spec.subject,
            f"{ref} is there already, and not of federation {spec.federation}",
            "see who has made it; remove it, or give the federation another name",
        )
    return member.apply(manifest, manager=spec.manager)


def home(spec: MemberSpec, member: Kube, deadline: Deadline) -> None:
    """The namespace of the federation's identities on the member, which may still be on its way out."""

    def made() -> str | None:
        found = claim(spec, member, rbac.namespace(spec))
        leaving = found["metadata"].get("deletionTimestamp")
        return f"its namespace {spec.namespace} is still being removed" if leaving else None

    deadline.until(spec.subject, made, fix=FIX)


def token(
    spec: MemberSpec,
    reach: Access,
    member: Kube,
    account: rbac.Account,
    deadline: Deadline,
    client: Client,
) -> str:
    """A token of an identity that the member takes; the one that is there, if it does."""
    tokens: list[str] = []

    def taken() -> str | None:
        found = member.apply(account.token, manager=spec.manager)
        text = base64.b64decode(found.get("data", {}).get("token", "")).decode()
        if not text:
            return "its cluster has not issued a token yet"
        try:
            client(with_token(reach, text), spec.subject).get(account.readable)
        except UnauthorizedError:
            member.delete(Ref.of(account.token), uid=found["metadata"]["uid"])
            return "its cluster rejects the token it has issued"
        except ForbiddenError as error:  # the binding is new, and the authorizer has not heard of it
            return error.cause
        tokens.append(text)
        return None

    member.apply(account.service_account, manager=spec.manager)
    deadline.until(spec.subject, taken, fix=FIX, interval=SOON)
    return tokens[-1]


def with_token(reach: Access, token: str) -> Access:
    """The same server, asked by who has the token."""
    return replace(reach, token=token, certificate=None, key=None)


def _with_clocks(error: UnreachableError, server: str) -> UnreachableError:
    """A certificate that is not valid now: the clock of either side may be wrong, so say what both have."""
    if "expired" not in error.cause and "not yet valid" not in error.cause:
        return error
    place = urlsplit(server)
    try:
        pem = ssl.get_server_certificate((place.hostname or "", place.port or 443), timeout=3)
    except OSError:
        return error
    found = x509.load_pem_x509_certificate(pem.encode())
    return UnreachableError(
        error.obj,
        f"{error.cause}; its certificate is valid from {found.not_valid_before_utc:%Y-%m-%d %H:%M} to "
        f"{found.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, and here it is {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "correct the clock that is wrong (timedatectl), or renew the cluster's certificate",
    )
