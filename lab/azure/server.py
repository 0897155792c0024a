"""HTTPS around a `Service`. It listens on a loopback address or inside a lab's fabric, and nowhere else."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from lab.azure.http import ArmError, DroppedError, Request, Response
from lab.azure.service import Service
from lab.errors import LabError
from lab.network import netns

_log = logging.getLogger("azure.requests")
_LONGEST_BODY = 8 << 20
_IDLE_SECONDS = 120


def require_safe_place(address: str, fabric: str | None) -> None:
    """Raises `LabError` unless `address` is a loopback address, or this process is in the fabric's network namespace.

    A stand-in hands out rights to whoever asks; nobody from outside may ever be able to ask.
    """
    if ip_address(address).is_loopback:
        return
    own = Path("/proc/self/ns/net").stat().st_ino
    if fabric is not None and netns.exists(fabric) and netns.path(fabric).stat().st_ino == own:
        return
    raise LabError(
        f"stand-in for Azure on {address}",
        "it runs on a loopback address or in a lab's fabric only",
        "start it with `lab azure start`",
    )


class Server:
    """A running server.

    Args:
        certificate, key: PEM files of the server's certificate.
        port: 0 takes a free one.
        fabric: the network namespace in which it may listen on other addresses than loopback's.

    Raises `LabError` for an unsafe place, `OSError` for an address that can't be had.
    """

    def __init__(
        self,
        service: Service,
        *,
        certificate: Path,
        key: Path,
        address: str = "127.0.0.1",
        port: int = 0,
        fabric: str | None = None,
    ) -> None:
        require_safe_place(address, fabric)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, key)
        self.service = service
        self._http = _Http((address, port), service, context)
        self._thread = threading.Thread(target=self._http.serve_forever, name="https", daemon=True)

    @property
    def host(self) -> str:
        """Address and port, the latter only if it is not 443."""
        address, port = self._http.server_address[:2]
        name = address.decode() if isinstance(address, bytes | bytearray) else str(address)
        return name if port == 443 else f"{name}:{port}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, end operations."""
        self._http.shutdown()
        self._http.server_close()
        self.service.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], service: Service, context: ssl.SSLContext) -> None:
        self.service, self._context = service, context
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """TLS; the handshake is left to the connection's thread, so that a silent client holds up nobody."""
        connection, peer = super().get_request()
        connection.settimeout(_IDLE_SECONDS)
        return (
            self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False),
            peer,
        )

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """What clients do to their connections is no error of ours."""
        _log.debug("%s", client_address, exc_info=True)

    def server_bind(self) -> None:
        """Without `getfqdn`, which would ask a nameserver."""
        socket_ = self.socket
        socket_.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        socket_.bind(self.server_address)
        self.server_address = socket_.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "AzureStandIn"
    sys_version = ""
    disable_nagle_algorithm: ClassVar[bool] = True
    server: _Http

    def _answer(self) -> None:
        try:
            request = self._read()
        except ArmError as refusal:
            self.close_connection = True
            self._send(Response.refusal(refusal))
            return
        try:
            response = self.server.service.handle(request)
        except DroppedError:
            _log.info("%s %s dropped", self.command, request.path)
            self.close_connection = True
            return
        _log.info("%s %s %s", self.command, request.path, response.status)
        self._send(response)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815 (the base class's names)

    def _read(self) -> Request:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            raise ArmError(411, "LengthRequired", "The request must have a Content-Length.")
        if int(length) > _LONGEST_BODY:
            raise ArmError(413, "RequestEntityTooLarge", f"A body has up to {_LONGEST_BODY} bytes.")
        target = urlsplit(self.path)
        query: dict[str, str] = {}
        for name, value in parse_qsl(target.query, keep_blank_values=True):
            query.setdefault(name.lower(), value)
        return Request(
            method=self.command,
            path=_collapsed(unquote(target.path)),
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
            host=self.headers.get("Host", "localhost").removesuffix(":443"),
        )

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Not the base class's lines; `_answer` logs path and status, and never a query or a header."""


def _collapsed(path: str) -> str:
    """Clients that join a URL ending in `/` with a path beginning with one mean one slash."""
    while "//" in path:
        path = path.replace("//", "/")
    return path.rstrip("/") or "/"
