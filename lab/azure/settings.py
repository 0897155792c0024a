"""What the stand-in is told at its start: who is who, its limits, and how long things take."""

from __future__ import annotations

import secrets
import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Rate(BaseModel):
    """So many calls within so many seconds, as a bucket of tokens that is full at the start.

    The published limits are of this form: `Rate(calls=200, seconds=60)`.
    ARM's own buckets are of this form too: `Rate(calls=200, seconds=20)` is 200 tokens, 10 more each second.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls: Annotated[int, Field(ge=0)]
    seconds: Annotated[float, Field(gt=0)] = 60.0


CHANGEABLE = frozenset({"operation_seconds", "retry_after", "token_seconds", "rates", "quotas", "page_size"})
"""What may change while the server runs (`POST /standin/settings`)."""


def _uuid() -> str:
    return str(uuid.uuid4())


class Settings(BaseModel):
    """The stand-in's configuration; all of it has a default, and ids and the secret are new each time.

    Attributes:
        client_id: application id of the operator, who owns the subscription.
        operator_id: object id of the operator's service principal.
        operation_seconds: how long an operation takes that has nothing real to do.
        retry_after: seconds that clients are told to wait between two looks at an operation.
        token_seconds: lifetime of access tokens.
        rates: the name of a limit → what it is here instead of the published one.
        quotas: the name of a quota (`vcpus`, `public-ips`) → its value here instead of the default.
        aks_workers: how many nodes a cluster's machines have beside the first one, whatever its pools' counts say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant_id: str = Field(default_factory=_uuid)
    subscription_id: str = Field(default_factory=_uuid)
    client_id: str = Field(default_factory=_uuid)
    operator_id: str = Field(default_factory=_uuid)
    client_secret: str = Field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    operation_seconds: float = 1.0
    retry_after: int = 1
    token_seconds: int = 3600
    rates: dict[str, Rate] = Field(default_factory=dict)
    quotas: dict[str, int] = Field(default_factory=dict)
    page_size: int = 100
    aks_workers: Annotated[int, Field(ge=0, le=20)] = 0
