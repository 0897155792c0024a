"""A stand-in for `kubelogin get-token` (github.com/Azure/kubelogin): an ExecCredential with a token of Entra ID.

It takes the options that AKS writes into kubeconfigs, and the environment variables that go before them: those choose
the login method and say who logs in. Of the methods it has the two that need nobody in front of a screen, `spn` and
`workloadidentity`; `azurecli` and those that do are refused. The token comes from the real azure-identity, which trusts
the certificate in `FEDERATION_AZURE_CA`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

V1, V1BETA1 = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
_CLOUDS = {
    "AzurePublicCloud": "https://login.microsoftonline.com",
    "AzureUSGovernmentCloud": "https://login.microsoftonline.us",
    "AzureChinaCloud": "https://login.chinacloudapi.cn",
}
_METHODS = ("devicecode", "interactive", "spn", "ropc", "msi", "azurecli", "azd", "workloadidentity")


class Refusal(Exception):  # noqa: N818 - what it says is for people
    """Why there is no token."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the credential; a refusal is one line on standard error and status 1."""
    try:
        print(json.dumps(credential(_options(arguments), os.environ)))
    except Refusal as refusal:
        _fail(str(refusal))


def _fail(why: str) -> NoReturn:
    print(f"Error: failed to get token: {why}", file=sys.stderr)
    sys.exit(1)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kubelogin", description="A stand-in for kubelogin.")
    commands = parser.add_subparsers(required=True)
    get = commands.add_parser("get-token")
    get.add_argument("--environment", "-e", default="AzurePublicCloud", choices=_CLOUDS)
    get.add_argument("--server-id", required=True)
    get.add_argument("--client-id")
    get.add_argument("--client-secret")
    get.add_argument("--tenant-id", "-t")
    get.add_argument("--login", "-l", default="devicecode", choices=_METHODS)
    get.add_argument("--federated-token-file")
    get.add_argument("--authority-host")
    return parser.parse_args(arguments)


def credential(options: argparse.Namespace, environ: Mapping[str, str]) -> dict[str, Any]:
    """The ExecCredential. Raises `Refusal`."""
    client = _client(options, environ)
    try:
        token = client.get_token(f"{options.server_id}/.default")
    except Exception as error:  # noqa: BLE001 - azure-identity has many, and what they say is all that a user can use
        raise Refusal(str(error).strip()) from None
    expires = datetime.fromtimestamp(token.expires_on, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {"expirationTimestamp": expires, "token": token.token}
    return {
        "kind": "ExecCredential",
        "apiVersion": _version(environ),
        "spec": {"interactive": False},
        "status": status,
    }


def _version(environ: Mapping[str, str]) -> str:
    """The one that kubectl asks for. Raises `Refusal` for what it says and is no such request."""
    text = environ.get("KUBERNETES_EXEC_INFO")
    if not text:
        return V1BETA1
    try:
        asked = json.loads(text).get("apiVersion")
    except (ValueError, AttributeError) as error:
        raise Refusal(f"KUBERNETES_EXEC_INFO can't be read: {error}") from None
    if asked not in (V1, V1BETA1):
        raise Refusal(f"api version {asked} is not supported")
    return str(asked)


def _client(options: argparse.Namespace, environ: Mapping[str, str]) -> Any:
    """The environment goes before the options, as with the real one. Raises `Refusal`."""
    method = environ.get("AAD_LOGIN_METHOD") or options.login
    if method not in ("spn", "workloadidentity"):
        raise Refusal(f"the stand-in for kubelogin has no login method {method}; set AAD_LOGIN_METHOD=spn")
    shared: dict[str, Any] = {
        "tenant_id": environ.get("AZURE_TENANT_ID") or options.tenant_id,
        "authority": environ.get("AZURE_AUTHORITY_HOST")
        or options.authority_host
        or _CLOUDS[options.environment],
        "disable_instance_discovery": True,
        "connection_verify": _authority(environ),
    }
    client = (
        environ.get("AAD_SERVICE_PRINCIPAL_CLIENT_ID") or environ.get("AZURE_CLIENT_ID") or options.client_id
    )
    from azure.identity import ClientSecretCredential, WorkloadIdentityCredential  # noqa: PLC0415 - after all refusals

    if method == "spn":
        secret = environ.get("AAD_SERVICE_PRINCIPAL_CLIENT_SECRET") or environ.get("AZURE_CLIENT_SECRET")
        secret = secret or options.client_secret
        _require("AZURE_CLIENT_SECRET", secret)
        return ClientSecretCredential(
            client_id=_given("AZURE_CLIENT_ID", client), client_secret=secret, **shared
        )
    file = environ.get("AZURE_FEDERATED_TOKEN_FILE") or options.federated_token_file
    _require("AZURE_FEDERATED_TOKEN_FILE", file)
    return WorkloadIdentityCredential(
        client_id=_given("AZURE_CLIENT_ID", client), token_file_path=file, **shared
    )


def _given(name: str, value: str | None) -> str:
    _require(name, value)
    return str(value)


def _require(name: str, value: str | None) -> None:
    if not value:
        raise Refusal(f"{name} is not set")


def _authority(environ: Mapping[str, str]) -> str | bool:
    file = environ.get("FEDERATION_AZURE_CA")
    if file and not Path(file).is_file():
        raise Refusal(f"FEDERATION_AZURE_CA names {file}, which is not there")
    return file or True


if __name__ == "__main__":
    main()
