"""Who we are in Azure: the same person for Pulumi's azure-native and for us, and in a pod its workload identity.

What the environment says is taken in azure-native's order; variables that begin with ARM_ go before those with AZURE_:

    certificate  ARM_CLIENT_ID, ARM_TENANT_ID, ARM_CLIENT_CERTIFICATE_PATH, ARM_CLIENT_CERTIFICATE_PASSWORD
    secret       ARM_CLIENT_ID, ARM_TENANT_ID, ARM_CLIENT_SECRET
    token        ARM_CLIENT_ID, ARM_TENANT_ID, ARM_USE_OIDC=true, and ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH, or
                 ARM_OIDC_REQUEST_URL and ARM_OIDC_REQUEST_TOKEN (in GitHub: ACTIONS_ID_TOKEN_REQUEST_…); or
                 AZURE_FEDERATED_TOKEN_FILE
    managed      ARM_USE_MSI=true; ARM_CLIENT_ID if it has several
    cli          whoever `az login` has logged in
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import requests

from federation.azure.cloud import Cloud
from federation.azure.tls import reason, session
from federation.errors import UnauthorizedError, UnreachableError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

AUDIENCE = "api://AzureADTokenExchange"
"""Of tokens that Entra ID exchanges for its own ("Workload identity federation")."""
SECONDS = 10.0
CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0

Kind = Literal["certificate", "secret", "token", "managed", "cli"]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who logs in, and how.

    Attributes:
        kind: how.
        tenant: of Entra ID; None: the one that the way of logging in knows.
        client_id: of the application or identity.
        secret: client secret, password of the certificate, token, or what a token is asked for with.
        file: with the certificate, or with a token, which is read anew each time.
        url: where a token is asked for.
    """

    kind: Kind
    tenant: str | None = None
    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    file: str | None = None
    url: str | None = None

    def __str__(self) -> str:
        """For messages."""
        how = {
            "certificate": "with a certificate",
            "secret": "with a client secret",
            "token": "with a federated token",
            "managed": "as a managed identity",
            "cli": "by the Azure CLI",
        }[self.kind]
        return f"{self.client_id} {how}" if self.client_id else f"whoever is logged in {how}"


def identity_of(
    tenant: str | None = None, client_id: str | None = None, *, environ: Mapping[str, str] = os.environ
) -> Identity:
    """Who the environment says that we are.

    Args:
        tenant: wins over the environment's.
        client_id: of a workload identity, whose token the environment has; None: anybody.
        environ: environment variables.

    Raises `UnauthorizedError` if a way is begun and something is missing for it.
    """
    given = _Environment(environ)
    tenant = tenant or given("TENANT_ID")
    if client_id is not None:
        return _complete(_federated(given, tenant, client_id, file=given("FEDERATED_TOKEN_FILE")))
    client = given("CLIENT_ID")
    if file := given("CLIENT_CERTIFICATE_PATH"):
        secret = given("CLIENT_CERTIFICATE_PASSWORD")
        found = Identity(kind="certificate", tenant=tenant, client_id=client, secret=secret, file=file)
        return _complete(found)
    if secret := given("CLIENT_SECRET"):
        return _complete(Identity(kind="secret", tenant=tenant, client_id=client, secret=secret))
    file = given("FEDERATED_TOKEN_FILE")
    if given.says("USE_OIDC") or file:
        return _complete(_federated(given, tenant, client, file=given("OIDC_TOKEN_FILE_PATH") or file))
    if given.says("USE_MSI"):
        return Identity(kind="managed", client_id=client)
    return Identity(kind="cli", tenant=tenant)


class _Environment:
    """Variables by the part of their name behind ARM_ or AZURE_."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, name: str) -> str | None:
        return self._environ.get(f"ARM_{name}") or self._environ.get(f"AZURE_{name}") or None

    def says(self, name: str) -> bool:
        """Whether it is true, as Go's ParseBool takes it."""
        return (self(name) or "").lower() in ("1", "t", "true")

    def request(self, name: str) -> str | None:
        """What a token is asked for with: of any CI, or of GitHub Actions."""
        return self(f"OIDC_REQUEST_{name}") or self._environ.get(f"ACTIONS_ID_TOKEN_REQUEST_{name}") or None


def _federated(
    given: _Environment, tenant: str | None, client_id: str | None, *, file: str | None
) -> Identity:
    """One way to a token, the first that is there: given, in a file, or asked for."""
    shared: dict[str, Any] = {"kind": "token", "tenant": tenant, "client_id": client_id}
    if token := given("OIDC_TOKEN"):
        return Identity(**shared, secret=token)
    if file:
        return Identity(**shared, file=file)
    return Identity(**shared, url=given.request("URL"), secret=given.request("TOKEN"))


def _complete(found: Identity) -> Identity:
    missing = [
        name
        for name, value in (("ARM_TENANT_ID", found.tenant), ("ARM_CLIENT_ID", found.client_id))
        if not value
    ]
    if found.kind == "token" and not (found.secret or found.file):
        missing.append("AZURE_FEDERATED_TOKEN_FILE or ARM_OIDC_TOKEN")
    if missing:
        raise UnauthorizedError(
            "login to Azure", f"{' and '.join(missing)} is not set", "set it, or log in with `az login`"
        )
    return found


def credential(identity: Identity, cloud: Cloud) -> TokenCredential:
    """The credential of azure-identity, which renews its tokens itself. Raises `FederationError`."""
    import azure.identity as sdk  # noqa: PLC0415  only who asks Azure pays for its memory

    # It logs each failure beside raising it: an `up` would show the same thing twice, the first time unasked.
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
    try:
        return _made(sdk, identity, cloud)
    except (ValueError, OSError) as error:  # such as a certificate that cannot be read
        raise UnauthorizedError(
            f"login to Azure as {identity}", str(error), "correct the environment"
        ) from None


def _made(sdk: Any, identity: Identity, cloud: Cloud) -> TokenCredential:
    made: TokenCredential
    if identity.kind == "cli":
        made = sdk.AzureCliCredential(tenant_id=identity.tenant or "")
    elif identity.kind == "managed":
        made = sdk.ManagedIdentityCredential(client_id=identity.client_id)
    else:
        made = _application(sdk, identity, cloud)
    return made


def _application(sdk: Any, identity: Identity, cloud: Cloud) -> TokenCredential:
    shared = {
        "tenant_id": identity.tenant,
        "client_id": identity.client_id,
        "authority": cloud.authority,
        "disable_instance_discovery": not cloud.known,
        "transport": transport(cloud, cloud.authority),
        "retry_total": 2,
    }
    made: TokenCredential
    match identity.kind:
        case "certificate":
            made = sdk.CertificateCredential(
                certificate_path=identity.file, password=identity.secret, **shared
            )
        case "secret":
            made = sdk.ClientSecretCredential(client_secret=identity.secret, **shared)
        case _ if identity.file:
            made = sdk.WorkloadIdentityCredential(token_file_path=identity.file, **shared)
        case _:
            made = sdk.ClientAssertionCredential(func=assertion(identity), **shared)
    return made


def transport(cloud: Cloud, *servers: str) -> Any:
    """A transport of azure-core that trusts whom the cloud says, and nobody whom other programs do."""
    from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415  see `credential`

    return RequestsTransport(
        session=session(cloud.ca, *servers),
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        use_env_settings=False,
    )


def assertion(identity: Identity) -> Callable[[], str]:
    """A function that gives the token to exchange: the one that is given, or a new one of the CI's."""
    if identity.url is None:
        return lambda: identity.secret or ""
    url = identity.url

    def asked() -> str:
        with closing(session(None, url)) as http:
            return _token_of(http, url, identity.secret or "")

    return asked


def _token_of(http: requests.Session, url: str, bearer: str) -> str:
    """GitHub: "Configuring OpenID Connect in cloud providers"; others answer alike."""
    where, fix = "OIDC token of the CI", "let the job have `id-token: write`"
    try:
        answer = http.get(
            url,
            params={"audience": AUDIENCE},
            headers={"Authorization": f"Bearer {bearer}"},
            timeout=SECONDS,
        )
    except requests.RequestException as error:
        raise UnreachableError(where, reason(error), fix) from None
    try:
        return str(answer.json()["value"])
    except (ValueError, KeyError, TypeError):
        raise UnauthorizedError(where, f"the answer is {answer.status_code} and no token", fix) from None
