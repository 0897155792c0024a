"""What the kinds of AKS keep between calls: the machines, and a caretaker for each cluster that runs."""

from __future__ import annotations

import functools
import logging
import threading

from lab.azure.aks import names
from lab.azure.aks.caretaker import Caretaker
from lab.azure.aks.machines import Machines, Paper
from lab.azure.kinds import Context
from lab.azure.store import Entry

_log = logging.getLogger("azure.aks")
PART = "aks"
SETTLE_SECONDS = 10.0


class Aks:
    """The clusters behind the inventory's. Thread-safe."""

    def __init__(self, machines: Machines) -> None:
        self.machines = machines
        self._lock = threading.Lock()
        self._caretakers: dict[str, Caretaker] = {}

    def watch(self, context: Context, cluster: Entry) -> None:
        """Look after a cluster that runs: its tokens are known, its roles and addresses are kept. Idempotent."""
        name = cluster.private["lab"]
        issuer = (cluster.properties.get("oidcIssuerProfile") or {}).get("issuerURL")
        if issuer:
            context.issuers[issuer] = functools.partial(self.machines.keys, name)
        api = self.machines.asks(name)
        with self._lock:
            if api is None or name in self._caretakers:
                return
            caretaker = Caretaker(context, cluster.resource_id, self.machines, api)
            self._caretakers[name] = caretaker
        caretaker.start()

    def settle(self, cluster: Entry) -> None:
        """Wait until those who have a role in the cluster have it, or for some seconds."""
        with self._lock:
            caretaker = self._caretakers.get(cluster.private["lab"])
        if caretaker is not None:
            caretaker.settled.wait(SETTLE_SECONDS)

    def leave(self, context: Context, cluster: Entry) -> None:
        """Do not look after it any more; its public addresses lead nowhere. Idempotent."""
        name = cluster.private.get("lab", "")
        context.issuers.pop((cluster.properties.get("oidcIssuerProfile") or {}).get("issuerURL", ""), None)
        with self._lock:
            caretaker = self._caretakers.pop(name, None)
        if caretaker is not None:
            caretaker.stop()
            caretaker.release()

    def stop(self) -> None:
        """End all caretakers; the clusters stay up."""
        with self._lock:
            caretakers = list(self._caretakers.values())
            self._caretakers.clear()
        for caretaker in caretakers:
            caretaker.stop()


def part(context: Context) -> Aks:
    """The stand-in's; with paper machines where nobody has set others."""
    found: Aks = context.parts.setdefault(PART, Aks(Paper()))
    return found


def start(context: Context, machines: Machines) -> Aks:
    """Clusters from now on are these machines', and those in the inventory that are up are taken on again."""
    made = Aks(machines)
    context.parts[PART] = made
    for entry in context.store.of_type(names.CLUSTERS):
        name = entry.private.get("lab")
        if name and entry.private.get("booted") and machines.find(name) is not None:
            made.watch(context, entry)
            _log.info("%s: cluster %s is taken on again", entry.id, name)
    return made
