"""The agent pools of an api-model as those of an AKS cluster: system nodes and user nodes apart, all autoscaled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from federation.acs_engine import sources as at
from federation.acs_engine.ledger import Ledger
from federation.acs_engine.machines import labels_of, settings_of, size_of, windows
from federation.acs_engine.tree import Node
from federation.topology.addresses import NODE_RANGE
from federation.topology.pools import LARGEST_POOL, SYSTEM, VM_SIZE, Pool, SystemPool
from federation.topology.regions import ZONES

MOST_POOLS = 12
"""Of an api-model (acs-engine: "agentPoolProfiles")."""
_LONGEST_NAME = 8  # of a pool in a topology
_ROOM = 256
"""Nodes that the range of pods has room for, if the topology chooses it."""
_WIDEST = 10  # bits of 100.64.0.0/10, where the topology takes ranges of pods from


@dataclass(frozen=True)
class Asked:
    """What is known before pools are looked at.

    Attributes:
        there: the zones of the location; None if the location is not known.
        zonal: whether the control plane had several machines, so that nodes are spread over zones, too.
    """

    there: Sequence[str] | None
    zonal: bool


def pools_of(properties: Node, asked: Asked, ledger: Ledger) -> dict[str, Any]:
    """All Linux pools, the first of which is split into system nodes and user nodes.

    Returns `zones`, `system_pool`, `user_pools` and, where many nodes need it, `pods` of a topology's cluster.
    """
    profiles = properties.get("agentPoolProfiles")
    every = profiles.items if profiles is not None and profiles.items is not None else ()
    if profiles is not None and (profiles.items is None or len(every) > MOST_POOLS):
        ledger.problems.append(f"properties.agentPoolProfiles: is no list of at most {MOST_POOLS} pools")
        return {}
    linux = [pool for pool in every if not _is_windows(pool)]
    if every and not linux:
        ledger.problems.append(
            "properties.agentPoolProfiles: has Windows pools only, and the stack makes Linux nodes"
        )
    for pool in every:
        (settings_of if pool in linux else windows)(pool, ledger)
    own = [_zones(pool, asked.there, ledger) for pool in linux]
    union = tuple(sorted({zone for zones in own for zone in zones}))
    zones = union or (tuple(asked.there or ()) if asked.zonal else ())
    if not every:
        ledger.drop(profiles, "an AKS cluster has nodes: the topology's defaults", at.SYSTEM_POOLS)
        return {"zones": list(zones)}
    system = _system(asked.there)
    user = [_pool(pool, index, system, ledger) for index, pool in enumerate(linux)]
    user = [
        {**keys, "zones": list(some)} if some and some != zones else keys
        for keys, some in zip(user, own, strict=True)
    ]
    named = _named(linux, user, ledger)
    return {"zones": list(zones), "system_pool": system, "user_pools": named, **_pods(named)}


def _is_windows(pool: Node) -> bool:
    kind = pool.get("osType")
    return kind is not None and isinstance(kind.value, str) and kind.value.lower() == "windows"


def _system(there: Sequence[str] | None) -> dict[str, Any]:
    """System nodes: 2 survive the loss of one, 3 that of a zone. The topology knows where the location is not known."""
    if there is None:
        return {"vm_size": VM_SIZE}
    count = 3 if there else 2
    return {"vm_size": VM_SIZE, "count": count, "max_count": 2 * count}


def _pool(pool: Node, index: int, system: dict[str, Any], ledger: Ledger) -> dict[str, Any]:
    """A user pool without its name. The first one's nodes were for the system, too, which now has nodes of its own."""
    where = f"user_pools[{index}]"
    node = pool.get("count")
    count = node.value if node is not None else None
    if type(count) is not int or not 1 <= count <= LARGEST_POOL:
        cause = f"is no whole number from 1 to {LARGEST_POOL}" if node else "is missing"
        ledger.refuse_at(node, f"properties.agentPoolProfiles, pool {index + 1}, count", cause)
        count = 1
    wanted = count if index else max(count - system.get("count", 2), min(count, 2))
    most = min(2 * wanted, LARGEST_POOL)
    new = f"{where}.count: {wanted}, {where}.max_count: {most}"
    if index:
        ledger.change(node, new, "AKS adds nodes when pods find no room, up to twice as many", at.AUTOSCALER)
    else:
        said = ", ".join(f"{key}: {value}" for key, value in system.items())
        reason = "system pods have nodes of their own, of 4 vCPUs at least; both pools grow up to twice as many nodes"
        ledger.change(node, f"system_pool: {{{said}}}, {new}", reason, at.SYSTEM_POOLS)
    vm_size = size_of(pool, index, where, ledger)
    labels = labels_of(pool, where, ledger)
    return {"vm_size": vm_size, "count": wanted, "max_count": most, **({"labels": labels} if labels else {})}


def _named(linux: Sequence[Node], user: Sequence[dict[str, Any]], ledger: Ledger) -> list[dict[str, Any]]:
    """The pools with names as the topology wants them, each once."""
    taken = {SYSTEM}
    named = []
    for index, (pool, keys) in enumerate(zip(linux, user, strict=True)):
        node = pool.get("name")
        old = node.value if node is not None else None
        short = _short(old if isinstance(old, str) else "") or f"pool{index + 1}"
        name = next(
            n for n in (short, *(f"{short[: _LONGEST_NAME - 2]}{i}" for i in range(2, 99))) if n not in taken
        )
        taken.add(name)
        if name == old:
            ledger.keep(node, f"user_pools[{index}].name: {name}", "is a name for AKS, too", at.NODE_POOLS)
        else:
            reason = f"names have 1 to {_LONGEST_NAME} lower-case letters and digits, a letter first, and stand once"
            ledger.change(node, f"user_pools[{index}].name: {name}", reason, at.NODE_POOLS)
        named.append({"name": name, **keys})
    return named


def _short(name: str) -> str:
    """Letters and digits only, shortened before a number at the end, which tells pools apart."""
    plain = re.sub(r"^[0-9]+", "", re.sub(r"[^a-z0-9]", "", name.lower()))
    number = re.search(r"[0-9]{0,3}$", plain)
    end = number[0] if number else ""
    return plain[: len(plain) - len(end)][: _LONGEST_NAME - len(end)] + end


def _pods(pools: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A wider range of pods where the pools may grow beyond the usual one."""
    user = [Pool(name="", mode="User", count=p["count"], max_count=p["max_count"], vm_size="") for p in pools]
    most = sum(pool.most for pool in (SystemPool().filled(ZONES), *user))
    if most <= _ROOM:
        return {}
    return {"pods": [f"100.64.0.0/{max(NODE_RANGE - (most - 1).bit_length(), _WIDEST)}"]}


def _zones(pool: Node, there: Sequence[str] | None, ledger: Ledger) -> tuple[str, ...]:
    section = pool.get("availabilityZones")
    found: set[str] = set()
    for zone in (section.items or ()) if section is not None else ():
        name = str(zone.value) if isinstance(zone.value, str | int) else ""
        if there is None:
            ledger.drop(zone, "the topology tells the zones, as the location is not known here", at.ZONES)
        elif name in there:
            ledger.keep(zone, "zones", "the pool is in its zones", at.ZONES)
            found.add(name)
        else:
            has = f"which has {', '.join(there)}" if there else "which has none"
            ledger.drop(zone, f"is no zone of the location, {has}", at.ZONES)
    return tuple(sorted(found))
