"""Questions to a nameserver, as `dig @NAMESERVER NAME TYPE +norecurse` asks them: one server, no resolver, no cache."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from federation.dns.records import sorted_values
from federation.errors import FederationError, RejectedError, UnreachableError

PORT = 53
QUERY_SECONDS = 2.0
NOERROR = "NOERROR"
NXDOMAIN = "NXDOMAIN"


@dataclass(frozen=True)
class Answer:
    """What a nameserver has said.

    Attributes:
        rcode: such as "NOERROR", "NXDOMAIN" or "REFUSED" (RFC 1035 §4.1.1).
        values: data of the answer's records of the type that was asked for, sorted.
        ttl: seconds, the least of these records; None if there are none.
        authoritative: whether the server answers for the zone itself (flag AA).
    """

    rcode: str
    values: tuple[str, ...] = ()
    ttl: int | None = None
    authoritative: bool = False

    def __str__(self) -> str:
        """In the fewest words that tell answers apart: addresses, else the reason that there are none."""
        if self.values:
            return " ".join(self.values)
        return self.rcode if self.rcode != NOERROR else "no such record"


def ask(
    nameserver: str, name: str, kind: str = "A", *, timeout: float = QUERY_SECONDS, tcp: bool = False
) -> Answer:
    """Ask one question.

    Args:
        nameserver: address, or address and port, as `endpoint` takes it.
        name: absolute, with or without its trailing dot.
        kind: type of the records, such as "A".
        timeout: seconds for the whole of it.
        tcp: over TCP (RFC 7766); over UDP otherwise, and again over TCP if the answer does not fit.

    Raises:
        UnreachableError: no answer in time, or nobody listens there.
        RejectedError: what answers does not speak DNS.
    """
    address, port = endpoint(nameserver)
    query = dns.message.make_query(name.removesuffix(".") + ".", kind, flags=0)
    way = "TCP" if tcp else "UDP"
    try:
        if tcp:
            message = dns.query.tcp(query, address, timeout, port)
        else:
            message, _ = dns.query.udp_with_fallback(query, address, timeout, port)
    except (dns.exception.Timeout, OSError, EOFError) as error:
        late = isinstance(error, dns.exception.Timeout | TimeoutError)
        cause = f"no answer within {timeout:g} s" if late else _reason(error)
        raise UnreachableError(
            f"nameserver {nameserver}",
            f"{cause} to {name} {kind} over {way}",
            "see whether it runs, and whether this machine reaches its port over UDP and TCP",
        ) from None
    except dns.exception.DNSException as error:
        raise RejectedError(
            f"nameserver {nameserver}",
            f"its answer to {name} {kind} over {way} is not DNS: {error}",
            "name the address and port of a nameserver",
        ) from None
    return _answer(message, kind)


def endpoint(nameserver: str) -> tuple[str, int]:
    """Address and port of "10.0.0.1", "10.0.0.1:30053", "2001:db8::1" or "[2001:db8::1]:30053".

    Raises `FederationError` for anything else, a name too: it would need a resolver to find the nameserver.
    """
    host, _, port = nameserver.rpartition(":")
    for text, number in ((nameserver, str(PORT)), (host.removeprefix("[").removesuffix("]"), port)):
        try:
            if number.isdecimal() and 0 < int(number) < 65536:
                return str(ip_address(text)), int(number)
        except ValueError:
            continue
    raise FederationError(
        f"nameserver {nameserver}", "is not ADDRESS:PORT", "write it as 10.0.0.1:53 or [2001:db8::1]:53"
    )


def _answer(message: dns.message.Message, kind: str) -> Answer:
    wanted = dns.rdatatype.from_text(kind)
    sets = [rrset for rrset in message.answer if rrset.rdtype == wanted]
    return Answer(
        rcode=dns.rcode.to_text(message.rcode()),
        values=sorted_values(rdata.to_text() for rrset in sets for rdata in rrset),
        ttl=min((rrset.ttl for rrset in sets), default=None),
        authoritative=bool(message.flags & dns.flags.AA),
    )


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there,"
    if isinstance(error, EOFError | ConnectionError):
        return "the connection was closed without an answer"
    return f"cannot be asked ({getattr(error, 'strerror', None) or error}),"
