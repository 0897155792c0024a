"""Token buckets: ARM's own limits for each principal, and those of resource providers."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

from lab.azure.clock import Clock
from lab.azure.http import ArmError
from lab.azure.kinds import Verb
from lab.azure.settings import Rate

ARM_RATES = {
    "arm-reads": Rate(calls=250, seconds=10),
    "arm-writes": Rate(calls=200, seconds=20),
    "arm-deletes": Rate(calls=200, seconds=20),
}
"""Buckets of 250 tokens with 25 more a second, and of 200 with 10 a second, for each subscription and principal
(learn.microsoft.com, "Understand how Azure Resource Manager throttles requests")."""

_ROUNDING = 1e-5
"""A clock of seconds since 1970 tells no shorter times apart reliably."""


def arm_limit(verb: Verb) -> tuple[str, str]:
    """The name of ARM's limit of a verb, and the header that tells what is left of it."""
    name = {"read": "reads", "list": "reads", "delete": "deletes"}.get(verb, "writes")
    return f"arm-{name}", f"x-ms-ratelimit-remaining-subscription-{name}"


@dataclass
class _Bucket:
    tokens: float
    filled: float


class Throttle:
    """All buckets. Args: rates: override the published ones by name."""

    def __init__(self, clock: Clock, rates: dict[str, Rate]) -> None:
        self._clock, self._rates = clock, rates
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._lock = threading.Lock()

    def replace(self, rates: dict[str, Rate]) -> None:
        """Take other overrides; all buckets are full again."""
        with self._lock:
            self._rates = rates
            self._buckets.clear()

    def take(self, name: str, published: Rate, scope: str) -> int:
        """Take a token of the bucket `name` for `scope`. Returns how many are left.

        Raises `ArmError` (429) with `Retry-After` in whole seconds, after which a token is there.
        """
        rate = self._rates.get(name, published)
        each = rate.seconds / rate.calls if rate.calls else math.inf
        with self._lock:
            now = self._clock.now()
            bucket = self._buckets.setdefault((name, scope), _Bucket(rate.calls, now))
            bucket.tokens = min(rate.calls, bucket.tokens + max(0.0, now - bucket.filled) / each)
            bucket.filled = now
            if bucket.tokens >= 1 - _ROUNDING:
                bucket.tokens -= 1
                return int(bucket.tokens)
            missing = 1 - bucket.tokens
        seconds = max(1, math.ceil((missing - _ROUNDING / 2) * each)) if rate.calls else 3600
        raise ArmError(
            429,
            "TooManyRequests",
            f"The request is being throttled: more than {rate.calls} requests of '{name}' within {rate.seconds:g} "
            f"seconds. Please try again after {seconds} seconds.",
            {"Retry-After": str(seconds)},
        )
