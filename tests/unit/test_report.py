"""What a report says, and that nothing in it becomes markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from federation.dns.facts import Member
from federation.report import html, maps
from federation.report.model import ClusterFacts
from federation.topology import load
from tests.unit.report_fixtures import ATTACK, healthy, hostile, icp, rich

ELEMENTS = set(
    """
    html head meta title style body main header h1 h2 p time section ol ul li dl div dt dd small table thead tbody tr
    th td strong span code details summary svg desc rect text polyline polygon
    """.split()
)


class Page(HTMLParser):
    """Its elements with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_problems_of_all_parts_come_in_the_order_of_their_weight() -> None:
    assert rich().problems == (
        "member edge-1 of the topology has not joined",
        "member fra-3 is not ready: https://10.99.2.10:6443 does not answer: Connection refused",
        "member tokyo-1 is not ready: cluster is not reachable",
        "service shop/cart is placed on no member",
        "nameserver [2001:db8::53]:53: NXDOMAIN to nginx.default.production.svc.us.federated.example.com",
        "member east-1: 2 of 3 nodes are ready",
        "token of member fra-2 has ended on 2026-11-27",
        "server certificate of federation API ends on 2026-12-11, in 11 days",
        "policy p04-secrets is violated 2 times",
    )
    assert healthy().problems == ()


def test_the_page_begins_with_the_verdict_and_the_problems() -> None:
    for report, verdict in ((healthy(), "All is well"), (rich(), "9 problems")):
        page = html(report)
        assert page.startswith('<!doctype html>\n<html lang="en">')
        assert f"<title>{verdict}: federation {report.facts.title}</title>" in page
        places = [page.index(f">{word}</h2>") for word in (verdict, "Map", "Members", "Names", "Policies")]
        assert places == sorted(places)


def test_all_of_a_report_is_on_its_page() -> None:
    report = rich()
    page = " ".join(Page(html(report)).texts)
    facts = report.facts
    for text in (
        *report.problems,
        *facts.notes,
        *(member.name for member in report.members),
        *(member.facts.endpoint for member in report.members),
        *(name.name for name in facts.names or ()),
        *(each.where for each in facts.certificates),
        *(finding.message for finding in facts.policies or ()),
        *(part for version in facts.versions for part in version),
        "2026-11-29 12:00:00 UTC",
    ):
        assert text in page


def test_policies_that_nobody_asked_are_no_policies_that_are_kept() -> None:
    page = html(healthy())
    assert "takes what it prints" in page
    assert "No policy has anything to say" not in page


@pytest.mark.parametrize("make", [healthy, rich, hostile])
def test_a_page_has_no_elements_but_its_own_and_nothing_leads_away(make: object) -> None:
    assert callable(make)
    page = Page(html(make()))
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    names = {name for _, attributes in page.elements for name in attributes}
    assert not [name for name in names if name in {"href", "src", "style", "action"} or name.startswith("on")]


def test_an_attack_is_shown_as_it_is() -> None:
    text = html(hostile())
    page = Page(text)
    assert sum(ATTACK in part for part in page.texts) > 20
    assert not set(text) & {"\x00", "\x1b", "\u202e"}
    assert "49" not in "".join(page.texts), "a template has computed what it was given"
    assert [tag for tag, _ in page.elements].count("style") == 1


def test_only_the_pages_own_style_sheet_may_be_used() -> None:
    (policy,) = re.findall(r'Security-Policy" content="([^"]+)"', html(healthy()))
    assert re.fullmatch(
        r"default-src &#39;none&#39;; style-src &#39;sha256-[\w+/=]{44}&#39;; base-uri &#39;none&#39;; "
        r"form-action &#39;none&#39;",
        policy,
    )


def test_json_has_what_the_page_says() -> None:
    found = json.loads(json.dumps(rich().as_json()))
    assert [*found] == [
        "title",
        "made",
        "problems",
        "notes",
        "members",
        "services",
        "names",
        "certificates",
        "policies",
        "versions",
    ]
    assert found["made"] == "2026-11-29T12:00:00Z"
    assert found["members"][4] == {
        "name": "east-1",
        "ready": True,
        "region": "us",
        "zones": ["east"],
        "version": "v1.36.3",
        "endpoint": "https://10.99.4.10:6443",
        "nodes": {"ready": 2, "total": 3},
    }
    assert found["names"][3]["answers"] == {
        "10.99.1.10:30053": {"answer": "10.250.0.2 10.250.1.2 10.250.4.2", "right": True},
        "[2001:db8::53]:53": {"answer": "NXDOMAIN", "right": False},
    }
    assert found["certificates"][0] == {
        "what": "server certificate",
        "where": "federation API",
        "expires": "2026-12-11T00:00:00Z",
        "days": 11,
        "note": None,
    }
    assert found["policies"][2]["mandatory"] is False
    assert healthy().as_json()["policies"] is None


def test_the_map_shows_the_state_of_each_member_and_those_that_are_missing() -> None:
    states = {cluster.name: cluster.state for cluster in rich().graph.clusters}
    assert states["edge-1"] == "not joined"
    assert (states["fra-3"], states["fra-4"]) == ("not ready", "ready")


def test_the_map_has_members_that_the_topology_does_not_know_and_the_versions_of_now() -> None:
    members = (Member(name="fc02", ready=True), Member(name="fc09", region="eu", zones=("fra",), ready=True))
    clusters = (ClusterFacts("fc02", "v1.36.4"), ClusterFacts("fc09", "v1.35.1"))
    graph = maps.of_topology(load(icp()), {}, members, clusters)
    assert [(c.name, c.version) for c in graph.clusters] == [
        ("fc01", None),
        ("fc02", "v1.36.4"),
        ("fc09", "v1.35.1"),
    ]
    assert graph.clusters[2].lines == ("zone fra", "Kubernetes v1.35.1", "not in the topology")
