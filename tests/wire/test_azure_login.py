"""The backend and its logins over TLS: azure-identity's real code and the SDK's clients against the stand-in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from federation.azure import cloud as cloud_module
from federation.azure.cloud import cloud_of
from federation.azure.patience import Patience
from federation.dns import azure_open
from federation.dns.azure_store import AzureStore
from federation.dns.backend import Backend
from federation.dns.records import Change, RecordSet
from federation.dns.store import open_backend
from federation.errors import FederationError, ForbiddenError, UnauthorizedError, UnreachableError
from lab.azure import dns
from tests.wire.azure_arm_wire import CORE, Running, running

NGINX = RecordSet("nginx.default.fed.svc.example.com", "A", 30, ("10.0.0.2",))
QUICK = Patience(failing=1, say=lambda _: None)


@pytest.fixture(scope="module", name="azure")
def azure_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("azure"), kinds=(*CORE, *dns.KINDS)) as azure:
        group = f"{azure.subscription}/resourceGroups/rg"
        zone = f"{group}/providers/Microsoft.Network/dnszones/example.com"
        made = azure.as_operator("PUT", f"{group}?api-version=2024-03-01", json={"location": "westus"})
        assert made.status_code == 201, made.text
        made = azure.as_operator("PUT", f"{zone}?api-version=2018-05-01", json={"location": "global"})
        assert made.status_code == 201, made.text
        yield azure


@pytest.fixture(autouse=True)
def environment(azure: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As `lab exec` gives it, and nothing of what the tests' own environment has."""
    for name in ("ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_USE_OIDC", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", azure.url)
    monkeypatch.setenv("FEDERATION_AZURE_CA", azure.authority)
    monkeypatch.setenv("ARM_TENANT_ID", azure.settings.tenant_id)
    monkeypatch.setenv("ARM_CLIENT_ID", azure.settings.client_id)
    monkeypatch.setenv("ARM_CLIENT_SECRET", azure.settings.client_secret)
    yield
    azure_open.forget()
    cloud_module._asked.cache_clear()


def store(azure: Running, **more: Any) -> AzureStore:
    given = {"subscription": azure.settings.subscription_id, "resource_group": "rg", "zone": "example.com"}
    return AzureStore.of(cloud_of(), **{**given, **more})


def write(backend: Backend) -> None:
    """Write a set, see it, and take it back."""
    backend.write([Change("create", NGINX)], backend.read(), owner="fed")
    assert backend.read()[NGINX.key].record == NGINX
    backend.write([Change("delete", NGINX)], backend.read(), owner="fed")
    assert NGINX.key not in backend.read()


def test_a_client_secret_writes(azure: Running) -> None:
    with open_backend(store(azure), "example.com") as backend:
        write(backend)


def test_a_wrong_secret_is_a_login_that_fails_and_is_not_shown(
    azure: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARM_CLIENT_SECRET", "WRONG")
    with open_backend(store(azure), "example.com") as backend, pytest.raises(UnauthorizedError) as raised:
        backend.read()
    told = str(raised.value)
    assert told.startswith("login to Azure: ")
    assert "AADSTS7000215" in told
    assert "WRONG" not in told
    assert "Trace ID" not in told


def test_only_the_authority_that_is_named_is_trusted(
    azure: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither what other programs trust, nor what comes with them."""
    good, other = store(azure), tmp_path / "other.crt"
    other.write_text(certificate())
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, azure.authority)
    for ca in (other.read_text(), None):
        azure_open.forget()
        wrong = replace(good, ca=ca)
        with (
            open_backend(wrong, "example.com", patience=QUICK) as backend,
            pytest.raises(UnreachableError) as raised,
        ):
            backend.read()
        assert "certificate verify failed" in str(raised.value)
    cloud_module._asked.cache_clear()
    monkeypatch.setenv("FEDERATION_AZURE_CA", str(other))
    with pytest.raises(UnreachableError, match="certificate verify failed"):
        cloud_of()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    azure_open.forget()
    with open_backend(good, "example.com") as backend:
        write(backend)


def test_what_is_no_certificate_is_told(azure: Running) -> None:
    wrong = replace(store(azure), ca="no PEM")
    with pytest.raises(FederationError, match=r"^authority of Azure's certificates: cannot be used: "):
        open_backend(wrong, "example.com").__enter__()


def certificate() -> str:
    """Of an authority that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


ISSUER, SUBJECT = "https://issuer.test/dns", "system:serviceaccount:federation-dns-azure:dns-controller"
CONTRIBUTOR = "befefa01-2a29-4197-83a8-272ff33ce314"


class Pod:
    """A workload identity that trusts one service account, and may write the zone.

    Attributes:
        client_id: of the identity.
        token: file with the service account's token.
    """

    def __init__(self, azure: Running, folder: Path) -> None:
        self._azure, self._key, self.token = azure, ec.generate_private_key(ec.SECP256R1()), folder / "token"
        public = jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        azure.service.context.issuers[ISSUER] = lambda: {"keys": [{**public, "kid": "1", "alg": "ES256"}]}
        group = f"{azure.subscription}/resourceGroups/rg"
        path = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dns"
        made = self._put(f"{path}?api-version=2023-01-31", {"location": "westus"})
        self.client_id, self._principal = made["properties"]["clientId"], made["properties"]["principalId"]
        trust = {"issuer": ISSUER, "subject": SUBJECT, "audiences": ["api://AzureADTokenExchange"]}
        credential = f"{path}/federatedIdentityCredentials/controller?api-version=2023-01-31"
        self._put(credential, {"properties": trust})
        self._zone = f"{group}/providers/Microsoft.Network/dnszones/example.com"
        self.renew()

    def _put(self, path: str, body: Any) -> Any:
        answer = self._azure.as_operator("PUT", path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def admit(self) -> None:
        """Give it the role on the zone, and on nothing else."""
        definitions = f"{self._azure.subscription}/providers/Microsoft.Authorization/roleDefinitions"
        properties = {
            "principalId": self._principal,
            "principalType": "ServicePrincipal",
            "roleDefinitionId": f"{definitions}/{CONTRIBUTOR}",
        }
        name = "5cfe3a07-b5b5-4c9c-9d1f-8f2ec2ce2a6e"
        path = f"{self._zone}/providers/Microsoft.Authorization/roleAssignments/{name}"
        self._put(f"{path}?api-version=2022-04-01", {"properties": properties})

    def renew(self, seconds: int = 600) -> None:
        """As the kubelet does; with negative `seconds` too late."""
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": SUBJECT, "aud": ["api://AzureADTokenExchange"], "iat": now - 900}
        token = jwt.encode({**claims, "exp": now + seconds}, self._key, "ES256", headers={"kid": "1"})
        self.token.write_text(token)


def test_a_pod_writes_the_zone_as_its_own_identity_and_nothing_else(
    azure: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pod = Pod(azure, tmp_path)
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(pod.token))
    monkeypatch.setenv("ARM_CLIENT_SECRET", "of somebody else")
    its = store(azure, client_id=pod.client_id, tenant=azure.settings.tenant_id)
    with open_backend(its, "example.com", patience=QUICK) as backend:
        with pytest.raises(ForbiddenError) as raised:
            backend.read()
        assert str(raised.value).startswith("zone example.com in Azure DNS: AuthorizationFailed: ")
        assert str(raised.value).endswith(
            "Next: give who is logged in the role DNS Zone Contributor on the zone."
        )
        pod.admit()
        write(backend)
    other = replace(its, zone="other.example.com")
    with open_backend(other, "other.example.com", patience=QUICK) as backend, pytest.raises(ForbiddenError):
        backend.read()
    pod.renew(-60)
    with (
        open_backend(its, "example.com", patience=QUICK) as backend,
        pytest.raises(UnauthorizedError, match="AADSTS700024"),
    ):
        backend.read()


def test_a_token_that_is_given_is_exchanged_for_one_of_azure(
    azure: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a CI does it, without a file."""
    pod = Pod(azure, tmp_path)
    pod.admit()
    monkeypatch.delenv("ARM_CLIENT_SECRET")
    monkeypatch.setenv("ARM_CLIENT_ID", pod.client_id)
    monkeypatch.setenv("ARM_USE_OIDC", "true")
    monkeypatch.setenv("ARM_OIDC_TOKEN", pod.token.read_text())
    with open_backend(store(azure), "example.com") as backend:
        write(backend)


def test_an_answer_that_is_lost_on_the_wire_is_no_failure(azure: Running) -> None:
    rules: list[dict[str, Any]] = [
        {"match": {"method": "PUT"}, "drop": "after"},
        {"match": {"method": "GET"}, "drop": "before"},
        {"match": {"method": "DELETE"}, "drop": "after"},
    ]
    with open_backend(store(azure), "example.com") as backend:
        backend.read()
        answer = azure.as_operator("POST", "/standin/faults", json=rules)
        assert answer.ok, answer.text
        write(backend)
    assert [each["fired"] for each in azure.service.faults.report()] == [1, 1, 1]
