"""What matters of a Service for its virtual IP, and what is written back to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.vip.pool import Pool

LOAD_BALANCER_CLASS = "k8s-federation/keepalived"
ADDRESS_ANNOTATION = "k8s-federation/load-balancer-ip"
CONDITION = "k8s-federation/AddressAssigned"
"""Type of the condition that each Service we serve has. It is the mark by which its address is known to be ours."""

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Service:
    """A Service, reduced to what decides its address.

    Attributes:
        key: namespace/name.
        uid: tells it from another of the same name that was there before.
        version: `resourceVersion`, the precondition of writing its status.
        created: RFC 3339 time; the older of two that want the same address gets it.
        balanced: it is of type LoadBalancer.
        load_balancer_class: None if it names none.
        requested: the address that it asks for, as written.
        ipv4: it may have IPv4 addresses.
        leaving: it is being deleted, and something still holds it.
        addresses: of its status.
        conditions: of its status.
    """

    key: str
    uid: str
    version: str
    created: str
    balanced: bool
    load_balancer_class: str | None
    requested: str | None
    ipv4: bool
    leaving: bool
    addresses: tuple[str, ...]
    conditions: tuple[Object, ...]

    @classmethod
    def of(cls, found: Object) -> Service:
        """From an object of the API. The annotation wins over `spec.loadBalancerIP`, which is deprecated since 1.24."""
        metadata, spec, status = found["metadata"], found.get("spec", {}), found.get("status", {})
        annotations = metadata.get("annotations") or {}
        ingress = (status.get("loadBalancer") or {}).get("ingress") or []
        return cls(
            key=f"{metadata['namespace']}/{metadata['name']}",
            uid=metadata["uid"],
            version=metadata["resourceVersion"],
            created=metadata.get("creationTimestamp") or "",
            balanced=spec.get("type") == "LoadBalancer",
            load_balancer_class=spec.get("loadBalancerClass"),
            requested=annotations.get(ADDRESS_ANNOTATION) or spec.get("loadBalancerIP") or None,
            ipv4="IPv4" in (spec.get("ipFamilies") or ["IPv4"]),
            leaving="deletionTimestamp" in metadata,
            addresses=tuple(entry["ip"] for entry in ingress if entry.get("ip")),
            conditions=tuple(status.get("conditions") or ()),
        )

    @property
    def condition(self) -> Object | None:
        """Our condition, if it has one."""
        return next((c for c in self.conditions if c.get("type") == CONDITION), None)

    def served(self, *, default_class: bool) -> bool:
        """Whether its address is given here: its class is ours, or it names none and those are ours too."""
        if self.load_balancer_class is None:
            return self.balanced and default_class
        return self.balanced and self.load_balancer_class == LOAD_BALANCER_CLASS


@dataclass(frozen=True)
class Outcome:
    """What a Service gets.

    Attributes:
        address: None if it gets none.
        reason: of the condition and the event, such as "PoolExhausted"; empty if all is as it was asked for.
        message: why, and what to do, if there is a reason.
    """

    address: str | None
    reason: str = ""
    message: str = ""


def status(service: Service, outcome: Outcome | None, pool: Pool, now: str) -> dict[str, Any] | None:
    """The status that the Service should have, as a merge patch with its version as precondition; None if it has it.

    Args:
        service: as it is.
        outcome: None if it is not served here; what we had given it is then taken back.
        pool: with it, addresses of others are told from ours.
        now: RFC 3339 time of a condition that changes.
    """
    if outcome is None and service.condition is None:
        return None
    others: list[Object] = [c for c in service.conditions if c.get("type") != CONDITION]
    ours: list[Object] = [] if outcome is None else [_condition(service.condition, outcome, now)]
    if outcome is None:
        addresses = [a for a in service.addresses if pool.address(a) is None]
    else:
        addresses = [outcome.address] if outcome.address else []
    if tuple(addresses) == service.addresses and tuple(others + ours) == service.conditions:
        return None
    ingress = [{"ip": address} for address in addresses]
    return {
        "metadata": {"resourceVersion": service.version},
        "status": {"loadBalancer": {"ingress": ingress or None}, "conditions": others + ours},
    }


def _condition(before: Object | None, outcome: Outcome, now: str) -> dict[str, Any]:
    """As the API's conventions have it: the time is that of the last change of `status`."""
    state = "False" if outcome.reason else "True"
    message = outcome.message or f"{outcome.address} is held by the gateway nodes"
    same = before is not None and before.get("status") == state
    return {
        "type": CONDITION,
        "status": state,
        "reason": outcome.reason or "Assigned",
        "message": message,
        "lastTransitionTime": before["lastTransitionTime"] if before is not None and same else now,
    }
