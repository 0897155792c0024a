"""TLS that trusts exactly whom it is told to, for sessions of requests."""

from __future__ import annotations

import ssl
from typing import Any

from requests.adapters import HTTPAdapter


class PinnedTls(HTTPAdapter):
    """TLS as the context says: requests would add the authorities that come with it to those of the context."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """With the context."""
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        """Through a proxy the context is that of the server behind it."""
        return super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing: the context verifies."""
