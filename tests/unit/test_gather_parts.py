"""A bundle's parts: each may fail alone; and its limits."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from federation.errors import UnreachableError
from federation.gather import bundle as bundles
from federation.gather import certificates, objects
from federation.gather.bundle import Bundle, cut
from federation.gather.parts import Failure, Files, Part, collect
from tests.unit.api_server_fixtures import pair
from tests.unit.kube_fixtures import instant


def part(name: str, files: Any) -> Part:
    return Part(name, f"the {name}", lambda: files)


def dead() -> Files:
    yield "first.txt", "here"
    raise UnreachableError("cluster x", "it does not answer", "see whether it runs")


def broken() -> Files:
    yield "second.json", dict[str, str]()["x"]


def test_a_part_that_fails_keeps_what_it_has_and_leaves_the_others_alone() -> None:
    bundle, said = Bundle(), list[str]()
    parts = [part("a", dead()), part("b", broken()), part("c", iter([("x.txt", "fine")]))]
    assert collect(parts, bundle, say=said.append) == [
        Failure("a", "cluster x: it does not answer. Next: see whether it runs."),
        Failure("b", "KeyError: 'x'"),
    ]
    assert [*bundle.files] == ["a/first.txt", "a/failed.txt", "b/failed.txt", "c/x.txt"]
    assert "Traceback" in bundle.files["b/failed.txt"]
    assert said == [
        "[1/3] a: the a",
        "  not whole: cluster x: it does not answer. Next: see whether it runs.",
        "[2/3] b: the b",
        "  not whole: KeyError: 'x'",
        "[3/3] c: the c",
    ]


def test_a_part_that_cannot_even_begin_is_a_failure_like_others() -> None:
    def refuse() -> Files:
        raise UnreachableError("kubeconfig", "it has no server", "see it")

    found = collect([Part("a", "the a", refuse)], Bundle(), say=lambda _: None)
    assert found == [Failure("a", "kubeconfig: it has no server. Next: see it.")]


def test_a_part_ends_with_its_time() -> None:
    deadline = instant(5)

    def slow() -> Iterator[tuple[str, Any]]:
        for number in range(9):
            deadline._sleep(2)
            yield f"{number}.txt", "x"

    bundle = Bundle()
    failures = collect([part("a", slow())], bundle, say=lambda _: None, deadline=lambda: deadline)
    assert failures == [Failure("a", "not collected within its time; 2.txt is the last file")]
    assert [*bundle.files] == ["a/0.txt", "a/1.txt", "a/2.txt", "a/failed.txt"]


def test_of_a_long_log_the_end_is_kept_and_of_all_else_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "FILE_BYTES", 4)
    assert cut("abcdef", from_end=True) == "[2 characters are left out here]\ncdef"
    assert cut("abcdef", from_end=False) == "abcd\n[2 characters are left out here]\n"
    assert cut("abcd", from_end=True) == "abcd"


def test_what_finds_no_room_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundles, "WHOLE_BYTES", 10)
    bundle = Bundle()
    for name in ("a.txt", "b.txt", "c.txt"):
        bundle.add(name, "12345678" if name == "a.txt" else "123")
    bundle.write(tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        assert archive.getnames() == ["bundle/a.txt", "bundle/left-out.txt"]
        left = archive.extractfile("bundle/left-out.txt")
        assert left
        assert left.read() == b"b.txt\nc.txt\n"


def test_no_path_leaves_the_bundle() -> None:
    bundle = Bundle()
    for path in ("../../etc/passwd", "/etc/passwd", "a/b c\n.json"):
        bundle.add(path, "x")
    assert [*bundle.files] == ["_/_/etc/passwd", "_etc/passwd", "a/b_c_.json"]


def test_many_objects_are_shortened_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MOST", 2)
    assert objects.shortened([{"a": 1}] * 5) == [{"a": 1}, {"a": 1}, {"note": "3 more of 5 are left out"}]


def test_certificates_of_a_kubeconfig_and_of_bundles_tell_their_end() -> None:
    made, now = pair(days=10), datetime.now(UTC) + timedelta(days=20)
    found = [*certificates.in_text(made.certificate * 2 + made.key, "here", now)]
    assert [(c["where"], c["subject"], c["issuer"], c["names"], c["days"]) for c in found] == [
        ("here", "CN=test", "CN=test", ["127.0.0.1"], -11)
    ] * 2
    assert [*certificates.in_text("-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----", "x")] == [
        {"where": "x", "problem": "it cannot be read"}
    ]
