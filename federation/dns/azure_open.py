"""Opening a zone in Azure. The engine opens one for each service: in a process they share limits, reading and login."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from federation.azure.calls import Calls
from federation.azure.credentials import credential, identity_of
from federation.azure.patience import Patience
from federation.azure.quota import Quota
from federation.dns.azure import AzureBackend
from federation.dns.azure_sets import PRIVATE_RATES, RATES, Sets, sets_of
from federation.dns.azure_store import AzureStore
from federation.dns.azure_zone import Zone
from federation.errors import FederationError

_shared: dict[Any, Zone] = {}
_lock = threading.Lock()


@contextmanager
def opened(store: AzureStore, domain: str, patience: Patience | None = None) -> Iterator[AzureBackend]:
    """The names of a domain in a store's zone, for as long as the block takes. Nothing is asked yet.

    Args:
        store: where the zone is.
        domain: the zone's own name, or one below it.
        patience: None: that of an `up`, and the zone is shared.

    Raises `FederationError` if the domain is not in the zone, or nobody is logged in.
    """
    if domain != store.zone_name and not domain.endswith(f".{store.zone_name}"):
        cause = f"names of {domain} cannot be in it"
        raise FederationError(
            f"zone {store.zone_name} in Azure DNS", cause, f"name a zone at {domain} or above"
        )
    if patience is None:
        yield AzureBackend(_of_process(store), domain, without=store.without)
        return
    zone = _zone(store, patience)
    try:
        yield AzureBackend(zone, domain, without=store.without)
    finally:
        zone.close()


def zone_of(store: AzureStore, sets: Sets, patience: Patience) -> Zone:
    """A zone with the limits that Azure publishes."""
    service = "Azure Private DNS" if store.private else "Azure DNS"
    rates = PRIVATE_RATES if store.private else RATES
    quotas = {kind: Quota(rate, clock=patience.clock) for kind, rate in rates.items()}
    calls = Calls(f"zone {store.zone_name} in {service}", quotas, patience)
    return Zone(store.zone_name, sets, calls)


def forget() -> None:
    """Close what the process shares; the next one who opens a zone begins anew."""
    with _lock:
        for zone in _shared.values():
            zone.close()
        _shared.clear()


def _of_process(store: AzureStore) -> Zone:
    key = store.place, store.cloud, identity_of(store.tenant, store.client_id)
    with _lock:
        if key not in _shared:
            _shared[key] = _zone(store, Patience())
        return _shared[key]


def _zone(store: AzureStore, patience: Patience) -> Zone:
    who = credential(identity_of(store.tenant, store.client_id), store.cloud)
    return zone_of(store, sets_of(store, who), patience)
