"""Questions to nameservers that answer, refuse, lie, truncate and stay silent; each runs on loopback."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from federation.dns.query import Answer, ask, endpoint
from federation.errors import FederationError, RejectedError, UnreachableError

NAME = "nginx.default.fed.svc.example.com"
Reply = Callable[[dns.message.Message, str], bytes]
Start = Callable[[Reply], str]


def reply(*records: str, rcode: str = "NOERROR", flags: str = "AA") -> Reply:
    """Answers with records such as "30 IN A 10.0.0.2"; the way it was asked makes no difference."""

    def answer(query: dns.message.Message, _way: str) -> bytes:
        message = dns.message.make_response(query)
        message.flags |= dns.flags.from_text(flags)
        message.set_rcode(dns.rcode.from_text(rcode))
        name = query.question[0].name
        for record in records:
            ttl, kind, type_, *data = record.split()
            message.answer.append(dns.rrset.from_text(name, int(ttl), kind, type_, " ".join(data)))
        return message.to_wire()

    return answer


@pytest.fixture(name="start")
def start_fixture() -> Iterator[Start]:
    """Starts a nameserver on UDP and TCP at one port."""
    with ExitStack() as stack:

        def start(answers: Reply) -> str:
            udp, tcp = _sockets()
            for sock in (udp, tcp):
                stack.callback(sock.close)
            for work, sock in ((_udp, udp), (_tcp, tcp)):
                thread = Thread(target=work, args=(sock, answers))
                thread.start()
                stack.callback(thread.join)
            stack.callback(_end, udp, tcp)
            return f"127.0.0.1:{tcp.getsockname()[1]}"

        yield start


def _sockets() -> tuple[socket.socket, socket.socket]:
    """Both at one port, which somebody else may have for one of them."""
    for _ in range(9):
        udp, tcp = (socket.socket(type=kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM))
        tcp.bind(("127.0.0.1", 0))
        try:
            udp.bind(tcp.getsockname())
        except OSError:
            udp.close()
            tcp.close()
            continue
        tcp.listen()
        return udp, tcp
    raise AssertionError("no free port")


def _end(udp: socket.socket, tcp: socket.socket) -> None:
    """An empty datagram and an empty connection end the threads."""
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(b"", udp.getsockname())
    socket.create_connection(tcp.getsockname()).close()


def _udp(sock: socket.socket, answers: Reply) -> None:
    while True:
        data, sender = sock.recvfrom(4096)
        if not data:
            return
        if made := answers(dns.message.from_wire(data), "UDP"):
            sock.sendto(made, sender)


def _tcp(sock: socket.socket, answers: Reply) -> None:
    while True:
        connection, _ = sock.accept()
        with connection:
            if not (head := connection.recv(2)):
                return
            query = dns.message.from_wire(connection.recv(struct.unpack("!H", head)[0]))
            if made := answers(query, "TCP"):
                connection.sendall(struct.pack("!H", len(made)) + made)


@pytest.mark.parametrize("tcp", [False, True])
def test_an_answer_has_sorted_values_and_the_least_ttl(start: Start, tcp: bool) -> None:
    server = start(reply("30 IN A 10.0.1.2", "29 IN A 10.0.0.2"))
    answer = ask(server, NAME, tcp=tcp)
    assert answer == Answer("NOERROR", ("10.0.0.2", "10.0.1.2"), 29, authoritative=True)
    assert str(answer) == "10.0.0.2 10.0.1.2"


def test_records_of_other_types_are_no_values(start: Start) -> None:
    server = start(reply("30 IN CNAME web.example.com.", flags="RD"))
    answer = ask(server, NAME)
    assert answer == Answer("NOERROR")
    assert str(answer) == "no such record"


def test_addresses_of_version_6_are_asked_for_by_their_type(start: Start) -> None:
    server = start(reply("30 IN AAAA 2001:db8::2"))
    assert ask(server, NAME + ".", "AAAA").values == ("2001:db8::2",)


@pytest.mark.parametrize("rcode", ["NXDOMAIN", "SERVFAIL", "REFUSED"])
def test_an_error_of_the_server_is_an_answer(start: Start, rcode: str) -> None:
    answer = ask(start(reply(rcode=rcode)), NAME)
    assert answer == Answer(rcode, authoritative=True)
    assert str(answer) == rcode


def test_what_does_not_fit_into_a_datagram_is_asked_for_again_over_tcp(start: Start) -> None:
    whole, cut = reply("30 IN A 10.0.0.2"), reply(flags="TC")
    server = start(lambda query, way: (whole if way == "TCP" else cut)(query, way))
    assert ask(server, NAME).values == ("10.0.0.2",)


def test_recursion_is_not_asked_for(start: Start) -> None:
    seen = list[int]()

    def answers(query: dns.message.Message, way: str) -> bytes:
        seen.append(int(query.flags & dns.flags.RD))
        return reply()(query, way)

    ask(start(answers), NAME)
    assert seen == [0]


@pytest.mark.parametrize(
    ("tcp", "cause"),
    [
        (False, f"no answer within 0.2 s to {NAME} A over UDP"),
        (True, f"the connection was closed without an answer to {NAME} A over TCP"),
    ],
)
def test_a_silent_server_is_told_as_one(start: Start, tcp: bool, cause: str) -> None:
    server = start(lambda query, way: b"")
    with pytest.raises(UnreachableError) as raised:
        ask(server, NAME, timeout=0.2, tcp=tcp)
    assert str(raised.value) == (
        f"nameserver {server}: {cause}. Next: see whether it runs, and whether this machine reaches its port over "
        "UDP and TCP."
    )


def test_a_port_without_a_server_is_told_at_once() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, not listening: nobody else takes it meanwhile
        server = f"127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(UnreachableError) as raised:
            ask(server, NAME, tcp=True)
    assert raised.value.cause == f"nobody listens there, to {NAME} A over TCP"


def test_what_is_not_dns_is_refused(start: Start) -> None:
    server = start(lambda query, way: query.id.to_bytes(2, "big") + b"HTTP/1.1 400")
    with pytest.raises(RejectedError) as raised:
        ask(server, NAME, tcp=True)
    assert raised.value.cause.startswith(f"its answer to {NAME} A over TCP is not DNS: ")
    assert raised.value.fix == "name the address and port of a nameserver"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", ("10.0.0.1", 53)),
        ("10.0.0.1:30053", ("10.0.0.1", 30053)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:30053", ("2001:db8::1", 30053)),
    ],
)
def test_a_nameserver_is_an_address_with_or_without_port(text: str, expected: tuple[str, int]) -> None:
    assert endpoint(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ns.example.com",
        "ns.example.com:53",
        "10.0.0.1:",
        "10.0.0.1:x",
        "10.0.0.1:99999",
        "u@10.0.0.1:53",
        "10.0.0.1:0",
    ],
)
def test_anything_else_is_no_nameserver(text: str) -> None:
    with pytest.raises(FederationError) as raised:
        endpoint(text)
    assert str(raised.value) == (
        f"nameserver {text}: is not ADDRESS:PORT. Next: write it as 10.0.0.1:53 or [2001:db8::1]:53."
    )
