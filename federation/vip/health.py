"""Whether a gateway node can serve, from the answers of its kube-proxy."""

from __future__ import annotations

from dataclasses import dataclass

FALL, RISE = 3, 2
"""So many answers in a row change the verdict."""
GRACE = 10
"""So many missing answers at the start mean that there is no kube-proxy."""


@dataclass(frozen=True)
class Verdict:
    """What the answers until now say.

    A node that starts holds nothing until its kube-proxy has answered well: before that nobody forwards what comes to
    a virtual IP. Where it never answers there is none, as Cilium needs none, and the check means nothing.

    Attributes:
        healthy: the node may hold virtual IPs.
        known: kube-proxy has answered well.
        streak: so many answers in a row contradict `healthy`; before the first good one, so many are missing.
    """

    healthy: bool = False
    known: bool = False
    streak: int = 0

    def after(self, *, well: bool) -> Verdict:
        """The verdict after one more answer."""
        if not well and not self.known:
            return Verdict(healthy=self.streak + 1 >= GRACE, streak=min(self.streak + 1, GRACE))
        streak = self.streak if self.known else 0
        if well == self.healthy:
            return Verdict(self.healthy, known=True)
        if streak + 1 >= (FALL if self.healthy else RISE):
            return Verdict(well, known=True)
        return Verdict(self.healthy, known=True, streak=streak + 1)
