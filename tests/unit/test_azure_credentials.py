"""Who we are in Azure, by what the environment says; and that no secret is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from federation.azure import credentials as module
from federation.azure.cloud import CLOUDS, Cloud
from federation.azure.credentials import Identity, assertion, credential, identity_of
from federation.errors import UnauthorizedError, UnreachableError

LOCAL = Cloud(
    name="local",
    resource_manager="https://management.local",
    authority="https://login.local",
    audience="https://management.local",
)
WHO = {"ARM_TENANT_ID": "t", "ARM_CLIENT_ID": "c"}


def who(kind: Any, **more: Any) -> Identity:
    return Identity(kind=kind, tenant="t", client_id="c", **more)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Identity(kind="cli")),
        ({"ARM_TENANT_ID": "t"}, Identity(kind="cli", tenant="t")),
        (WHO | {"ARM_CLIENT_SECRET": "s"}, who("secret", secret="s")),
        (
            {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"},
            who("secret", secret="s"),
        ),
        (WHO | {"ARM_CLIENT_SECRET": "s", "AZURE_CLIENT_SECRET": "z"}, who("secret", secret="s")),
        (WHO | {"ARM_CLIENT_CERTIFICATE_PATH": "f", "ARM_CLIENT_SECRET": "s"}, who("certificate", file="f")),
        (WHO | {"AZURE_FEDERATED_TOKEN_FILE": "f"}, who("token", file="f")),
        (WHO | {"AZURE_FEDERATED_TOKEN_FILE": "f", "ARM_CLIENT_SECRET": "s"}, who("secret", secret="s")),
        (WHO | {"ARM_USE_OIDC": "true", "ARM_OIDC_TOKEN": "o"}, who("token", secret="o")),
        (WHO | {"ARM_USE_OIDC": "1", "ARM_OIDC_TOKEN_FILE_PATH": "f"}, who("token", file="f")),
        (
            WHO
            | {"ARM_USE_OIDC": "true"}
            | {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://ci/x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "b"},
            who("token", url="https://ci/x", secret="b"),
        ),
        (WHO | {"ARM_USE_OIDC": "false", "ARM_OIDC_TOKEN": "o"}, Identity(kind="cli", tenant="t")),
        (WHO | {"ARM_USE_MSI": "true"}, Identity(kind="managed", client_id="c")),
    ],
)
def test_the_environment_says_who_we_are_in_the_order_of_azure_native(
    environ: dict[str, str], expected: Identity
) -> None:
    assert identity_of(environ=environ) == expected


def test_a_workload_identity_needs_its_token_and_takes_no_secret() -> None:
    environ = WHO | {"ARM_CLIENT_SECRET": "s", "AZURE_FEDERATED_TOKEN_FILE": "/t"}
    found = identity_of("tenant", "client", environ=environ)
    assert found == Identity(kind="token", tenant="tenant", client_id="client", file="/t")
    with pytest.raises(UnauthorizedError, match="AZURE_FEDERATED_TOKEN_FILE or ARM_OIDC_TOKEN is not set"):
        identity_of("tenant", "client", environ={})


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"ARM_CLIENT_SECRET": "s"}, "ARM_TENANT_ID and ARM_CLIENT_ID"),
        ({"ARM_CLIENT_SECRET": "s", "ARM_TENANT_ID": "t"}, "ARM_CLIENT_ID"),
        (WHO | {"ARM_USE_OIDC": "true"}, "AZURE_FEDERATED_TOKEN_FILE or ARM_OIDC_TOKEN"),
    ],
)
def test_what_is_missing_is_told(environ: dict[str, str], missing: str) -> None:
    with pytest.raises(UnauthorizedError) as raised:
        identity_of(environ=environ)
    assert str(raised.value) == (
        f"login to Azure: {missing} is not set. Next: set it, or log in with `az login`."
    )


def test_no_identity_shows_its_secret() -> None:
    found = who("secret", secret="SECRET")
    assert "SECRET" not in f"{found!r} {found}"
    assert str(found) == "c with a client secret"
    assert str(Identity(kind="cli")) == "whoever is logged in by the Azure CLI"


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        (Identity(kind="cli", tenant="t"), "AzureCliCredential"),
        (Identity(kind="managed", client_id="c"), "ManagedIdentityCredential"),
        (who("secret", secret="s"), "ClientSecretCredential"),
        (who("token", file="f"), "WorkloadIdentityCredential"),
        (who("token", secret="o"), "ClientAssertionCredential"),
        (who("token", url="https://ci/x", secret="b"), "ClientAssertionCredential"),
    ],
)
@pytest.mark.parametrize("cloud", [LOCAL, CLOUDS["public"]])
def test_each_way_of_logging_in_is_one_of_azure_identity(identity: Identity, name: str, cloud: Cloud) -> None:
    made: Any = credential(identity, cloud)
    assert type(made).__name__ == name
    if hasattr(made, "close"):
        made.close()


def test_a_certificate_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    with pytest.raises(UnauthorizedError, match=r"^login to Azure as c with a certificate: "):
        credential(who("certificate", file=str(tmp_path / "cert.pem")), LOCAL)
    with pytest.raises(UnauthorizedError, match="No such file or directory"):
        credential(who("certificate", file=str(tmp_path / "missing.pem")), LOCAL)


def test_entra_id_is_asked_for_other_clouds_only_where_it_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    import azure.identity as sdk  # noqa: PLC0415

    given = list[dict[str, Any]]()
    monkeypatch.setattr(sdk, "ClientSecretCredential", lambda **more: given.append(more))
    for cloud in (LOCAL, *CLOUDS.values()):
        credential(who("secret", secret="s"), cloud)
    assert [each["disable_instance_discovery"] for each in given] == [True, False, False, False]
    assert [each["authority"] for each in given][:2] == [
        "https://login.local",
        "https://login.microsoftonline.com",
    ]
    assert not any(each["transport"].session.trust_env for each in given)


def answering(monkeypatch: pytest.MonkeyPatch, answer: bytes | Exception, status: int = 200) -> list[Any]:
    asked = list[Any]()

    class Session(requests.Session):
        def get(self, url: str, **more: Any) -> requests.Response:  # type: ignore[override]
            asked.append((url, more["params"], more["headers"]))
            if isinstance(answer, Exception):
                raise answer
            made = requests.Response()
            made.status_code, made._content = status, answer
            return made

    monkeypatch.setattr(module, "session", lambda *_: Session())
    return asked


CI = who("token", url="https://ci/x", secret="bearer")


def test_a_token_of_the_ci_is_asked_for_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, json.dumps({"value": "jwt"}).encode())
    give = assertion(CI)
    assert (give(), give()) == ("jwt", "jwt")
    assert (
        asked
        == [("https://ci/x", {"audience": "api://AzureADTokenExchange"}, {"Authorization": "Bearer bearer"})]
        * 2
    )
    assert assertion(who("token", secret="o"))() == "o"


def test_a_ci_that_gives_no_token_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, b"{}", 403)
    with pytest.raises(UnauthorizedError) as raised:
        assertion(CI)()
    assert str(raised.value) == (
        "OIDC token of the CI: the answer is 403 and no token. Next: let the job have `id-token: write`."
    )
    answering(monkeypatch, requests.ConnectionError("[Errno 111] Connection refused"))
    with pytest.raises(UnreachableError, match="Connection refused"):
        assertion(CI)()
