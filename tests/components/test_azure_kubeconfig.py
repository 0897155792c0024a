"""kubeconfigs of AKS: tokens of Entra ID by kubelogin, and nothing that is a secret."""

from __future__ import annotations

from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from components.azure.kubeconfig import decoded, kubeconfig_of
from federation.errors import KubeconfigError
from tests.components.azure_fixtures import TENANT, kubeconfig


def plugin(*args: str) -> dict[str, Any]:
    api = "client.authentication.k8s.io/v1beta1"
    return {"exec": {"apiVersion": api, "command": "kubelogin", "args": ["get-token", *args]}}


def words(text: str) -> list[str]:
    found: list[str] = yaml.safe_load(text)["users"][0]["user"]["exec"]["args"]
    return found


def test_one_context_is_named_after_the_cluster_whatever_azure_calls_it() -> None:
    config = yaml.safe_load(kubeconfig_of(kubeconfig(name="west-in-azure"), "west"))
    assert config["current-context"] == "west"
    assert [config[part][0]["name"] for part in ("contexts", "clusters", "users")] == ["west"] * 3
    assert config["clusters"][0]["cluster"]["server"] == "https://west-in-azure-x.hcp.westus.azmk8s.io:443"


def test_the_token_comes_from_what_az_login_has() -> None:
    found = words(kubeconfig_of(kubeconfig(), "west"))
    assert found[0] == "get-token"
    assert found[-2:] == ["--login", "azurecli"]
    assert "devicecode" not in found
    assert "--client-id" not in found
    assert found[found.index("--tenant-id") + 1] == TENANT
    assert found[found.index("--server-id") + 1] == "6dae42f8-4368-4678-94ff-3960e28e3630"


@pytest.mark.parametrize(
    "given", [["--login=devicecode", "--client-id=x"], ["-l", "spn", "--client-id", "x"], ["--login"], []]
)
def test_every_spelling_of_another_login_is_dropped(given: list[str]) -> None:
    assert words(kubeconfig_of(kubeconfig(plugin(*given)), "west")) == ["get-token", "--login", "azurecli"]


@pytest.mark.parametrize("user", [{"token": "secret"}, {"client-certificate-data": "c2VjcmV0"}])
def test_credentials_of_a_local_account_are_refused_and_not_shown(user: dict[str, Any]) -> None:
    with pytest.raises(KubeconfigError) as refused:
        kubeconfig_of(kubeconfig(user), "west")
    assert str(refused.value) == (
        "kubeconfig of west: it holds credentials of its own, and no program that asks Entra ID for them. "
        "Next: see whether its local accounts are disabled."
    )


def test_the_answer_of_azure_is_base64() -> None:
    assert decoded([SimpleNamespace(name="clusterUser", value=b64encode(b"text").decode())]) == "text"
