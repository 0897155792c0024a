"""`Join` in the real dynamic server, against API servers that speak HTTPS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components.dynamic.base import DELETE_UNREACHABLE
from components.dynamic.join import JoinProvider
from tests.unit.member_fixtures import LEAVING, UID, cluster, made
from tests.wire.api_fixtures import ApiServer, Servers, servers_fixture  # noqa: F401  pytest finds fixtures by their import
from tests.wire.dynamic_fixtures import UNKNOWN, Diff, Remote, Server, refusal, server_fixture  # noqa: F401

NOTHING = Diff(changes=False, delete_before_replace=True)
UPDATE = Diff(changes=True, delete_before_replace=True)


@pytest.fixture(name="join")
def join_fixture(server: Server) -> Remote:
    return server.of(JoinProvider())


def replacement(*keys: str) -> Diff:
    return Diff(changes=True, replaces=list(keys), delete_before_replace=True)


def test_a_join_has_the_clusters_id_and_complete_outputs(join: Remote, servers: Servers) -> None:
    inputs = join.check({}, servers.inputs())
    found = join.create(inputs)
    facts = {"clusterId": UID, "endpoint": servers.member.url, "version": "v1.36.3", "ready": True}
    assert found.id == UID
    assert found.outs == inputs | facts


def test_right_after_up_a_refresh_and_a_preview_find_nothing(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    read = join.read(found.id, found.outs)
    assert read.outs == found.outs
    assert join.diff(found.id, read.outs, servers.inputs()) == NOTHING


def test_without_region_and_zones_a_refresh_finds_nothing_either(join: Remote, servers: Servers) -> None:
    inputs = servers.inputs(region=None, zones=[], labels={})
    found = join.create(inputs)
    assert join.read(found.id, found.outs).outs == found.outs


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"region": "eu"}, UPDATE),
        ({"zones": ["east", "west"]}, UPDATE),
        ({"labels": {}}, UPDATE),
        ({"grants": [{"apiGroups": ["x"], "resources": ["y"]}]}, UPDATE),
        ({"onLeave": "remove"}, UPDATE),
        ({"federationKubeconfig": UNKNOWN}, UPDATE),
        ({"kubeconfig": UNKNOWN}, UPDATE),
        ({"member": UNKNOWN}, UPDATE),
        ({"timeoutSeconds": 99}, NOTHING),
        ({"member": "fc02"}, replacement("member")),
        ({"federation": "fed2"}, replacement("federation")),
    ],
)
def test_a_preview_tells_updates_from_replacements(
    join: Remote, servers: Servers, change: dict[str, Any], expected: Diff
) -> None:
    found = join.create(servers.inputs())
    assert join.diff(found.id, found.outs, servers.inputs(**change)) == expected


def test_new_credentials_are_an_update_and_nobody_is_asked(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    servers.member.stop()
    change = servers.inputs(kubeconfig=servers.member.kubeconfig("t3"))
    assert join.diff(found.id, found.outs, change) == UPDATE


def test_a_kubeconfig_that_leads_to_another_cluster_is_a_replacement(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    change = servers.inputs(kubeconfig=servers.stranger.kubeconfig())
    assert join.diff(found.id, found.outs, change) == replacement("kubeconfig")


def test_the_same_cluster_at_another_address_is_an_update(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    made(servers.stranger.api, "Namespace", "kube-system")["metadata"]["uid"] = UID
    change = servers.inputs(kubeconfig=servers.stranger.kubeconfig())
    assert join.diff(found.id, found.outs, change) == UPDATE
    outs = join.update(found.id, found.outs, change)
    assert outs["endpoint"] == servers.stranger.url


def test_a_cluster_that_cannot_be_asked_is_an_update(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    servers.stranger.stop()
    change = servers.inputs(kubeconfig=servers.stranger.kubeconfig())
    assert join.diff(found.id, found.outs, change) == UPDATE


def test_an_update_changes_the_member_in_place(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    news = servers.inputs(region="eu")
    outs = join.update(found.id, found.outs, news)
    assert made(servers.plane.api, "Cluster", "fc01")["spec"]["region"] == "eu"
    assert outs == found.outs | {"region": "eu"}


def test_a_dead_member_fails_only_an_update_that_wants_something_of_it(
    join: Remote, servers: Servers, server: Server
) -> None:
    found = join.create(servers.inputs())
    servers.member.stop()
    dead = found.outs | {"ready": False}
    assert join.update(found.id, dead, servers.inputs()) == dead
    assert f"warning: member fc01: {servers.member.url} does not answer" in server.stdout
    message = refusal(join.update, found.id, dead, servers.inputs(region="eu"))
    assert message.startswith(f"member fc01: {servers.member.url} does not answer")


def test_a_federation_that_is_down_fails_every_update(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    servers.plane.stop()
    message = refusal(join.update, found.id, found.outs | {"ready": False}, servers.inputs())
    assert message.startswith(f"federation fed: {servers.plane.url} does not answer")


def test_a_member_that_is_gone_is_read_as_gone(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    servers.plane.api.remove("clusters", "fc01")
    assert join.read(found.id, found.outs).id == ""


def test_a_member_that_is_leaving_is_read_as_gone(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    made(servers.plane.api, "Cluster", "fc01")["metadata"] |= LEAVING
    assert join.read(found.id, found.outs).id == ""


def test_another_cluster_of_the_name_is_not_ours(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    servers.plane.api.put(cluster("fc01", "0000"))
    assert join.read(found.id, found.outs).id == ""


def test_drift_is_read_and_previewed(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    live = made(servers.plane.api, "Cluster", "fc01")
    live["spec"] |= {"region": "moved", "zones": []}
    live["metadata"]["labels"] |= {"tier": "lead", "others": "label"}
    read = join.read(found.id, found.outs)
    drift = {"region": "moved", "zones": [], "labels": {"tier": "lead"}}
    assert read.outs == found.outs | drift
    assert read.inputs == servers.inputs() | drift
    assert join.diff(found.id, read.outs, servers.inputs()) == UPDATE


def test_a_member_that_is_down_is_there_but_not_ready(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    servers.member.stop()
    made(servers.plane.api, "Cluster", "fc01")["status"]["conditions"][0]["status"] = "False"
    read = join.read(found.id, found.outs)
    assert (read.id, read.outs) == (UID, found.outs | {"ready": False})
    assert join.diff(found.id, read.outs, servers.inputs()) == UPDATE


def test_a_member_whose_reader_is_lost_is_not_ready_until_the_next_update(
    join: Remote, servers: Servers
) -> None:
    found = join.create(servers.inputs())
    servers.plane.api.remove("secrets", "fc01", "karmada-system")
    read = join.read(found.id, found.outs)
    assert read.outs == found.outs | {"ready": False}
    assert join.diff(found.id, read.outs, servers.inputs()) == UPDATE
    updated = join.update(found.id, read.outs, servers.inputs())
    assert join.read(found.id, updated).outs == found.outs


def test_what_cannot_be_asked_is_not_taken_for_gone(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    servers.plane.stop()
    assert refusal(join.read, found.id, found.outs).startswith(
        f"federation fed: {servers.plane.url} does not answer"
    )


def test_a_leave_removes_both_sides_and_can_be_repeated(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    for _ in range(2):
        join.delete(found.id, found.outs)
    assert {key[2] for key in servers.member.api.objects} == {"kube-system"}
    assert {key[2] for key in servers.plane.api.objects} == {"karmada-cluster"}


def test_a_dead_member_leaves_with_a_warning(join: Remote, servers: Servers, server: Server) -> None:
    found = join.create(servers.inputs())
    servers.member.stop()
    join.delete(found.id, found.outs)
    assert {key[2] for key in servers.plane.api.objects} == {"karmada-cluster"}
    assert "warning: member fc01 has left, but" in server.stdout
    assert "fedctl leave fc01 --cleanup --federation fed --kubeconfig FILE" in server.stdout


def test_a_leave_uses_the_credentials_that_the_file_has_now(
    join: Remote, servers: Servers, tmp_path: Path
) -> None:
    file = tmp_path / "fc01.yaml"
    found = join.create(servers.inputs(kubeconfigPath=str(file)))
    servers.member.tokens.discard("admin")
    servers.plane.tokens = {"admin"}
    message = refusal(join.delete, found.id, found.outs)
    assert message.startswith("member fc01: cannot get namespaces kube-system: Unauthorized. Next: renew")
    file.write_text(servers.member.kubeconfig("t3"))
    join.delete(found.id, found.outs)
    assert {key[2] for key in servers.member.api.objects} == {"kube-system"}


def test_a_federation_that_does_not_answer_stops_the_leave(join: Remote, servers: Servers) -> None:
    found = join.create(servers.inputs())
    servers.plane.stop()
    message = refusal(join.delete, found.id, found.outs)
    assert message.startswith(f"member fc01: cannot leave: {servers.plane.url} does not answer")
    assert message.endswith(
        f"Next: bring the control plane back, or if it is gone for good, set {DELETE_UNREACHABLE}=true and run the "
        "same command again."
    )


def test_a_federation_that_is_gone_for_good_leaves_the_member_to_be_cleaned(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, servers: Servers
) -> None:
    monkeypatch.setenv(DELETE_UNREACHABLE, "true")
    join = request.getfixturevalue("server").of(JoinProvider())
    found = join.create(servers.inputs())
    servers.plane.stop()
    join.delete(found.id, found.outs)
    assert {key[2] for key in servers.member.api.objects} == {"kube-system"}


def test_expected_errors_are_one_line_and_leave_no_traceback(
    join: Remote, servers: Servers, server: Server
) -> None:
    inputs = servers.inputs(kubeconfig=servers.member.kubeconfig("expired"))
    assert refusal(join.create, inputs) == (
        "member fc01: cannot get namespaces kube-system: Unauthorized. "
        "Next: get a new kubeconfig; its credentials are wrong or have expired."
    )
    assert "Traceback" not in server.stderr


def test_a_clock_that_is_wrong_shows_in_the_message(join: Remote, servers: Servers, tmp_path: Path) -> None:
    late = ApiServer(servers.member.api, {"admin"}, tmp_path / "late", days=-3)
    late.start()
    try:
        message = refusal(join.create, servers.inputs(kubeconfig=late.kubeconfig()))
    finally:
        late.stop()
    now = datetime.now(UTC)
    assert f"{late.url} does not answer" in message
    assert "certificate has expired" in message
    assert f"; its certificate is valid from {now - timedelta(days=9):%Y-%m-%d}" in message
    assert f" to {now - timedelta(days=3):%Y-%m-%d}" in message
    assert f"UTC, and here it is {now:%Y-%m-%d}" in message
    assert message.endswith(
        "correct the clock that is wrong (timedatectl), or renew the cluster's certificate."
    )


def test_a_wildcard_is_refused_in_the_preview(join: Remote, servers: Servers) -> None:
    grant = {"apiGroups": ["*"], "resources": ["y"], "verbs": ["get"]}
    _, failures = join.check_failures({}, servers.inputs(grants=[grant]))
    assert len(failures) == 1
    assert failures[0].startswith("grants: member fc01: grant ")
    assert failures[0].endswith(
        "holds '*', which is every right of its kind. Next: list API groups, resources and verbs in `grants`."
    )


def test_inputs_that_are_not_known_yet_are_taken(join: Remote, servers: Servers) -> None:
    inputs = servers.inputs(kubeconfig=UNKNOWN, federationKubeconfig=UNKNOWN)
    assert join.check({}, inputs)["kubeconfig"] == UNKNOWN
