"""What `fedctl placement` and annotations may say, and how it is told when they are wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.placement import PlacementError, divide, parse_preferences, parse_request

HELP = "Next: see `fedctl placement --help` for the form of a request."


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "Invalid JSON: EOF while parsing a value at line 1 column 0"),
        ("[]", "Input should be an object"),
        ("{}", "replicas: Field required; clusters: Field required"),
        ('{"replicas": 1.5, "clusters": []}', "replicas: Input should be a valid integer"),
        ('{"replicas": true, "clusters": []}', "replicas: Input should be a valid integer"),
        ('{"replicas": -1, "clusters": []}', "replicas: Input should be greater than or equal to 0"),
        ('{"replicas": 1, "clusters": ["a", "b", "a"]}', "clusters: named more than once: a"),
        ('{"replicas": 1, "clusters": [], "clutser\\n": []}', "clutser : unknown key"),
        (b"\xff", "Invalid JSON: expected value at line 1 column 1"),
    ],
)
def test_a_bad_request_is_told_in_one_line(text: str | bytes, cause: str) -> None:
    with pytest.raises(PlacementError) as caught:
        parse_request(text)
    assert str(caught.value) == f"request: {cause}. {HELP}"


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda some: st.lists(some) | st.dictionaries(st.sampled_from(["replicas", "clusters", "key", "x"]), some),
))  # fmt: skip
def test_no_json_is_more_than_an_error(document: Any) -> None:
    assert "\n" not in _complaint(json.dumps(document))


def _complaint(text: str) -> str:
    try:
        divide(parse_request(text))
    except PlacementError as error:
        return str(error)
    return ""


def test_null_is_the_same_as_left_out() -> None:
    full = '{"key": null, "replicas": 2, "clusters": ["a"], "preferences": null, "current": null, "capacity": null}'
    assert parse_request(full) == parse_request('{"replicas": 2, "clusters": ["a"]}')


def test_preferences_of_an_annotation_name_it_when_they_are_wrong() -> None:
    with pytest.raises(PlacementError) as caught:
        parse_preferences('{"clusters": {"*": {"wieght": 1}}}', "Deployment default/nginx: annotation x")
    assert str(caught.value) == (
        "Deployment default/nginx: annotation x: clusters.*.wieght: unknown key. "
        'Next: write it such as {"clusters": {"*": {"weight": 1}}}.'
    )
