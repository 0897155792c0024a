"""Every policy on cases that it must find, on cases that it must not, and on values that are not known yet."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from policy.pack import POLICIES
from tests.policy.case_fixtures import Case, verdicts

CASES: list[Case] = [
    case
    for file in sorted(Path(__file__).with_name("cases").glob("*.py"))
    for case in import_module(f"tests.policy.cases.{file.stem}").CASES
]
REMEDIES = Path(__file__).with_name("remedies.txt")
OF_STACKS = {"P29"}
"""Policies about the stack itself, and not about a resource in it."""
BY_ID = {policy.id: policy for policy in POLICIES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_policy_says_exactly_what_is_wrong(case: Case) -> None:
    said = verdicts(BY_ID[case.policy], case)
    assert said.messages == [*case.messages]
    assert said.undecided == [*case.undecided]
    for finding in said.findings:
        assert repr(finding.subject) in finding.message, (
            "an exception is written with what the message quotes"
        )
        assert not finding.message.endswith("."), "the frame around it ends the sentence"
    assert set(said.places) <= {one.urn for one in case.resources} | (
        {""} if case.policy in OF_STACKS else set()
    )


def test_remedies_of_their_own_are_as_they_were_reviewed() -> None:
    found: dict[str, set[str]] = {}
    for case in CASES:
        fixes = {finding.fix for finding in verdicts(BY_ID[case.policy], case).findings if finding.fix}
        found.setdefault(case.policy, set()).update(fixes)
    shown = "".join(f"{id_}: {fix}\n" for id_, fixes in sorted(found.items()) for fix in sorted(fixes))
    assert shown == REMEDIES.read_text()


def test_every_policy_has_enough_cases() -> None:
    kinds = Counter(
        (case.policy, "unknown" if case.undecided else "positive" if case.messages else "negative")
        for case in CASES
    )
    wanted = {"positive": 2, "negative": 2, "unknown": 1}
    few = [f"{id_}: {kind}" for id_ in BY_ID for kind, least in wanted.items() if kinds[id_, kind] < least]
    assert few == []


def test_cases_have_titles_of_their_own() -> None:
    assert [title for title, times in Counter(map(str, CASES)).items() if times > 1] == []
