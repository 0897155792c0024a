"""The stand-in for kubelogin: which token it asks for, as whom, and what it refuses."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.identity
import pytest

from lab.azure import kubelogin

SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
CLIENT = "80faf920-1908-4b52-b5ef-a8e7bedfc67a"
AS_AKS_WRITES = [
    "get-token",
    *("--environment", "AzurePublicCloud"),
    *("--server-id", SERVER),
    *("--client-id", CLIENT),
    *("--tenant-id", "tenant"),
    *("--login", "devicecode"),
]
SPN = {
    "AAD_LOGIN_METHOD": "spn",
    "AZURE_CLIENT_ID": "operator",
    "AZURE_CLIENT_SECRET": "sesame",
    "AZURE_AUTHORITY_HOST": "https://10.98.0.1",
}


class Asked:
    """What azure-identity was asked for."""

    def __init__(self) -> None:
        self.kind = ""
        self.given: dict[str, Any] = {}
        self.scope = ""

    def credential(self, kind: str) -> Any:
        def make(**given: Any) -> Asked:
            self.kind, self.given = kind, given
            return self

        return make

    def get_token(self, scope: str) -> Any:
        self.scope = scope
        return SimpleNamespace(token="the-token", expires_on=1_790_000_000)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked()
    for kind in ("ClientSecretCredential", "WorkloadIdentityCredential"):
        monkeypatch.setattr(azure.identity, kind, found.credential(kind))
    for name in (
        *SPN,
        "AZURE_TENANT_ID",
        "AZURE_FEDERATED_TOKEN_FILE",
        "FEDERATION_AZURE_CA",
        "KUBERNETES_EXEC_INFO",
    ):
        monkeypatch.delenv(name, raising=False)
    return found


def options(*words: str) -> argparse.Namespace:
    return kubelogin._options([*AS_AKS_WRITES, *words])


def test_a_service_principal_gets_a_token_for_the_api_server(asked: Asked) -> None:
    assert kubelogin.credential(options(), SPN) == {
        "kind": "ExecCredential",
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "spec": {"interactive": False},
        "status": {"expirationTimestamp": "2026-09-21T14:13:20Z", "token": "the-token"},
    }
    assert asked.kind == "ClientSecretCredential"
    assert asked.scope == f"{SERVER}/.default"
    assert asked.given == {
        "client_id": "operator",
        "client_secret": "sesame",
        "tenant_id": "tenant",
        "authority": "https://10.98.0.1",
        "disable_instance_discovery": True,
        "connection_verify": True,
    }


def test_a_federated_token_is_used_where_it_is(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").touch()
    environ = {
        "AAD_LOGIN_METHOD": "workloadidentity",
        "AZURE_CLIENT_ID": "identity",
        "AZURE_TENANT_ID": "other",
        "AZURE_FEDERATED_TOKEN_FILE": "/var/run/token",
        "FEDERATION_AZURE_CA": str(tmp_path / "ca.crt"),
    }
    kubelogin.credential(options(), environ)
    assert asked.kind == "WorkloadIdentityCredential"
    assert asked.given["token_file_path"] == "/var/run/token"
    assert asked.given["tenant_id"] == "other", "the environment goes before the options"
    assert asked.given["authority"] == "https://login.microsoftonline.com"
    assert asked.given["connection_verify"] == str(tmp_path / "ca.crt")


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_the_answer_has_the_version_that_was_asked_for(asked: Asked, version: str) -> None:
    wanted = f"client.authentication.k8s.io/{version}"
    environ = {**SPN, "KUBERNETES_EXEC_INFO": json.dumps({"apiVersion": wanted, "kind": "ExecCredential"})}
    assert kubelogin.credential(options(), environ)["apiVersion"] == wanted


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"AAD_LOGIN_METHOD": ""}, "has no login method devicecode; set AAD_LOGIN_METHOD=spn"),
        ({"AAD_LOGIN_METHOD": "azurecli"}, "has no login method azurecli"),
        ({"AZURE_CLIENT_SECRET": ""}, "AZURE_CLIENT_SECRET is not set"),
        ({"AAD_LOGIN_METHOD": "workloadidentity"}, "AZURE_FEDERATED_TOKEN_FILE is not set"),
        (
            {"FEDERATION_AZURE_CA": "/no/such/file"},
            "FEDERATION_AZURE_CA names /no/such/file, which is not there",
        ),
        ({"KUBERNETES_EXEC_INFO": "{"}, "KUBERNETES_EXEC_INFO can't be read"),
        ({"KUBERNETES_EXEC_INFO": '{"apiVersion": "v0"}'}, "api version v0 is not supported"),
    ],
)
def test_a_refusal_says_why(asked: Asked, change: dict[str, str], says: str) -> None:
    with pytest.raises(kubelogin.Refusal, match=says.replace("/", "/")):
        kubelogin.credential(options(), {**SPN, **change})


def test_a_refusal_is_one_line_without_the_secret(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in SPN.items():
        monkeypatch.setenv(name, value)

    def fails(scope: str) -> None:
        raise azure.identity.CredentialUnavailableError(message=f"no token for {scope}")

    monkeypatch.setattr(asked, "get_token", fails)
    with pytest.raises(SystemExit) as ended:
        kubelogin.main(AS_AKS_WRITES)
    assert ended.value.code == 1
    assert capsys.readouterr() == ("", f"Error: failed to get token: no token for {SERVER}/.default\n")


def test_the_credential_is_printed(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in SPN.items():
        monkeypatch.setenv(name, value)
    kubelogin.main(AS_AKS_WRITES)
    assert json.loads(capsys.readouterr().out)["status"]["token"] == "the-token"
