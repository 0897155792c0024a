"""What is known about a federation's services now: from its API, and from its members' clusters."""

from __future__ import annotations

from dataclasses import dataclass

from federation.dns.facts import Current, Facts, Member, ServiceFacts
from federation.kube import Kube
from federation.names import Service


@dataclass(frozen=True)
class View:
    """A federation at one moment.

    Attributes:
        members: by name; ready if Karmada finds it Ready and its API server answered us.
        services: of type LoadBalancer and not opted out, by namespace and name.
        awaited: (service, member) for members that a service is not placed on, yet will be again: Karmada takes
            workloads from a member that is down.
        problems: what could not be found out or does not count, a sentence each, for people.
    """

    members: tuple[Member, ...]
    services: tuple[ServiceFacts, ...]
    awaited: frozenset[tuple[Service, str]] = frozenset()
    problems: tuple[str, ...] = ()


def view(plane: Kube, *, only: Service | None = None) -> View:
    """Ask the federation API, and every member at once.

    A member that cannot be reached is not ready, and is told of in `problems`.

    Args:
        plane: the federation API, as somebody who may list clusters, services and resourcebindings and get the Secrets
            of namespace federation-dns.
        only: this service alone; `services` is empty if there is no such service.

    Raises `FederationError` if the federation API cannot be read.
    """
    raise NotImplementedError


def facts_of(view: View, *, federation: str, domain: str, ttl: int, current: tuple[Current, ...]) -> Facts:
    """The facts to plan with.

    A service keeps the names of a member that it is awaited on, if it has them now; they answer with the next wider
    level's addresses.
    """
    raise NotImplementedError
