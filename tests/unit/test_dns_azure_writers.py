"""Two processes that write one zone of Azure DNS at once: in whatever order their requests come, no update is lost."""

from __future__ import annotations

from threading import Thread

import pytest

from federation.dns.facts import Current, Facts
from federation.dns.reconcile import reconcile
from tests.unit.azure_zone_fixtures import Account, Wire
from tests.unit.test_dns_reconcile import FED, MEMBERS, facts, service
from tests.unit.turns_fixtures import Turns

NAME = "nginx.default.fed.svc"
SAMPLE, ALL = 30, 2_100


class Race:
    """Two writers: each learns three times that its member has another address, and reconciles.

    Attributes:
        account: the zone that is left.
        world: addresses by member, as they are in the end.
        order: who had each turn: a turn is one request, or one look at the world.
        failures: of the writers.
    """

    def __init__(self, seed: int) -> None:
        self.account, self.world = Account(), dict[str, str]()
        self._turns, self.failures = Turns(seed, 2), list[Exception]()
        threads = [Thread(target=self._work, args=(writer,)) for writer in (0, 1)]
        for thread in threads:
            thread.start()
        self.order = self._turns.run()
        for thread in threads:
            thread.join(30)
        self.account.close()

    def _work(self, writer: int) -> None:
        turns = self._turns
        wire = Wire(self.account.dns, before=lambda *_: turns.wait(writer))
        backend = self.account.backend(wire)

        def known(current: tuple[Current, ...]) -> Facts:
            turns.wait(writer)
            return facts(current, service("nginx", self.world))

        turns.wait(writer)
        try:
            for number in range(3):
                self.world[MEMBERS[writer].name] = f"10.0.{writer}.{number}"
                reconcile(backend, known, owner=FED, attempts=99)
        except Exception as error:  # noqa: BLE001  # told by the test
            self.failures.append(error)
        turns.end(writer)


def judged(seeds: range) -> None:
    """Race for each seed; most orders differ."""
    orders = set()
    for seed in seeds:
        race = Race(seed)
        orders.add(tuple(race.order))
        assert race.failures == [], seed
        assert race.world == {"fc01": "10.0.0.2", "fc02": "10.0.1.2"}
        assert race.account.answers() == {
            NAME: ("10.0.0.2", "10.0.1.2"),
            f"{NAME}.us": ("10.0.0.2", "10.0.1.2"),
            f"{NAME}.east.us": ("10.0.0.2",),
            f"{NAME}.west.us": ("10.0.1.2",),
        }, seed
        assert {dict(each["metadata"])["federation-owner"] for each in race.account.sets().values()} == {FED}
    assert len(orders) >= 0.95 * len(seeds)


def test_two_writers_at_once_lose_no_update() -> None:
    judged(range(SAMPLE))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_two_writers_at_once_lose_no_update_in_two_thousand_orders() -> None:
    judged(range(SAMPLE, ALL))
