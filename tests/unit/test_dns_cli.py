"""`fedctl records plan`: its forms, its exit statuses, and the example in its documentation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from federation.cli.commands import app
from federation.dns.facts import FactsError

DOCS = (Path(__file__).parents[2] / "docs/names.md").read_text()
FACTS, ANSWER = (json.loads(text) for text in re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL))


def run(facts: Any, *options: str) -> Any:
    return CliRunner().invoke(app, ["records", "plan", *options], input=json.dumps(facts))


@pytest.mark.parametrize("options", [(), ("--output", "json")])
def test_the_example_of_the_documentation_is_true(options: tuple[str, ...]) -> None:
    done = run(FACTS, *options)
    assert (done.exit_code, json.loads(done.stdout), done.stderr) == (0, ANSWER, "")


def test_the_records_as_a_zone_file() -> None:
    assert run(FACTS, "--output", "zone").stdout == (
        "$ORIGIN example.com.\n"
        "$TTL 30\n"
        "nginx.default.fed.svc.east.us 30 IN A 10.250.0.2\n"
        "nginx.default.fed.svc 30 IN A 10.250.0.2\n"
        "nginx.default.fed.svc.us 30 IN A 10.250.0.2\n"
        "nginx.default.fed.svc.west.us 30 IN A 10.250.0.2\n"
    )


def test_the_table_shows_each_record_set_and_what_is_done_about_it() -> None:
    gone = {
        "name": "old.default.fed.svc.example.com",
        "type": "A",
        "ttl": 30,
        "values": ["10.0.0.9"],
        "owner": "fed",
    }
    done = run(FACTS | {"current": [*FACTS["current"], gone]}, "--output", "table")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["NAME", "TYPE", "TTL", "VALUES", "CHANGE"],
        ["nginx.default.fed.svc.east.us.example.com", "A", "30", "10.250.0.2", "create"],
        ["nginx.default.fed.svc.example.com", "A", "30", "10.250.0.2", "update"],
        ["nginx.default.fed.svc.us.example.com", "A", "30", "10.250.0.2"],
        ["nginx.default.fed.svc.west.us.example.com", "A", "30", "10.250.0.2", "create"],
        ["old.default.fed.svc.example.com", "A", "30", "10.0.0.9", "delete"],
    ]


def test_a_conflict_is_exit_status_3_with_the_owner_and_changes_nothing() -> None:
    foreign = [FACTS["current"][0] | {"owner": "other"}, FACTS["current"][1]]
    done = run(FACTS | {"current": foreign})
    assert done.exit_code == 3
    assert done.stderr == (
        "error: federation fed: records of others at names of its services: nginx.default.fed.svc.example.com A of "
        "other; nothing is changed for these services. Next: remove these records, or rename the services, then "
        "plan again.\n"
    )
    answer = json.loads(done.stdout)
    assert answer["changes"] == []
    assert answer["conflicts"] == [
        {"name": "nginx.default.fed.svc.example.com", "type": "A", "owner": "other"}
    ]


def test_facts_that_cannot_be_understood_are_an_error_of_the_user() -> None:
    done = run({"domain": "example.com"})
    assert isinstance(done.exception, FactsError)
    assert str(done.exception) == (
        "facts: a mistake\n  federation: is missing; add it\n"
        "Next: correct the facts; docs/names.md has their form."
    )
