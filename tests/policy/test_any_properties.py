"""No property tree makes a policy crash, and none makes it say a secret."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.pack import POLICIES
from policy.properties import UNKNOWNS
from policy.rule import Level
from policy.session import Configured, Session
from policy.stack import Resource, Stack
from tests.policy.case_fixtures import TODAY, secret
from tests.policy.test_cases import CASES

SAMPLES = [resource for case in CASES for resource in case.resources]
SECRET = "a value that nobody may read"


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


KEYS = sorted({key for sample in SAMPLES for key in _keys(sample.raw)})
TEXTS = sorted({text for sample in SAMPLES for text in _texts(sample.raw)})
TYPES = sorted({sample.type for sample in SAMPLES})
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(TEXTS),
    st.sampled_from(sorted(UNKNOWNS)),
    st.just(secret(SECRET)),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
        inner.map(secret),
    ),
    max_leaves=12,
)
RANDOM = st.builds(
    Resource,
    st.sampled_from(TYPES),
    st.sampled_from(["it", ""]),
    st.sampled_from(["urn:a", "urn:b"]),
    st.dictionaries(st.sampled_from(KEYS), TREES, max_size=5),
)


@st.composite
def changed(draw: st.DrawFn) -> Resource:
    """A resource of a case, with one part of it replaced by anything, or gone."""
    sample = draw(st.sampled_from(SAMPLES))
    raw = copy.deepcopy(dict(sample.raw))
    spots = list(_spots(raw))
    if spots:
        place, key = draw(st.sampled_from(spots))
        if draw(st.booleans()):
            place[key] = draw(TREES)
        elif isinstance(place, dict):
            del place[key]
    return Resource(sample.type, sample.name, sample.urn, raw, sample.protect)


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree: the container, and the key in it."""
    if isinstance(value, dict | list):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _spots(inner)


def session(today: date = TODAY) -> Session:
    """With every policy that can mend told to."""
    made = Session(POLICIES, today)
    made.configure({policy.name: Configured(Level.REMEDIATE, {}) for policy in POLICIES if policy.fix})
    return made


def look(resources: list[Resource]) -> None:
    one, before = session(), copy.deepcopy([resource.raw for resource in resources])
    said = [text.message for resource in resources for text in one.on_resource(resource)]
    for resource in resources:
        one.fixed(resource)
    said += [text.message for text in one.on_stack(Stack(tuple(resources), "dev", "passphrase"))]
    assert not [text for text in said if SECRET in text]
    assert repr([resource.raw for resource in resources]) == repr(before), "nothing that is looked at changes"


@settings(max_examples=150, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.lists(st.one_of(RANDOM, changed()), min_size=1, max_size=3))
def test_no_tree_makes_a_policy_crash(resources: list[Resource]) -> None:
    look(resources)


@pytest.mark.long
@settings(max_examples=10_000, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.lists(st.one_of(RANDOM, changed()), min_size=1, max_size=3))
def test_none_of_ten_thousand_trees_makes_a_policy_crash(resources: list[Resource]) -> None:
    look(resources)
