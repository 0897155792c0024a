"""Parts of the backend on etcd that need no server: batches of names, and why a member did not answer."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.dns.etcd import OPERATIONS, Write, batches
from federation.dns.etcd_client import EtcdClient, EtcdTls, reason
from federation.errors import RejectedError

POOL = "HTTPSConnectionPool(host='10.0.0.5', port=2379): "
TRIED = POOL + "Max retries exceeded with url: /v3/kv/range (Caused by "


def of_size(number: int, size: int) -> Write:
    return Write(f"n{number}", f"/n{number}", {}, {f"/n{number}/{key}": "" for key in range(size)})


@given(st.lists(st.integers(1, OPERATIONS - 2)))
def test_names_are_written_in_order_as_many_at_once_as_etcd_takes(sizes: list[int]) -> None:
    writes = [of_size(number, size) for number, size in enumerate(sizes)]
    found = list(batches(writes))
    assert [write for batch in found for write in batch] == writes
    assert all(0 < sum(write.operations for write in batch) <= OPERATIONS for batch in found)
    for batch, following in itertools.pairwise(found):
        assert sum(write.operations for write in [*batch, following[0]]) > OPERATIONS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            TRIED
            + "NewConnectionError(\"HTTPSConnection(host='10.0.0.5', port=2379): Failed to establish a new "
            'connection: [Errno 111] Connection refused"))',
            "Connection refused",
        ),
        (
            TRIED
            + "NameResolutionError(\"HTTPSConnection(host='n.invalid', port=1): Failed to resolve 'n.invalid' "
            '([Errno -2] Name or service not known)"))',
            "Name or service not known",
        ),
        (
            TRIED
            + 'SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify '
            "failed: IP address mismatch, certificate is not valid for '10.0.0.5'. (_ssl.c:1000)\")))",
            (
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP address mismatch, certificate is not "
                "valid for '10.0.0.5'."
            ),
        ),
        (
            TRIED + "SSLError(SSLEOFError(8, 'EOF occurred in violation of protocol (_ssl.c:2427)')))",
            "EOF occurred in violation of protocol",
        ),
        (
            TRIED
            + "ConnectTimeoutError(<HTTPSConnection(host='10.0.0.5', port=2379) at 0x7f>, 'Connection to "
            "10.0.0.5 timed out. (connect timeout=5)'))",
            "Connection to 10.0.0.5 timed out.",
        ),
        (POOL + "Read timed out. (read timeout=5)", "Read timed out. (read timeout=5)"),
        (
            "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
            "Connection reset by peer",
        ),
        ('{"code":14,"message":"etcdserver: no leader"}', "etcdserver: no leader"),
    ],
)
def test_why_a_member_did_not_answer_is_told_in_few_words(text: str, told: str) -> None:
    assert reason(RuntimeError(text)) == told


def test_an_endpoint_is_a_url() -> None:
    with pytest.raises(RejectedError) as raised:
        EtcdClient(["10.0.0.5:2379"])
    assert str(raised.value) == (
        "etcd 10.0.0.5:2379: not a URL with http or https. Next: write it as https://HOST:2379."
    )


def test_an_authority_that_is_none_is_told_without_its_text() -> None:
    with pytest.raises(RejectedError) as raised:
        EtcdClient(["https://10.0.0.5:2379"], tls=EtcdTls("a secret"))
    assert raised.value.obj == "etcd client"
    assert raised.value.fix == "give texts in PEM that belong together"
    assert "secret" not in str(raised.value)
