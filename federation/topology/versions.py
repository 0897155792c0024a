"""The versions of Kubernetes that AKS supports, and until when.

Source: "AKS Kubernetes release calendar" (Azure documentation, "Supported Kubernetes versions in AKS", August 2026):
the newest version and the two before it, each for a year. A version that is new since then must be added here.
"""

from __future__ import annotations

import re
from datetime import date

ENDS = {
    (1, 34): date(2026, 11, 30),
    (1, 35): date(2027, 3, 31),
    (1, 36): date(2027, 6, 30),
}
"""(major, minor) to the last day of its support."""
LONG_TERM_ENDS = {
    (1, 34): date(2027, 11, 30),
    (1, 35): date(2028, 3, 31),
    (1, 36): date(2028, 6, 30),
}
"""The same with tier Premium, whose support is a year longer (Azure documentation, "Long-term support for AKS")."""
DEFAULT = "1.36"
"""The one that is supported longest: each upgrade of the minor version is work for its operators."""
SOON_DAYS = 90
"""An upgrade of the minor version is planned for, tested and waits for a maintenance window."""


def minor(version: str) -> tuple[int, int]:
    """The first two numbers of "1.36" or "1.36.2"."""
    major, second = version.split(".")[:2]
    return int(major), int(second)


def is_version(text: str) -> bool:
    """Whether it has two or three numbers."""
    return re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){1,2}", text) is not None


def shown(version: tuple[int, int]) -> str:
    """(1, 36) as "1.36"."""
    return ".".join(map(str, version))


def nearest(version: str) -> str:
    """The supported minor version that is the least far away: the oldest for what is too old."""
    wanted = minor(version)
    return shown(min(ENDS, key=lambda known: (abs(known[0] - wanted[0]), abs(known[1] - wanted[1]), known)))


def ends(version: str, *, long_term: bool = False) -> date:
    """The last day of a supported version."""
    return (LONG_TERM_ENDS if long_term else ENDS)[minor(version)]
