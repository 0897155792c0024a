"""The pin: this plugin talks to one stand-in on this machine or network, and to nothing else. Never to Azure.

Three things must hold before the first byte is sent, whatever configuration and environment say:

- the metadata host is given, and is an address of a loopback, private or documentation network (no name is looked up);
- a certificate authority of the stand-in's own is given and alone is trusted: Azure's certificates count for nothing;
- every URL, of the metadata's answer, of a redirect, of an operation or a next page, is on that same host and port.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline.transport import HttpRequest, RequestsTransport
from cryptography import x509

from lab.azure.plugin.errors import PluginError

HOST_VARIABLE = "ARM_METADATA_HOSTNAME"
CA_VARIABLE = "FEDERATION_AZURE_CA"

FIX = (
    "run it inside `lab exec` after `lab azure start`, or for the real Azure install Pulumi's own plugin: "
    "`pulumi plugin install resource azure-native 3.29.0`"
)

NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 "
        "::1/128 fc00::/7 2001:db8::/32"
    ).split()
)
"""RFC 1918, 4193, 5737, 3849 and loopback. Not link-local: 169.254.169.254 is a real cloud's metadata service."""


@dataclass(frozen=True)
class Pin:
    """The one place that may be talked to.

    Attributes:
        host: an address, such as "10.98.0.1".
        port: of HTTPS.
        authority: a file with the one certificate that signs the stand-in's.
    """

    host: str
    port: int
    authority: Path

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}" + ("" if self.port == 443 else f":{self.port}")

    def require(self, url: str) -> str:
        """The URL, if it is on the pinned host; raises `PluginError` for every other."""
        parts = urlsplit(url)
        try:
            port = parts.port or 443
        except ValueError:
            port = 0
        if (parts.scheme, parts.hostname, port) != ("https", self.host, self.port) or "@" in parts.netloc:
            raise PluginError(
                f"the stand-in for azure-native at {self.url}",
                f"it was led to {parts.scheme}://{parts.hostname}, where it does not go",
                FIX,
            )
        return url


def pin(metadata_host: str | None, authority: str | None) -> Pin:
    """The pin that configuration asks for. Makes no connection; raises `PluginError` for any that could be Azure.

    Args:
        metadata_host: `10.98.0.1`, `10.98.0.1:8443` or `https://...` of these; `localhost` is 127.0.0.1.
        authority: the path of a PEM file.
    """
    if not metadata_host:
        raise _refusal(f"{HOST_VARIABLE} is not set, so that it would talk to the real Azure")
    host, port = _address(metadata_host)
    if not authority:
        raise _refusal(f"{CA_VARIABLE} is not set: it names the certificate authority of the stand-in")
    return Pin(host, port, _checked(Path(authority)))


def _address(text: str) -> tuple[str, int]:
    parts = urlsplit(text if "://" in text else f"https://{text}")
    try:
        host, port = parts.hostname or "", parts.port or 443
        if host == "localhost":
            host = "127.0.0.1"
        address = ipaddress.ip_address(host)
    except ValueError:
        raise _refusal(
            f"{HOST_VARIABLE} is {text!r}, not an address of this machine's own networks"
        ) from None
    if parts.scheme != "https":
        raise _refusal(f"{HOST_VARIABLE} is {text!r}: tokens are for https only")
    if not any(address in network for network in NETWORKS):
        raise _refusal(f"{HOST_VARIABLE} is {text!r}, which is in no private network")
    return str(address), port


def _checked(authority: Path) -> Path:
    """A file with exactly one certificate that signs itself: not the system's bundle, which trusts Azure."""
    try:
        found = x509.load_pem_x509_certificates(authority.read_bytes())
    except (OSError, ValueError) as error:
        raise _refusal(f"{CA_VARIABLE} is {str(authority)!r}, which is no certificate ({error})") from None
    if len(found) != 1 or found[0].issuer != found[0].subject:
        raise _refusal(f"{CA_VARIABLE} is {str(authority)!r}, which is not one authority's own certificate")
    return authority


def _refusal(cause: str) -> PluginError:
    return PluginError("the plugin azure-native of this machine is a stand-in", cause, FIX)


class PinnedTransport(RequestsTransport):  # type: ignore[misc]  # its package loads it lazily
    """azure-core's transport, with the pin: no other host, no other authority, no proxy and no netrc."""

    def __init__(self, where: Pin) -> None:
        # Without use_env_settings=False, `HTTPS_PROXY` would see all requests and `REQUESTS_CA_BUNDLE` replace the CA.
        super().__init__(connection_verify=str(where.authority), use_env_settings=False)
        self._pin = where

    def send(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Send a request, unless its URL is elsewhere."""
        self._pin.require(request.url)
        return super().send(request, **{**kwargs, "connection_verify": str(self._pin.authority)})
