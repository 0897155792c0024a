"""A service on two members, and views of it as they may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from federation.dns.facts import Member, Placement, ServiceFacts
from federation.dns.memory import MemoryBackend
from federation.dns.service import ServiceSpec
from federation.dns.view import View
from federation.names import Service

NGINX = Service("default", "nginx")
MEMBERS: list[dict[str, Any]] = [
    {"name": "fc01", "region": "us", "zones": ["east"]},
    {"name": "fc02", "region": "us", "zones": ["west"]},
]
PROPS: dict[str, Any] = {
    "federation": "fed",
    "domain": "example.com",
    "ttl": 30.0,
    "namespace": "default",
    "service": "nginx",
    "members": MEMBERS,
    "timeoutSeconds": 60.0,
}
SPEC = ServiceSpec.from_props(PROPS)
EAST, WEST, US, GLOBAL = (
    f"nginx.default.fed.svc.{place}example.com" for place in ("east.us.", "west.us.", "us.", "")
)
BOTH = {"fc01": "10.0.0.2", "fc02": "10.0.1.2"}


def spec(**changes: Any) -> ServiceSpec:
    return ServiceSpec.from_props(PROPS | changes)


def view(
    addresses: Mapping[str, str | None],
    *,
    backends: Mapping[str, int] | None = None,
    down: Sequence[str] = (),
    deleted: bool = False,
    problems: Sequence[str] = (),
) -> View:
    """The service is placed on the members that `addresses` names; None: no address yet."""
    members = tuple(
        Member(name=m["name"], region=m["region"], zones=tuple(m["zones"]), ready=m["name"] not in down)
        for m in MEMBERS
    )
    placements = tuple(
        Placement(
            member=name,
            applied=True,
            addresses=(address,) if address else (),
            ready_backends=(backends or {}).get(name, 2),
        )
        for name, address in addresses.items()
    )
    found = ServiceFacts(namespace="default", name="nginx", deleted=deleted, placements=placements)
    return View(members, (found,), tuple(problems))


def answers(backend: MemoryBackend) -> dict[str, tuple[str, ...]]:
    """Names to values, of whatever type and owner."""
    return {name: each.record.values for (name, _), each in backend.read().items()}
