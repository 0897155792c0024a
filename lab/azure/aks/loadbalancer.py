"""Services of type LoadBalancer, as the cloud's controller and its load balancer serve them.

Each gets a public address: one of the inventory, if it asks for that one, or else a new one in the node resource group.
The fabric routes the address to a Ready node, whose kube-proxy does the rest; when the node is not Ready any more, to
another one. So all traffic comes by one node at a time, and `externalTrafficPolicy: Local` is served only if its pods
are there. Internal load balancers are not emulated; such a Service stays pending, with an event that says so.
"""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from lab.api import Unavailable, condition
from lab.azure.aks.addresses import AddressError, Addresses, Wish
from lab.azure.aks.machines import Asks, Machines
from lab.azure.ids import ResourceId
from lab.azure.kinds import Context

_log = logging.getLogger("azure.aks")

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
"""Keeps a Service until its address is free, as every cloud controller does."""

_PREFIX = "service.beta.kubernetes.io/azure-"
_SERVICES = "/api/v1/services?fieldSelector=spec.type%3DLoadBalancer"
_MERGE = "application/merge-patch+json"
_EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"

Object = dict[str, Any]


def wish(service: Object) -> Wish:
    """What a Service asks for."""
    notes = service["metadata"].get("annotations") or {}
    asked = notes.get(f"{_PREFIX}load-balancer-ipv4") or service["spec"].get("loadBalancerIP")
    return Wish(
        service=key(service),
        uid=service["metadata"]["uid"],
        address=asked or None,
        name=notes.get(f"{_PREFIX}pip-name") or None,
        group=notes.get(f"{_PREFIX}load-balancer-resource-group") or None,
    )


def key(service: Object) -> str:
    """`namespace/name`."""
    return f"{service['metadata']['namespace']}/{service['metadata']['name']}"


def target(nodes: Sequence[Object], now: str | None) -> str | None:
    """The node that gets the traffic: the one of now while it is Ready, or else the first that is.

    Workers come before the control plane, whose role is another one where there are any. None: no node is Ready.
    """
    ready = [
        node
        for node in nodes
        if condition(node, "Ready") == "True" and _EXCLUDED not in (node["metadata"].get("labels") or {})
    ]
    ready.sort(
        key=lambda n: (
            "node-role.kubernetes.io/control-plane" in n["metadata"].get("labels", {}),
            n["metadata"]["name"],
        )
    )
    found = [node["metadata"]["name"] for node in ready]
    return now if now in found else next(iter(found), None)


def _require_public(service: Object) -> None:
    notes = service["metadata"].get("annotations") or {}
    if notes.get(f"{_PREFIX}load-balancer-internal") == "true":
        raise AddressError("the stand-in for AKS has no internal load balancers")


class Balancer:
    """The load balancer of one cluster. Not thread-safe: its caretaker's alone."""

    def __init__(
        self, context: Context, cluster: ResourceId, machines: Machines, api: Asks, name: str
    ) -> None:
        self._context, self._machines, self._api, self._name = context, machines, api, name
        self._addresses = Addresses(context, cluster)
        self._routes: dict[str, str] = {}
        self._said: dict[str, str] = {}

    def step(self) -> None:
        """Look once, and do what is missing. Raises `Unavailable`."""
        services = {
            key(service): service
            for service in self._api.items(_SERVICES)
            if not service["spec"].get("loadBalancerClass")
        }
        held = self._addresses.held()
        for gone in held.keys() - services.keys():
            if self._clear(gone):
                self._release(gone)
        if not services:
            return
        nodes = self._api.items("/api/v1/nodes")
        for name, service in services.items():
            if service["metadata"].get("deletionTimestamp"):
                self._release(name)
                self._finish(service)
            else:
                self._ensure(name, service, nodes)

    def _ensure(self, name: str, service: Object, nodes: Sequence[Object]) -> None:
        try:
            _require_public(service)
            self._hold(service)
            address = self._addresses.ensure(wish(service))
        except AddressError as error:
            self._tell(name, service, str(error))
            return
        self._said.pop(name, None)
        self._route(address, nodes)
        shown = [item.get("ip") for item in service["status"].get("loadBalancer", {}).get("ingress") or []]
        if shown != [address]:
            status = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
            self._patch(service, "/status", status)
            _log.info("cluster %s: service %s has %s", self._name, name, address)
            self._drop_others(address, shown)

    def _drop_others(self, address: str, shown: Sequence[str | None]) -> None:
        for old in shown:
            if old and old != address and old in self._routes:
                self._unroute(old)

    def _route(self, address: str, nodes: Sequence[Object]) -> None:
        now = self._routes.get(address)
        node = target(nodes, now)
        if node is not None and node != now:
            self._machines.lead(self._name, address, node)
            self._routes[address] = node

    def _unroute(self, address: str) -> None:
        self._machines.unlead(address)
        self._routes.pop(address, None)

    def _release(self, name: str) -> None:
        if address := self._addresses.free(name):
            self._unroute(address)
        self._said.pop(name, None)

    def _hold(self, service: Object) -> None:
        finalizers = service["metadata"].get("finalizers") or []
        if FINALIZER not in finalizers:
            self._patch(service, "", {"metadata": {"finalizers": [*finalizers, FINALIZER]}}, exact=True)

    def _finish(self, service: Object) -> bool:
        """Returns False when somebody else has changed the Service meanwhile."""
        finalizers = service["metadata"].get("finalizers") or []
        if FINALIZER not in finalizers:
            return True
        rest = [word for word in finalizers if word != FINALIZER]
        return self._patch(service, "", {"metadata": {"finalizers": rest}}, exact=True)

    def _clear(self, name: str) -> bool:
        """A Service that is of another type now, or gone. Returns whether nothing of ours is left at it."""
        namespace, _, short = name.partition("/")
        try:
            text = self._api.ask("GET", f"/api/v1/namespaces/{namespace}/services/{short}")
        except Unavailable as error:
            if error.status == 404:
                return True
            raise
        service: Object = json.loads(text)
        return self._finish(service) and self._patch(
            service, "/status", {"status": {"loadBalancer": {"ingress": None}}}
        )

    def _patch(self, service: Object, part: str, change: Mapping[str, Any], *, exact: bool = False) -> bool:
        """Change a Service. Returns False when somebody else has changed it; one that is gone needs no change.

        Args:
            exact: only if nobody else has changed it since; if somebody has, the next step tries again.
        """
        meta = service["metadata"]
        body = dict(change)
        if exact:
            body["metadata"] = {**body["metadata"], "resourceVersion": meta["resourceVersion"]}
        path = f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}{part}"
        try:
            self._api.ask("PATCH", path, body, _MERGE)
        except Unavailable as error:
            if error.status not in (404, 409):
                raise
            return error.status == 404
        return True

    def _tell(self, name: str, service: Object, why: str) -> None:
        """An event, once for each reason; `kubectl describe service` shows it."""
        if self._said.get(name) == why:
            return
        meta = service["metadata"]
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {
            "metadata": {"generateName": f"{meta['name']}.", "namespace": meta["namespace"]},
            "involvedObject": {
                "apiVersion": "v1",
                "kind": "Service",
                **{word: meta[word] for word in ("name", "namespace", "uid")},
            },
            "type": "Warning",
            "reason": "SyncLoadBalancerFailed",
            "message": f"Error syncing load balancer: failed to ensure load balancer: {why}",
            "source": {"component": "service-controller"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        self._api.ask("POST", f"/api/v1/namespaces/{meta['namespace']}/events", event)
        self._said[name] = why

    def release(self) -> None:
        """Give all addresses back: the cluster goes."""
        for name in self._addresses.held():
            self._release(name)
