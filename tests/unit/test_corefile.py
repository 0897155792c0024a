"""Corefiles: of the federation's own CoreDNS, and a block of ours in one of somebody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.coredns import corefile, stub

SERVER = """\
example.com:5353 {
    errors
    health :8080
    ready :8181
    prometheus :9153
    loadbalance
    cache {
        disable success
        denial 9984 1 1
    }
    template IN NS example.com {
        match "^example\\.com\\.$"
        answer "example.com. 300 IN NS ns.dns.example.com."
        fallthrough
    }
    etcd example.com {
        path /skydns
        endpoint https://etcd-0:2379 https://etcd-1:2379
        tls /c/client.crt /c/client.key /c/ca.crt
    }
}
"""
BLOCK = """\
example.com:53 {
    errors
    cache 30
    forward . 10.0.0.1:30053 10.0.0.2:30053
}
"""
USUAL = """\
.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    reload
}
"""
NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)


def test_the_servers_answer_for_the_zone_out_of_etcd_and_for_nothing_else() -> None:
    text = corefile.server(
        "example.com",
        endpoints=["https://etcd-0:2379", "https://etcd-1:2379"],
        prefix="/skydns",
        certificate="/c/client.crt",
        key="/c/client.key",
        ca="/c/ca.crt",
    )
    assert text == SERVER


def test_a_member_forwards_the_zone_and_keeps_answers_no_longer_than_their_ttl() -> None:
    assert corefile.forwarding("example.com", ["10.0.0.1:30053", "10.0.0.2:30053"], ttl=30) == BLOCK


def test_a_member_forwards_to_no_more_servers_than_coredns_takes() -> None:
    text = corefile.forwarding("example.com", [f"10.0.0.{i}:53" for i in range(20)], ttl=30)
    assert text.count(":53 ") + text.count(":53\n") == 1 + 15


@given(text=st.text(), name=NAMES)
def test_taking_a_block_out_leaves_every_byte_as_it_was(text: str, name: str) -> None:
    assert stub.take(stub.put(text, name, BLOCK), name) == text


@given(text=st.text(), name=NAMES)
def test_a_block_is_found_as_it_was_put_in_and_putting_it_again_changes_nothing(text: str, name: str) -> None:
    there = stub.put(text, name, BLOCK)
    assert stub.get(there, name) == BLOCK
    assert stub.put(there, name, BLOCK) == there


def test_another_block_takes_the_place_of_the_first() -> None:
    changed = BLOCK.replace("30053", "30054")
    assert stub.put(stub.put(USUAL, "fed", BLOCK), "fed", changed) == stub.put(USUAL, "fed", changed)


def test_two_federations_do_not_touch_each_other() -> None:
    both = stub.put(stub.put(USUAL, "fed", BLOCK), "fed-2", BLOCK.replace("example.com", "example.org"))
    assert stub.take(both, "fed-2") == stub.put(USUAL, "fed", BLOCK)
    assert stub.take(stub.take(both, "fed"), "fed-2") == USUAL


def test_what_others_have_changed_around_a_block_stays() -> None:
    there = stub.put(USUAL, "fed", BLOCK)
    changed = "# mine\n" + there.replace("cache 30\n    reload", "cache 60\n    reload")
    assert stub.take(changed, "fed") == "# mine\n" + USUAL.replace(
        "cache 30\n    reload", "cache 60\n    reload"
    )


def test_without_a_block_nothing_is_found_and_nothing_taken() -> None:
    assert stub.get(USUAL, "fed") is None
    assert stub.take(USUAL, "fed") == USUAL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BLOCK, True),
        ("example.com {\n}\n", True),
        ("example.com. {\n}\n", True),
        ("EXAMPLE.com:53 example.org {\n}\n", True),
        ("example.org:53,example.com:53 {\n}\n", True),
        ("dns://example.com:53 {\n}\n", True),
        (USUAL, False),
        ("# example.com {\n.:53 {\n}\n", False),
        ("sub.example.com:53 {\n}\n", False),
        (".:53 {\n    hosts example.com {\n        fallthrough\n    }\n}\n", False),
        ("example.org:53,\nexample.com:53 {\n}\n", True),
        ("example.com:1053 {\n}\n", False),
    ],
)
def test_a_block_of_somebody_else_for_the_zone_is_seen(text: str, *, expected: bool) -> None:
    assert stub.serves(text, "example.com") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (USUAL, True),
        ("    reload 10s\n", True),
        (USUAL.replace("    reload\n", ""), False),
        ("# reload\n", False),
    ],
)
def test_whether_coredns_notices_a_change_is_seen(text: str, *, expected: bool) -> None:
    assert stub.reloads(text) is expected
