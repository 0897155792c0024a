"""Whether the world finds a zone: what a resolver says, and what a user is told."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.message
import dns.rdata
import dns.resolver
import pytest

from federation.dns.delegation import delegated_to, problem

SERVERS = ["ns2-01.azure-dns.net.", "NS1-01.azure-dns.com"]
PLAIN = ("ns1-01.azure-dns.com", "ns2-01.azure-dns.net")


class Resolver(dns.resolver.Resolver):
    """Answers one way."""

    def __init__(self, answer: Any) -> None:
        super().__init__(configure=False)
        self.answer, self.asked = answer, list[tuple[Any, ...]]()

    def resolve(self, name: Any, kind: Any = "A", *_: Any, **options: Any) -> Any:  # type: ignore[override]
        self.asked.append((name, kind, options))
        if isinstance(self.answer, Exception):
            raise self.answer
        return [dns.rdata.from_text("IN", "NS", text) for text in self.answer]


def test_the_servers_of_the_zone_above_are_told_plainly() -> None:
    resolver = Resolver(["NS2-01.azure-dns.net.", "ns1-01.azure-dns.com."])
    assert delegated_to("syncweek.com", resolver=resolver, seconds=3) == PLAIN
    assert resolver.asked == [("syncweek.com.", "NS", {"lifetime": 3, "search": False})]


EMPTY = dns.message.make_response(dns.message.make_query("syncweek.com.", "NS"))
FAILURES: list[tuple[type[Exception], dict[str, Any], tuple[str, ...] | None]] = [
    (dns.resolver.NXDOMAIN, {}, ()),
    (dns.resolver.NoAnswer, {"response": EMPTY}, ()),
    (dns.exception.Timeout, {}, None),
    (dns.resolver.NoNameservers, {}, None),
    (dns.resolver.NoResolverConfiguration, {}, None),
    (OSError, {}, None),
]


@pytest.mark.parametrize(("kind", "details", "found"), FAILURES)
def test_no_such_name_is_nobody_and_no_answer_is_not_known(
    kind: type[Exception], details: dict[str, Any], found: tuple[str, ...] | None
) -> None:
    assert delegated_to("syncweek.com.", resolver=Resolver(kind(**details))) == found


def test_what_is_right_or_not_known_is_no_problem() -> None:
    assert problem("syncweek.com", SERVERS, PLAIN) is None
    assert problem("syncweek.com", SERVERS, None) is None


def test_a_problem_says_what_to_set_and_where() -> None:
    assert problem("syncweek.com.", SERVERS, ()) == (
        "zone syncweek.com: it is not delegated: nobody in the world finds its names. Next: let the owner of the zone "
        "above, or the registrar of the domain, set the NS records of syncweek.com to ns1-01.azure-dns.com, "
        "ns2-01.azure-dns.net, or name that zone as parent if it is in Azure, too"
    )
    told = problem("syncweek.com", SERVERS, ("ns1.example.net",))
    assert told is not None
    assert told.startswith("zone syncweek.com: it leads to ns1.example.net. Next: ")
