"""The file of a backup: what goes in comes out, and what is not all of one is refused."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.backup import files
from federation.backup.archive import Backup, pack, unpack
from federation.backup.errors import BackupError
from federation.drafts import draft
from tests.unit.backup_fixtures import BACKUP, ENTRIES, ORIGIN, SECRET

ANOTHER = "Next: use another backup, or another copy of this one."


@given(st.dictionaries(st.text(min_size=1), st.binary(max_size=200)))
def test_what_goes_in_comes_out(entries: dict[str, bytes]) -> None:
    backup = Backup.of(ORIGIN, entries)
    assert unpack(pack(backup), "b") == backup


def test_the_manifest_tells_what_is_in_it() -> None:
    document = BACKUP.manifest.as_document()
    assert document == {
        "format": 1,
        "federation": "fed",
        "namespace": "federation-system",
        "taken": "2026-11-29T12:00:00Z",
        "revision": 4711,
        "prefixes": ["/registry"],
        "versions": {"karmada": "1.18.2", "kubernetes": "1.36.3", "etcd": "3.6.14"},
        "serviceCidr": "10.96.0.0/12",
        "members": ["fc01"],
        "encrypted": [],
        "counts": {
            "clusterroles": 1,
            "clusters.cluster.karmada.io": 1,
            "customresourcedefinitions.apiextensions.k8s.io": 1,
            "deployments": 1,
            "namespaces": 2,
            "secrets": 2,
            "services": 1,
            "works.work.karmada.io": 1,
        },
        "keys": 10,
        "bytes": sum(map(len, ENTRIES.values())),
        "sha256": document["sha256"],
    }


def test_the_usual_tools_open_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(pack(BACKUP)), mode="r:gz") as tar:
        assert tar.getnames() == ["manifest.json", "keys.jsonl"]
        manifest, lines = (tar.extractfile(name) for name in tar.getnames())
        assert manifest is not None
        assert lines is not None
        assert json.load(manifest)["federation"] == "fed"
        assert json.loads(lines.readline())[1] == "dGhlbg=="


def test_the_same_backup_is_the_same_file() -> None:
    assert pack(BACKUP) == pack(Backup.of(ORIGIN, dict(reversed(ENTRIES.items()))))


def test_a_backup_shows_no_value() -> None:
    assert SECRET.decode() not in repr(BACKUP)


def refusal(content: bytes) -> str:
    with pytest.raises(BackupError) as caught:
        unpack(content, "fed.tar.gz")
    return str(caught.value)


@pytest.mark.parametrize("left", [0, 1, 10, 100, -1, -8, -9])
def test_a_file_that_was_cut_is_refused(left: int) -> None:
    assert refusal(pack(BACKUP)[:left]) == (
        f"fed.tar.gz: is no backup of a federation, or not all of one. {ANOTHER}"
    )


@pytest.mark.parametrize(
    "content", [b"hello", b"", gzip.compress(b"hello", mtime=0), gzip.compress(b"", mtime=0)]
)
def test_something_else_is_refused(content: bytes) -> None:
    assert refusal(content) == f"fed.tar.gz: is no backup of a federation, or not all of one. {ANOTHER}"


def test_a_changed_byte_is_found_or_changes_nothing() -> None:
    whole, found = pack(BACKUP), 0
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        try:
            assert unpack(bytes(changed), "b") == BACKUP
        except BackupError:
            found += 1
    assert found > len(whole) - 20, "a few bits of gzip's header and filling mean nothing"


def archive(manifest: object, lines: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in (("manifest.json", json.dumps(manifest).encode()), ("keys.jsonl", lines)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(out.getvalue())


LINE = b'["/registry/namespaces/default", "ZGVmYXVsdA=="]\n'
DOCUMENT = BACKUP.manifest.as_document()


def test_keys_of_another_manifest_are_refused() -> None:
    assert refusal(archive(DOCUMENT, LINE)) == (
        f"fed.tar.gz: is damaged: its keys are not those that its manifest tells of. {ANOTHER}"
    )


@pytest.mark.parametrize(
    ("manifest", "lines"),
    [
        (DOCUMENT | {"surprise": 1}, LINE),
        (DOCUMENT | {"revision": "many"}, LINE),
        (DOCUMENT, b'["a"]\n'),
        (DOCUMENT, b"{\n"),
        (DOCUMENT, b'["a", "not base64!"]\n'),
    ],
)
def test_files_of_another_form_are_refused(manifest: object, lines: bytes) -> None:
    assert refusal(archive(manifest, lines)) == (
        f"fed.tar.gz: is damaged: its files have not the form of a backup. {ANOTHER}"
    )


def test_another_format_is_refused() -> None:
    assert refusal(archive(DOCUMENT | {"format": 2}, LINE)) == (
        "fed.tar.gz: has the format 2, and this fedctl reads 1. Next: use the fedctl that has made it."
    )


def test_a_file_is_its_owners_only_and_there_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "fed.tar.gz"
    files.write(target, b"content")
    assert target.stat().st_mode & 0o777 == 0o600
    assert files.read(target) == b"content"
    assert files.opened_to(target) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["fed.tar.gz"]


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "fed.tar.gz"
    files.write(target, b"first")
    with pytest.raises(BackupError) as caught:
        files.write(target, b"second")
    assert str(caught.value) == f"{target}: is there already. Next: name a new file for each backup."
    assert files.read(target) == b"first"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    target = tmp_path / "none" / "fed.tar.gz"
    with pytest.raises(BackupError) as caught:
        files.write(target, b"x")
    assert str(caught.value) == (
        f"{target}: has no folder to be in. Next: make the folder, readable by its owner only."
    )


def test_a_file_system_that_knows_no_modes_gets_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def readable(target: Path) -> Iterator[IO[bytes]]:
        with draft(target) as file:
            Path(file.name).chmod(0o644)  # what a file there has, whatever is asked for
            yield file

    monkeypatch.setattr(files, "draft", readable)
    target = tmp_path / "fed.tar.gz"
    with pytest.raises(BackupError) as caught:
        files.write(target, b"secret")
    assert str(caught.value) == (
        f"{target}: would have the mode 0644 there: its file system keeps no secrets. "
        "Next: name a file on one that knows owners and modes."
    )
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackupError) as caught:
        files.read(tmp_path / "none")
    assert str(caught.value) == (
        f"{tmp_path / 'none'}: cannot be read: No such file or directory. Next: name a file that is there."
    )
