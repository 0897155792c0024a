"""Which proxy a server is asked through."""

from __future__ import annotations

import pytest

from federation.proxies import of

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("server", "no_proxy", "proxy"),
    [
        ("https://10.99.1.10:6443", "", PROXY),
        ("https://10.99.1.10:6443", "10.99.1.10", None),
        ("https://10.99.1.10:6443", "example.com, 10.0.0.0/8", None),
        ("https://10.99.1.10:6443", "192.168.0.0/16,no/network", PROXY),
        ("https://[fd00::1]:6443", "fd00::/8", None),
        ("https://api.example.com:6443", "example.com", None),
        ("https://api.example.com:6443", "10.0.0.0/8", PROXY),
        ("http://10.99.1.10:8080", "", None),
    ],
)
def test_the_proxy_is_that_of_the_scheme_unless_no_proxy_names_the_server_or_its_network(
    monkeypatch: pytest.MonkeyPatch, server: str, no_proxy: str, proxy: str | None
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert of(server) == proxy
