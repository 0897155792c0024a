"""Where a cloud of Azure is: its resource manager, who gives tokens, and for whom they are.

Environment variables, as Pulumi's azure-native has them, and one of our own:

    ARM_ENVIRONMENT         public (the default), usgovernment or china
    ARM_METADATA_HOSTNAME   a host that knows the cloud: Azure Stack Hub, a stand-in
    FEDERATION_AZURE_CA     a file in PEM: the one authority whose certificates are trusted
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from federation.azure.tls import reason, session
from federation.errors import FederationError, RejectedError, UnreachableError

METADATA = "/metadata/endpoints?api-version=2022-09-01"
SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A cloud.

    Attributes:
        name: for messages.
        resource_manager: URL without a slash at the end.
        authority: URL of Entra ID, without a slash at the end.
        audience: of tokens for the resource manager, as it has to be: with its slash, if it has one.
        ca: PEM of the only authority that is trusted; None: those of the package certifi.
    """

    name: str
    resource_manager: str
    authority: str
    audience: str
    ca: str | None = None

    @property
    def scope(self) -> str:
        """Of tokens: Entra ID takes everything before the last "/.default" as the audience."""
        return f"{self.audience}/.default"

    @property
    def known(self) -> bool:
        """Whether Entra ID's own directory of clouds lists it; a token request asks there first, unless told not to."""
        return any(self.authority == each.authority for each in CLOUDS.values())


CLOUDS = {
    "public": Cloud(
        name="public",
        resource_manager="https://management.azure.com",
        authority="https://login.microsoftonline.com",
        audience="https://management.azure.com",
    ),
    "usgovernment": Cloud(
        name="usgovernment",
        resource_manager="https://management.usgovcloudapi.net",
        authority="https://login.microsoftonline.us",
        audience="https://management.core.usgovcloudapi.net",
    ),
    "china": Cloud(
        name="china",
        resource_manager="https://management.chinacloudapi.cn",
        authority="https://login.chinacloudapi.cn",
        audience="https://management.chinacloudapi.cn",
    ),
}
"""As azure-mgmt-core has them ("get_arm_endpoints")."""
ALIASES = {
    "azurecloud": "public",
    "azurepubliccloud": "public",
    "azureusgovernment": "usgovernment",
    "azureusgovernmentcloud": "usgovernment",
    "azurechinacloud": "china",
}
"""Names of the Azure CLI and of the SDKs."""


def cloud_of(
    environment: str | None = None,
    metadata_host: str | None = None,
    ca_file: str | os.PathLike[str] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
) -> Cloud:
    """The cloud that is meant; what is not given says the environment. A metadata host wins over a name.

    Args:
        environment: "public", "usgovernment" or "china".
        metadata_host: host, host:port or https URL of a server that answers `/metadata/endpoints`.
        ca_file: PEM of the only authority to trust.
        environ: environment variables.

    Raises:
        FederationError: there is no such cloud or file; `UnreachableError` if the host does not answer,
            `RejectedError` if it is no metadata host.
    """
    ca = _authority(ca_file or environ.get("FEDERATION_AZURE_CA"))
    if host := metadata_host or environ.get("ARM_METADATA_HOSTNAME"):
        return _asked(_base(host), ca)
    name = (environment or environ.get("ARM_ENVIRONMENT") or "public").lower()
    found = CLOUDS.get(ALIASES.get(name, name))
    if found is None:
        raise FederationError(
            f"Azure environment {name}", "there is no such cloud", f"name one of {', '.join(CLOUDS)}"
        )
    return Cloud(**{**vars(found), "ca": ca})


def _authority(file: str | os.PathLike[str] | None) -> str | None:
    if not file:
        return None
    try:
        return Path(file).expanduser().read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise FederationError(
            f"FEDERATION_AZURE_CA {file}", f"cannot be read: {why}", "name a file in PEM"
        ) from None


def _base(host: str) -> str:
    """As azure-native takes it: without a scheme it is https. Tokens would not be sent without TLS anyway."""
    url = (host if "://" in host else f"https://{host}").rstrip("/")
    if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
        cause = "is no host, and no URL with https"
        raise FederationError(
            f"Azure metadata host {host}", cause, "write ARM_METADATA_HOSTNAME as HOST or HOST:PORT"
        )
    return url


@cache
def _asked(base: str, ca: str | None) -> Cloud:
    """What a metadata host says; asked once in a process."""
    host = f"Azure metadata host {base}"
    fix = "see that ARM_METADATA_HOSTNAME names it, and FEDERATION_AZURE_CA its authority"
    try:
        with closing(session(ca, base)) as http:
            answer = http.get(f"{base}{METADATA}", timeout=SECONDS, allow_redirects=False)
            found: Any = answer.json() if answer.ok else None
    except requests.exceptions.JSONDecodeError:
        raise RejectedError(host, "its answer is no JSON", fix) from None
    except requests.RequestException as error:
        raise UnreachableError(host, reason(error), fix) from None
    if not answer.ok:
        raise RejectedError(host, f"it answers {answer.status_code} for {METADATA}", fix)
    return _cloud(found[0] if isinstance(found, list) and found else found, base, ca)


def _cloud(found: Any, base: str, ca: str | None) -> Cloud:
    try:
        audience = str(found["authentication"]["audiences"][0])
        authority = str(found["authentication"]["loginEndpoint"]).rstrip("/")
        manager = str(found["resourceManager"]).rstrip("/")
        name = str(found.get("name") or urlsplit(base).netloc)
    except (KeyError, IndexError, TypeError, AttributeError):
        cause = "its answer lacks authentication.loginEndpoint, authentication.audiences or resourceManager"
        raise RejectedError(f"Azure metadata host {base}", cause, "name another host") from None
    if wrong := [url for url in (authority, manager) if not re.match(r"https://[^/]+", url)]:
        raise RejectedError(
            f"Azure metadata host {base}", f"it names {wrong[0]}, which is no https", "name another host"
        )
    return Cloud(name=name, resource_manager=manager, authority=authority, audience=audience, ca=ca)
