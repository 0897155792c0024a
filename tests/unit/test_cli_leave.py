from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from federation.cli import leave as command
from federation.cli.commands import app
from federation.errors import FederationError, UnreachableError
from federation.karmada import cleanup
from federation.kube import Kube
from tests.unit.kube_fixtures import instant
from tests.unit.leave_fixtures import joined, left, managed
from tests.unit.member_fixtures import SPEC, World


@pytest.fixture(name="world")
def world_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A member with a rest of the federation on it; the files `member` and `plane` lead to both sides."""
    world, _ = joined()
    world.member.put(managed("apps/v1", "Deployment", "web"))
    sides = {"member": world.member, "plane": world.plane}
    for name in sides:
        (tmp_path / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Kube, "connect", lambda text, name, context=None: sides[text].kube)
    monkeypatch.setattr(command, "Deadline", lambda seconds, progress=print: instant(seconds))
    return world


def run(*argv: str) -> str:
    result = CliRunner().invoke(app, ["leave", "fc01", "--federation", "fed", *argv], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_cleanup_tells_each_step(world: World) -> None:
    assert run("--cleanup", "--kubeconfig", "member").splitlines() == [
        "delete clusterrolebindings federation:fed",
        "delete deployments shop/web",
        "delete clusterrolebindings federation:fed:dns-reader",
        "delete clusterroles federation:fed:dns-reader",
        "delete clusterroles federation:fed",
        "delete namespaces federation-fed",
    ]
    assert left(world.member) == {"namespaces/kube-system"}
    assert run("--cleanup", "--kubeconfig", "member") == "nothing to do\n"


def test_a_cleanup_takes_what_gives_virtual_ips_and_a_leave_does_not(world: World) -> None:
    rbac_api, name = "rbac.authorization.k8s.io/v1", "k8s-federation:vip-controller"
    for version, kind, called in (
        ("v1", "Namespace", "federation-vips"),
        (rbac_api, "ClusterRole", name),
        (rbac_api, "ClusterRoleBinding", name),
    ):
        metadata = {"name": called, "labels": SPEC.object_labels}
        world.member.put({"apiVersion": version, "kind": kind, "metadata": metadata})
    assert not [a for a in cleanup.plan(SPEC, world.member.kube).actions if "vip" in str(a)]
    assert [line for line in run("--cleanup", "--kubeconfig", "member").splitlines() if "vip" in line] == [
        f"delete clusterrolebindings {name}",
        f"delete clusterroles {name}",
        "delete namespaces federation-vips",
    ]
    assert left(world.member) == {"namespaces/kube-system"}


def test_a_dry_run_changes_nothing(world: World) -> None:
    before = left(world.member)
    lines = run("--cleanup", "--dry-run", "--kubeconfig", "member").splitlines()
    assert lines[0] == "would delete clusterrolebindings federation:fed"
    assert left(world.member) == before


def test_a_cleanup_can_be_read_by_programs(world: World) -> None:
    answer = json.loads(run("--cleanup", "--json", "--dry-run", "--kubeconfig", "member"))
    assert answer == {
        "actions": [
            "delete clusterrolebindings federation:fed",
            "delete deployments shop/web",
            "delete clusterrolebindings federation:fed:dns-reader",
            "delete clusterroles federation:fed:dns-reader",
            "delete clusterroles federation:fed",
            "delete namespaces federation-fed",
        ],
        "leftAlone": None,
        "done": False,
    }


def test_what_is_left_alone_is_told(world: World) -> None:
    other = {"k8s-federation/federation": "fed2", "app.kubernetes.io/managed-by": "k8s-federation"}
    world.member.put(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": "federation-fed2",
                "labels": other,
                "annotations": {"k8s-federation/member": "fc01"},
            },
        }
    )
    assert run("--cleanup", "--kubeconfig", "member").splitlines()[-1] == (
        "left alone: objects with karmada.io/managed=true, as federation fed2 calls this cluster fc01, too"
    )


def test_a_leave_by_hand_takes_both_sides(world: World) -> None:
    out = run("--kubeconfig", "member", "--federation-kubeconfig", "plane")
    assert out == "member fc01 has left federation fed\n"
    assert left(world.member) == {"namespaces/kube-system"}
    assert left(world.plane) == {"namespaces/karmada-cluster"}


def test_a_member_can_be_given_up(world: World) -> None:
    answer = json.loads(run("--federation-kubeconfig", "plane", "--json"))
    assert answer["left"] is True
    expected = (
        "warning: member fc01 has left, but there was no way to reach it; what the federation has made there is still "
        "there. Once it can be reached: fedctl leave fc01 --cleanup --federation fed --kubeconfig FILE"
    )
    assert answer["notes"] == [expected]
    assert "deployments/shop/web" in left(world.member)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--cleanup"], "fedctl leave: it needs --kubeconfig. Next: add --kubeconfig FILE."),
        ([], "fedctl leave: it needs --federation-kubeconfig. Next: add --federation-kubeconfig FILE."),
        (
            ["--cleanup", "--kubeconfig", "none"],
            "none: No such file or directory. Next: name a file that can be read.",
        ),
        (
            ["--dry-run", "--federation-kubeconfig", "plane"],
            "member fc01: --dry-run is for --cleanup only. Next: add --cleanup, or leave it out.",
        ),
    ],
)
def test_what_is_missing_is_said(world: World, argv: list[str], message: str) -> None:
    with pytest.raises(FederationError) as caught:
        run(*argv)
    assert str(caught.value) == message


def test_a_cleanup_of_a_member_that_is_still_dead_fails(world: World) -> None:
    world.member.failures = [UnreachableError("member fc01", "no answer", "see")]
    with pytest.raises(UnreachableError):
        run("--cleanup", "--kubeconfig", "member")


def test_the_module_is_registered() -> None:
    assert any(c.callback is command.command for c in app.registered_commands)
