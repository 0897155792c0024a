"""Corefiles, as text. Pure.

A Corefile is a list of server blocks: zones, and the plugins that answer for them. Their order in a block means
nothing; CoreDNS has one of its own (plugin.cfg).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

DNS_PORT, HEALTH_PORT, READY_PORT, METRICS_PORT = 5353, 8080, 8181, 9153
"""A process that is not root has no port below 1024; the Service has 53."""
DENIAL_SECONDS = 1
"""How long it is remembered that a name is not there: who asks too early gets the answer soon after it is."""
NS_SECONDS = 300
MOST_UPSTREAMS = 15
"""Of the plugin forward (plugin/forward/setup.go)."""
_INDENT = "    "


def server(zone: str, *, endpoints: Sequence[str], prefix: str, certificate: str, key: str, ca: str) -> str:
    """The Corefile of the federation's servers: the zone out of etcd, REFUSED for everything else.

    What is there is not cached: an answer is as old as the last write, and has its whole TTL. Resolvers keep it.

    Args:
        zone: without trailing dot.
        endpoints: URLs of etcd's members.
        prefix: of the keys.
        certificate, key, ca: paths of files.
    """
    return _block(
        [f"{zone}:{DNS_PORT}"],
        [
            "errors",
            f"health :{HEALTH_PORT}",
            f"ready :{READY_PORT}",
            f"prometheus :{METRICS_PORT}",
            "loadbalance",
            *_nested("cache", ["disable success", f"denial 9984 {DENIAL_SECONDS} {DENIAL_SECONDS}"]),
            *_nested(f"template IN NS {zone}", _apex(zone)),
            *_nested(
                f"etcd {zone}",
                [f"path {prefix}", f"endpoint {' '.join(endpoints)}", f"tls {certificate} {key} {ca}"],
            ),
        ],
    )


def forwarding(zone: str, nameservers: Iterable[str], *, ttl: int) -> str:
    """The server block with which another CoreDNS asks these servers for the zone.

    Only what every CoreDNS of the last years understands: one that does not understand its Corefile does not start.

    Args:
        zone: without trailing dot.
        nameservers: "address:port"; the first 15 are asked.
        ttl: seconds that answers may be kept.
    """
    asked = list(nameservers)[:MOST_UPSTREAMS]
    return _block([f"{zone}:53"], ["errors", f"cache {ttl}", f"forward . {' '.join(asked)}"])


def _apex(zone: str) -> list[str]:
    """The zone's own NS record: the plugin etcd would deny that its name exists, and all names below it (RFC 8020)."""
    literal = re.escape(f"{zone}.")
    return [
        f'match "^{literal}$"',
        f'answer "{zone}. {NS_SECONDS} IN NS ns.dns.{zone}."',
        "fallthrough",
    ]


def _block(zones: Sequence[str], lines: Iterable[str]) -> str:
    return "\n".join(_nested(" ".join(zones), lines)) + "\n"


def _nested(head: str, lines: Iterable[str]) -> list[str]:
    return [f"{head} {{", *(f"{_INDENT}{line}" for line in lines), "}"]
