"""The proxy of the environment, as kubectl finds it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from urllib import request
from urllib.parse import urlsplit


def of(server: str) -> str | None:
    """URL of the proxy for a server's URL: by its scheme, unless NO_PROXY names the server or its network."""
    parts = urlsplit(server)
    proxies = request.getproxies()
    if request.proxy_bypass(parts.netloc) or _in_networks(parts.hostname or "", proxies.get("no", "")):
        return None
    return proxies.get(parts.scheme)


def _in_networks(host: str, no_proxy: str) -> bool:
    """Networks such as 10.0.0.0/8 are honoured by Go programs, but not by Python's `proxy_bypass`."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    entries = (entry.strip() for entry in no_proxy.split(",") if "/" in entry)
    return any(address in ip_network(entry, strict=False) for entry in entries if _is_network(entry))


def _is_network(entry: str) -> bool:
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True
