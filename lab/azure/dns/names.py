"""Names in DNS, as Azure DNS takes them: of zones, of record sets relative to a zone, and of the targets of records."""

from __future__ import annotations

import re

APEX = "@"
LONGEST_NAME, LONGEST_LABEL = 253, 63
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")
_ZONE_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
RESERVED = (
    "azure-dns.com",
    "azure-dns.net",
    "azure-dns.org",
    "azure-dns.info",
    "trafficmanager.net",
    "azure.com",
)
"""Azure's own: nobody else gets a zone of that name or above a name in it."""


def zone_name_mistake(name: str, labels: range = range(2, 35)) -> str | None:
    """Why `name` can't be a zone's name; None when it can.

    Args:
        labels: how many there may be: 2 to 34 for public and for private zones.
    """
    parts = name.split(".")
    if len(name) > LONGEST_NAME:
        return f"it has {len(name)} characters and may have {LONGEST_NAME}"
    if len(parts) not in labels:
        return f"it has {len(parts)} labels and must have {labels.start} to {labels.stop - 1}"
    for part in parts:
        if not _ZONE_LABEL.fullmatch(part) or len(part) > LONGEST_LABEL:
            return f"{part!r} is not 1 to 63 letters, digits and '-', with neither end a '-'"
    return None


def is_reserved(zone: str) -> bool:
    """Whether a zone's name is one of Azure's own."""
    return any(is_within(zone, own) for own in RESERVED)


def relative_name_mistake(name: str, zone: str) -> str | None:
    """Why `name` can't be a record set's name in `zone`; None when it can. Wildcards are `*` and `*.<name>`."""
    if name == APEX:
        return None
    labels = name.split(".")
    for part in labels[1:] if labels[0] == "*" else labels:
        if not _LABEL.fullmatch(part) or len(part) > LONGEST_LABEL:
            return f"{part!r} is not 1 to 63 letters, digits, '-' and '_', with neither end a '-'"
    full = absolute(name, zone)
    if len(full) > LONGEST_NAME:
        return f"{full!r} has {len(full)} characters and may have {LONGEST_NAME}"
    return None


def is_domain_name(text: str) -> bool:
    """Whether a record can point there; with or without the dot at the end."""
    name = text.removesuffix(".")
    labels = name.split(".")
    return len(name) <= LONGEST_NAME and all(
        _LABEL.fullmatch(part) and len(part) <= LONGEST_LABEL for part in labels
    )


def absolute(relative: str, zone: str) -> str:
    """`www` in `example.com` is `www.example.com`, and `@` is the zone itself. No dot at the end."""
    return zone if relative == APEX else f"{relative}.{zone}"


def is_within(name: str, zone: str) -> bool:
    """Whether a name is the zone's own, or under it."""
    inner, outer = name.lower().rstrip("."), zone.lower().rstrip(".")
    return inner == outer or inner.endswith(f".{outer}")
