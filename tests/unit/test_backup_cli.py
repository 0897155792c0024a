"""`fedctl backup` and `fedctl restore` as they are called: what they print, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from federation.backup import plane
from federation.backup.archive import Backup, pack, unpack
from federation.backup.errors import BackupError
from federation.backup.plane import Host
from federation.cli import restore as command
from federation.cli.commands import app
from tests.unit.backup_fixtures import BACKUP, ENTRIES, ORIGIN, SECRET, World, world_fixture
from tests.unit.kube_fixtures import instant
from tests.unit.member_fixtures import cluster

__all__ = ["world_fixture"]
TOPOLOGY = {
    "name": "fed",
    "domain": "example.com",
    "clusters": [{"name": "fc01", "kubeconfig": {"path": "c"}}],
}
WHERE = ("--kubeconfig", "host", "--topology", "fed.yaml")


@pytest.fixture(autouse=True)
def here(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The files `host`, `fed.yaml` and `fed.tar.gz` lead to the plane in memory and to a backup of it."""
    (tmp_path / "fed.yaml").write_text(json.dumps(TOPOLOGY))
    (tmp_path / "fed.tar.gz").write_bytes(pack(BACKUP))
    (tmp_path / "fed.tar.gz").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Host, "connect", lambda *_: world.plane)
    monkeypatch.setattr(command, "Deadline", lambda seconds, progress: instant(seconds))


def run(*argv: str, exit_code: int = 0) -> Result:
    done = CliRunner().invoke(app, argv, catch_exceptions=False)
    assert done.exit_code == exit_code, done.output
    return done


def test_a_backup_is_written_and_told(world: World) -> None:
    out = run("backup", *WHERE, "--output", "new.tar.gz").stdout
    made = unpack(Path("new.tar.gz").read_bytes(), "new")
    assert made.entries == ENTRIES | {"/registry/deployments/default/web": b"changed"}
    when = made.manifest.taken
    assert out.splitlines() == [
        f"backup of federation fed of {when:%Y-%m-%d %H:%M:%S} UTC",
        f"10 keys, {made.manifest.bytes} bytes, etcd revision 2",
        "Karmada 1.18.2, Kubernetes 1.36.3, etcd 3.6.14",
        "members: fc01",
        "encrypted values: none; Secrets are in it as they are",
        "  clusterroles 1",
        "  clusters.cluster.karmada.io 1",
        "  customresourcedefinitions.apiextensions.k8s.io 1",
        "  deployments 1",
        "  namespaces 2",
        "  secrets 2",
        "  services 1",
        "  works.work.karmada.io 1",
        f"SHA-256 of its keys: {made.manifest.sha256}, as it should be",
    ]
    assert Path("new.tar.gz").stat().st_mode & 0o777 == 0o600


def test_a_backup_can_be_read_by_programs() -> None:
    assert (
        json.loads(run("backup", "--inspect", "fed.tar.gz", "--json").stdout) == BACKUP.manifest.as_document()
    )


def test_a_file_that_is_there_is_told_before_anything_is_asked(world: World) -> None:
    world.host.calls = 0
    with pytest.raises(BackupError, match=r"^fed\.tar\.gz: is there already\."):
        run("backup", *WHERE, "--output", "fed.tar.gz")
    assert world.host.calls == 0


def test_a_file_that_others_can_read_is_told_of() -> None:
    Path("fed.tar.gz").chmod(0o644)
    told = run("backup", "--inspect", "fed.tar.gz").stderr
    assert told == "warning: fed.tar.gz holds Secrets, and its mode is 0644: chmod 600 fed.tar.gz\n"


@pytest.mark.parametrize(
    ("argv", "missing"),
    [
        ((), "--kubeconfig"),
        (("--kubeconfig", "host"), "--topology"),
        (WHERE, "--output"),
    ],
)
def test_what_is_missing_is_a_wrong_use(argv: tuple[str, ...], missing: str) -> None:
    assert f"a backup needs {missing} FILE" in run("backup", *argv, exit_code=2).stderr


INTENT = [
    "backup of federation fed of 2026-11-29 12:00:00 UTC, 10 keys",
    "for namespace federation-system of host cluster fc01",
    "to be written: deployments 1",
    "not in the backup, to be removed from the federation API: configmaps 1",
    "of this plane, kept as they are: clusters.cluster.karmada.io 1",
    "members that the backup does not know, kept: fc09",
]


@pytest.fixture
def since(world: World) -> None:
    """What has happened since the backup."""
    world.etcd.put("/registry/configmaps/default/later", b"x")
    world.etcd.put("/registry/cluster.karmada.io/clusters/fc01", b"as it is now")
    world.etcd.put("/registry/cluster.karmada.io/clusters/fc09", b"new")


@pytest.mark.usefixtures("since")
def test_a_dry_run_tells_all_and_changes_nothing(world: World) -> None:
    before = world.etcd.values
    out = run("restore", "fed.tar.gz", *WHERE, "--dry-run").stdout
    assert out.splitlines() == [*INTENT, "nothing was done: this was a dry run"]
    assert world.etcd.values == before
    assert world.host.writes == []


@pytest.mark.usefixtures("since")
def test_a_restore_tells_what_it_does_and_what_comes_next(world: World) -> None:
    done = run("restore", "fed.tar.gz", *WHERE, "--yes")
    assert done.stdout.splitlines() == [
        *INTENT,
        "restored; members that are Ready: fc01",
        "Next: pulumi up --refresh, which tells what has changed since the backup.",
    ]
    assert world.told[0].startswith("control plane of federation fed: stops")
    assert world.etcd.values["/registry/deployments/default/web"] == b"web"


def test_a_second_run_has_nothing_to_do(world: World) -> None:
    run("restore", "fed.tar.gz", *WHERE, "--yes")
    world.host.writes.clear()
    out = run("restore", "fed.tar.gz", *WHERE).stdout
    assert out.splitlines()[-1] == "nothing to do: it is all there as in the backup"
    assert world.host.writes == []


@pytest.mark.usefixtures("since")
def test_a_restore_can_be_read_by_programs() -> None:
    answer = json.loads(run("restore", "fed.tar.gz", *WHERE, "--yes", "--json").stdout)
    assert answer == {
        "backup": BACKUP.manifest.as_document(),
        "written": {"deployments": 1},
        "removed": {"configmaps": 1},
        "removedKeys": ["/registry/configmaps/default/later"],
        "kept": {"clusters.cluster.karmada.io": 1},
        "strangers": ["fc09"],
        "done": True,
        "members": {"fc01": None},
    }


def test_a_member_that_is_not_ready_is_exit_status_3(world: World) -> None:
    world.api.put(cluster("fc02", "7d2a", ready=False))
    out = run("restore", "fed.tar.gz", *WHERE, "--yes", exit_code=3).stdout
    assert out.splitlines()[-3:-1] == [
        "problem: member fc02 is not Ready: not reachable",
        "restored; members that are Ready: fc01",
    ]


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_nothing_is_replaced_without_a_yes(world: World, more: tuple[str, ...]) -> None:
    told = run("restore", "fed.tar.gz", *WHERE, *more, exit_code=2).stderr
    assert "it replaces what the federation API holds; add --yes" in told
    assert world.host.writes == []


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Result]:
    """A person at a terminal who gives this answer."""
    monkeypatch.setattr(command, "_asked", lambda: True)
    return lambda answer: CliRunner().invoke(app, ["restore", "fed.tar.gz", *WHERE], input=answer)


def test_a_person_is_asked(world: World, terminal: Callable[[str], Result]) -> None:
    no = terminal("n\n")
    assert "Stop the control plane and replace what it holds? [y/N]" in no.output
    assert no.exit_code == 1
    assert world.host.writes == []
    assert terminal("y\n").exit_code == 0
    assert world.host.writes != []


def test_who_is_interrupted_is_told_how_to_go_on(world: World) -> None:
    world.etcd.fails_after = 0
    done = CliRunner().invoke(app, ["restore", "fed.tar.gz", *WHERE, "--yes"])
    assert done.exit_code != 0
    assert (
        "control plane of federation fed: it is stopped, or not all of it runs; run the same command again: it goes on "
        "from there\n" in done.stderr
    )
    assert plane.stopped(world.plane)


@pytest.mark.parametrize("changes", [{"federation": "other"}])
def test_a_backup_of_another_federation_is_refused(world: World, changes: dict[str, Any]) -> None:
    Path("other.tar.gz").write_bytes(pack(Backup.of(ORIGIN.model_copy(update=changes), ENTRIES)))
    Path("other.tar.gz").chmod(0o600)
    with pytest.raises(BackupError) as caught:
        run("restore", "other.tar.gz", *WHERE, "--yes")
    assert str(caught.value) == (
        "backup: does not fit: it is of federation other, and the topology's is fed: use one of that. "
        "Next: mend this, or use another backup."
    )
    assert world.host.writes == []


@pytest.mark.usefixtures("since")
def test_no_output_has_a_secret(world: World) -> None:
    world.etcd.put("/registry/secrets/default/password", b"another")
    for argv in (
        ("backup", "--inspect", "fed.tar.gz"),
        ("backup", "--inspect", "fed.tar.gz", "--json"),
        ("restore", "fed.tar.gz", *WHERE, "--dry-run"),
        ("restore", "fed.tar.gz", *WHERE, "--dry-run", "--json"),
        ("restore", "fed.tar.gz", *WHERE, "--yes", "--json"),
    ):
        done = run(*argv)
        for word in (SECRET, b"another", b"token of then"):
            assert word.decode() not in done.output
