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
BY_ID = {policy.id: policy for policy in POLICIES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_policy_says_exactly_what_is_wrong(case: Case) -> None:
    found, said, paths = verdicts(BY_ID[case.policy], case)
    assert said == [*case.messages]
    assert paths == [*case.undecided]
    for finding in found:
        assert repr(finding.subject) in finding.message, (
            "an exception is written with what the message quotes"
        )
        assert not finding.message.endswith("."), "the frame around it ends the sentence"


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
