"""Entra ID: tokens for the operator (client secret) and for managed identities (federated tokens), and their proof."""

from __future__ import annotations

import hmac
import re
import uuid
from urllib.parse import parse_qs

import jwt

from lab.azure.clock import timestamp
from lab.azure.http import ArmError, Document, Request, Response
from lab.azure.kinds import Caller, Context
from lab.azure.settings import Settings
from lab.azure.store import Entry
from lab.azure.tokens import Signer, TokenError

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PATH = re.compile(
    r"/([^/]+)/(oauth2/v2\.0/token|v2\.0/\.well-known/openid-configuration|discovery/v2\.0/keys)",
    re.IGNORECASE,
)
MANAGEMENT = ("https://management.azure.com", "https://management.core.windows.net")
"""Audiences of the resource manager, beside its own URL."""


class OAuthError(Exception):
    """A refusal of the token endpoint (RFC 6749 §5.2), with Entra's own number."""

    def __init__(self, error: str, number: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.error, self.number, self.status = error, number, status

    def response(self, now: float) -> Response:
        """As Entra words it."""
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        said = f"AADSTS{self.number}: {self} Trace ID: {trace} Correlation ID: {correlation}"
        return Response.of(
            self.status,
            {
                "error": self.error,
                "error_description": f"{said} Timestamp: {timestamp(now)}",
                "error_codes": [self.number],
                "timestamp": timestamp(now),
                "trace_id": trace,
                "correlation_id": correlation,
            },
        )


class Entra:
    """The tenant."""

    def __init__(self, context: Context, signer: Signer) -> None:
        self._context, self._signer = context, signer

    @property
    def _settings(self) -> Settings:
        return self._context.settings  # they may change while the server runs

    def handle(self, request: Request) -> Response | None:
        """Answer what is asked of the tenant; None for a path that is none of its own."""
        match = _PATH.fullmatch(request.path)
        if match is None:
            return None
        part = match[2].lower()
        try:
            self._require_tenant(match[1])
            if part.endswith("openid-configuration"):
                return Response.of(200, self._discovery(request))
            if part.endswith("keys"):
                return Response.of(200, self._signer.key_set())
            return Response.of(200, self._token(request), {"Cache-Control": "no-store"})
        except OAuthError as error:
            return error.response(self._context.clock.now())

    def _require_tenant(self, tenant: str) -> None:
        if tenant.lower() != self._settings.tenant_id.lower():
            raise OAuthError(
                "invalid_tenant",
                90002,
                f"Tenant '{tenant}' not found. Check to make sure you have the correct "
                "tenant ID and are signing into the correct cloud.",
            )

    def _issuer(self, request: Request) -> str:
        return f"https://{request.host}/{self._settings.tenant_id}/v2.0"

    def _discovery(self, request: Request) -> Document:
        """OpenID Connect Discovery 1.0; a Kubernetes API server takes the tenant as its issuer with this."""
        base = f"https://{request.host}/{self._settings.tenant_id}"
        return {
            "issuer": self._issuer(request),
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code", "id_token", "token"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nbf", "oid", "appid", "tid", "ver"],
            "tenant_region_scope": "NA",
            "cloud_instance_name": request.host,
        }

    # Tokens

    def _token(self, request: Request) -> Document:
        form = {k: v[0] for k, v in parse_qs(request.body.decode(errors="replace")).items()}
        if form.get("grant_type") != "client_credentials":
            raise OAuthError(
                "unsupported_grant_type",
                70003,
                "The app requested an unsupported grant type; only 'client_credentials' is supported here.",
            )
        client = form.get("client_id", "")
        if form.get("client_assertion_type") == _ASSERTION_TYPE:
            principal = self._federated(client, form.get("client_assertion", ""))
        else:
            principal = self._secret(client, form.get("client_secret", ""))
        claims = self.new_claims(request, audience=_audience(form.get("scope", "")), principal=principal)
        seconds = self._settings.token_seconds
        return {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": self._signer.sign(claims),
        }

    def new_claims(self, request: Request, *, audience: str, principal: Caller) -> Document:
        """What a new token says."""
        now = int(self._context.clock.now())
        return {
            "aud": audience,
            "iss": self._issuer(request),
            "iat": now,
            "nbf": now,
            "exp": now + self._settings.token_seconds,
            "appid": principal.application,
            "azp": principal.application,
            "idtyp": "app",
            "oid": principal.principal,
            "sub": principal.principal,
            "tid": self._settings.tenant_id,
            "ver": "2.0",
            "uti": uuid.uuid4().hex,
        }

    def _secret(self, client: str, secret: str) -> Caller:
        if client.lower() != self._settings.client_id.lower():
            raise self._unknown(client)
        if not secret:
            raise OAuthError(
                "invalid_client",
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
                401,
            )
        if not hmac.compare_digest(secret.encode(), self._settings.client_secret.encode()):
            raise OAuthError(
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the "
                f"request is the client secret value for app '{client}'.",
                401,
            )
        return Caller(principal=self._settings.operator_id, application=self._settings.client_id)

    def _unknown(self, client: str) -> OAuthError:
        return OAuthError(
            "unauthorized_client",
            700016,
            f"Application with identifier '{client}' was not found in the directory "
            f"'{self._settings.tenant_id}'.",
        )

    def _federated(self, client: str, assertion: str) -> Caller:
        """A managed identity, by a token of an issuer that one of its federated credentials trusts."""
        store = self._context.store
        identity = next(
            (e for e in store.of_type(IDENTITIES) if e.properties["clientId"].lower() == client.lower()), None
        )
        if identity is None:
            raise self._unknown(client)
        try:
            said = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise OAuthError(
                "invalid_client", 50027, f"JWT token is invalid or malformed: {error}.", 401
            ) from None
        self._require_trust(identity, said)
        self._prove(said["iss"], assertion)
        found = identity.properties
        return Caller(principal=found["principalId"], application=found["clientId"])

    def _require_trust(self, identity: Entry, said: Document) -> None:
        """Issuer, subject and audience must be those of one credential, to the letter."""
        children = self._context.store.children(identity.resource_id, "federatedIdentityCredentials")
        left = [entry.properties for entry in children]
        audience = said.get("aud", [])
        audiences = {audience} if isinstance(audience, str) else set(audience)
        for number, what, value, holds in (
            (700211, "issuer", said.get("iss"), lambda c: c["issuer"] == said.get("iss")),
            (700213, "subject", said.get("sub"), lambda c: c["subject"] == said.get("sub")),
            (
                700212,
                "audience",
                ",".join(sorted(audiences)),
                lambda c: bool(audiences & set(c["audiences"])),
            ),
        ):
            left = [credential for credential in left if holds(credential)]
            if not left:
                raise OAuthError(
                    "invalid_client",
                    number,
                    f"No matching federated identity record found for presented assertion "
                    f"{what} '{value}'. Check your federated identity credential Subject, Audience and Issuer "
                    "against the presented assertion.",
                    401,
                )

    def _prove(self, issuer: str, assertion: str) -> None:
        keys = self._context.issuers.get(issuer)
        if keys is None:
            raise OAuthError(
                "invalid_request",
                50166,
                f"Request to External OIDC endpoint failed: nobody answers for '{issuer}'.",
            )
        try:
            self._signer.assertion(assertion, keys())
        except OSError as error:
            raise OAuthError(
                "invalid_request", 50166, f"Request to External OIDC endpoint failed: {error}."
            ) from None
        except TokenError as error:
            number = 700024 if error.expired else 700027
            raise OAuthError(
                "invalid_client",
                number,
                f"Client assertion failed signature or time validation: {error}.",
                401,
            ) from None

    # Proof

    def authenticate(self, request: Request) -> Caller:
        """Who sends a request to the resource manager. Raises `ArmError` (401)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._denied(
                request,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            )
        try:
            claims = self._signer.claims(token.strip())
        except TokenError as error:
            if error.expired:
                raise self._denied(
                    request, "ExpiredAuthenticationToken", "The access token expiry UTC time has passed."
                ) from None
            raise self._denied(
                request, "InvalidAuthenticationToken", f"The access token is invalid: {error}."
            ) from None
        if claims["aud"].rstrip("/") not in (*MANAGEMENT, f"https://{request.host}"):
            raise self._denied(
                request,
                "InvalidAuthenticationTokenAudience",
                f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. It should "
                f"match (exactly or with trailing slash) one of '{', '.join(MANAGEMENT)}'.",
            )
        return Caller(principal=claims["oid"], application=claims["appid"], claims=claims)

    def _denied(self, request: Request, code: str, message: str) -> ArmError:
        challenge = (
            f'Bearer authorization_uri="https://{request.host}/{self._settings.tenant_id}", '
            f'error="invalid_token", error_description="{message}"'
        )
        return ArmError(401, code, message, {"WWW-Authenticate": challenge})


def _audience(scope: str) -> str:
    """Of `https://management.azure.com/.default` it is the URL, of `<app id>/.default` the application id."""
    words = [word for word in scope.split() if word.endswith("/.default")]
    if len(words) != 1:
        raise OAuthError(
            "invalid_scope",
            1002012,
            f"The provided value for scope '{scope}' is not valid. Client credential flows must have a scope value "
            "with /.default suffixed to the resource identifier (application ID URI).",
        )
    return words[0].removesuffix("/.default").rstrip("/").removeprefix("api://")
