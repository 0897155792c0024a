"""The federation's zone in a member's own cluster DNS, so that its pods resolve the names.

Two places, of which a cluster has one:

    ConfigMap kube-system/coredns, key Corefile     somebody else's text, in which we have a block; see `stub`
    ConfigMap kube-system/coredns-custom            a key of our own, where that Corefile imports *.server (AKS, k3s)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from federation.coredns import corefile, stub
from federation.errors import ConflictError, RejectedError
from federation.kube import Kube, Object, Ref

COREFILE = "Corefile"
CONFIG = Ref("v1", "configmaps", "coredns", "kube-system")
CUSTOM = Ref("v1", "configmaps", "coredns-custom", "kube-system")
SERVER = Ref("apps/v1", "deployments", "coredns", "kube-system")
ROLLED = "federation/corefile"
"""Annotation of the pods of a CoreDNS that does not reload by itself."""
_IMPORTS = re.compile(r"^\s*import\s+\S*\*\.server\s*$", re.MULTILINE)
_ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """What a member's cluster DNS is told.

    Attributes:
        federation: its name.
        domain: its zone, without trailing dot.
        nameservers: "address:port" of the CoreDNS that knows it, in any order.
        ttl: seconds that answers may be kept.
    """

    federation: str
    domain: str
    nameservers: Sequence[str]
    ttl: int

    @property
    def block(self) -> str:
        """The server block; the same for the same nameservers."""
        return corefile.forwarding(self.domain, sorted(self.nameservers), ttl=self.ttl)


@dataclass(frozen=True)
class Edit:
    """A merge patch for an object that is there, under the condition that nobody has changed it since."""

    ref: Ref
    uid: str
    patch: Object


def wire(member: Kube, wiring: Wiring) -> str:
    """Make it so; the ConfigMap that says it, such as "kube-system/coredns".

    Raises `RejectedError` if the cluster has no such ConfigMap, or another block for the zone, and `ConflictError` if
    somebody else changes the Corefile all the time.
    """
    config = _config(member, wiring)
    if imports(_corefile(config)):
        member.apply(_custom(wiring), manager=f"federation-{wiring.federation}-dns")
        return f"{CUSTOM.namespace}/{CUSTOM.name}"
    for attempt in range(_ATTEMPTS):
        text = _corefile(config)
        wanted = stub.put(text, wiring.federation, wiring.block)
        try:
            if wanted != text:
                _change(member, _edits(member, config, wanted))
            break
        except ConflictError:
            if attempt == _ATTEMPTS - 1:
                raise
            config = _config(member, wiring)
    return f"{CONFIG.namespace}/{CONFIG.name}"


def wired(member: Kube, federation: str) -> str | None:
    """The federation's block as it is there; None if there is none."""
    config, custom = member.get(CONFIG), member.get(CUSTOM)
    if config is not None and (block := stub.get(_corefile(config), federation)) is not None:
        return block
    return None if custom is None else (custom.get("data") or {}).get(key(federation))


def removal(member: Kube, federation: str) -> list[Edit]:
    """What has to be changed so that nothing of the federation is left. Nothing is changed yet."""
    edits = list[Edit]()
    config, custom = member.get(CONFIG), member.get(CUSTOM)
    if config is not None:
        text = _corefile(config)
        if (wanted := stub.take(text, federation)) != text:
            edits += _edits(member, config, wanted)
    if custom is not None and key(federation) in (custom.get("data") or {}):
        edits.append(_edit(CUSTOM, custom, {"data": {key(federation): None}}))
    return edits


def unwire(member: Kube, federation: str) -> bool:
    """Take it out; False if nothing was there. Raises `ConflictError` as `wire` does."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _change(member, removal(member, federation))
        except ConflictError:
            continue  # it is read anew
    return _change(member, removal(member, federation))


def key(federation: str) -> str:
    """Of our own file among those that are imported."""
    return f"federation-{federation}.server"


def imports(text: str) -> bool:
    """Whether the Corefile takes in files that end with .server, each of which is server blocks."""
    return _IMPORTS.search(text) is not None


def _change(member: Kube, edits: Sequence[Edit]) -> bool:
    for edit in edits:
        member.merge(edit.ref, edit.patch)
    return bool(edits)


def _edits(member: Kube, config: Object, wanted: str) -> list[Edit]:
    """The new Corefile; and new pods, if the present ones would not notice."""
    edits = [_edit(CONFIG, config, {"data": {COREFILE: wanted}})]
    if stub.reloads(wanted):
        return edits
    server = member.get(SERVER)
    if server is None:
        print(f"warning: {member.name}: its CoreDNS does not reload by itself. Next: restart its pods.")
        return edits
    mark = {ROLLED: sha256(wanted.encode()).hexdigest()[:16]}
    template = {"template": {"metadata": {"annotations": mark}}}
    return [*edits, Edit(SERVER, server["metadata"]["uid"], {"spec": template})]


def _edit(ref: Ref, found: Object, patch: Mapping[str, Any]) -> Edit:
    metadata = found["metadata"]
    return Edit(ref, metadata["uid"], {"metadata": {"resourceVersion": metadata["resourceVersion"]}, **patch})


def _config(member: Kube, wiring: Wiring) -> Object:
    """The ConfigMap, which may take our block."""
    subject = f"zone {wiring.domain} in the cluster DNS of {member.name}"
    found = member.get(CONFIG)
    if found is None or COREFILE not in (found.get("data") or {}):
        where = ", ".join(wiring.nameservers)
        raise RejectedError(
            subject,
            "there is no ConfigMap kube-system/coredns with a Corefile, so its DNS is not CoreDNS as usual",
            f"set wire_members to false, and let its DNS forward the zone to {where} by hand",
        )
    others = stub.take(_corefile(found), wiring.federation)
    if stub.serves(others, wiring.domain):
        raise RejectedError(
            subject,
            "its Corefile has a block for the zone that is not this federation's",
            "remove it with `kubectl -n kube-system edit configmap coredns`",
        )
    return found


def _corefile(config: Object) -> str:
    return str((config.get("data") or {}).get(COREFILE, ""))


def _custom(wiring: Wiring) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CUSTOM.name, "namespace": CUSTOM.namespace},
        "data": {key(wiring.federation): wiring.block},
    }
