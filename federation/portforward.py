"""A port of a pod as a port of this machine, through the cluster's API server, as `kubectl port-forward` does it.

A connection is a WebSocket of the subprotocol v4.channel.k8s.io, in which the API server does not take part: the
kubelet's streaming server speaks it (k8s.io/cri-streaming, portforward/websocket.go). Each message begins with the
number of its channel: 0 is data, 1 is an error's text. The first message of each channel only repeats the port.
"""

from __future__ import annotations

import json
import select
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import websocket

from federation import proxies
from federation.deadline import Deadline
from federation.errors import (
    FederationError,
    ForbiddenError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from federation.kube import Kube, Object, Ref
from federation.kube_transport import tls
from federation.kubeconfig import Access

PROTOCOL = "v4.channel.k8s.io"
CONNECT_SECONDS = 10.0
_DATA, _ERROR = 0, 1
_CHUNK = 32 * 1024
_SCHEMES = {"https": "wss", "http": "ws"}
_REFUSALS: dict[int, tuple[type[FederationError], str]] = {
    401: (UnauthorizedError, "get a new kubeconfig; its credentials are wrong or have expired"),
    403: (ForbiddenError, "use a kubeconfig of somebody who may get and create pods/portforward there"),
}


def ready_pods(kube: Kube, namespace: str, labels: Mapping[str, str], deadline: Deadline) -> tuple[str, ...]:
    """Names of the pods that are ready, at least one; sorted.

    Raises `NotInTimeError` if there is none in time.
    """
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    found: list[str] = []

    def missing() -> str | None:
        pods = kube.list(Ref("v1", "pods", namespace=namespace), labels=selector)
        found[:] = sorted(pod["metadata"]["name"] for pod in pods if _is_ready(pod))
        return None if found else f"none of {len(pods)} pods with {selector} is ready"

    subject = f"pods of namespace {namespace} in {kube.name}"
    deadline.until(subject, missing, fix=f"see `kubectl -n {namespace} get pods`")
    return tuple(found)


@contextmanager
def forward(
    access: Access, namespace: str, pod: str, port: int, *, seconds: float = CONNECT_SECONDS
) -> Iterator[str]:
    """A listener on 127.0.0.1, each connection of which is one to the pod's port; its "address:port".

    Connections end with the block. One that the pod refuses is closed at once.

    Args:
        access: of the cluster's API server; the user must be allowed to get and create pods/portforward.
        namespace: of the pod.
        pod: its name.
        port: of the pod.
        seconds: for a connection to be made.

    Raises `UnreachableError`, `UnauthorizedError`, `ForbiddenError` or `RejectedError` if one that is tried is not.
    """
    target = _Target(access, namespace, pod, port, seconds)
    # Only to see that it can be done, and not kept: one that says nothing for ten seconds, while the forward to another
    # pod is waited for whose node does not answer, was ended from the other side.
    _hang_up(target.dial())
    listener = _Listener(target)
    try:
        yield listener.address
    finally:
        listener.close()


class _Target:
    """Where connections lead."""

    def __init__(self, access: Access, namespace: str, pod: str, port: int, seconds: float) -> None:
        self._access, self._seconds = access, seconds
        self._name = f"port {port} of pod {namespace}/{pod}"
        scheme, place, root, _, _ = urlsplit(access.server)
        path = f"{root.rstrip('/')}/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/portforward"
        self._url = urlunsplit((_SCHEMES[scheme], place, path, f"ports={port}", ""))
        self._options = _options(access)

    def dial(self) -> websocket.WebSocket:
        """A connection of its own. Raises `FederationError`."""
        try:
            return websocket.create_connection(self._url, timeout=self._seconds, **self._options)
        except websocket.WebSocketBadStatusException as error:
            kind, fix = _REFUSALS.get(error.status_code, (RejectedError, "see that the pod runs"))
            raise kind(self._name, f"cannot be forwarded: {_message(error)}", fix) from None
        except (websocket.WebSocketException, OSError) as error:
            cause = f"cannot be forwarded: {self._access.server} does not answer: {error}"
            raise UnreachableError(self._name, cause, "see whether it runs and can be reached") from None


class _Listener:
    """Takes connections in a thread, each of which has one more."""

    def __init__(self, target: _Target) -> None:
        self._target = target
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._socket.getsockname())
        self._lock, self._open, self._closed = Lock(), set[socket.socket](), False
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        # What waits in `accept` is woken by a connection only.
        with suppress(OSError):
            socket.create_connection(self._socket.getsockname(), timeout=1).close()
        for thread in self._threads:
            thread.join(timeout=CONNECT_SECONDS)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            local, _ = self._socket.accept()
            with self._lock:
                if self._closed:
                    local.close()
                    return
                self._open.add(local)
            thread = Thread(target=self._serve, args=(local,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, local: socket.socket) -> None:
        try:
            # Who has connected sees a connection that ends; `forward` has said why if not even one could be tried.
            with local, suppress(FederationError, websocket.WebSocketException, OSError):
                remote = self._target.dial()
                try:
                    _pump(local, remote)
                finally:
                    _hang_up(remote)
        finally:
            with self._lock:
                self._open.discard(local)


def _pump(local: socket.socket, remote: websocket.WebSocket) -> None:
    """Both directions until either side ends. In one thread: a TLS connection must not be used by two at once."""
    begun = set[int]()
    while True:
        if _pending(remote) or remote.sock in (ready := select.select([local, remote.sock], [], [])[0]):
            opcode, frame = remote.recv_data_frame(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return
            if opcode == websocket.ABNF.OPCODE_BINARY and frame.data:
                channel, data = frame.data[0], frame.data[1:]
                if channel not in begun:
                    begun.add(channel)
                elif channel == _ERROR:
                    return
                elif channel == _DATA:
                    local.sendall(data)
        elif local in ready:
            chunk = local.recv(_CHUNK)
            if not chunk:
                return
            remote.send_binary(bytes([_DATA]) + chunk)


def _pending(remote: websocket.WebSocket) -> bool:
    """Whether TLS has decrypted more than was read, which `select` does not see."""
    return isinstance(remote.sock, ssl.SSLSocket) and remote.sock.pending() > 0


def _hang_up(remote: websocket.WebSocket) -> None:
    """Without the closing handshake, for which nobody waits."""
    with suppress(websocket.WebSocketException, OSError):
        remote.shutdown()


def _options(access: Access) -> dict[str, Any]:
    """As `Kube` reaches the same server; this library would read the proxies of the environment otherwise."""
    options: dict[str, Any] = {"subprotocols": [PROTOCOL], "suppress_origin": True, "http_no_proxy": ["*"]}
    if urlsplit(access.server).scheme == "https":
        options["sslopt"] = {"context": tls(access)}
        if access.tls_server_name:
            options["sslopt"]["server_hostname"] = access.tls_server_name
    if access.token:
        options["header"] = {"Authorization": f"Bearer {access.token}"}
    if proxy := access.proxy_url or proxies.of(access.server):
        parts = urlsplit(proxy)
        options |= {"http_proxy_host": parts.hostname, "http_proxy_port": parts.port or 80}
        options["http_no_proxy"] = ["-"]  # an empty list would be the environment's
        if parts.username:
            options["http_proxy_auth"] = (parts.username, parts.password or "")
    return options


def _message(error: websocket.WebSocketBadStatusException) -> str:
    """The message of a `Status` object, or the number of the answer."""
    try:
        return str(json.loads(error.resp_body or b"")["message"])
    except (ValueError, KeyError, TypeError):
        return f"the API server answers {error.status_code}"


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")
