"""The OIDC issuers of clusters, as relying parties ask for them: discovery document and keys."""

from __future__ import annotations

import re

from lab.azure.http import ArmError, Request, Response
from lab.azure.kinds import Context

_PATH = re.compile(r"(/oidc/[0-9a-f]+/)(\.well-known/openid-configuration|openid/v1/jwks)")


def answer(context: Context, request: Request) -> Response | None:
    """Answer what is asked of an issuer; None for a path that is none of an issuer's. Raises `ArmError`."""
    match = _PATH.fullmatch(request.path)
    if match is None:
        return None
    issuer = f"https://{request.host}{match[1]}"
    keys = context.issuers.get(issuer)
    if keys is None:
        raise ArmError(404, "NotFound", f"There is no issuer '{issuer}'.")
    if match[2].endswith("jwks"):
        try:
            return Response.of(200, keys())
        except OSError as error:
            raise ArmError(
                503, "ServiceUnavailable", f"The issuer '{issuer}' does not answer: {error}"
            ) from None
    return Response.of(
        200,
        {
            "issuer": issuer,
            "jwks_uri": f"{issuer}openid/v1/jwks",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        },
    )
