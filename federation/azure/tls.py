"""Connections to Azure that trust exactly whom they are told to, through the environment's proxy.

Neither REQUESTS_CA_BUNDLE nor SSL_CERT_FILE nor .netrc reaches into them: those are for other programs.
"""

from __future__ import annotations

import re
import ssl
from urllib.parse import urlsplit

import certifi
import requests

from federation import proxies
from federation.errors import RejectedError
from federation.pinned import PinnedTls

# Such as (111, 'Connection refused'), [Errno 111] Connection refused, [SSL: …] certificate verify failed: …
_INNERMOST = re.compile(
    r"""(?:\[Errno -?\d+\] |\[SSL: \w+\] |(?<=['"])(?=Connection to |Read timed out))"""
    r"""(?P<text>.+?)(?: \(_ssl|['"]\)|["']$|\)?$)"""
)


def session(ca: str | None, *servers: str) -> requests.Session:
    """A session for some servers, given as URLs.

    Args:
        ca: PEM of the only authority to trust; None: those of certifi.
        servers: that it will ask: each is reached through the proxy that the environment names for it.

    Raises `RejectedError` for what is no PEM.
    """
    made = requests.Session()
    made.trust_env = False
    made.mount("https://", PinnedTls(_context(ca)))
    for server in servers:
        if proxy := proxies.of(server):
            parts = urlsplit(server)
            made.proxies[f"{parts.scheme}://{parts.hostname}"] = proxy
    return made


def _context(ca: str | None) -> ssl.SSLContext:
    """Given a file or a text, OpenSSL does not look at SSL_CERT_FILE."""
    try:
        return (
            ssl.create_default_context(cadata=ca)
            if ca
            else ssl.create_default_context(cafile=certifi.where())
        )
    except (ssl.SSLError, ValueError) as error:
        cause = f"cannot be used: {getattr(error, 'reason', None) or error}"
        raise RejectedError(
            "authority of Azure's certificates", cause, "name a file in PEM in FEDERATION_AZURE_CA"
        ) from None


def reason(error: BaseException) -> str:
    """The innermost message of a failed connection, without the objects around it."""
    text = str(error)
    if found := _INNERMOST.search(text):
        return found["text"]
    return text.rpartition("): ")[2].strip()[:200] or type(error).__name__
