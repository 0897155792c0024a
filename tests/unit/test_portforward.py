"""Port-forwards, against a server that speaks as much of RFC 6455 and of the kubelet's protocol as they need."""

from __future__ import annotations

import base64
import hashlib
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from federation import portforward
from federation.errors import (
    ForbiddenError,
    NotInTimeError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from federation.kube import Object
from federation.kubeconfig import Access
from tests.unit.kube_fixtures import instant
from tests.unit.member_fixtures import FakeApi

PORT = struct.pack("<H", 2379)
BINARY, CLOSE, PING = 2, 8, 9
Talk = Callable[["Channel"], None]


class Channel:
    """The server's side of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rwb")

    def handshake(self) -> dict[str, str]:
        """The request's headers, and its first line as "request"."""
        headers = {"request": self._file.readline().decode().strip()}
        while line := self._file.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return headers

    def accept(self, headers: dict[str, str]) -> None:
        magic = headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        token = base64.b64encode(hashlib.sha1(magic.encode(), usedforsecurity=False).digest()).decode()
        self._file.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {token}\r\nSec-WebSocket-Protocol: {portforward.PROTOCOL}\r\n\r\n".encode()
        )
        self._file.flush()

    def tunnel(self) -> None:
        self._file.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._file.flush()

    def refuse(self, status: int, body: str) -> None:
        self._file.write(f"HTTP/1.1 {status} No\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        self._file.flush()

    def send(self, data: bytes, *, kind: int = BINARY) -> None:
        size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
        self._file.write(bytes([0x80 | kind]) + size + data)
        self._file.flush()

    def receive(self) -> tuple[int, bytes]:
        """Kind and content of a client's frame, which is masked; a connection that has ended is a close."""
        head = self._file.read(2)
        if len(head) < 2:
            return CLOSE, b""
        size = head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(self._file.read(2 if size == 126 else 8), "big")
        mask = self._file.read(4)
        return head[0] & 0xF, bytes(b ^ mask[i % 4] for i, b in enumerate(self._file.read(size)))


class Kubelet:
    """Talks with each connection as it is told; notes the handshakes."""

    def __init__(self, talk: Talk) -> None:
        self._talk, self.asked, self.tunnels = talk, list[dict[str, str]](), list[str]()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.access = Access(server=f"http://127.0.0.1:{self._socket.getsockname()[1]}/behind/it", token="t1")
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):  # closed before
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        try:
            while True:
                connection, _ = self._socket.accept()
                Thread(target=self._serve, args=(connection,), daemon=True).start()
        except OSError:
            return

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            channel = Channel(connection)
            headers = channel.handshake()
            if headers["request"].startswith("CONNECT "):  # it is a proxy, and the server behind it, too
                self.tunnels.append(headers["request"])
                channel.tunnel()
                headers = channel.handshake()
            self.asked.append(headers)
            with suppress(OSError):  # who only tries has gone
                self._talk(channel)


def echo(channel: Channel, headers: dict[str, str]) -> None:
    channel.accept(headers)
    channel.send(b"\x00" + PORT)
    channel.send(b"\x01" + PORT)
    while True:
        kind, data = channel.receive()
        if kind == CLOSE:
            return
        if kind == BINARY:
            channel.send(b"\x00" + data[1:].upper())


@pytest.fixture
def kubelet() -> Iterator[Callable[[Talk], Kubelet]]:
    running = list[Kubelet]()

    def start(talk: Talk) -> Kubelet:
        running.append(Kubelet(talk))
        return running[-1]

    yield start
    for each in running:
        each.close()


Start = Callable[[Talk], Kubelet]


@pytest.fixture
def echoing(kubelet: Start) -> Kubelet:
    server: Kubelet
    server = kubelet(lambda channel: echo(channel, server.asked[-1]))
    return server


def dial(address: str) -> socket.socket:
    host, _, port = address.partition(":")
    return socket.create_connection((host, int(port)), timeout=5)


def test_what_is_sent_arrives_and_what_comes_back_too(echoing: Kubelet) -> None:
    with portforward.forward(echoing.access, "dns", "etcd-0", 2379) as address, dial(address) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"HELLO"
    asked = echoing.asked[0]
    assert (
        asked["request"] == "GET /behind/it/api/v1/namespaces/dns/pods/etcd-0/portforward?ports=2379 HTTP/1.1"
    )
    assert asked["sec-websocket-protocol"] == "v4.channel.k8s.io"
    assert asked["authorization"] == "Bearer t1"


def test_a_connection_that_the_pod_ends_as_nobody_says_anything_is_not_missed(kubelet: Start) -> None:
    """As it happens while the forward to another member, whose node is dead, is waited for."""

    def talk(channel: Channel) -> None:
        if len(server.asked) == 1:
            channel.accept(server.asked[-1])
        else:
            echo(channel, server.asked[-1])

    server = kubelet(talk)
    with portforward.forward(server.access, "dns", "etcd-0", 2379) as address:
        for word in (b"one", b"two"):
            with dial(address) as client:
                client.sendall(word)
                assert client.recv(100) == word.upper()
        assert len(server.asked) == 3


def test_a_proxy_of_the_kubeconfig_is_used_and_one_of_the_environment_that_no_proxy_excludes_is_not(
    echoing: Kubelet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
    elsewhere = replace(echoing.access, server="http://api.invalid:6443", proxy_url=echoing.access.server)
    for access in (echoing.access, elsewhere):
        with portforward.forward(access, "dns", "etcd-0", 2379) as address, dial(address) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"HELLO"
    assert len(echoing.asked) == 4, "each forward has tried one first"
    assert echoing.tunnels == ["CONNECT api.invalid:6443 HTTP/1.1"] * 2


def test_large_answers_arrive_whole(echoing: Kubelet) -> None:
    sent = bytes(range(97, 123)) * 2000
    with portforward.forward(echoing.access, "dns", "etcd-0", 2379) as address, dial(address) as client:
        received = b""
        client.sendall(sent)
        while len(received) < len(sent):
            received += client.recv(65536)
    assert received == sent.upper()


def test_connections_end_with_the_block(echoing: Kubelet) -> None:
    with portforward.forward(echoing.access, "dns", "etcd-0", 2379) as address:
        client = dial(address)
        client.sendall(b"x")
        assert client.recv(100) == b"X"
    assert client.recv(100) == b""
    client.close()
    with pytest.raises(ConnectionRefusedError):
        dial(address)


def test_a_ping_is_answered_and_stops_nothing(kubelet: Start) -> None:
    kinds = list[int]()

    def talk(channel: Channel) -> None:
        channel.accept(server.asked[-1])
        if len(server.asked) == 1:  # only tried
            return
        channel.send(b"alive?", kind=PING)
        kinds.append(channel.receive()[0])
        channel.send(b"\x00" + PORT)
        channel.send(b"\x00here")
        channel.receive()

    server = kubelet(talk)
    with portforward.forward(server.access, "dns", "etcd-0", 2379) as address, dial(address) as client:
        assert client.recv(100) == b"here"
    assert kinds == [10]  # a pong


def test_a_port_that_nobody_listens_on_ends_the_connection(kubelet: Start) -> None:
    def talk(channel: Channel) -> None:
        channel.accept(server.asked[-1])
        channel.send(b"\x01" + PORT)
        channel.send(b"\x01error forwarding port 2379: connection refused")
        channel.receive()

    server = kubelet(talk)
    with portforward.forward(server.access, "dns", "etcd-0", 2379) as address, dial(address) as client:
        assert client.recv(100) == b""


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (
            403,
            '{"message": "pods is forbidden"}',
            ForbiddenError,
            "pods is forbidden. Next: use a kubeconfig of somebody who may get and create pods/portforward there.",
        ),
        (
            401,
            '{"message": "Unauthorized"}',
            UnauthorizedError,
            "Unauthorized. Next: get a new kubeconfig; its credentials are wrong or have expired.",
        ),
        (404, '{"message": "pods not found"}', RejectedError, "pods not found. Next: see that the pod runs."),
        (500, "oh", RejectedError, "the API server answers 500. Next: see that the pod runs."),
    ],
)
def test_a_refusal_is_told_before_anybody_connects(
    kubelet: Start, status: int, body: str, kind: type[Exception], told: str
) -> None:
    server = kubelet(lambda channel: channel.refuse(status, body))
    with pytest.raises(kind) as caught, portforward.forward(server.access, "dns", "etcd-0", 2379):
        pass
    assert str(caught.value) == f"port 2379 of pod dns/etcd-0: cannot be forwarded: {told}"


def test_an_api_server_that_is_not_there_is_told(kubelet: Start) -> None:
    server = kubelet(lambda _: None)
    server.close()
    with pytest.raises(UnreachableError) as caught, portforward.forward(server.access, "dns", "etcd-0", 2379):
        pass
    assert str(caught.value) == (
        f"port 2379 of pod dns/etcd-0: cannot be forwarded: {server.access.server} does not answer: "
        "[Errno 111] Connection refused. Next: see whether it runs and can be reached."
    )


def pod(name: str, *, ready: bool = True, **metadata: Any) -> Object:
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "dns", "labels": {"app": "etcd"}, **metadata},
        "status": {"conditions": conditions},
    }


def test_pods_that_are_ready_are_found_in_order() -> None:
    going = pod("etcd-2", deletionTimestamp="2026-01-01T00:00:00Z")
    api = FakeApi(pod("etcd-1"), pod("etcd-0"), going, pod("etcd-3", ready=False))
    assert portforward.ready_pods(api.kube, "dns", {"app": "etcd"}, instant(9)) == ("etcd-0", "etcd-1")


def test_a_wait_for_pods_says_what_is_missing() -> None:
    api = FakeApi(pod("etcd-0", ready=False), name="cluster fc01")
    with pytest.raises(NotInTimeError) as caught:
        portforward.ready_pods(api.kube, "dns", {"app": "etcd"}, instant(9))
    assert str(caught.value) == (
        "pods of namespace dns in cluster fc01: not so within 9 s: none of 1 pods with app=etcd is ready. Next: see "
        "`kubectl -n dns get pods`."
    )
