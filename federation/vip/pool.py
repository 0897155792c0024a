"""The addresses that may be given to Services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network

HOST_MASK = 31
"""From here on a network has no network and broadcast address (RFC 3021)."""


@dataclass(frozen=True)
class Pool:
    """A range of virtual IPs. Its first usable address is the router's; network and broadcast address are nobody's."""

    network: IPv4Network

    @property
    def first(self) -> IPv4Address:
        """The first address that is given: 10.250.0.2 of 10.250.0.0/24."""
        return self.router + 1

    @property
    def last(self) -> IPv4Address:
        """The last address that is given; before `first` if there is none, as in a /32."""
        return self.network.broadcast_address - (self.network.prefixlen < HOST_MASK)

    @property
    def router(self) -> IPv4Address:
        """The first usable address, which is reserved."""
        return self.network.network_address + (self.network.prefixlen < HOST_MASK)

    @property
    def size(self) -> int:
        """How many addresses can be given."""
        return max(0, int(self.last) - int(self.first) + 1)

    def address(self, text: str) -> IPv4Address | None:
        """The address that the text means, if it may be given."""
        try:
            found = IPv4Address(text)
        except AddressValueError:
            return None
        return found if found in self else None

    def __contains__(self, address: object) -> bool:
        """Whether the address may be given."""
        return isinstance(address, IPv4Address) and self.first <= address <= self.last

    def __iter__(self) -> Iterator[IPv4Address]:
        """The addresses that may be given, the lowest first."""
        for number in range(int(self.first), int(self.last) + 1):
            yield IPv4Address(number)
