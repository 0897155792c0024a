"""Where the stand-in is and who asks it: the provider's configuration, else the environment (as in the real plugin)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azure.core.credentials import TokenCredential
from azure.identity import ClientAssertionCredential, ClientSecretCredential

from lab.azure.plugin.errors import PluginError
from lab.azure.plugin.safety import CA_VARIABLE, PinnedTransport

# Configuration key → variables, the first that is set counts. The AZURE_ ones are those of azure-identity.
VARIABLES: Mapping[str, tuple[str, ...]] = {
    "clientId": ("ARM_CLIENT_ID", "AZURE_CLIENT_ID"),
    "clientSecret": ("ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"),
    "disableInstanceDiscovery": ("ARM_DISABLE_INSTANCE_DISCOVERY",),
    "location": ("ARM_LOCATION",),
    "metadataHost": ("ARM_METADATA_HOSTNAME",),
    "oidcToken": ("ARM_OIDC_TOKEN",),
    "oidcTokenFilePath": ("ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"),
    "subscriptionId": ("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"),
    "tenantId": ("ARM_TENANT_ID", "AZURE_TENANT_ID"),
    "useOidc": ("ARM_USE_OIDC",),
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """The provider's configuration, complete.

    Attributes:
        authority: the stand-in's CA; from the environment only, as the real plugin has no such key.
        location: for resources that say none.
    """

    tenant: str = ""
    subscription: str = ""
    client: str = ""
    secret: str = field(default="", repr=False)
    location: str = ""
    metadata_host: str = ""
    authority: str = ""
    oidc: bool = False
    token: str = field(default="", repr=False)
    token_file: str = ""
    instance_discovery: bool = True

    @classmethod
    def of(cls, given: Mapping[str, Any], environment: Mapping[str, str]) -> Config:
        """Read it. Values of the provider come as text (`"true"`), as the SDK sends them."""

        def value(key: str) -> str:
            own = given.get(key)
            if own not in (None, ""):
                return str(own).lower() if isinstance(own, bool) else str(own)
            return next((environment[name] for name in VARIABLES[key] if environment.get(name)), "")

        return cls(
            tenant=value("tenantId"),
            subscription=value("subscriptionId"),
            client=value("clientId"),
            secret=value("clientSecret"),
            location=value("location"),
            metadata_host=value("metadataHost"),
            authority=environment.get(CA_VARIABLE, ""),
            oidc=value("useOidc").lower() in ("true", "1"),
            token=value("oidcToken"),
            token_file=value("oidcTokenFilePath"),
            instance_discovery=value("disableInstanceDiscovery").lower() not in ("true", "1"),
        )

    def require_subscription(self) -> str:
        """The subscription; raises `PluginError` without one."""
        return _required(self.subscription, "subscriptionId")


def credential(config: Config, authority_url: str, transport: PinnedTransport) -> TokenCredential:
    """azure-identity's own client: a secret before a federated token, as the real plugin has it.

    Args:
        authority_url: the token service, such as `https://10.98.0.1`.

    Raises `PluginError` for other ways to log in: each of them would ask somebody else than the stand-in.
    """
    tenant, client = _required(config.tenant, "tenantId"), _required(config.client, "clientId")
    if config.instance_discovery:
        raise PluginError(
            "provider azure-native",
            "disableInstanceDiscovery is not true: login.microsoftonline.com would be asked who the stand-in is",
            "set ARM_DISABLE_INSTANCE_DISCOVERY=true, as `lab exec` does",
        )
    how = {"authority": authority_url, "disable_instance_discovery": True, "transport": transport}
    if config.secret:
        return ClientSecretCredential(tenant, client, config.secret, **how)
    if config.oidc and (config.token or config.token_file):
        return ClientAssertionCredential(tenant, client, lambda: _assertion(config), **how)
    raise PluginError(
        "provider azure-native",
        "there is neither a clientSecret nor, with useOidc, an oidcToken or oidcTokenFilePath; the stand-in knows no "
        "other way to log in",
        "run it inside `lab exec`, which sets ARM_CLIENT_SECRET",
    )


def _assertion(config: Config) -> str:
    if config.token:
        return config.token
    try:
        return Path(config.token_file).read_text().strip()
    except OSError as error:
        raise PluginError(
            f"oidcTokenFilePath {config.token_file}", f"it can't be read: {error.strerror}", "set it anew"
        ) from None


def _required(value: str, key: str) -> str:
    if not value:
        names = " or ".join(VARIABLES[key])
        raise PluginError("provider azure-native", f"{key} is not set", f"set {names}, as `lab exec` does")
    return value
