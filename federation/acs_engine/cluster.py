"""Everything of an api-model but its pools, as an AKS cluster."""

from __future__ import annotations

import re
from typing import Any

from federation.acs_engine import sources as at
from federation.acs_engine.ledger import Ledger
from federation.acs_engine.tree import Node
from federation.acs_engine.values import printable, shown
from federation.topology import versions

# What Azure takes; acs-engine wanted 3 to 45 characters that start with a letter.
_PREFIX = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,52}[A-Za-z0-9])?")
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_NO_LOGIN = "nobody logs in to nodes"


def prefix_of(properties: Node, ledger: Ledger) -> str:
    """The DNS prefix, after which acs-engine also called the resource group; empty if there is none."""
    master = properties.get("masterProfile")
    node = (master or properties).get("dnsPrefix")
    text = node.value if node is not None else None
    if not isinstance(text, str) or not _PREFIX.fullmatch(text):
        cause = "is no DNS prefix: 1 to 54 letters, digits and dashes, a letter or digit at both ends"
        ledger.refuse_at(node, "properties.masterProfile.dnsPrefix", cause if node else "is missing")
        return ""
    new = f"dns_prefix: {text}, resource_group: {text}"
    ledger.keep(
        node, new, "acs-engine called the resource group after it, too; neither can be changed later", at.ACS
    )
    return text


def tier_of(properties: Node, has_zones: bool, ledger: Ledger) -> tuple[str | None, bool]:
    """The tier of the control plane, and whether the masters were several, so that zones are wanted."""
    master = properties.get("masterProfile")
    node = master.get("count") if master is not None else None
    if node is None:
        if master is not None:
            ledger.problems.append("properties.masterProfile.count: is missing; write 1, 3 or 5")
        return None, False
    if type(node.value) is not int or node.value not in (1, 3, 5):
        ledger.refuse_at(node, "properties.masterProfile.count", "is not one of 1, 3 and 5")
        return None, False
    if node.value == 1:
        reason = (
            "Azure runs the control plane, with an SLA; tier: Free is there without one, and costs nothing"
        )
        ledger.change(node, "tier: Standard", reason, at.TIERS)
        return "Standard", False
    reason = "Azure runs the control plane; nodes are in all zones of a location that has some"
    ledger.change(node, "tier: Standard" + (", zones" if has_zones else ""), reason, at.TIERS)
    return "Standard", True


def version_of(properties: Node, ledger: Ledger) -> str | None:
    """The Kubernetes version if AKS still has it."""
    orchestrator = properties.get("orchestratorProfile")
    nodes = (
        [orchestrator.get(key) for key in ("orchestratorVersion", "orchestratorRelease")]
        if orchestrator
        else []
    )
    chosen = None
    for node in [*nodes, properties.get("kubernetesVersion")]:
        text = str(node.value) if node is not None and isinstance(node.value, str | float) else ""
        hit = re.fullmatch(r"v?(\d{1,2}\.\d{1,3})(\.\d{1,3})?", text)
        if hit and versions.minor(hit[1]) in versions.ENDS:
            chosen = chosen or hit[1]
            say = ledger.keep if text == chosen else ledger.change
            say(
                node,
                f"kubernetes_version: {chosen}",
                "its patches come by themselves",
                at.VERSIONS,
            )
        elif text:
            known = ", ".join(map(versions.shown, versions.ENDS))
            reason = f"AKS has {known}; the topology's default is {versions.DEFAULT}"
            ledger.drop(node, reason, at.VERSIONS)
    return chosen


def login_of(properties: Node, ledger: Ledger) -> None:
    """Nobody logs in to nodes: keys are not needed, and an empty one, as in the walk-through, says so already."""
    linux = properties.get("linuxProfile")
    ssh = linux.get("ssh") if linux is not None else None
    keys = ssh.get("publicKeys") if ssh is not None else None
    given = False
    for entry in (keys.items or ()) if keys is not None else ():
        node = entry.get("keyData")
        given = given or (node is not None and node.value not in (None, ""))
        empty = node is not None and node.value == ""
        ledger.drop(node, "is empty: no key is put on nodes" if empty else _NO_LOGIN, at.SSH)
    ledger.drop(linux.get("adminUsername") if linux is not None else None, _NO_LOGIN, at.SSH)
    if given:
        ledger.notes.append("SSH to nodes is off; `kubectl debug node/NAME` is there instead, and is audited")


def tags_of(root: Node, ledger: Ledger) -> dict[str, str]:
    """Tags of what is made for the cluster."""
    section = root.get("tags")
    tags = {}
    for key, node in (section.fields or ()) if section is not None else ():
        if isinstance(node.value, str) and printable(key) and printable(node.value):
            tags[key] = node.value
            ledger.keep(node, f"tags: {shown(key)}", "all that is made for the cluster has it")
    return tags


def network_of(properties: Node, ledger: Ledger) -> dict[str, Any]:
    """Network, load balancer and rights: one way for every cluster of the stack, whatever the file says.

    Returns `private` of a topology's cluster where its API server was that.
    """
    orchestrator = properties.get("orchestratorProfile")
    old = orchestrator.get("kubernetesConfig") if orchestrator is not None else None
    for section in filter(None, (old, properties.get("networkProfile"))):
        overlay = "azure, overlay, cilium"
        ledger.change(
            section.get("networkPlugin"), overlay, "the stack has one network for all clusters", at.CILIUM
        )
        ledger.change(section.get("networkPolicy"), "cilium", "Cilium enforces network policies", at.CILIUM)
    rbac = properties.get("enableRBAC") or (old.get("enableRbac") if old is not None else None)
    _always(rbac, "Kubernetes RBAC and Azure RBAC are always on", at.RBAC, ledger)
    if old is None:
        return {}
    balancer = old.get("loadBalancerSku")
    if balancer is not None and str(balancer.value).lower() == "standard":
        ledger.keep(balancer, "", "AKS has the standard load balancer", at.LOAD_BALANCER)
    else:
        ledger.change(balancer, "Standard", "basic load balancers ended on 2025-09-30", at.LOAD_BALANCER)
    ledger.change(
        old.get("containerRuntime"), "containerd", "is the only runtime since Kubernetes 1.24", at.DOCKERSHIM
    )
    _always(old.get("enableSecureKubelet"), "kubelets ask for credentials in AKS", at.CONTROL_PLANE, ledger)
    _always(old.get("enableAggregatedAPIs"), "API aggregation is on in AKS", at.CONTROL_PLANE, ledger)
    _always(old.get("enableDataEncryptionAtRest"), "Azure encrypts etcd at rest", at.CONTROL_PLANE, ledger)
    _always(old.get("useManagedIdentity"), "the cluster has managed identities", at.IDENTITY, ledger)
    return _private(old.get("privateCluster"), ledger)


def _always(node: Node | None, reason: str, source: str, ledger: Ledger) -> None:
    """On in every cluster, whether the file says so or not."""
    if node is not None and node.value is True:
        ledger.keep(node, "", reason, source)
    else:
        ledger.change(node, "true", reason, source)


def _private(section: Node | None, ledger: Ledger) -> dict[str, Any]:
    enabled = section.get("enabled") if section is not None else None
    if enabled is None or enabled.value is not True:
        ledger.keep(enabled, "private: false", "the API server has a public address", at.AUTHORIZED)
        return {}
    ledger.keep(enabled, "private: true", "the API server has no address outside of its network", at.PRIVATE)
    return {"private": True}


def administrators_of(properties: Node, ledger: Ledger) -> list[str]:
    """Object ids of groups in Entra ID."""
    section = properties.get("aadProfile")
    node = section.get("adminGroupID") if section is not None else None
    text = node.value if node is not None and isinstance(node.value, str) else ""
    if not re.fullmatch(_UUID, text):
        ledger.drop(node, "is no object id of a group" if text else "says nothing", at.ENTRA)
        return []
    ledger.keep(node, f"administrators: {text}", "the group administers the cluster", at.ENTRA)
    return [text]
