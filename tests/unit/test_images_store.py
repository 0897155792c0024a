"""Archives in the cache: made once, by one builder, and never half."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images import store
from lab.images.catalog import reference, select
from tests.unit.images_fixtures import layout_of

NOW = time.time()


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    path = tmp_path / "etcd"
    path.write_bytes(b"etcd")
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def etcd(tool: Path, cache: Path) -> Path:
    """An image that needs no Debian package."""
    return store.archive(["etcd"], resolve=lambda _: tool, cache=cache)


def test_an_archive_is_made_once_and_found_again_quickly(tool: Path, cache: Path) -> None:
    first = etcd(tool, cache)
    written = first.stat().st_ino
    start = time.perf_counter()
    assert etcd(tool, cache) == first
    assert time.perf_counter() - start < 0.05
    assert first.stat().st_ino == written
    assert layout_of(first).references() == [reference("etcd")]


def test_a_new_build_of_a_tool_makes_a_new_archive(tool: Path, cache: Path) -> None:
    first = etcd(tool, cache)
    tool.write_bytes(b"etcd, newer")
    assert etcd(tool, cache) != first


def test_the_same_inputs_give_the_same_bytes_in_any_cache(tool: Path, tmp_path: Path) -> None:
    one, two = etcd(tool, tmp_path / "one"), etcd(tool, tmp_path / "two")
    assert (one.name, one.read_bytes()) == (two.name, two.read_bytes())


def test_nothing_is_left_beside_the_archive(tool: Path, cache: Path) -> None:
    made = etcd(tool, cache)
    assert sorted(path.name for path in cache.iterdir()) == sorted([made.name, "lock"])


def test_a_failed_build_leaves_no_half_archive(
    tool: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write", full)
    with pytest.raises(LabError) as error:
        etcd(tool, cache)
    target = store.archive_path(select(["etcd"]), resolve=lambda _: tool, cache=cache)
    assert str(error.value) == (
        f"images etcd: cannot write {target}: [Errno 28] No space left on device. Next: make room, then try again."
    )
    assert [path.name for path in cache.iterdir()] == ["lock"]


def test_a_second_builder_waits_and_takes_what_the_first_made(tool: Path, cache: Path) -> None:
    cache.mkdir()
    said: list[str] = []
    target = store.archive_path(select(["etcd"]), resolve=lambda _: tool, cache=cache)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = threading.Thread(
            target=store.archive,
            args=(["etcd"],),
            kwargs={"resolve": lambda _: tool, "cache": cache, "progress": said.append},
        )
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        target.write_bytes(b"made by the first")
    waiting.join(5)
    assert (target.read_bytes(), said) == (b"made by the first", [])


def test_a_tool_that_is_gone_is_named(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(LabError) as error:
        etcd(tmp_path / "gone", cache)
    assert str(error.value) == (
        f"tool etcd: its file cannot be read: [Errno 2] No such file or directory: '{tmp_path}/gone'. "
        "Next: install it again."
    )


def test_archives_nobody_asked_for_are_removed_and_the_others_stay(tool: Path, cache: Path) -> None:
    used = etcd(tool, cache)
    old, left = cache / "old.tar", cache / "old.1.part"
    scratch = cache / "scratch-x"
    scratch.mkdir()
    for path in (old, left, scratch):
        path.touch()
        os.utime(path, (NOW - 20 * store.DAY,) * 2)
    assert store.prune(cache=cache) == [left, old, scratch]
    assert sorted(path.name for path in cache.iterdir()) == sorted([used.name, "lock"])


def test_asking_for_an_archive_keeps_it_from_being_removed(tool: Path, cache: Path) -> None:
    used = etcd(tool, cache)
    os.utime(used, (NOW - 20 * store.DAY,) * 2)
    etcd(tool, cache)
    assert store.prune(cache=cache) == []


def test_the_default_place_is_the_cache_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tool: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("FEDERATION_CACHE", str(tmp_path / "own"))
    assert store.archive(["etcd"], resolve=lambda _: tool).parent == tmp_path / "own" / "images"
