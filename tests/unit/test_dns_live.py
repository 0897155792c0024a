"""Asking a federation and its members: whom, with what rights, and what becomes of those that do not answer."""

from __future__ import annotations

import pytest

from federation.dns.live import view
from federation.errors import UnreachableError
from federation.kube import Kube, Object, Ref
from federation.kubeconfig import Access
from federation.names import Service
from tests.unit.dns_live_fixtures import binding, cluster, endpoints, reader_secret, service
from tests.unit.kube_fixtures import FakeKube

EAST, WEST = cluster("fc01"), cluster("fc02", zones=("west",))
PLANE = (EAST, WEST, service(), binding(), reader_secret("fc01"), reader_secret("fc02"))


class Members:
    """Makes clients for members and notes with what."""

    def __init__(self, **members: FakeKube) -> None:
        self.members = members
        self.asked: list[tuple[str, str | None, str]] = []

    def __call__(self, reach: Access, name: str) -> Kube:
        self.asked.append((reach.server, reach.token, name))
        return self.members[name.removeprefix("member ")].kube


class Silent(FakeKube):
    def ready(self) -> str | None:
        return f"{self.server} does not answer: timed out"


class Broken(FakeKube):
    def list(self, ref: Ref, *, labels: str | None = None) -> list[Object]:
        raise UnreachableError("federation fed", "it does not answer", "see whether it runs")


def members(**other: FakeKube) -> Members:
    found = {name: FakeKube(endpoints(True, True)) for name in ("fc01", "fc02")}
    return Members(**{**found, **other})


def test_a_federation_and_its_members_are_asked() -> None:
    clients = members()
    found = view(FakeKube(*PLANE).kube, client=clients)
    assert [(m.name, m.zones, m.ready) for m in found.members] == [
        ("fc01", ("east",), True),
        ("fc02", ("west",), True),
    ]
    (nginx,) = found.services
    assert [(p.member, p.addresses, p.ready_backends) for p in nginx.placements] == [
        ("fc01", ("10.250.0.2",), 2),
        ("fc02", ("10.250.1.2",), 2),
    ]
    assert found.problems == ()
    assert sorted(clients.asked) == [
        ("https://fc01:6443", "token-of-fc01", "member fc01"),
        ("https://fc02:6443", "token-of-fc02", "member fc02"),
    ]


def test_a_member_that_does_not_answer_is_not_ready_and_the_others_are() -> None:
    found = view(FakeKube(*PLANE).kube, client=members(fc02=Silent()))
    assert [member.ready for member in found.members] == [True, False]
    assert found.problems == ("member fc02 is not ready: https://fake:6443 does not answer: timed out",)


def test_a_member_without_a_reader_is_told_what_to_do() -> None:
    found = view(FakeKube(*PLANE[:-1]).kube, client=members())
    assert found.problems == (
        (
            "member fc02 is not ready: namespace karmada-system has no Secret to read it with; "
            "run `pulumi up --refresh`"
        ),
    )


def test_a_member_that_refuses_its_reader_is_not_ready() -> None:
    found = view(FakeKube(*PLANE).kube, client=members(fc01=Broken()))
    assert found.problems == ("member fc01 is not ready: it does not answer",)


def test_one_service_alone_can_be_asked_for() -> None:
    other = (service("web"), binding("web"))
    found = view(FakeKube(*PLANE, *other).kube, only=Service("default", "nginx"), client=members())
    assert [entry.name for entry in found.services] == ["nginx"]
    none = view(FakeKube(*PLANE).kube, only=Service("default", "web"), client=members())
    assert none.services == ()
    assert len(none.members) == 2


def test_a_federation_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(UnreachableError, match=r"^federation fed: it does not answer"):
        view(Broken().kube, client=members())
