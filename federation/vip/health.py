"""Whether a gateway node can serve, from the answers of its kube-proxy."""

from __future__ import annotations

from dataclasses import dataclass

FALL, RISE = 3, 2
"""So many answers in a row change the verdict."""


@dataclass(frozen=True)
class Verdict:
    """What the answers until now say.

    A node is healthy until it is known to be otherwise: where kube-proxy has never answered there may be none, as
    Cilium needs none, and the check means nothing.

    Attributes:
        healthy: the node may hold virtual IPs.
        known: kube-proxy has answered well at least once.
        streak: so many answers in a row contradict `healthy`.
    """

    healthy: bool = True
    known: bool = False
    streak: int = 0

    def after(self, *, well: bool) -> Verdict:
        """The verdict after one more answer."""
        if not well and not self.known:
            return self
        if well == self.healthy:
            return Verdict(self.healthy, known=True)
        streak = self.streak + 1
        if streak >= (FALL if self.healthy else RISE):
            return Verdict(well, known=True)
        return Verdict(self.healthy, known=True, streak=streak)
