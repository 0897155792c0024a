"""Every type of error has its section in docs/troubleshooting.md, and the section has the texts of the sources."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

import federation.cli.commands  # noqa: F401 - loads all types
from federation import cli
from federation.catalogue import ROOMS
from federation.catalogue.advice import LOOK, PROBLEMS
from federation.catalogue.page import page
from federation.catalogue.raises import Kind, Made, kinds, made
from federation.catalogue.sources import Source, parse, read
from federation.errors import FederationError, NotInTimeError, anchor_of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"


@cache
def sources() -> Mapping[str, Source]:
    return parse(read(ROOT, *ROOMS))


KINDS = sorted(kinds(sources()).values(), key=lambda kind: kind.name)


@cache
def all_made() -> list[Made]:
    return made(sources())


def loaded(kind: type[FederationError] = FederationError) -> Iterator[type[FederationError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from loaded(inner)


def test_the_page_is_that_of_the_sources() -> None:
    assert PAGE.read_text() == page(sources()), "run `make schema`"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_type_has_a_meaning_advice_a_place_where_it_is_raised_and_a_section(kind: Kind) -> None:
    assert kind.meaning
    assert LOOK[kind.title]
    assert any(one.kind == kind.name for one in all_made())
    assert f"\n## {kind.title}\n" in PAGE.read_text()


def test_no_two_types_share_a_section_and_no_advice_is_left_over() -> None:
    assert Counter(kind.title for kind in KINDS).most_common(1)[0][1] == 1
    assert {kind.title for kind in KINDS} == LOOK.keys()


@pytest.mark.parametrize(
    "kind",
    [kind for kind in loaded() if kind.__module__.startswith(ROOMS)],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_a_type_that_runs_is_known_to_the_catalogue_with_the_same_title(kind: type[FederationError]) -> None:
    found = kinds(sources())[f"{kind.__module__}.{kind.__qualname__}"]
    assert found.title == kind.title
    assert f"#{anchor_of(found.title)})" in PAGE.read_text()


def test_every_error_has_object_cause_and_fix_whose_sentences_end_after_them() -> None:
    wrong = [
        one
        for one in all_made()
        if not (one.obj and one.cause and one.fix) or one.cause.endswith(".") or one.fix.endswith(".")
    ]
    assert wrong == []


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_problem_of_a_federation_is_worded_as_the_sources_word_it(problem: str) -> None:
    source = "\n".join((ROOT / "federation" / name).read_text() for name in ("dns/view.py", "cli/status.py"))
    parts = [part.strip(" :(),") for part in re.split("…", problem) if len(part.strip(" :(),")) > 3]
    assert [part for part in parts if part not in re.sub(r"{[^}]*}", "…", source)] == []


def test_a_page_can_be_read_in_one_sitting() -> None:
    rows = re.findall(r"^\| `", PAGE.read_text(), re.MULTILINE)
    assert 200 < len(rows) < 600


def test_the_command_line_leads_to_the_section(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise NotInTimeError("control plane", "not so within 5 s: [etcd] has 0 of 1 pods ready", "wait")

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr(sys, "argv", ["fedctl", "versions"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "error: control plane: not so within 5 s: [etcd] has 0 of 1 pods ready. Next: wait.\n"
        "More: docs/troubleshooting.md#not-in-time\n"
    )


def texts(**modules: str) -> list[tuple[str, str, str, str]]:
    """Class, object, cause and fix of what modules of a package `federation` make."""
    base = "class FederationError(Exception):\n    'Base.'\n"
    files = {"federation/errors.py": base} | {f"federation/{n}.py": dedent(t) for n, t in modules.items()}
    return [
        (one.kind.rpartition(".")[2], one.obj, one.cause, one.fix)
        for one in made(parse(files))
        if one.path != "federation/errors.py"
    ]


HEAD = "from federation.errors import FederationError\n"


def test_what_differs_in_a_text_is_left_open() -> None:
    source = 'def f(n, v):\n    raise FederationError(n.name, f"has {n} of {v!r}, {n} a", "it " + n)\n'
    assert texts(a=HEAD + source) == [("FederationError", "…", "has … of … a", "it …")]


def test_names_lead_to_constants_of_other_modules_and_to_all_that_a_variable_may_be() -> None:
    source = (
        "from federation.b import FIX as F\n"
        "WHO = 'us'\n"
        "def f(n):\n"
        "    cause = 'is old' if n else 'is new'\n"
        "    raise FederationError(WHO, f'it {cause}', F)\n"
    )
    assert texts(a=HEAD + source, b="FIX = 'stop'") == [
        ("FederationError", "us", "it is new", "stop"),
        ("FederationError", "us", "it is old", "stop"),
    ]


def test_cause_and_fix_that_belong_together_stay_together() -> None:
    source = (
        "def f(n):\n"
        "    cause, fix = ('none', 'add') if n else ('many', 'remove')\n"
        "    return FederationError('list', cause, fix)\n"
    )
    assert texts(a=HEAD + source) == [
        ("FederationError", "list", "many", "remove"),
        ("FederationError", "list", "none", "add"),
    ]


def test_what_callers_give_and_what_functions_return_is_followed() -> None:
    source = (
        "def wrong(self, why):\n"
        "    return FederationError('file', f'cannot: {why}', step())\n"
        "def step():\n"
        "    return 'go'\n"
        "def f(e):\n"
        "    raise wrong('gone')\n"
        "def g(e):\n"
        "    raise wrong(why=str(e))\n"
    )
    assert texts(a=HEAD + source) == [
        ("FederationError", "file", "cannot: gone", "go"),
        ("FederationError", "file", "cannot: …", "go"),
    ]


def test_a_name_within_itself_and_too_many_choices_end() -> None:
    many = "".join(f"    if n == {i}: c = 'c{i}'\n" for i in range(20))
    source = f"def f(n):\n    o = f'{{o}}x'\n{many}    raise FederationError(o, c, 'fix')\n"
    assert texts(a=HEAD + source) == [("FederationError", "…x", "…", "fix")]


def test_types_that_inherit_choose_by_a_table_or_make_themselves_are_found() -> None:
    source = (
        "class OldError(FederationError, title='Too old'):\n"
        "    'It is old.'\n"
        "    def __init__(self, n):\n"
        "        super().__init__('thing', f'is {n} old', 'renew')\n"
        "class NewError(FederationError):\n"
        "    'It is new.'\n"
        "KINDS = {1: (NewError, 'wait')}\n"
        "def f(n):\n"
        "    kind, fix = KINDS[n]\n"
        "    return kind('thing', f'cannot: {n}', fix)\n"
    )
    assert texts(a=HEAD + source) == [
        ("NewError", "thing", "cannot: …", "wait"),
        ("OldError", "thing", "is … old", "renew"),
    ]
    found = kinds(
        parse({"federation/errors.py": "class FederationError: 'B.'", "federation/a.py": HEAD + source})
    )
    assert {kind.title: kind.meaning for kind in found.values()} == {
        "Federation": "B.",
        "Too old": "It is old.",
        "New": "It is new.",
    }


def test_mistakes_of_a_topology_are_lines_of_their_error() -> None:
    line = "def f(n):\n    raise mistake(f'is no {n}', 'write one', key='a')\n"
    table = "class MistakesError(FederationError):\n    'Wrong.'\n_CAUSES = {'bool': ('is no bool', 'write true')}\n"
    files = {
        "federation/errors.py": "class FederationError: 'B.'",
        "federation/topology/mistakes.py": HEAD + table,
        "federation/topology/a.py": line,
    }
    assert [(one.cause, one.fix) for one in made(parse(files))] == [
        ("is no …", "write one"),
        ("is no bool", "write true"),
    ]
