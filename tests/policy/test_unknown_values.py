"""A value that is not known yet is never a violation, wherever it is."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from policy.properties import SIGNATURE
from tests.policy.case_fixtures import UNKNOWN, Case, verdicts
from tests.policy.test_cases import BY_ID, CASES

FINE = [case for case in CASES if not case.messages]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to everything in a tree."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if key == SIGNATURE:
                continue  # the engine's mark of a secret, and no value
            yield (*path, key)
            yield from places(inner, (*path, key))


def without(case: Case, number: int, path: tuple[Any, ...]) -> Case:
    """The case, with one value in one of its resources not known yet."""
    changed = case.resources[number]
    raw = copy.deepcopy(dict(changed.raw))
    holder: Any = raw
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = UNKNOWN
    return replace(
        case,
        resources=(*case.resources[:number], replace(changed, raw=raw), *case.resources[number + 1 :]),
    )


@pytest.mark.parametrize("case", FINE, ids=str)
def test_what_is_fine_is_no_violation_while_a_part_of_it_is_not_known(case: Case) -> None:
    wrong = {
        f"{number} {path}": said
        for number, one in enumerate(case.resources)
        for path in places(one.raw)
        if (said := verdicts(BY_ID[case.policy], without(case, number, path)).messages)
    }
    assert wrong == {}
