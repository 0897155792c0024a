"""The inventory on disk: kept over restarts and kills, and nobody else's to read."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from lab.azure import store as module
from lab.azure.http import Document
from lab.azure.ids import ResourceId, resource
from lab.azure.store import Entry, Store

GROUP = "/subscriptions/s/resourceGroups/g"


def _id(name: str, type_: str = "things") -> ResourceId:
    return resource(f"{GROUP}/providers/Microsoft.Test/{type_}/{name}")


def _put(store: Store, name: str, **document: object) -> Entry:
    return store.put(_id(name), "Microsoft.Test/things", dict(document), {"secret": name})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "inventory.json"


def _all(store: Store) -> list[Document]:
    return [{"id": e.id, "document": e.document, "etag": e.etag, "private": e.private} for e in store.all()]


def test_what_was_written_is_there_again(file: Path) -> None:
    store = Store(file)
    for name in "abc":
        _put(store, name, location="westus")
    _put(store, "a", location="eastus")
    store.delete(_id("b"))
    again = Store(file)
    assert _all(again) == _all(store)
    assert [e.document["name"] for e in again.all()] == ["a", "c"]


def test_files_are_roots_alone_to_read(file: Path) -> None:
    store = Store(file)
    _put(store, "a")
    assert {p.name: p.stat().st_mode & 0o777 for p in file.parent.iterdir()} == {
        "inventory.json": 0o600,
        "inventory.journal": 0o600,
    }


def test_a_line_that_was_not_written_whole_is_as_if_never_begun(file: Path) -> None:
    store = Store(file)
    _put(store, "a")
    journal = file.with_suffix(".journal")
    whole = journal.read_bytes()
    _put(store, "b")
    line = journal.read_bytes()[len(whole) :]
    for cut in range(len(line) - 1):
        journal.write_bytes(whole + line[:cut])
        file.write_text(json.dumps({"entries": {}}))
        assert [e.document["name"] for e in Store(file).all()] == ["a"], cut
        journal.unlink(missing_ok=True)
        journal.write_bytes(whole)


def test_the_journal_does_not_grow_without_end(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_JOURNAL_LINES", 10)
    store = Store(file)
    for i in range(95):
        _put(store, f"n{i % 7}", round=i)
    assert len(file.with_suffix(".journal").read_text().splitlines()) <= 10
    assert _all(Store(file)) == _all(store)


def test_a_look_changes_no_file(file: Path) -> None:
    store = Store(file)
    _put(store, "a")
    before = {p.name: p.read_bytes() for p in file.parent.iterdir()}
    look = Store(file, writes=False)
    assert _all(look) == _all(store)
    look.delete(_id("a"))
    assert {p.name: p.read_bytes() for p in file.parent.iterdir()} == before


def test_ids_have_no_case_and_keep_the_first(file: Path) -> None:
    store = Store(file)
    first = store.put(_id("Name"), "Microsoft.Test/things", {})
    second = store.put(_id("nAME"), "Microsoft.Test/things", {"x": 1})
    assert (second.id, second.document["name"]) == (first.id, "Name")
    assert second.etag != first.etag
    assert store.get(_id("NAME").text.upper()) == second
    assert len(store.all()) == 1


def test_documents_are_copies() -> None:
    store, given = Store(), {"properties": {"x": [1]}}
    entry = store.put(_id("a"), "Microsoft.Test/things", given)
    given["properties"]["x"].append(2)
    assert entry.properties == {"x": [1]}


def test_children_are_the_next_level_only() -> None:
    store = Store()
    parent = _id("a")
    for id_ in (parent, parent.child("parts", "p"), parent.child("parts", "p").child("bits", "b")):
        store.put(id_, id_.type, {})
    note = parent.extension("Microsoft.Test/notes", "n")
    store.put(note, note.type, {})
    assert [e.document["name"] for e in store.children(parent, "parts")] == ["p"]
    assert [e.document["name"] for e in store.under(parent)] == ["p", "b", "n"]
    assert store.of_type("microsoft.test/NOTES", GROUP) == [store.get(note)]


def test_many_writers_lose_nothing(file: Path) -> None:
    store = Store(file)

    def write(writer: int) -> None:
        for i in range(50):
            _put(store, f"w{writer}-{i}")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.all()) == len(Store(file).all()) == 200
