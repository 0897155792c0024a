"""Microsoft.ContainerService/managedClusters: a PUT boots a real cluster of the lab.

The stand-in's simplifications, beside those of `versions`: a managed cluster is one machine that is control plane and
node in one, whatever its pools' counts say (`Settings.aks_workers` gives it more nodes). Agent pools are records: their
taints are on no node. Private clusters, authorized IP ranges and network policies are recorded and nothing more.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from azure.mgmt.containerservice import models

from lab.api import Unavailable
from lab.azure.aks import (
    cluster_rules,
    credentials,
    documents,
    immutable,
    linked,
    names,
    pool_rules,
    quota,
    sizes,
    versions,
)
from lab.azure.aks.machines import PAPER_VERSION
from lab.azure.aks.nodes import wanted
from lab.azure.aks.part import part
from lab.azure.http import ArmError, Document
from lab.azure.ids import GROUPS, ResourceId
from lab.azure.kinds import Call, Context, Kind, Operation, Started
from lab.azure.removal import remove_all
from lab.azure.store import Entry
from lab.errors import LabError

_log = logging.getLogger("azure.aks")


class ManagedCluster(Kind):
    """A cluster."""

    type = names.CLUSTERS
    versions = names.VERSIONS
    model: ClassVar[Any] = models.ManagedCluster
    tracked = True
    etag = "eTag"
    stateful = True
    name_pattern = cluster_rules.NAME
    busy_code = "OperationNotAllowed"
    delete_order = 10

    @property
    def actions(self) -> dict[str, Any]:
        """Kubeconfigs."""
        return {
            "listclusterusercredential": credentials.user,
            "listclusteradmincredential": credentials.admin,
            "listclustermonitoringusercredential": credentials.user,
        }

    def validate(self, call: Call) -> None:
        """Everything that AKS checks before it starts."""
        given = [dict(pool) for pool in call.properties.get("agentPoolProfiles") or []]
        if call.existing is not None:
            _keep(call, call.existing)
        call.body["properties"] = cluster_rules.filled(call.properties)
        cluster_rules.check(call, call.properties)
        owner = linked.control_plane(call)
        linked.kubelet(call, owner)
        pools = _pools(call, given)
        for pool in pools.values():
            found = linked.subnet(call, pool, call.body["location"], owner)
            network = call.properties["networkProfile"]
            linked.require_egress(call, network["outboundType"], found)
            linked.require_apart(call, found, network["serviceCidr"])
        self._require_group(call)
        call.properties["agentPoolProfiles"] = [{"name": name, **pool} for name, pool in pools.items()]

    def _require_group(self, call: Call) -> None:
        """The node resource group is AKS's own to make."""
        if call.existing is not None:
            return
        name = call.properties.get("nodeResourceGroup") or names.node_group(call.id, call.body["location"])
        call.properties["nodeResourceGroup"] = name
        if call.context.store.get(names.group_id(call.id, name)) is not None:
            raise call.refuse(
                "NodeResourceGroupAlreadyExists",
                f"The resource group '{name}' exists already, and a cluster's node resource group must be new.",
                409,
            )

    def put(self, call: Call) -> Started:
        """Store what is wanted, and boot what is not up."""
        pools = call.properties.pop("agentPoolProfiles")
        document = documents.stored(call)
        if "lab" not in call.private:
            system = next(pool for pool in pools if pool["mode"] == "System")
            call.private["lab"] = names.lab_name(call.id, _taken(call.context))
            call.private["machine"] = wanted(call, document, system)
        for pool in pools:
            _save_pool(call.context, call.id, pool, "Updating" if call.existing else "Creating")
        _save_group(call, document)
        return Started(document=document, work=lambda operation: self._work(call, document, operation))

    def _work(self, call: Call, document: Document, operation: Operation) -> Document:
        context = call.context
        state, runs = "Failed", None
        try:
            if _is_up(call):
                operation.sleep(context.settings.operation_seconds)
            else:
                _boot(call)
            runs = document["properties"]["currentKubernetesVersion"] = _runs(call)
            _look_after(call)
            state = "Succeeded"
        finally:
            with context.store.transaction():
                for pool in context.store.children(call.id, "agentPools"):
                    if pool.properties.get("provisioningState") in ("Creating", "Updating"):
                        change = {
                            "name": pool.resource_id.name,
                            **({"currentOrchestratorVersion": runs} if runs else {}),
                        }
                        _save_pool(context, call.id, change, state)
        return document

    def patch(self, call: Call) -> Document:
        """Only tags, as `UpdateTags` of AKS."""
        document = super().patch(call)
        properties = {k: v for k, v in document.get("properties", {}).items() if k not in _READ_ONLY}
        return {**{k: v for k, v in document.items() if k != "systemData"}, "properties": properties}

    def delete(self, call: Call) -> Started:
        """Power off, and take along what AKS made."""
        return Started(work=lambda operation: _remove(call, operation))

    def render(self, context: Context, entry: Entry) -> Document:
        """With the pools as they are now."""
        pools = [
            {**pool.properties, "name": pool.resource_id.name, "eTag": pool.etag}
            for pool in context.store.children(entry.resource_id, "agentPools")
        ]
        return {**entry.document, "properties": {**entry.properties, "agentPoolProfiles": pools}}


_READ_ONLY = (
    "provisioningState powerState maxAgentPools currentKubernetesVersion fqdn azurePortalFQDN resourceUID "
    "agentPoolProfiles"
).split()


def _keep(call: Call, existing: Entry) -> None:
    """What was left out of an update and can't be changed stays."""
    before, after = existing.properties, call.properties
    immutable.keep(immutable.CLUSTER, before, after, "properties")
    for whole in ("identityProfile", "aadProfile", "oidcIssuerProfile"):
        if after.get(whole) is None and before.get(whole) is not None:
            after[whole] = before[whole]
    call.body.setdefault("identity", existing.document.get("identity"))
    call.body.setdefault("sku", existing.document.get("sku"))
    if before["oidcIssuerProfile"]["enabled"] and after["oidcIssuerProfile"].get("enabled") is False:
        raise call.refuse(
            "OIDCIssuerFeatureCannotBeDisabled", "OIDC issuer feature cannot be disabled once it is enabled."
        )
    version = str(after.setdefault("kubernetesVersion", before["kubernetesVersion"]))
    versions.require_supported(version, call.id.name)
    versions.require_step(before["kubernetesVersion"], version)


def _pools(call: Call, given: list[Document]) -> dict[str, Document]:
    """Inline pools by name, filled and checked. Those that are there and were not sent stay as they are."""
    present = {e.resource_id.name: e.properties for e in call.context.store.children(call.id, "agentPools")}
    if not given and not present:
        raise ArmError(400, "InvalidParameter", "Required parameter agentPoolProfiles is missing (null).")
    version, location = call.properties["kubernetesVersion"], call.body["location"]
    pools: dict[str, Document] = {}
    for pool in given:
        name = pool.pop("name", "")
        if name in pools:
            raise pool_rules.invalid("agentPoolProfiles", f"there are two pools named '{name}'")
        if call.existing is not None and name not in present:
            raise ArmError(
                400,
                "BadRequest",
                "A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed through "
                "managed cluster operations. For agent pool specific change, please use per agent pool operations: "
                "https://aka.ms/agent-pool-rest-api",
            )
        if name in present:
            immutable.keep(immutable.POOL, present[name], pool, "agentPoolProfile")
            pool_rules.scaled(present[name], pool)
            pool.setdefault("orchestratorVersion", present[name].get("orchestratorVersion"))
        pools[name] = pool_rules.filled(pool, version)
    _check_pools(call, pools, {**present, **pools}, location)
    return pools


def _check_pools(call: Call, pools: dict[str, Document], all_: dict[str, Document], location: str) -> None:
    version = call.properties["kubernetesVersion"]
    counts = {name: pool_rules.check(name, pool, location, version) for name, pool in pools.items()}
    pool_rules.require_system(all_.values())
    if counts:
        changed = {name: pool for name, pool in all_.items() if name not in counts}
        others = sum(p["count"] * (sizes.cpus(p["vmSize"]) or 0) for p in changed.values())
        size = next(iter(pools.values()))["vmSize"]
        quota.require(call.context, location, sum(counts.values()) + others, size, without=call.id.text)


def _taken(context: Context) -> set[str]:
    """Names of the lab that are somebody's: other managed clusters', or clusters of the lab's own topology."""
    ours = {e.private.get("lab", "") for e in context.store.of_type(names.CLUSTERS)}
    machines = part(context).machines
    return ours | set(machines.names())


def _save_pool(context: Context, cluster: ResourceId, pool: Document, state: str) -> None:
    """Store an inline pool, or another state of it."""
    id_ = cluster.child("agentPools", pool["name"])
    entry = context.store.get(id_)
    before = entry.properties if entry else pool_rules.computed(PAPER_VERSION)
    given = {k: v for k, v in pool.items() if k != "name"}
    context.store.put(id_, names.POOLS, {"properties": {**before, **given, "provisioningState": state}})


def _save_group(call: Call, document: Document) -> None:
    """The node resource group; AKS makes it, and it is the cluster's."""
    id_ = names.group_id(call.id, document["properties"]["nodeResourceGroup"])
    if call.context.store.get(id_) is None:
        group = {
            "location": document["location"],
            "managedBy": call.id.text,
            "tags": {"aks-managed-cluster-name": call.id.name, "aks-managed-cluster-rg": call.id.group},
            "properties": {"provisioningState": "Succeeded"},
        }
        call.context.store.put(id_, GROUPS, group)


def _is_up(call: Call) -> bool:
    """Whether it was up, and its machines are still there: somebody may have removed them by hand."""
    name = call.private["lab"]
    return bool(call.private.get("booted")) and part(call.context).machines.find(name) is not None


def _look_after(call: Call) -> None:
    """From now on somebody looks after it; who has a role in it has it before the PUT is done."""
    aks = part(call.context)
    if (entry := call.context.store.get(call.id)) is not None:
        aks.watch(call.context, entry)
        aks.settle(entry)


def _boot(call: Call) -> None:
    """Raises `ArmError`, which makes the cluster `Failed`; another PUT goes on."""
    machine = call.private["machine"]
    _log.info("%s: one machine, cluster %s of the lab, for all its pools", call.id.text, machine["name"])
    try:
        part(call.context).machines.boot(machine)
    except LabError as error:
        raise ArmError(500, "CreateManagedClusterFailed", f"The cluster did not come up: {error}") from None
    call.private["booted"] = True


def _runs(call: Call) -> str:
    try:
        return part(call.context).machines.version(call.private["lab"])
    except Unavailable:
        return PAPER_VERSION


def _remove(call: Call, operation: Operation) -> None:
    context, aks = call.context, part(call.context)
    entry = call.existing
    if entry is None:
        return
    operation.sleep(context.settings.operation_seconds)
    aks.leave(context, entry)
    if name := entry.private.get("lab"):
        try:
            aks.machines.remove(name)
        except LabError as error:
            raise ArmError(
                500, "DeleteManagedClusterFailed", f"The cluster can't be removed: {error}"
            ) from None
    remove_all(context, names.group_id(call.id, entry.properties["nodeResourceGroup"]))


KINDS = (ManagedCluster(),)
