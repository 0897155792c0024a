"""What is known of Karmada's releases, as data. A release that is new since then must be added here.

Sources: docs/CHANGELOG/CHANGELOG-1.15.md to -1.18.md of Karmada (flags, defaults); the table "Kubernetes
compatibility" of its README at v1.18.2 (what it is tested with); "Upgrading Instruction" of its documentation (one
minor version at a time, always to the latest patch). For 1.19: its release candidate, as of August 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Minor = tuple[int, int]

CONTROLLERS = "karmada-controller-manager"
WEBHOOK = "karmada-webhook"


@dataclass(frozen=True)
class Release:
    """A minor version.

    Attributes:
        patch: the latest one that is known.
        oldest, newest: minor versions of Kubernetes that it is tested with on members.
        removed: component → flags that it no longer takes.
        notes: what else is different for users.
    """

    patch: str
    oldest: Minor
    newest: Minor
    removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


RELEASES: Mapping[Minor, Release] = {
    (1, 15): Release(
        "1.15.9",
        (1, 24),
        (1, 33),
        {
            CONTROLLERS: ("failover-eviction-timeout",),
            WEBHOOK: ("default-not-ready-toleration-seconds", "default-unreachable-toleration-seconds"),
        },
        ("the label propagation.karmada.io/instruction suspends nothing any more",),
    ),
    (1, 16): Release("1.16.8", (1, 25), (1, 34)),
    (1, 17): Release("1.17.5", (1, 26), (1, 35)),
    (1, 18): Release(
        "1.18.2",
        (1, 26),
        (1, 35),
        {CONTROLLERS: ("cluster-lease-duration", "cluster-lease-renew-interval-fraction")},
        ("metrics have the label member_cluster, and no longer cluster and cluster_name",),
    ),
}
RETIRED_MODES: Mapping[str, tuple[str, Minor]] = {
    "Immediately": ("Directly", (1, 19)),
    "Graciously": ("Gracefully", (1, 19)),
}
"""Purge mode → its new name, and the version that takes the old one no longer."""
ETCD_BRIDGE = "3.5.26"
"""The first etcd 3.5 whose members may be upgraded to 3.6: it drops members that are left over in the old store
("Upgrade etcd from 3.5 to 3.6" and the announcement of 3.5.26)."""
