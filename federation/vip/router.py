"""VRRP router ids: each federation member's own, as two members may share a network segment."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

IDS = 255
"""1 to 255 (RFC 5798, 5.2.3)."""


def router_ids(clusters: Mapping[str, int | None]) -> dict[str, int]:
    """The id of each cluster: the one that it names, or else one made of its name, the next if that is taken.

    A cluster that is added at the end, or one that goes and named its own, changes no other's id.

    Args:
        clusters: name → router id or None, in the order of the topology.

    Raises `ValueError` if there are more clusters than ids.
    """
    if len(clusters) > IDS:
        raise ValueError(f"there are {IDS} router ids, and {len(clusters)} clusters with virtual IPs")
    found = {name: number for name, number in clusters.items() if number is not None}
    for name in clusters:
        if name in found:
            continue
        number = zlib.crc32(name.encode()) % IDS + 1
        while number in found.values():
            number = number % IDS + 1
        found[name] = number
    return {name: found[name] for name in clusters}
