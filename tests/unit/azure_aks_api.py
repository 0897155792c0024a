"""A make-believe API server: Services, Nodes, Events and ClusterRoleBindings, as far as the caretakers use them."""

from __future__ import annotations

import copy
import json
import re
import uuid
from typing import Any

from lab.api import Unavailable
from lab.azure.aks.machines import Asks, Paper

Object = dict[str, Any]
_SERVICE = re.compile(r"/api/v1/namespaces/([^/]+)/services/([^/]+)(/status)?")
_BINDING = re.compile(r"/apis/rbac\.authorization\.k8s\.io/v1/clusterrolebindings/([^?]+)(\?.*)?")


class FakeApi:
    """Keeps resource versions, and ends a Service that is being deleted with its last finalizer."""

    def __init__(self) -> None:
        self.services: dict[str, Object] = {}
        self.nodes: list[Object] = []
        self.events: list[str] = []
        self.bindings: dict[str, Object] = {}
        self.asked: list[str] = []
        self.down = False
        self._version = 0

    def node(self, name: str, *, ready: bool = True, labels: dict[str, str] | None = None) -> None:
        """Add a node, or change whether it is Ready."""
        self.nodes = [n for n in self.nodes if n["metadata"]["name"] != name]
        status = {"conditions": [{"type": "Ready", "status": str(ready)}]}
        self.nodes.append({"metadata": {"name": name, "labels": labels or {}}, "status": status})

    def service(self, name: str, notes: dict[str, str] | None = None, **spec: Any) -> Object:
        """Add a Service of type LoadBalancer."""
        made = {
            "metadata": {
                "namespace": "default",
                "name": name,
                "uid": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
                "annotations": notes or {},
            },
            "spec": {"type": "LoadBalancer", **spec},
            "status": {"loadBalancer": {}},
        }
        self.services[f"default/{name}"] = made
        self._touch(made)
        return made

    def address(self, name: str) -> str | None:
        """What a user sees as EXTERNAL-IP."""
        ingress = self.services[f"default/{name}"]["status"]["loadBalancer"].get("ingress") or [{}]
        address: str | None = ingress[0].get("ip")
        return address

    def delete(self, name: str) -> None:
        """As `kubectl delete` does."""
        found = self.services[f"default/{name}"]
        if found["metadata"].get("finalizers"):
            found["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            self._touch(found)
        else:
            del self.services[f"default/{name}"]

    def _touch(self, item: Object) -> None:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)

    # What `lab.api.Api` has

    def items(self, path: str) -> list[Object]:
        self.asked.append(f"LIST {path}")
        self._answer()
        if path.startswith("/api/v1/services"):
            found = [s for s in self.services.values() if s["spec"]["type"] == "LoadBalancer"]
        elif path == "/api/v1/nodes":
            found = self.nodes
        else:
            found = list(self.bindings.values())
        return copy.deepcopy(found)

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> str:
        self.asked.append(f"{method} {path}")
        self._answer()
        if path.endswith("/events"):
            self.events.append(body["message"])
            return "{}"
        if match := _BINDING.fullmatch(path):
            return self._binding(method, match[1], body)
        match = _SERVICE.fullmatch(path)
        assert match is not None, path
        return self._service(method, f"{match[1]}/{match[2]}", body, kind)

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("the API server does not answer")

    def _binding(self, method: str, name: str, body: Any) -> str:
        if method == "DELETE":
            if self.bindings.pop(name, None) is None:
                raise Unavailable("not found", 404)
        else:
            self.bindings[name] = body
        return "{}"

    def _service(self, method: str, key: str, body: Any, kind: str) -> str:
        found = self.services.get(key)
        if found is None:
            raise Unavailable("not found", 404)
        if method == "GET":
            return json.dumps(found)
        assert (method, kind) == ("PATCH", "application/merge-patch+json")
        meta = body.get("metadata", {})
        if (
            meta.get("resourceVersion", found["metadata"]["resourceVersion"])
            != found["metadata"]["resourceVersion"]
        ):
            raise Unavailable("conflict", 409)
        found["metadata"].update({k: v for k, v in meta.items() if k != "resourceVersion"})
        if "status" in body:
            ingress = body["status"]["loadBalancer"]["ingress"]
            found["status"]["loadBalancer"] = {"ingress": ingress} if ingress else {}
        self._touch(found)
        if found["metadata"].get("deletionTimestamp") and not found["metadata"].get("finalizers"):
            del self.services[key]
        return "{}"


class Wired(Paper):
    """Machines whose clusters all have the same make-believe API server; remembers where addresses lead."""

    def __init__(self, api: FakeApi | None = None) -> None:
        super().__init__()
        self.api = api or FakeApi()
        self.routes: dict[str, str] = {}

    def asks(self, name: str) -> Asks | None:
        return self.api

    def lead(self, name: str, address: str, node: str) -> None:
        self.routes[address] = f"{name}/{node}"

    def unlead(self, address: str) -> None:
        self.routes.pop(address, None)
