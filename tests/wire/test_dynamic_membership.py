"""`Membership` in the real dynamic server, against a federation API that speaks HTTPS."""

from __future__ import annotations

from typing import Any

import pytest

from components.dynamic.membership import MembershipProvider
from tests.unit.member_fixtures import cluster
from tests.wire.api_fixtures import Servers, servers_fixture  # noqa: F401  pytest finds fixtures by their import
from tests.wire.dynamic_fixtures import UNKNOWN, Diff, Remote, Server, refusal, server_fixture  # noqa: F401


@pytest.fixture(name="membership")
def membership_fixture(server: Server) -> Remote:
    return server.of(MembershipProvider())


@pytest.fixture(name="inputs")
def inputs_fixture(servers: Servers) -> dict[str, Any]:
    servers.plane.api.put(
        {
            "apiVersion": "work.karmada.io/v1alpha2",
            "kind": "ResourceBinding",
            "metadata": {"name": "web-deployment", "namespace": "shop"},
            "spec": {
                "resource": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "namespace": "shop",
                    "name": "web",
                },
                "placement": {"replicaScheduling": {"replicaSchedulingType": "Divided"}},
            },
        }
    )
    servers.plane.api.reactions.append(lambda found: found.update(status={"finishTime": "now"}))
    return {
        "federation": "fed",
        "federationKubeconfig": servers.plane.kubeconfig(),
        "members": {"fc01": "1", "fc02": "2"},
        "forceDelete": False,
        "timeoutSeconds": 5,
    }


def rebalancers(servers: Servers) -> int:
    return sum(key[0] == "workloadrebalancers" for key in servers.plane.api.objects)


def test_the_first_members_share_what_is_there(
    membership: Remote, inputs: dict[str, Any], servers: Servers
) -> None:
    found = membership.create(inputs)
    assert (found.id, found.outs) == ("fed", inputs)
    assert rebalancers(servers) == 1


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"fc01": "1", "fc02": "2", "fc03": "3"}, 1),
        ({"fc01": "1", "fc02": "9"}, 1),
        ({"fc01": "1"}, 0),
    ],
)
def test_workloads_divide_anew_when_a_member_was_added(
    membership: Remote, inputs: dict[str, Any], servers: Servers, members: dict[str, str], expected: int
) -> None:
    news = {**inputs, "members": members}
    assert membership.diff("fed", inputs, news) == Diff(changes=True, delete_before_replace=True)
    assert membership.update("fed", inputs, news) == news
    assert rebalancers(servers) == expected


def test_the_same_members_are_no_change(membership: Remote, inputs: dict[str, Any]) -> None:
    assert not membership.diff("fed", inputs, inputs).changes


def test_a_member_that_is_not_known_yet_is_a_change(membership: Remote, inputs: dict[str, Any]) -> None:
    news = {**inputs, "members": {"fc01": "1", "fc02": UNKNOWN}}
    assert membership.diff("fed", inputs, news) == Diff(changes=True, delete_before_replace=True)


def test_a_federation_with_members_of_others_is_not_dissolved_unless_forced(
    membership: Remote, inputs: dict[str, Any], servers: Servers
) -> None:
    servers.plane.api.put(cluster("fc09"))
    message = refusal(membership.delete, "fed", inputs)
    assert message.startswith(
        "federation fed: has members that this stack does not know: fc09. Next: let them leave"
    )
    membership.delete("fed", {**inputs, "forceDelete": True})


def test_a_federation_that_is_gone_is_used_by_nobody(
    membership: Remote, inputs: dict[str, Any], servers: Servers, server: Server
) -> None:
    servers.plane.stop()
    membership.delete("fed", inputs)
    assert "warning: federation fed: " in server.stdout
