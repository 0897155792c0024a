"""A port of the host's loopback that leads into the lab, for browsers and tools outside the fabric."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading

from lab.errors import LabError
from lab.network import netns

CONNECT_SECONDS = 5.0
_CHUNK = 1 << 16


def listen(port: int) -> socket.socket:
    """Take `port` of 127.0.0.1 (0: any free one). Raises `LabError` when it is taken or may not be taken."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise LabError(
                f"port {port}", "another program listens on it", "choose another port, or 0 for a free one"
            ) from None
        raise LabError(
            f"port {port}", f"it can't be taken ({error.strerror})", "choose a port above 1023"
        ) from None


def serve(listener: socket.socket, fabric: str, host: str, port: int) -> None:
    """Carry every connection to `host`:`port` as seen from the fabric, until the listener is closed."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # closed
            return
        threading.Thread(target=_carry, args=(client, fabric, host, port), daemon=True).start()


def _carry(client: socket.socket, fabric: str, host: str, port: int) -> None:
    with client:
        try:
            server = netns.connect(fabric, host, port, CONNECT_SECONDS)
        except OSError:
            return  # the client sees its connection closed, as with a closed port
        with server:
            server.settimeout(None)
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
