"""Licences of what the program needs are among those that this project may depend on."""

from __future__ import annotations

from email.message import Message
from importlib import metadata
from typing import Any

import pytest

from lab.images.python import closure
from release.licences import allowed, declared
from release.project import ROOT, dependencies, project


@pytest.mark.parametrize("distribution", closure(dependencies()), ids=lambda each: each.name)
def test_the_licence_of_what_is_needed_at_run_time_is_allowed(distribution: metadata.Distribution) -> None:
    expression = declared(distribution)
    assert expression is not None, "its metadata names none: read it, and add what it says to NAMES"
    assert allowed(expression), expression


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only AND MIT", False),
        ("MIT OR (Apache-2.0 AND GPL-3.0-only)", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
    ],
)
def test_one_allowed_choice_will_do_and_all_parts_must(expression: str, verdict: bool) -> None:
    assert allowed(expression) is verdict


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"License-Expression": "MIT OR Apache-2.0", "License": "BSD"}, "MIT OR Apache-2.0"),
        ({"License": "Apache Software License"}, "Apache-2.0"),
        (
            {"License": "Copyright\nall rights", "Classifier": "License :: OSI Approved :: BSD License"},
            "BSD-3-Clause",
        ),
        ({"License": "do what you like"}, None),
        ({"Classifier": "Topic :: Software Development"}, None),
    ],
)
def test_a_licence_is_what_the_first_field_that_is_clear_says(
    fields: dict[str, str], found: str | None
) -> None:
    class Stand(metadata.Distribution):
        """A distribution that has metadata only."""

        metadata: Any = Message()

        def read_text(self, filename: str) -> None:
            return None

        def locate_file(self, path: Any) -> Any:
            return path

    stand = Stand()
    stand.metadata = Message()
    for name, text in fields.items():
        stand.metadata[name] = text
    assert declared(stand) == found


def test_the_project_has_a_licence_and_its_text() -> None:
    assert allowed(project()["license"])
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text()
