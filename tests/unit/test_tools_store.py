"""Installed tools on disk: whole or not there, and never mistaken for another version."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.tools.catalog import giving
from lab.tools.clean import clean, removals
from lab.tools.store import Receipt, Store
from lab.tools.tool import Origin

ETCD = giving("etcd")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    module = tmp_path / "modules" / "etcd"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module labetcd\n\ngo 1.26.0\n")
    return Store(tmp_path / "cache", modules=tmp_path / "modules", arch="amd64")


def _install(store: Store, origin: Origin = Origin.BUILD, programs: Sequence[str] = ETCD.programs) -> None:
    with store.locked(ETCD, pytest.fail), store.making(ETCD, origin) as stage:
        for name in programs:
            (stage / "bin" / name).write_text("program")
        paths = store.programs(ETCD, origin, stage)
        store.write_receipt(
            stage, Receipt(tool="etcd", version="v1", origin=origin, programs=paths, seconds=2)
        )


def test_the_key_is_the_same_for_the_same_inputs(store: Store) -> None:
    again = Store(store.cache, modules=store.modules, arch="amd64")
    assert store.key(ETCD, Origin.BUILD) == again.key(ETCD, Origin.BUILD)


def test_the_key_of_a_build_changes_with_every_input(store: Store) -> None:
    keys = {store.key(ETCD, Origin.BUILD)}
    (server, client) = ETCD.compiles
    keys.add(store.key(replace(ETCD, version="v3.6.15"), Origin.BUILD))
    keys.add(store.key(replace(ETCD, compiles=(replace(server, tags=("x",)), client)), Origin.BUILD))
    keys.add(Store(store.cache, modules=store.modules, arch="arm64").key(ETCD, Origin.BUILD))
    (store.modules / "etcd" / "main.go").write_text("package main\n")
    keys.add(store.key(ETCD, Origin.BUILD))
    (store.modules / "etcd" / "go.mod").write_text("module labetcd\n\ngo 1.27.0\n")
    keys.add(store.key(ETCD, Origin.BUILD))
    assert len(keys) == 6


def test_the_key_of_a_download_depends_on_the_release_alone(store: Store) -> None:
    before = store.key(ETCD, Origin.DOWNLOAD)
    (store.modules / "etcd" / "go.mod").write_text("changed")
    assert store.key(ETCD, Origin.DOWNLOAD) == before
    assert store.key(replace(ETCD, version="v3.6.15"), Origin.DOWNLOAD) != before
    assert Store(store.cache, arch="arm64").key(ETCD, Origin.DOWNLOAD) != before


def test_what_was_made_is_found_again(store: Store) -> None:
    assert store.receipt(ETCD) is None
    _install(store)
    receipt = store.receipt(ETCD)
    assert receipt is not None
    assert receipt.programs["etcd"] == store.entry(ETCD, Origin.BUILD) / "bin" / "etcd"
    assert receipt.programs["etcd"].read_text() == "program"


def test_an_installation_that_lost_a_program_is_none(store: Store) -> None:
    _install(store)
    (store.entry(ETCD, Origin.BUILD) / "bin" / "etcdctl").unlink()
    assert store.receipt(ETCD) is None


def test_a_broken_receipt_is_none(store: Store) -> None:
    _install(store)
    (store.entry(ETCD, Origin.BUILD) / "receipt.json").write_text("{")
    assert store.receipt(ETCD) is None


def test_the_one_chosen_last_is_in_use(store: Store) -> None:
    _install(store, Origin.BUILD)
    _install(store, Origin.DOWNLOAD)
    found = store.receipt(ETCD)
    assert found is not None
    assert found.origin is Origin.DOWNLOAD
    store.prefer(ETCD, Origin.BUILD)
    found = store.receipt(ETCD)
    assert found is not None
    assert found.origin is Origin.BUILD


def test_a_failed_maker_leaves_nothing(store: Store) -> None:
    with pytest.raises(LabError):
        _install(store, programs=["etcd"])
    assert [path.name for path in (store.tools / "etcd").iterdir()] == [".lock"]


def test_a_program_that_was_promised_must_be_there(store: Store) -> None:
    with pytest.raises(LabError) as refused:
        _install(store, programs=["etcd"])
    assert str(refused.value) == "tool etcd: made without etcdctl. Next: report this bug."


_KILLED = """
import os, signal, sys
from pathlib import Path
from lab.tools.catalog import giving
from lab.tools.store import Store
from lab.tools.tool import Origin
store = Store(Path(sys.argv[1]), modules=Path(sys.argv[2]), arch="amd64")
tool = giving("etcd")
with store.locked(tool, print), store.making(tool, Origin.BUILD) as stage:
    (stage / "bin" / "etcd").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_maker_killed_half_way_leaves_nothing_that_is_used_or_kept(store: Store) -> None:
    died = subprocess.run(
        [sys.executable, "-c", _KILLED, store.cache, store.modules], check=False, timeout=30
    )
    assert died.returncode == -signal.SIGKILL
    assert store.receipt(ETCD) is None
    assert len(list((store.tools / "etcd").glob(".making-*"))) == 1
    _install(store)
    assert store.receipt(ETCD) is not None
    assert not list((store.tools / "etcd").glob(".making-*"))


def test_no_two_makers_share_a_directory(store: Store) -> None:
    """The compiler of a killed maker lives on, and must not write into the next maker's files."""
    stages = set()
    for _ in range(2):
        with store.locked(ETCD, pytest.fail), store.making(ETCD, Origin.BUILD) as stage:
            stages.add(stage)
    assert len(stages) == 2


def test_a_second_maker_says_that_it_waits(store: Store) -> None:
    said: list[str] = []
    release = threading.Timer(0.3, lambda: fcntl.flock(first, fcntl.LOCK_UN))
    (store.tools / "etcd").mkdir(parents=True)
    with (store.tools / "etcd" / ".lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        release.start()
        with store.locked(ETCD, lambda: said.append("waits")):
            said.append("works")
        release.join()
    assert said == ["waits", "works"]


def test_cleaning_removes_other_versions_and_leftovers_only(store: Store) -> None:
    real = Store(store.cache)
    current = real.entry(ETCD, Origin.BUILD)
    old, half = current.with_name("build-000000000000"), current.with_name(".making-build-000000000000")
    for folder in (current, old, half):
        folder.mkdir(parents=True)
        (folder / "file").write_text("12345")
    found = removals(cache=store.cache)
    assert [(removal.path, removal.size) for removal in found] == [(half, 5), (old, 5)]
    clean(found)
    assert [path.name for path in current.parent.iterdir()] == [current.name]


def test_cleaning_everything_removes_logs_and_downloads_too(store: Store) -> None:
    _install(store)
    for folder in (store.logs, store.downloads):
        folder.mkdir()
    clean(removals(everything=True, cache=store.cache))
    assert not list(store.cache.iterdir())


def test_nothing_is_cleaned_while_a_tool_is_made(store: Store) -> None:
    with store.locked(ETCD, pytest.fail), pytest.raises(LabError) as refused:
        removals(cache=store.cache)
    assert str(refused.value) == (
        "tool etcd: another process is making it. Next: wait for it, or end it, then run the command again."
    )
