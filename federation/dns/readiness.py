"""Whether a member answers, out of many probes: soon no, later yes again, and the later the more it flaps. Pure.

A member counts as ready iff all of these hold (`federation.dns.view`); whatever is not known counts against it:

    Karmada's condition Ready   our probe      its endpoints   ready
    True                        answers        known           yes
    True                        fails          any             no: Karmada only looks every few seconds
    False or Unknown            any            any             no: Karmada may see more, such as one that is leaving
    none yet                    any            any             no
    True                        none yet       any             no
    True                        answers        not known       no: an address may have nothing behind it
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Damping:
    """How fast a verdict changes.

    Attributes:
        misses: probes in a row that fail, until a member is down.
        hits: probes in a row that succeed, until a member is up again the first time; twice as many each time after.
        most_hits: never more than that.
        calm: seconds without a change after which one flap is forgotten.
    """

    misses: int = 2
    hits: int = 2
    most_hits: int = 16
    calm: float = 300.0


@dataclass(frozen=True)
class Pulse:
    """What is known after some probes.

    Attributes:
        up: the verdict; None before there is one.
        against: probes in a row that contradict it; before there is one, those that failed.
        flaps: how often it went down lately.
        since: when the verdict was reached, in monotonic seconds.
    """

    up: bool | None = None
    against: int = 0
    flaps: int = 0
    since: float = 0.0


DAMPING = Damping()


def heard(pulse: Pulse, answered: bool, now: float, damping: Damping = DAMPING) -> Pulse:
    """The pulse after one more probe. The first one that succeeds is enough for a first verdict."""
    if answered == pulse.up:
        return replace(pulse, against=0) if pulse.against else pulse
    if pulse.up is None and answered:
        return Pulse(up=True, since=now)
    against, flaps = pulse.against + 1, _remembered(pulse, now, damping)
    if answered:
        needed = min(damping.most_hits, damping.hits * 2 ** max(0, flaps - 1))
        verdict = Pulse(up=True, flaps=flaps, since=now)
    else:
        needed = damping.misses
        verdict = Pulse(up=False, flaps=flaps + (pulse.up is True), since=now)
    return verdict if against >= needed else replace(pulse, against=against)


def _remembered(pulse: Pulse, now: float, damping: Damping) -> int:
    return max(0, pulse.flaps - int((now - pulse.since) // damping.calm))
