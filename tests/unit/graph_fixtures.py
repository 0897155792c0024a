"""Graphs for tests: those of the stacks, a large one, one cluster alone, and names that are as wide as they come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from federation.cli.graph import manifests
from federation.cli.topology import document
from federation.graph import Graph, describe
from federation.topology import load

ROOT = Path(__file__).parents[2]
STACKS = ("icp", "westus")


def of_stack(name: str) -> Graph:
    topology = load(document(ROOT / f"Pulumi.{name}.yaml"))
    return describe(topology, manifests(topology, ROOT))


def of(clusters: list[dict[str, Any]], **more: Any) -> Graph:
    """Existing clusters; each needs a name."""
    filled = [{"kubeconfig": "k.yaml"} | cluster for cluster in clusters]
    topology = load({"name": "fed", "domain": "example.com", "clusters": filled, **more})
    return describe(topology, manifests(topology, ROOT))


def large() -> Graph:
    """Ten clusters in four regions and in none, of which one takes no workloads; two zones."""
    places = (
        *(("eu", f"fra{n}") for n in range(1, 5)),
        *(("us", zone) for zone in ("east", "west")),
        ("jp", "tyo"),
        ("au", "syd"),
    )
    clusters: list[dict[str, Any]] = [{"name": "ops", "join": False}, {"name": "edge"}]
    clusters += [
        {"name": f"{region}-{zone}", "region": region, "zone": zone, "vips": {"cidr": f"10.{n}.0.0/24"}}
        for n, (region, zone) in enumerate(places)
    ]
    zones = [
        {"provider": "coredns", "service_type": "LoadBalancer", "address": "10.1.0.9", "cluster": "eu-fra1"},
        {
            "provider": "azure",
            "resource_group": "dns",
            "location": "westus",
            "issuer": "https://issuer.example.com",
            "traffic_manager": True,
            "parent": {"zone": "com", "resource_group": "parents"},
        },
    ]
    preferences = {"clusters": {"*": {"weight": 1}, "edge": {"weight": 3}}}
    workloads = [
        {"path": "apps/nginx", "preferences": preferences},
        {"path": "apps/calculator", "namespace": "shop"},
    ]
    return of(clusters, host="ops", dns=zones, workloads=workloads)


def wide() -> Graph:
    """All names as long as they may be, of the widest letters."""
    label = "m" * 48
    clusters = [{"name": label[:-1] + str(n), "region": "w" * 63, "zone": "m" * 63} for n in range(4)]
    return of(
        clusters,
        name="m" * 20,
        domain="w" * 60 + ".example.com",
        dns=[{"provider": "coredns"}],
        workloads=[{"path": "apps/nginx", "namespace": "m" * 30}],
    )


GRAPHS: dict[str, Callable[[], Graph]] = {
    **{name: (lambda name=name: of_stack(name)) for name in STACKS},  # type: ignore[misc]
    "large": large,
    "wide": wide,
    "alone": lambda: of([{"name": "fc01"}]),
}
