"""Managed identities, their federated credentials, tokens, and who is let in."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from lab.azure.clock import ManualClock
from lab.azure.http import Document, Request, Response
from lab.azure.tokens import Signer, TokenError
from tests.unit.azure_arm_fixtures import CORE, Arm, code, message

VERSION = "2023-01-31"
SCOPE = "https://management.azure.com/.default"
TRUST = {"issuer": "https://issuer.test", "subject": "system:serviceaccount:ns:sa", "audiences": ["api://x"]}
HOST = "10.98.0.1"


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Tenant:
    """A stand-in with an identity that trusts one subject of one issuer."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, **settings: int) -> None:
        self.arm = Arm(CORE, version=VERSION, **settings)
        self.key = key
        self.settings = self.arm.service.settings
        self.path = f"{self.arm.group()}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dns"
        self.identity = self.arm.put(self.path, {"location": "westus"}).json()["properties"]
        assert self.credential("one", **TRUST).status == 201
        public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self.arm.service.context.issuers[str(TRUST["issuer"])] = lambda: {"keys": [{**public, "kid": "k"}]}

    def credential(self, name: str, **properties: object) -> Response:
        path = f"{self.path}/federatedIdentityCredentials/{name}"
        return self.arm.put(path, {"properties": properties})

    def assertion(self, **other: object) -> str:
        now = int(self.arm.clock.now())
        claims = {
            "iss": TRUST["issuer"],
            "sub": TRUST["subject"],
            "aud": TRUST["audiences"],
            "iat": now,
            "exp": now + 60,
        }
        return jwt.encode({**claims, **other}, self.key, "ES256", headers={"kid": "k"})

    def token(self, *, tenant: str | None = None, **form: str) -> Response:
        """Ask the token endpoint; as the operator unless the form says otherwise."""
        body = {
            "grant_type": "client_credentials",
            "client_id": self.settings.client_id,
            "client_secret": self.settings.client_secret,
            "scope": SCOPE,
            **form,
        }
        path = f"/{tenant or self.settings.tenant_id}/oauth2/v2.0/token"
        request = Request(method="POST", path=path, body=urlencode(body).encode(), host=HOST)
        return self.arm.service.handle(request)

    def federated(self, assertion: str, **form: str) -> Response:
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        client = {"client_id": self.identity["clientId"], "client_assertion_type": kind}
        return self.token(**{**client, "client_assertion": assertion, **form})

    def ask(self, token: str, host: str = HOST) -> Response:
        """Ask the resource manager for the group."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        path = self.path.partition("/providers")[0]
        query = {"api-version": "2024-03-01"}
        return self.arm.service.handle(
            Request(method="GET", path=path, query=query, headers=headers, host=host)
        )


@pytest.fixture
def tenant(key: ec.EllipticCurvePrivateKey) -> Tenant:
    return Tenant(key)


# Identities


def test_an_identitys_ids_are_for_life(tenant: Tenant) -> None:
    again = tenant.arm.put(tenant.path, {"location": "westus", "tags": {"a": "b"}}).json()
    assert again["properties"] == tenant.identity
    assert tenant.identity["tenantId"] == tenant.settings.tenant_id
    tenant.arm.delete(tenant.path)
    anew = tenant.arm.put(tenant.path, {"location": "westus"}).json()["properties"]
    assert anew["principalId"] != tenant.identity["principalId"]
    assert tenant.arm.get(f"{tenant.path}/federatedIdentityCredentials").json()["value"] == []


@pytest.mark.parametrize(
    ("other", "said", "words"),
    [
        ({"issuer": ""}, "400 BadRequest", "properties.issuer"),
        ({"issuer": "http://issuer.test"}, "400 BadRequest", "scheme https"),
        ({"subject": None}, "400 BadRequest", "properties.subject"),
        ({"audiences": []}, "400 BadRequest", "properties.audiences"),
        ({"audiences": ["a", "b"]}, "400 BadRequest", "exactly one audience"),
        ({}, "409 Conflict", "already exists for this Managed Identity: one"),
    ],
)
def test_a_wrong_credential_is_refused(tenant: Tenant, other: Document, said: str, words: str) -> None:
    refused = tenant.credential("two", **{**TRUST, **other})
    assert code(refused) == said
    assert words in message(refused)


def test_an_identity_has_twenty_credentials_at_most(tenant: Tenant) -> None:
    found = [tenant.credential(f"c{i:02}", **{**TRUST, "subject": str(i)}).status for i in range(20)]
    assert found == [201] * 19 + [400]
    assert tenant.credential("c00", **{**TRUST, "subject": "new"}).status == 200


def test_credentials_of_one_identity_are_written_one_at_a_time(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, go_on = threading.Event(), threading.Event()
    found: list[Response] = []

    def sleep(_: float) -> None:
        arrived.set()
        assert go_on.wait(10)

    monkeypatch.setattr(tenant.arm.clock, "sleep", sleep)
    first = threading.Thread(
        target=lambda: found.append(tenant.credential("two", **{**TRUST, "subject": "2"}))
    )
    first.start()
    assert arrived.wait(10)
    refused = tenant.credential("three", **{**TRUST, "subject": "3"})
    assert code(refused) == "409 ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
    assert tenant.arm.get(f"{tenant.path}/federatedIdentityCredentials/one").status == 200, "reads go on"
    go_on.set()
    first.join(10)
    assert [r.status for r in found] == [201]
    monkeypatch.undo()
    assert tenant.credential("three", **{**TRUST, "subject": "3"}).status == 201


# Tokens


def test_the_operator_gets_in_by_its_secret(tenant: Tenant) -> None:
    answer = tenant.token()
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json()
    assert (found["token_type"], found["expires_in"]) == ("Bearer", 3600)
    claims = jwt.decode(found["access_token"], options={"verify_signature": False})
    assert claims["aud"] == "https://management.azure.com"
    assert claims["oid"] == tenant.settings.operator_id
    assert claims["appid"] == tenant.settings.client_id
    assert claims["tid"] == tenant.settings.tenant_id
    assert claims["exp"] - claims["iat"] == 3600
    assert tenant.ask(found["access_token"]).status == 200


def test_a_pod_gets_in_by_its_service_account(tenant: Tenant) -> None:
    answer = tenant.federated(tenant.assertion())
    assert answer.status == 200
    refused = tenant.ask(answer.json()["access_token"])
    assert code(refused) == "403 AuthorizationFailed"
    assert f"'{tenant.identity['clientId']}' with object id '{tenant.identity['principalId']}'" in message(
        refused
    )


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({"client_secret": "x"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "x"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://management.azure.com/user"}, 400, "invalid_scope", 1002012),
        ({"scope": ""}, 400, "invalid_scope", 1002012),
        ({"scope": "a/.default b/.default"}, 400, "invalid_scope", 1002012),
        ({"tenant": "other"}, 400, "invalid_tenant", 90002),
    ],
)
def test_a_wrong_request_for_a_token_is_refused(
    tenant: Tenant, form: dict[str, str], status: int, error: str, number: int
) -> None:
    answer = tenant.token(**form)
    found = answer.json()
    assert (answer.status, found["error"], found["error_codes"]) == (status, error, [number])
    assert found["error_description"].startswith(f"AADSTS{number}: ")
    assert tenant.settings.client_secret not in json.dumps(found)


@pytest.mark.parametrize(
    ("other", "number"),
    [
        ({"iss": "https://issuer.test/"}, 700211),
        ({"sub": "system:serviceaccount:ns:SA"}, 700213),
        ({"aud": "api://X"}, 700212),
        ({"exp": 1}, 700024),
        ({"exp": None}, 700024),
    ],
)
def test_a_wrong_assertion_is_refused(tenant: Tenant, other: Document, number: int) -> None:
    found = tenant.federated(tenant.assertion(**other)).json()
    assert found["error_codes"] == [number]


def test_an_assertion_of_another_key_is_refused(tenant: Tenant) -> None:
    good = tenant.assertion().split(".")
    tenant.key = ec.generate_private_key(ec.SECP256R1())
    assert tenant.federated(tenant.assertion()).json()["error_codes"] == [700027]
    forged = ".".join([good[0], good[1], good[2][:-4] + "AAAA"])
    assert tenant.federated(forged).json()["error_codes"] == [700027]
    none = jwt.encode(jwt.decode(".".join(good), options={"verify_signature": False}), "", "none")
    assert tenant.federated(none).json()["error_codes"] == [700027]
    assert tenant.federated("rubbish").json()["error_codes"] == [50027]
    assert tenant.federated(tenant.assertion(), client_id="x").json()["error_codes"] == [700016]


def test_an_issuer_that_nobody_answers_for_is_an_error(tenant: Tenant) -> None:
    def down() -> Document:
        raise ConnectionRefusedError("refused")

    tenant.arm.service.context.issuers[str(TRUST["issuer"])] = down
    found = tenant.federated(tenant.assertion()).json()
    assert found["error_codes"] == [50166]
    assert "refused" in found["error_description"]
    tenant.arm.service.context.issuers.clear()
    assert tenant.federated(tenant.assertion()).json()["error_codes"] == [50166]


def test_a_token_for_a_server_application_is_for_it_alone(tenant: Tenant) -> None:
    app = "6dae42f8-4368-4678-94ff-3960e28e3630"
    token = tenant.token(scope=f"{app}/.default").json()["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == app
    assert code(tenant.ask(token)) == "401 InvalidAuthenticationTokenAudience"


# Who is let in


def test_a_token_is_required(tenant: Tenant) -> None:
    refused = tenant.ask("")
    assert code(refused) == "401 AuthenticationFailed"
    assert refused.headers["WWW-Authenticate"].startswith(
        f'Bearer authorization_uri="https://{HOST}/{tenant.settings.tenant_id}", error="invalid_token"'
    )
    assert code(tenant.ask("rubbish")) == "401 InvalidAuthenticationToken"


def test_a_token_expires(key: ec.EllipticCurvePrivateKey) -> None:
    tenant = Tenant(key, token_seconds=90)
    token = tenant.token().json()["access_token"]
    tenant.arm.clock.sleep(89)
    assert tenant.ask(token).status == 200
    tenant.arm.clock.sleep(2)
    refused = tenant.ask(token)
    assert code(refused) == "401 ExpiredAuthenticationToken"
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_another_stand_ins_token_is_refused(tenant: Tenant, key: ec.EllipticCurvePrivateKey) -> None:
    assert code(tenant.ask(Tenant(key).token().json()["access_token"])) == "401 InvalidAuthenticationToken"


def test_keys_outlive_the_server(tmp_path: Path) -> None:
    clock = ManualClock()
    claims = {"exp": clock.now() + 60, "oid": "x"}
    token = Signer(clock, tmp_path).sign(claims)
    assert (tmp_path / "token.key").stat().st_mode & 0o777 == 0o600
    assert Signer(clock, tmp_path).claims(token) == claims
    with pytest.raises(TokenError):
        Signer(clock).claims(token)


def test_the_tenant_can_be_discovered(tenant: Tenant) -> None:
    def get(path: str) -> Document:
        found: Document = tenant.arm.service.handle(Request(method="GET", path=path, host=HOST)).json()
        return found

    base = f"/{tenant.settings.tenant_id}"
    found = get(f"{base}/v2.0/.well-known/openid-configuration")
    assert found["issuer"] == f"https://{HOST}{base}/v2.0"
    assert found["token_endpoint"] == f"https://{HOST}{base}/oauth2/v2.0/token"
    keys = get(found["jwks_uri"].removeprefix(f"https://{HOST}"))
    token = tenant.token().json()["access_token"]
    proof = jwt.PyJWKSet.from_dict(keys).keys[0]
    claims = jwt.decode(
        token, proof.key, ["RS256"], audience="https://management.azure.com", options={"verify_exp": False}
    )
    assert claims["iss"] == found["issuer"]


def test_the_metadata_of_the_cloud_point_here_and_nowhere_else(tenant: Tenant) -> None:
    def get(version: str) -> object:
        query = {"api-version": version}
        request = Request(method="GET", path="/metadata/endpoints", query=query, host=HOST)
        return tenant.arm.service.handle(request).json()

    cloud = get("2022-09-01")
    assert isinstance(cloud, dict)
    assert cloud["resourceManager"] == cloud["authentication"]["loginEndpoint"] == f"https://{HOST}"
    assert cloud["authentication"]["audiences"][0] == "https://management.azure.com/"
    urls = [v for v in cloud.values() if isinstance(v, str) and v.startswith("https")]
    assert all(url.rstrip("/") == f"https://{HOST}" for url in urls)
    assert all(name.endswith(".invalid") for name in cloud["suffixes"].values())
    assert get("2019-05-01") == [cloud]
