"""Azure RBAC for Kubernetes: role assignments at a cluster, or above it, are ClusterRoleBindings in it.

AKS asks Azure at each request; the stand-in gives Kubernetes' own roles instead, which AKS' roles are made after
(learn.microsoft.com, "Use Azure role-based access control for AKS"). Members of `adminGroupObjectIDs` are
administrators with and without Azure RBAC.
"""

from __future__ import annotations

import json

from lab.api import Unavailable
from lab.azure.aks import names
from lab.azure.aks.machines import Asks
from lab.azure.http import Document
from lab.azure.ids import ResourceId, covers
from lab.azure.store import Entry, Store

ROLES = {
    "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b": "cluster-admin",
    "3498e952-d568-435e-9b2c-8d77e338d7f7": "admin",
    "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb": "edit",
    "7f6c6a51-bcf8-42ba-9220-52d62157d7db": "view",
}
"""Azure Kubernetes Service RBAC Cluster Admin, Admin, Writer, Reader → the ClusterRole of Kubernetes."""

_PATH = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
_GROUP = "rbac.authorization.k8s.io"
_LABEL = "kubernetes.azure.com/managedby"
_SELECTED = f"{_PATH}?labelSelector={_LABEL}%3Dazure-rbac"


def wanted(store: Store, cluster: Entry) -> dict[str, Document]:
    """The bindings that the cluster should have, by name."""
    found = {}
    entra = cluster.properties.get("aadProfile") or {}
    for group in entra.get("adminGroupObjectIDs") or []:
        name = f"aks-admin-group-{group}"
        found[name] = _binding(name, "cluster-admin", "Group", group)
    if not entra.get("enableAzureRBAC"):
        return found
    for entry in store.of_type(names.ASSIGNMENTS):
        held = entry.properties
        role = ROLES.get(held["roleDefinitionId"].rsplit("/", 1)[-1].lower())
        if role is not None and covers(held["scope"], cluster.id):
            name = f"azure-rbac-{entry.resource_id.name}".lower()
            kind = "Group" if held.get("principalType") == "Group" else "User"
            found[name] = _binding(name, role, kind, held["principalId"])
    return found


def _binding(name: str, role: str, kind: str, principal: str) -> Document:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name, "labels": {_LABEL: "azure-rbac"}},
        "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": _GROUP, "kind": kind, "name": principal}],
    }


class Bindings:
    """Keeps one cluster's bindings in step. Not thread-safe: its caretaker's alone."""

    def __init__(self, store: Store, cluster: ResourceId, api: Asks) -> None:
        self._store, self._cluster, self._api = store, cluster, api
        self._done: dict[str, Document] | None = None

    def keep(self) -> None:
        """Ask the inventory; and the cluster, when something else than last time is wanted. Raises `Unavailable`."""
        entry = self._store.get(self._cluster)
        if entry is None:
            return
        goal = wanted(self._store, entry)
        if goal == self._done:
            return
        present = {item["metadata"]["name"]: item for item in self._api.items(_SELECTED)}
        for name, item in present.items():
            if name not in goal or item["roleRef"]["name"] != goal[name]["roleRef"]["name"]:
                self._remove(name)
        for name, binding in goal.items():
            self._api.ask(
                "PATCH",
                f"{_PATH}/{name}?fieldManager=azure-rbac&force=true",
                binding,
                "application/apply-patch+yaml",
            )
        self._done = json.loads(json.dumps(goal))

    def _remove(self, name: str) -> None:
        try:
            self._api.ask("DELETE", f"{_PATH}/{name}")
        except Unavailable as error:
            if error.status != 404:
                raise

    def forget(self) -> None:
        """Compare with the cluster next time, as somebody may have changed it."""
        self._done = None
