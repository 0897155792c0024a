"""How soon the name of a new Service answers once both members have given it an address: ours, and external-dns'."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import names_peer
from bench.names_answers import addresses, answered
from bench.names_peer import ExternalDns
from bench.names_site import NGINX, ZONES, Site, address, balanced, eventually
from bench.stack import FEDERATION
from federation.kube import Kube, Ref
from federation.names import Scheme, Service
from lab.errors import LabError
from lab.tools.toolbox import Toolbox

EVERY_SECONDS = 0.02
ADDRESS_SECONDS = 60.0
ANSWER_SECONDS = 120.0
APART_SECONDS = 6.0
"""Between two Services: external-dns waits 5 s after one round before it begins another (--min-event-sync-interval)."""
SELECTOR = {"app.kubernetes.io/name": "nginx"}


def appears(member: Kube, collection: Ref, name: str, since: str) -> tuple[float, str]:
    """When the Service `name` has an address, in seconds of time.monotonic(), and which. Raises `LabError`."""
    for event in member.watch(collection, since=since, seconds=ADDRESS_SECONDS):
        if event.object["metadata"].get("name") == name and (found := address(event.object)):
            return time.monotonic(), found
    raise LabError(f"service {name}", f"no address in {member.name}", "read the log of its vip-controller")


class Race:
    """Services, one after the other; external-dns runs from `with` to its end.

    Args:
        site: that is healthy.
        directory: for external-dns; must not exist.
    """

    def __init__(self, site: Site, directory: Path) -> None:
        self._site = site
        self.rival = ExternalDns(Toolbox().path, site.kubeconfig, directory)

    def ready(self) -> None:
        """Wait until external-dns has done its first round, and for its next one."""
        name, vips = names_peer.name(NGINX.name), frozenset(self._site.vips.values())

        def probe() -> str | None:
            if ended := self.rival.ended():
                raise LabError("external-dns", ended, "see whether its ports are free in the lab")
            found = addresses(names_peer.NAMESERVER, name)
            return None if found == vips else f"its name answers with {sorted(found)}"

        eventually("external-dns", probe)
        time.sleep(APART_SECONDS)

    def run(self, service: str) -> Mapping[str, float]:
        """Seconds by figure for one new Service, which is gone afterwards."""
        site = self._site
        mine = Scheme(FEDERATION, site.domain).name(Service("default", service))
        names = {
            "answer": (site.nameserver, mine),
            "external-dns": (names_peer.NAMESERVER, names_peer.name(service)),
        }
        try:
            with ThreadPoolExecutor(2 * len(names)) as pool:
                given = self._given(service, pool)
                vips = frozenset(address for _, address in given)
                moments = {
                    figure: pool.submit(answered, *where, vips, every=EVERY_SECONDS, within=ANSWER_SECONDS)
                    for figure, where in names.items()
                }
                both = max(at for at, _ in given)
                return {figure: _since(both, at.result(), figure) for figure, at in moments.items()}
        finally:
            site.plane.delete(site.service(service))
            eventually(f"the end of {mine}", lambda: self._left(mine))
            time.sleep(APART_SECONDS)

    def _given(self, service: str, pool: ThreadPoolExecutor) -> list[tuple[float, str]]:
        """Both members' addresses of the new Service, with the moments of them."""
        waiting = []
        for member in ZONES:
            kube, collection = self._site.member(member), self._site.service()
            since = kube.listing(collection).version
            waiting.append(pool.submit(appears, kube, collection, service, since))
        self._site.plane.create(balanced(service, SELECTOR))
        return [found.result() for found in waiting]

    def _left(self, name: str) -> str | None:
        """Ours only: external-dns v0.21.0 leaves one of two addresses behind when a Service is deleted."""
        found = sorted(addresses(self._site.nameserver, name))
        return f"it answers with {found}" if found else None


def _since(start: float, moment: float | None, figure: str) -> float:
    if moment is None:
        print(f"{figure}: no answer within {ANSWER_SECONDS:g} s", file=sys.stderr)
        return ANSWER_SECONDS
    return max(0.0, moment - start)
