"""Taking a port of the loopback; whole connections are tried with real clusters, in tests/lab."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from lab.network import forward, netns
from tests.unit.lab_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    bare_machine,
    refusal,
)


def test_any_free_port_can_be_had_and_only_this_machine_sees_it() -> None:
    with forward.listen(0) as listener:
        host, port = listener.getsockname()
        assert host == "127.0.0.1"
        assert port > 0


def test_a_port_in_use_is_told() -> None:
    with forward.listen(0) as listener:
        port = listener.getsockname()[1]
        assert refusal(lambda: forward.listen(port)) == (
            f"port {port}: another program listens on it. Next: choose another port, or 0 for a free one."
        )


def test_a_port_that_may_not_be_taken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(address: tuple[str, int]) -> socket.socket:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", denied)
    assert refusal(lambda: forward.listen(80)) == (
        "port 80: it can't be taken (Permission denied). Next: choose a port above 1023."
    )


def test_a_client_sees_its_connection_closed_when_nobody_answers(machine: Path) -> None:
    with forward.listen(0) as listener:
        serving = threading.Thread(target=forward.serve, args=(listener, "no-fabric", "10.99.1.10", 80))
        serving.start()
        with socket.create_connection(listener.getsockname(), timeout=5) as client:
            assert client.recv(1) == b""
        listener.shutdown(socket.SHUT_RDWR)
        serving.join(5)
    assert not serving.is_alive()


def test_bytes_travel_both_ways_and_so_does_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = socket.socketpair()
    far.settimeout(5)
    monkeypatch.setattr(netns, "connect", lambda *target: near)
    with forward.listen(0) as listener, far:
        serving = threading.Thread(target=forward.serve, args=(listener, "fabric", "10.99.1.10", 80))
        serving.start()
        with socket.create_connection(listener.getsockname(), timeout=5) as client:
            client.sendall(b"question")
            client.shutdown(socket.SHUT_WR)
            assert far.makefile("rb").read() == b"question"
            far.sendall(b"answer")
            far.shutdown(socket.SHUT_WR)
            assert client.makefile("rb").read() == b"answer"
        listener.shutdown(socket.SHUT_RDWR)
        serving.join(5)


def test_a_namespace_that_is_not_there_is_an_error_of_the_system(machine: Path) -> None:
    with pytest.raises(FileNotFoundError):
        netns.connect("no-fabric", "10.99.1.10", 80, 1)
    assert netns.processes("no-fabric") == []
    assert netns.enter("f", "ip", "link") == ["nsenter", f"--net={machine}/netns/f", "--", "ip", "link"]
