"""The golden comments: the events of each, and the comment that is made of them.

    .venv/bin/python -m tests.preview.comment_cases

writes the comments anew. Events of real previews are in golden_comments/*.jsonl (`record_comments`); those of 200
resources are made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from federation.preview.changes import parse
from federation.preview.comment import render
from federation.preview.summary import summarize
from tests.preview import comment_events as events
from tests.preview.comment_events import Event, lines, state, step, urn

GOLDEN = Path(__file__).with_name("golden_comments")
MADE = "200-resources"
CASES = (
    *("no-change", "small-change", "member-added", "region-replaced", "destroy", "policy-violation", MADE),
    "engine-failure",
)


def comment(case: str) -> str:
    """As it is made now."""
    return render([summarize(parse(told(case)))])


def golden(case: str) -> Path:
    """Where it is as it shall be."""
    return GOLDEN / f"{case}.md"


def told(case: str) -> list[str]:
    """The lines of a case's preview."""
    if case == MADE:
        return lines(*two_hundred())
    return (GOLDEN / f"{case}.jsonl").read_text().splitlines()


def two_hundred() -> Iterator[Event]:
    """A region that is replaced, one that is new, and objects in both: 200 changes."""
    yield events.same(events.FEDERATION, "myfederation")
    for name in ("westuscluster1", "eastuscluster1"):
        yield events.same("federation:azure:AcsCluster", name, parent=urn(events.FEDERATION, "myfederation"))
    west, east = (urn("federation:azure:AcsCluster", name) for name in ("westuscluster1", "eastuscluster1"))
    place = {"location": "westus2", "kubernetesVersion": "1.34.2"}
    yield from events.replacement(events.AKS, "westuscluster1-cluster", "location", parent=west, inputs=place)
    yield events.create(events.AKS, "eastuscluster1-cluster", place | {"location": "eastus"}, parent=east)
    yield from events.replacement(
        events.JOIN, "westuscluster1-join", "kubeconfig", inputs={"member": "westuscluster1"}
    )
    yield events.create(events.JOIN, "eastuscluster1-join", {"member": "eastuscluster1", "region": "eastus"})
    for number in range(10):
        yield _service(f"service-{number}")
    for number in range(20):
        yield from events.replacement(
            "kubernetes:core/v1:Namespace", f"team-{number:02}", "provider", parent=west
        )
    for number in range(166):
        kind = f"kubernetes:core/v1:{('Secret', 'ConfigMap', 'Service', 'ServiceAccount')[number % 4]}"
        if number % 3:
            yield events.create(kind, f"new-{number:03}", parent=east)
        else:
            yield events.delete(kind, f"old-{number:03}")
    yield events.violation(
        "p19-regions-and-zones",
        "Regions\nManagedCluster westuscluster1: no availability zones. Next: choose a region with zones. [P19]",
    )


def _service(name: str) -> Event:
    members = [{"name": "westuscluster1", "region": "westus"}, {"name": "eastuscluster1", "region": "eastus"}]
    inputs = {
        "federation": "myfederation",
        "domain": "example.com",
        "namespace": "default",
        "service": name,
        "ttl": 30,
    }
    there = {"placements": {"westuscluster1": ["203.0.113.10"]}}
    old = state({**inputs, "members": members[:1]}, there)
    return step(
        "update", events.RECORDS, f"default/{name}", old=old, new=state({**inputs, "members": members})
    )


if __name__ == "__main__":
    for each in CASES:
        golden(each).write_text(comment(each))
