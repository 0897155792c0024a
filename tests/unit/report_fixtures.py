"""Reports for tests: one with something of everything, and one whose every text tries to become markup."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from federation.dns.facts import Member, Placement, ServiceFacts
from federation.dns.view import View
from federation.preview.changes import Finding
from federation.report import Report, assemble, maps
from federation.report.certificates import Certificate
from federation.report.model import ClusterFacts, Facts, NameRow
from federation.topology import load

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
ATTACK = "</td><script>alert(1)</script><img src=x onerror=alert(2)>'\"&<style>*{display:none}</style>{{7*7}}"
"""Markup, and what a template would compute."""


def icp() -> dict[str, object]:
    """The topology of the walk-through on premises."""
    document = yaml.safe_load((ROOT / "Pulumi.icp.yaml").read_text())
    found: dict[str, object] = document["config"]["federation:topology"]
    return found


def ends(days: float) -> datetime:
    return NOW + timedelta(days=days)


def healthy() -> Report:
    """Two members, a service and its names, all well; policies were not asked."""
    topology = load(icp())
    members = (
        Member(name="fc01", region="us", zones=("east",), ready=True),
        Member(name="fc02", region="us", zones=("west",), ready=True),
    )
    clusters = tuple(ClusterFacts(f"fc0{n}", "v1.36.3", f"https://10.99.{n}.10:6443", (1, 1)) for n in (1, 2))
    service = ServiceFacts(
        namespace="default",
        name="nginx",
        placements=tuple(
            Placement(member=f"fc0{n}", applied=True, addresses=(f"10.250.{n - 1}.2",), ready_backends=2)
            for n in (1, 2)
        ),
    )
    domain = "fc-federated-cluster.svc"
    both = ("10.250.0.2", "10.250.1.2")
    names = (
        (f"nginx.default.{domain}.east.us.fc-federated.com", both[:1]),
        (f"nginx.default.{domain}.fc-federated.com", both),
    )
    return assemble(
        Facts(
            title="fc-federated-cluster",
            made=NOW,
            view=View(members, (service,)),
            problems=(),
            expected=("fc01", "fc02"),
            clusters=clusters,
            names=tuple(
                NameRow(name, "A", values, (("10.99.1.10:30053", " ".join(values), True),))
                for name, values in names
            ),
            certificates=(
                Certificate("server certificate", "federation API", ends(364.9)),
                Certificate("authority", "federation API", ends(4014)),
                Certificate("server certificate", "member fc01", None, "it is behind a proxy"),
            ),
            versions=(("fedctl", "0.1.0"), ("federation API (kube-apiserver)", "v1.36.3")),
            graph=maps.of_topology(topology, {}, members, clusters),
        )
    )


def rich() -> Report:
    """Nine members in four regions, with something wrong in every part."""
    document = icp() | {
        "name": "production",
        "domain": "federated.example.com",
        "clusters": [
            {"name": name, "kubeconfig": "k.yaml", "region": region, "zones": zones, "vips": vips}
            for name, region, zones, vips in (
                (
                    "frankfurt-production-cluster-with-a-long-name-01",
                    "eu-central",
                    ["fra1", "fra2"],
                    {"cidr": "10.1.0.0/24"},
                ),
                ("fra-2", "eu-central", ["fra1"], None),
                ("fra-3", "eu-central", ["fra2"], None),
                ("fra-4", "eu-central", ["fra2"], None),
                ("east-1", "us", ["east"], None),
                ("west-1", "us", ["west"], None),
                ("tokyo-1", "jp", ["tyo1"], None),
                ("sydney-1", "au", [], None),
                ("edge-1", None, [], None),
            )
        ],
        "dns": [
            {"provider": "coredns"},
            {
                "provider": "azure",
                "resource_group": "dns",
                "location": "westus",
                "issuer": "https://issuer.example.com",
            },
        ],
    }
    topology = load(document)
    members = tuple(
        Member(name=c.name, region=c.region, zones=c.zones, ready=c.name not in {"fra-3", "tokyo-1"})
        for c in topology.clusters[:-1]
    )
    clusters = tuple(
        ClusterFacts(
            m.name, "v1.36.3" if n % 3 else "v1.35.9", f"https://10.99.{n}.10:6443", (3 - (n == 4), 3)
        )
        for n, m in enumerate(members)
    )
    placements = tuple(
        Placement(member=m.name, applied=m.ready, addresses=(f"10.250.{n}.2",), ready_backends=2 * m.ready)
        for n, m in enumerate(members)
    )
    services = tuple(
        ServiceFacts(namespace=namespace, name=name, placements=placements[:count])
        for namespace, name, count in (
            ("default", "nginx", 8),
            ("shop", "checkout-frontend", 3),
            ("shop", "cart", 0),
        )
    )
    names = tuple(
        NameRow(
            f"{s.name}.{s.namespace}.production.svc.{place}federated.example.com",
            "A",
            ("10.250.0.2", "10.250.1.2", "10.250.4.2"),
            (
                ("10.99.1.10:30053", "10.250.0.2 10.250.1.2 10.250.4.2", True),
                (
                    "[2001:db8::53]:53",
                    "NXDOMAIN" if place == "us." else "10.250.0.2 10.250.1.2 10.250.4.2",
                    place != "us.",
                ),
            ),
        )
        for s in services[:2]
        for place in ("", "eu-central.", "fra1.eu-central.", "us.")
    )
    urn = "urn:pulumi:production::federation::federation:index:Federation$kubernetes:core/v1:Secret::{}"
    return assemble(
        Facts(
            title="production",
            made=NOW,
            view=View(members, services),
            problems=(
                "member fra-3 is not ready: https://10.99.2.10:6443 does not answer: Connection refused",
                "member tokyo-1 is not ready: cluster is not reachable",
                "service shop/cart is placed on no member",
                "nameserver [2001:db8::53]:53: NXDOMAIN to nginx.default.production.svc.us.federated.example.com",
            ),
            notes=("member west-1 is drained: 0 replicas are left on it",),
            expected=tuple(c.name for c in topology.members),
            clusters=clusters,
            names=names,
            certificates=(
                Certificate("server certificate", "federation API", ends(11.5)),
                Certificate("client certificate", "federation API", ends(45)),
                Certificate("authority", "federation API", ends(4014)),
                Certificate("token", "member fra-2", ends(-2)),
                *(
                    Certificate("server certificate", f"member {m.name}", ends(200 + n))
                    for n, m in enumerate(members)
                ),
                *(
                    Certificate(f"{part}.crt", f"federation-system/{part} in fra-2", ends(300))
                    for part in ("etcd", "karmada-apiserver", "karmada-webhook", "karmada-scheduler")
                ),
                Certificate(
                    "server certificate", "member edge-1", None, "the server does not answer: timed out"
                ),
            ),
            policies=(
                Finding(
                    "p04-secrets",
                    "federation",
                    True,
                    "critical",
                    urn.format("credentials"),
                    "Credentials are marked as secrets and stay out of files\nkubeconfig is in plain text; mark it",
                ),
                Finding(
                    "p04-secrets",
                    "federation",
                    True,
                    "critical",
                    urn.format("other"),
                    "Credentials are marked as secrets and stay out of files\ntoken is written in plain text",
                ),
                Finding(
                    "p23-workload-quality",
                    "federation",
                    False,
                    "low",
                    "",
                    "Requests, limits of memory, probes\nDeployment default/nginx has no limits",
                ),
            ),
            versions=(
                ("fedctl", "0.1.0"),
                ("federation API (kube-apiserver)", "v1.36.3"),
                ("karmada-scheduler in fra-2", "karmada-scheduler:v1.18.2"),
            ),
            graph=maps.of_topology(topology, {}, members, clusters),
        )
    )


def hostile() -> Report:
    """Every text that comes from outside is an attack; control characters and marks of direction, too."""
    member = Member.model_construct(name=ATTACK, region=ATTACK, zones=(ATTACK,), ready=False)
    place = Placement.model_construct(member=ATTACK, applied=False, addresses=(ATTACK,), ready_backends=0)
    service = ServiceFacts.model_construct(namespace=ATTACK, name=ATTACK, deleted=False, placements=(place,))
    clusters = (ClusterFacts(ATTACK, ATTACK, f"javascript:{ATTACK}", (0, 1)),)
    return assemble(
        Facts(
            title=ATTACK,
            made=NOW,
            view=View((member,), (service,)),
            problems=(
                f"member x is not ready: {ATTACK}",
                "right to left: \u202etxt.exe\x00\x1b[31m",
                "A" * 5000,
            ),
            notes=(ATTACK,),
            clusters=clusters,
            names=(NameRow(ATTACK, ATTACK, (ATTACK,), ((ATTACK, ATTACK, False),)),),
            certificates=(Certificate(ATTACK, ATTACK, ends(1)), Certificate(ATTACK, ATTACK, None, ATTACK)),
            policies=(
                Finding(ATTACK, ATTACK, True, ATTACK, ATTACK, ATTACK),
                Finding(ATTACK, ATTACK, False, ATTACK, f"urn:pulumi:s::p::{ATTACK}::{ATTACK}", ATTACK),
            ),
            versions=((ATTACK, ATTACK),),
            graph=maps.of_members(ATTACK, ATTACK, (member,), clusters),
        )
    )
