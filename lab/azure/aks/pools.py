"""Microsoft.ContainerService/managedClusters/agentPools: records; see `clusters` for what they do not do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from azure.mgmt.containerservice import models

from lab.azure.aks import immutable, linked, names, pool_rules, quota, versions
from lab.azure.aks.machines import PAPER_VERSION
from lab.azure.http import ArmError, Document
from lab.azure.ids import ResourceId
from lab.azure.kinds import Call, Kind, Operation, Started, Verb
from lab.azure.settings import Rate
from lab.azure.store import Entry


class AgentPool(Kind):
    """A pool. AKS does one operation at a time on a cluster and its pools."""

    type = names.POOLS
    versions = names.VERSIONS
    model: ClassVar[Any] = models.AgentPool
    etag = "properties.eTag"
    stateful = True
    busy_code = "OperationNotAllowed"
    # A bucket of 20 for each cluster, with one more a minute ("Throttling limits on AKS resource provider APIs").
    rates: ClassVar[Mapping[Verb, tuple[str, Rate]]] = {
        "write": ("aks-agent-pool-puts", Rate(calls=20, seconds=1200))
    }
    rate_scope = "parent"

    def busy_scope(self, id_: ResourceId) -> ResourceId:
        """The cluster."""
        return id_.parent or id_

    def validate(self, call: Call) -> None:
        """By itself, with its cluster, and by what can't change."""
        cluster = _cluster(call)
        plane, location = cluster.properties["kubernetesVersion"], cluster.document["location"]
        if call.existing is not None:
            before = call.existing.properties
            immutable.keep(immutable.POOL, before, call.properties, "properties")
            pool_rules.scaled(before, call.properties)
            version = str(call.properties.setdefault("orchestratorVersion", before["orchestratorVersion"]))
            versions.require_supported(version, call.id.name)
            versions.require_no_way_back(before["orchestratorVersion"], version)
        pool = pool_rules.filled(call.properties, plane)
        cpus = pool_rules.check(call.id.name, pool, location, plane)
        owner = _owner(call, cluster)
        linked.subnet(call, pool, location, owner)
        others = [e.properties for e in self._others(call)]
        pool_rules.require_system([*others, pool])
        quota.require(call.context, location, cpus, pool["vmSize"], without=call.id.text)
        call.body["properties"] = pool

    @staticmethod
    def _others(call: Call) -> list[Entry]:
        """The cluster's other pools."""
        found = call.context.store.children(call.id.parent, "agentPools") if call.id.parent else []
        return [entry for entry in found if entry.resource_id.key != call.id.key]

    def put(self, call: Call) -> Started:
        """Takes as long as any operation without something real to do."""
        runs = _cluster(call).properties.get("currentKubernetesVersion", PAPER_VERSION)
        document: Document = {"properties": {**call.properties, **pool_rules.computed(runs)}}
        return Started(document=document, work=lambda operation: _wait(call, operation))

    def delete(self, call: Call) -> Started:
        """Refused for the last system pool, unless the cluster goes."""
        if not call.cascading:
            pool_rules.require_system([entry.properties for entry in self._others(call)])
        return Started(work=lambda operation: _wait(call, operation))


def _wait(call: Call, operation: Operation) -> None:
    operation.sleep(call.context.settings.operation_seconds)


def _cluster(call: Call) -> Entry:
    found = call.context.store.get(call.id.parent) if call.id.parent else None
    if found is None:
        raise ArmError(404, "ParentResourceNotFound", f"The cluster of '{call.id.text}' could not be found.")
    if found.properties.get("provisioningState") == "Deleting":
        raise ArmError(
            409,
            "OperationNotAllowed",
            f"Operation is not allowed: Another operation ({found.resource_id.name} - Deleting) is in progress, please "
            "wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more "
            "details",
        )
    return found


def _owner(call: Call, cluster: Entry) -> Entry | None:
    owned = (cluster.document.get("identity") or {}).get("userAssignedIdentities") or {}
    return next((e for e in map(call.context.store.get, owned) if e is not None), None)
