"""What Traffic Manager answers for a profile: which of its endpoints, by health and routing method.

Sources: learn.microsoft.com/azure/traffic-manager/traffic-manager-routing-methods and .../traffic-manager-monitoring.
In Azure, Weighted and Performance answer one endpoint for each question, by chance or by the place of who asks. A zone
file can't: here all healthy endpoints are answered.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.azure.dns.health import Check, profile_status
from lab.azure.dns.state import of
from lab.azure.ids import ResourceId
from lab.azure.kinds import Context
from lab.azure.store import Entry, Store

PROFILES = "Microsoft.Network/trafficManagerProfiles"
EXTERNAL = "externalEndpoints"
_SERVES = ("Online", "CheckingEndpoint", "Unmonitored")


@dataclass(frozen=True)
class Endpoint:
    """An endpoint with its monitor status."""

    name: str
    target: str
    status: str
    priority: int = 1


def endpoints_of(store: Store, profile: ResourceId) -> list[Entry]:
    """A profile's endpoints, in the order they came."""
    return store.children(profile, EXTERNAL)


def monitor_status(context: Context, profile: Entry, endpoint: Entry) -> str:
    """`endpointMonitorStatus`: what is configured comes before what probes find."""
    if endpoint.properties.get("endpointStatus") == "Disabled":
        return "Disabled"
    if profile.properties.get("profileStatus") == "Disabled":
        return "Inactive"
    if endpoint.properties.get("alwaysServe") == "Enabled":
        return "Unmonitored"
    return of(context).health.status(endpoint.id)


def overall_status(context: Context, profile: Entry) -> str:
    """`profileMonitorStatus`."""
    statuses = [monitor_status(context, profile, e) for e in endpoints_of(context.store, profile.resource_id)]
    return profile_status(profile.properties.get("profileStatus") != "Disabled", statuses)


def choose(endpoints: Sequence[Endpoint], method: str, most: int | None = None) -> list[Endpoint]:
    """The endpoints that are answered.

    When none is healthy, all count as healthy: an answer that may work is better than none.

    Args:
        most: `maxReturn` of the method MultiValue.
    """
    enabled = [e for e in endpoints if e.status not in ("Disabled", "Inactive")]
    serving = [e for e in enabled if e.status in _SERVES] or enabled
    if method == "Priority":
        return sorted(serving, key=lambda e: e.priority)[:1]
    return serving[:most] if method == "MultiValue" and most else serving


def targets(context: Context, profile: Entry) -> list[str]:
    """Addresses or names of the endpoints that are answered for a profile."""
    found = [
        Endpoint(
            name=e.resource_id.name,
            target=e.properties["target"],
            status=monitor_status(context, profile, e),
            priority=e.properties.get("priority", 1),
        )
        for e in endpoints_of(context.store, profile.resource_id)
    ]
    method = profile.properties["trafficRoutingMethod"]
    return [e.target for e in choose(found, method, profile.properties.get("maxReturn"))]


def has_addresses_only(store: Store, profile: Entry) -> bool:
    """Whether all targets are IP addresses: what an alias set of A or AAAA needs."""
    return all(is_ip(e.properties["target"]) for e in endpoints_of(store, profile.resource_id))


def is_ip(text: str) -> bool:
    """Whether it is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def checks(context: Context) -> dict[str, Check]:
    """What has to be probed: of enabled profiles, enabled endpoints that are not always served."""
    store = context.store
    with store.transaction():
        return {
            e.id.lower(): check_of(profile.properties["monitorConfig"], e.properties)
            for profile in store.of_type(PROFILES)
            for e in endpoints_of(store, profile.resource_id)
            if monitor_status(context, profile, e) not in ("Disabled", "Inactive", "Unmonitored")
        }


def check_of(monitor: Mapping[str, Any], endpoint: Mapping[str, Any]) -> Check:
    """How an endpoint is probed, from its profile's `monitorConfig` and its own properties."""
    headers = {h["name"]: h["value"] for h in monitor.get("customHeaders") or ()}
    headers |= {h["name"]: h["value"] for h in endpoint.get("customHeaders") or ()}
    ranges = [(r.get("min", 200), r.get("max", 200)) for r in monitor.get("expectedStatusCodeRanges") or ()]
    return Check(
        target=endpoint["target"],
        protocol=monitor["protocol"],
        port=monitor["port"],
        path=monitor.get("path") or "/",
        headers=tuple(sorted(headers.items())),
        expected=tuple(ranges) or ((200, 200),),
        interval=monitor["intervalInSeconds"],
        timeout=monitor["timeoutInSeconds"],
        tolerated=monitor["toleratedNumberOfFailures"],
    )
