"""What all providers have in common, in the real server."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.dynamic.dynamic import serialize_provider

from components.dynamic.base import Provider, unknown
from tests.wire.dynamic_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    UNKNOWN,
    Diff,
    Server,
    refusal,
    server_fixture,
)
from tests.wire.dynamic_samples import Sample

PROPS = {"name": "fc01", "size": 3, "labels": {"zone": "a"}}


def test_the_reference_names_the_class_and_holds_nothing_else() -> None:
    provider = Sample()
    provider.token = "hunter2"  # a mistake that would put it into the state
    clean, leaky = (base64.b64decode(serialize_provider(p)) for p in (Sample(), provider))
    assert b"tests.wire.dynamic_samples" in clean
    assert len(clean) < 80
    assert b"hunter2" in leaky


def test_a_stack_may_have_thousands_of_dynamic_resources() -> None:
    """The SDK's pickler grows by a layer with each, through which only a provider with state would have to go."""
    assert len({serialize_provider(Sample()) for _ in range(3000)}) == 1


def test_the_reference_is_no_secret() -> None:
    assert Provider.serialize_as_secret_always is False


def test_a_provider_lives_through_all_verbs(server: Server) -> None:
    remote = server.of(Sample())
    inputs = remote.check({}, PROPS)
    made = remote.create(inputs)
    assert made.id == "fc01"
    assert made.outs == PROPS
    assert "fc01 is made" in server.stdout
    assert remote.update("fc01", made.outs, {**PROPS, "size": 4}) == {**PROPS, "size": 4}
    assert remote.read("fc01", made.outs).outs == PROPS
    remote.delete("fc01", made.outs)
    assert server.stderr == ""


def test_a_number_that_comes_as_a_float_is_no_diff(server: Server) -> None:
    remote = server.of(Sample())
    assert remote.diff("fc01", {**PROPS, "size": 3.0}, PROPS) == Diff(
        changes=False, delete_before_replace=True
    )


def test_another_key_than_its_own_is_no_diff(server: Server) -> None:
    remote = server.of(Sample())
    assert not remote.diff("fc01", {**PROPS, "clusterId": "u-1"}, {**PROPS, "note": "new"}).changes


def test_what_is_unknown_stays_so_through_a_check(server: Server) -> None:
    inputs = {**PROPS, "labels": {"zone": UNKNOWN, "others": [UNKNOWN]}}
    assert server.of(Sample()).check(PROPS, inputs) == inputs


@pytest.mark.parametrize(
    ("news", "changes", "replaces"),
    [
        ({"size": 4}, True, []),
        ({"size": UNKNOWN}, True, []),
        ({"labels": {"zone": UNKNOWN}}, True, []),
        ({"name": "fc02"}, True, ["name"]),
        ({"name": UNKNOWN}, True, []),
    ],
)
def test_what_is_unknown_is_an_update_and_no_replacement(
    server: Server, news: dict[str, object], changes: bool, replaces: list[str]
) -> None:
    found = server.of(Sample()).diff("fc01", PROPS, {**PROPS, **news})
    assert found == Diff(changes, replaces, delete_before_replace=True)


def test_an_expected_error_is_one_line_without_a_stack(server: Server) -> None:
    message = refusal(server.of(Sample()).create, {**PROPS, "size": 13})
    assert message == "member fc01: its API server is gone. Next: start it."
    assert server.stderr == ""


def test_a_bug_keeps_its_stack(server: Server) -> None:
    assert refusal(server.of(Sample()).create, {**PROPS, "size": 14}) == "a bug in the provider"
    assert 'raise LookupError("a bug in the provider")' in server.stderr


def test_an_expected_error_is_quiet_after_many_providers_were_configured(server: Server) -> None:
    for size in (1, 2):
        server.of(Sample()).create({**PROPS, "size": size})
    refusal(server.of(Sample()).create, {**PROPS, "size": 13})
    assert server.stderr == ""


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_nothing_is_unknown_but_what_the_engine_says(value: object) -> None:
    assert not unknown(value)
    assert unknown({"a": [value, {"b": (value, UNKNOWN)}]})
