"""What is needed to send a request to the cluster of a kubeconfig."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from pathlib import Path

from federation.errors import KubeconfigError
from federation.kubeconfig import plugin
from federation.kubeconfig.document import Picked, Section, pick, text_of

_ENTRY = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s+[A-Za-z0-9+/=\s:,-]+?-----END \1-----")
_INLINE = "name it by its whole path, or put its content into the kubeconfig"


@dataclass(frozen=True, repr=False)
class Access:
    """How to reach one API server as one user; certificates and keys are PEM text. Its repr shows no secret."""

    server: str
    ca: str | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None
    certificate: str | None = None
    key: str | None = None
    token: str | None = None

    def __repr__(self) -> str:
        return f"Access({self.server!r})"


def access(kubeconfig: str, context: str | None = None) -> Access:
    """What the context (the current one by default) says.

    An `exec` plug-in is run, as kubectl does; files that it names are read, a token's file anew each time.

    Raises `KubeconfigError` if it cannot be used: no such context, no server, unreadable files, or
    `insecure-skip-tls-verify` and others that are refused.
    """
    picked = pick(kubeconfig, context)
    subject, cluster, user = picked.subject, picked.cluster, picked.user
    certificate = _pem(subject, user, "client-certificate", "CERTIFICATE")
    key = _pem(subject, user, "client-key", "KEY")
    token = _token(picked)
    if isinstance(user.get("exec"), dict) and not (certificate or token):
        answer = plugin.run(user["exec"], cluster, subject=subject)
        certificate, key, token = answer.certificate, answer.key, answer.token
    if (certificate is None) != (key is None):
        raise KubeconfigError(
            subject, "a client certificate and its key go together", "give both of them, or neither"
        )
    server, ca = _endpoint(picked)
    return Access(
        server=server,
        ca=ca,
        tls_server_name=text_of(subject, cluster, "tls-server-name"),
        proxy_url=text_of(subject, cluster, "proxy-url"),
        certificate=certificate,
        key=key,
        token=token,
    )


def endpoint(kubeconfig: str, context: str | None = None) -> tuple[str, str | None]:
    """The server's URL and the authorities in PEM, as `access` has them, without asking for credentials.

    Raises `KubeconfigError`.
    """
    return _endpoint(pick(kubeconfig, context))


def _endpoint(picked: Picked) -> tuple[str, str | None]:
    ca = _pem(picked.subject, picked.cluster, "certificate-authority", "CERTIFICATE")
    return picked.cluster["server"], ca


def content(subject: str, section: Section, key: str, *, base: Path | None = None) -> str | None:
    """What `key` or `key-data` of a section holds, the latter winning as for kubectl; None if neither is there.

    Args:
        subject: how messages call the kubeconfig.
        section: of a cluster or a user.
        key: such as "client-key".
        base: the folder of the kubeconfig; without it, a relative path is refused.
    """
    if data := text_of(subject, section, f"{key}-data"):
        try:
            return base64.b64decode(data).decode()
        except (binascii.Error, ValueError):
            raise KubeconfigError(
                subject, f"{key}-data is not base64 of a PEM file", "encode the file with base64 -w0"
            ) from None
    path = text_of(subject, section, key)
    return file(subject, key, path, base=base) if path else None


def file(subject: str, key: str, path: str, *, base: Path | None = None) -> str:
    """The text of a file that a kubeconfig names. Raises `KubeconfigError`."""
    whole = Path(path) if base is None else base / path
    if not whole.is_absolute():
        raise KubeconfigError(
            subject, f"{key} {path!r} is a path relative to a file that is not known", _INLINE
        )
    try:
        return whole.read_text()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise KubeconfigError(subject, f"{key} {path!r} cannot be read: {reason}", _INLINE) from None


def _pem(subject: str, section: Section, key: str, kind: str) -> str | None:
    text = content(subject, section, key)
    if text is not None and not any(found.endswith(kind) for found in _ENTRY.findall(text)):
        cause = f"{key} holds no {kind.lower()} in PEM form"
        raise KubeconfigError(subject, cause, "give the file that begins with -----BEGIN")
    return text


def _token(picked: Picked) -> str | None:
    """As client-go: the file wins, as it is renewed."""
    if path := text_of(picked.subject, picked.user, "tokenFile"):
        return file(picked.subject, "tokenFile", path).strip()
    return text_of(picked.subject, picked.user, "token")
