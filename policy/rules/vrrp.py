"""VRRP: whose virtual addresses are whose on a network segment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from pydantic import Field

from policy.objects import KubernetesObject
from policy.pods import arguments, containers, flag, pod_spec
from policy.properties import Property
from policy.rule import Context, Finding, Policy, Severity, Undecided, Verdicts, each
from policy.rules.across import image_name, known, parsed
from policy.settings import PolicySettings
from policy.stack import Resource, Stack

KEEPALIVED_VIP = "kube-keepalived-vip"
DEFAULT_ID = "50"
"""Of kube-keepalived-vip without --vrid (aledbf/kube-keepalived-vip, README)."""
FIRST, LAST = 1, 255
"""Of router ids (RFC 9568, 5.2.3)."""
_ROUTER_ID = re.compile(r"\bvirtual_router_id\s+([0-9]{1,9})\b")


class VrrpSettings(PolicySettings):
    """Of P12."""

    networks: Mapping[str, str] = Field(
        default_factory=dict,
        description="name of a resource, * for any text, to the network segment of its cluster's nodes;"
        " all that is not named is on one segment",
    )
    reserved: tuple[int, ...] = Field((), description="router ids that other stacks use on these segments")


@dataclass(frozen=True)
class Claim:
    """Something that speaks VRRP with a router id.

    Attributes:
        resource: that it is in.
        title: of the object.
        id: of the router.
    """

    resource: Resource
    title: str
    id: float


def router_ids(stack: Stack, context: Context[VrrpSettings]) -> Verdicts:
    """Ids that two routers of a segment share, so that each takes the other's addresses (RFC 9568, 5.2.3)."""
    first: dict[tuple[str, float], Claim] = {}
    for claim in _claims(stack):
        if isinstance(claim, Undecided):
            yield claim
            continue
        if not FIRST <= claim.id <= LAST:
            yield _wrong(claim, f"which is not {FIRST} to {LAST}")
        if claim.id in context.settings.reserved:
            yield _wrong(claim, "which another stack uses (reserved)")
        earlier = first.setdefault((_network(claim, context.settings), claim.id), claim)
        if earlier.resource is not claim.resource:
            yield _wrong(claim, f"and so has {earlier.title} ({earlier.resource.title})")


def _wrong(claim: Claim, what: str) -> Finding:
    id_ = f"{claim.id:g}"
    return Finding(id_, f"{claim.title} has virtual router id {id_!r}, {what}", claim.resource.urn)


def _network(claim: Claim, settings: VrrpSettings) -> str:
    names = (network for name, network in settings.networks.items() if fnmatchcase(claim.resource.name, name))
    return next(names, "")


def _claims(stack: Stack) -> Iterator[Claim | Undecided]:
    for resource in stack.resources:
        for found in resource.objects:
            for id_ in known(_ids(found), resource.urn):
                yield id_ if isinstance(id_, Undecided) else Claim(resource, found.title, id_)


def _ids(found: KubernetesObject) -> Iterator[float]:
    for container in _speakers(found):
        # A change of another argument leaves the id as it is.
        text = flag(arguments(container), "vrid") or ("" if found.partial else DEFAULT_ID)
        yield from map(float, re.findall(r"^[0-9]{1,9}$", text))
    for value in _files(found):
        yield from map(float, _ROUTER_ID.findall(value.text()))
        if (ours := parsed(value).at("routerId").number()) is not None:
            yield ours  # this project's own agent (components/keepalived)


def _speakers(found: KubernetesObject) -> list[Property]:
    """Containers of kube-keepalived-vip, under whatever name."""
    pod = pod_spec(found)
    return [] if pod is None else [one for one in containers(pod) if _speaks(one)]


def _speaks(container: Property) -> bool:
    return KEEPALIVED_VIP in image_name(container) or flag(arguments(container), "vrid") is not None


def _files(found: KubernetesObject) -> list[Property]:
    """Texts that pods may read as files. Of a Secret, those that are named as keepalived's: the rest are keys."""
    if found.kind not in ("ConfigMap", "Secret"):
        return []
    entries = [entry for key in ("data", "stringData") for entry in found.root.at(key).entries()]
    return [value for name, value in entries if found.kind == "ConfigMap" or name.endswith(".conf")]


def multicast(resource: Resource, _context: Context[VrrpSettings]) -> Verdicts:
    """VRRP to whoever listens. Version 3 has no authentication (RFC 9568, 9), so a wrong neighbour takes the address.

    This project's agent writes keepalived.conf itself, with all other gateway nodes as its peers.
    """
    for spoken in (_by_multicast, _without_peers):
        yield from each(resource.objects, spoken)


def _by_multicast(found: KubernetesObject) -> Verdicts:
    for container in _speakers(found):
        unicast = flag(arguments(container), "use-unicast")
        if unicast != "true" and not (found.partial and unicast is None):
            yield _open(found, container)


def _without_peers(found: KubernetesObject) -> Verdicts:
    yield from each(_files(found), partial(_peers, found))


def _peers(found: KubernetesObject, file: Property) -> Verdicts:
    if "vrrp_instance" in file.text() and "unicast_peer" not in file.text():
        yield _open(found, file)


def _open(found: KubernetesObject, where: Property) -> Finding:
    text = f"{found.kind} {found.key!r} speaks VRRP to the whole segment ({where.path})"
    return Finding(found.key, text, fix="name the peers (--use-unicast=true, or unicast_peer)")


POLICIES = (
    Policy(
        id="P12",
        name="p12-vrrp",
        title="VRRP router ids are unique on their segment, and peers are named",
        why="Two clusters with one router id take each other's addresses, and multicast lets any neighbour do it.",
        remedy=f"give each cluster a router id of its own, of {FIRST} to {LAST}",
        source="RFC 9568, 5.2.3 and 9",
        seed="--vrid=51 in both clusters, #- --use-unicast=true (on premises)",
        severity=Severity.HIGH,
        settings=VrrpSettings,
        checks=(multicast,),
        stack_checks=(router_ids,),
    ),
)
