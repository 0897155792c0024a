"""What is measured of names and virtual IPs, and what it should be."""

from __future__ import annotations

from bench.goals import Goal

GOALS = (
    Goal(
        what="both addresses are there, until the global name answers with them",
        of="answer",
        limit=2,
        by="max",
    ),
    Goal(what="the same, beside external-dns", of="answer", per="external-dns", limit=0.5),
    Goal(what="member killed, until no name answers with it", of="killed", limit=30, by="p99"),
    Goal(what="a member's last backend gone, until no name answers with it", of="emptied", limit=5, by="max"),
    Goal(what="answers without an address meanwhile", of="unanswered", limit=0, unit="answers", by="max"),
    Goal(what="gateway node killed, silence of its virtual IP", of="failover", limit=1, by="max"),
    Goal(what="`fedctl records plan` of 20 members x 1,000 services", of="plan", limit=2, by="max"),
    Goal(what="processor time of that", of="processor time of the plan"),
    Goal(what="memory of that", of="memory of the plan", limit=200, unit="MB", by="max"),
    Goal(what="memory of an idle DNS controller", of="memory of dns", limit=80, unit="MB", by="max"),
    Goal(what="memory of an idle VIP controller", of="memory of vip", limit=80, unit="MB", by="max"),
)
BUSY = (
    "**The machine was busy with something else.** Times are upper bounds; the ratio favours external-dns then, "
    "as it mostly waits."
)
