"""How requests get to an API server: TLS, proxy, credentials, and streams that notice a dead connection."""

from __future__ import annotations

import re
import socket
import ssl
import tempfile
from collections.abc import Iterator
from typing import Any, Protocol

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.util import Timeout

from federation import proxies
from federation.errors import KubeconfigError
from federation.kubeconfig import Access

# A watch only listens: after a power cut at the other side it would hear nothing, and hold that for peace.
KEEP_ALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 6),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 3),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
]

_CONNECTION = re.compile(r"^HTTPS?Connection(Pool)?\(host=[^)]*\): ")


class Transport(Protocol):
    """Sends one request."""

    def __call__(
        self,
        method: str,
        path: str,
        body: str | None = None,
        kind: str = "application/json",
        *,
        timeout: Timeout,
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """The answer; with `stream`, as soon as it begins. `kind`: the body's content type."""


def transport(access: Access) -> Transport:
    """A function that sends requests. Raises `KubeconfigError` for a certificate or key that cannot be used."""
    options: dict[str, Any] = {
        "ssl_context": tls(access),
        "maxsize": 4,
        "retries": False,
        "socket_options": [*HTTPConnection.default_socket_options, *KEEP_ALIVE],
    }
    if access.tls_server_name:
        options |= {"server_hostname": access.tls_server_name, "assert_hostname": access.tls_server_name}
    proxy = access.proxy_url or proxies.of(access.server)
    pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
    headers = {"User-Agent": "k8s-federation", "Accept": "application/json"}
    if access.token:
        headers["Authorization"] = f"Bearer {access.token}"

    def send(
        method: str,
        path: str,
        body: str | None = None,
        kind: str = "application/json",
        *,
        timeout: Timeout,
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        url = f"{access.server.rstrip('/')}{path}"
        return pool.request(
            method,
            url,
            body=body,
            headers={**headers, "Content-Type": kind},
            timeout=timeout,
            preload_content=not stream,
        )

    return send


def lines(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The lines of an answer, each as soon as it is there; one without an end, where the answer breaks off, is not."""
    rest = b""
    for part in answer.stream():
        *whole, rest = (rest + part).split(b"\n")
        yield from filter(None, whole)


def reason(error: Exception) -> str:
    """The innermost message, which says what happened, without the objects of the outer ones: the server is known."""
    text = str(getattr(error, "reason", None) or error)
    text = text.rpartition(": ")[2] if "object at 0x" in text else text
    return _CONNECTION.sub("", text)


def tls(access: Access) -> ssl.SSLContext:
    """TLS as the kubeconfig says. Raises `KubeconfigError`.

    OpenSSL takes a client key from a file only: it is there for a moment, mode 0600.
    """
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
