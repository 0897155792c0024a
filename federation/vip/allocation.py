"""Who gets which address. The status of the Services is the only memory, so that a restart moves nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from federation.vip.pool import Pool
from federation.vip.services import Outcome, Service


@dataclass(frozen=True)
class Allocation:
    """The addresses of all Services.

    Attributes:
        outcomes: by key, of the Services that are served.
        held: address → key, of those that were given: what the gateway nodes announce.
    """

    outcomes: Mapping[str, Outcome]
    held: Mapping[str, str]


def allocate(pool: Pool, services: Iterable[Service], *, default_class: bool) -> Allocation:
    """Give each Service that is served an address; the same Services give the same addresses.

    Who has an address keeps it. Then those that ask for one get it, then the others the lowest that is free, the oldest
    Service first; once the outcome is written, nothing moves until a Service changes. Nothing
    that somebody has is ever given away, whoever that is; a Service whose wish cannot be granted keeps what it has, or
    gets nothing.

    Args:
        pool: the addresses.
        services: all of the cluster, as those of other classes may have addresses of the pool too.
        default_class: Services that name no class are served.
    """
    in_order = sorted(services, key=lambda s: (s.created, s.key))
    # One that is being deleted keeps what it has, and gets nothing new.
    ours = [s for s in in_order if s.served(default_class=default_class) and (s.addresses or not s.leaving)]
    keys = {s.key for s in ours}
    state = _State(pool, ours, [s for s in in_order if s.key not in keys])
    asking = [(s, s.requested) for s in ours if s.requested]
    # Who moves frees what it had, which the oldest may have waited for: all are asked again until nobody moves.
    while any(state.grant(service, requested) for service, requested in asking):
        pass
    for service in ours:
        if not service.requested:
            state.lowest(service)
    held = {str(o.address): key for key, o in state.outcomes.items() if o.address}
    return Allocation(state.outcomes, dict(sorted(held.items(), key=lambda item: IPv4Address(item[0]))))


class _State:
    """The holders of addresses while they are given."""

    def __init__(self, pool: Pool, ours: Iterable[Service], others: Iterable[Service]) -> None:
        self.pool = pool
        self.outcomes: dict[str, Outcome] = {}
        self._holder: dict[IPv4Address, str] = {}
        self._kept: dict[str, IPv4Address] = {}
        self._free = iter(pool)
        for service in others:
            # What a Service had of us that is no longer served gets free when its status is without it.
            for text in service.addresses if service.balanced else ():
                if (address := pool.address(text)) is not None:
                    self._holder.setdefault(address, service.key)
        for service in ours:
            self._keep(service)

    def _keep(self, service: Service) -> None:
        for text in service.addresses:
            address = self.pool.address(text)
            if address is not None and self._holder.setdefault(address, service.key) == service.key:
                self._kept[service.key] = address
                return

    def lowest(self, service: Service) -> None:
        """What it has, or else the lowest address that is free."""
        if (kept := self._kept.get(service.key)) is not None:
            self.outcomes[service.key] = Outcome(str(kept))
        elif (refused := _not_now(service)) is not None:
            self.outcomes[service.key] = refused
        elif (address := next((a for a in self._free if a not in self._holder), None)) is not None:
            self._holder[address] = service.key
            self.outcomes[service.key] = Outcome(str(address))
        else:
            message = (
                f"all {self.pool.size} addresses of {self.pool.network} are in use; "
                "delete a Service of type LoadBalancer, or give the cluster a wider pool"
            )
            self.outcomes[service.key] = Outcome(None, "PoolExhausted", message)

    def grant(self, service: Service, requested: str) -> bool:
        """The address that it asks for, or else what it has, with the reason; whether it gave another one back."""
        kept = self._kept.get(service.key)
        refused = self._refusal(service, requested)
        if refused is None:
            address = IPv4Address(requested)
            if kept is not None:
                del self._holder[kept]
            self._holder[address] = service.key
            self._kept[service.key] = address
            self.outcomes[service.key] = Outcome(str(address))
            return kept not in (None, address)
        if kept is not None:
            message = f"{refused.message}; it keeps {kept}"
            self.outcomes[service.key] = Outcome(str(kept), refused.reason, message)
        else:
            self.outcomes[service.key] = refused
        return False

    def _refusal(self, service: Service, requested: str) -> Outcome | None:
        """Why it cannot have the address; None if it can."""
        try:
            address = IPv4Address(requested)
        except AddressValueError:
            return Outcome(
                None, "AddressInvalid", f"{requested!r} is no IPv4 address; write one such as 10.250.0.2"
            )
        if address not in self.pool:
            message = f"{address} is not one of {self.pool.first} to {self.pool.last}; ask for one of these"
            return Outcome(None, "AddressNotInPool", message)
        holder = self._holder.get(address, service.key)
        if holder != service.key:
            message = f"{address} belongs to Service {holder}; ask for another one, or for none"
            return Outcome(None, "AddressTaken", message)
        return None if self._kept.get(service.key) == address else _not_now(service)


def _not_now(service: Service) -> Outcome | None:
    """Why a Service that has no address gets none, whatever is free."""
    if not service.ipv4:
        message = "it has IPv6 addresses only, and the pool IPv4 ones; add IPv4 to spec.ipFamilies"
        return Outcome(None, "NoIPv4", message)
    return None
