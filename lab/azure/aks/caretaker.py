"""A thread for each cluster that runs: it keeps roles and load balancers as the inventory and the cluster want them."""

from __future__ import annotations

import logging
import threading
import time

from lab.api import Unavailable
from lab.azure.aks.loadbalancer import Balancer
from lab.azure.aks.machines import Asks, Machines
from lab.azure.aks.rbac import Bindings
from lab.azure.ids import ResourceId
from lab.azure.kinds import Context

_log = logging.getLogger("azure.aks")

LOOK_SECONDS = 0.1
"""Between two looks at the inventory, which costs nothing."""

ASK_SECONDS = 1.0
"""Between two questions to the API server."""

HEAL_SECONDS = 30.0
"""Between two comparisons of all that is in the cluster."""

_END_SECONDS = 15.0


class Caretaker:
    """Looks after one cluster, in real time.

    Attributes:
        settled: set once its roles are in the cluster.
    """

    def __init__(self, context: Context, cluster: ResourceId, machines: Machines, api: Asks) -> None:
        entry = context.store.get(cluster)
        name = entry.private["lab"] if entry else ""
        self._name = name
        self._bindings = Bindings(context.store, cluster, api)
        self._balancer = Balancer(context, cluster, machines, api, name)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"caretaker-{name}", daemon=True)
        self._said = ""
        self.settled = threading.Event()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is there stays."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(_END_SECONDS)

    def release(self) -> None:
        """Give public addresses back. Only after `stop`."""
        self._balancer.release()

    def _run(self) -> None:
        asked = healed = 0.0
        while not self._ended.is_set():
            now = time.monotonic()
            if now - healed >= HEAL_SECONDS:
                self._bindings.forget()
                healed = now
            try:
                self._bindings.keep()
                self.settled.set()
                if now - asked >= ASK_SECONDS:
                    asked = now
                    self._balancer.step()
                self._said = ""
            except Unavailable as error:
                self._tell(str(error))
                self._ended.wait(ASK_SECONDS)
            except Exception as bug:  # noqa: BLE001 - the cluster is looked after all the same
                self._tell(f"{type(bug).__name__}: {bug}", bug)
                self._ended.wait(ASK_SECONDS)
            self._ended.wait(LOOK_SECONDS)

    def _tell(self, why: str, bug: Exception | None = None) -> None:
        """Once for each reason: a cluster may be away for long."""
        if why != self._said:
            _log.warning("cluster %s: %s", self._name, why, exc_info=bug)
            self._said = why
