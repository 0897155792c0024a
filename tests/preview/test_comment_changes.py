"""The engine's events, put together by resource."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation.preview.changes import Change, Finding, Preview, parse
from federation.preview.events import SECRET
from tests.preview import comment_events as events
from tests.preview.comment_events import AKS, DEPLOYMENT, JOIN, lines, state, step, urn


def only(*told: Any) -> Change:
    (change,) = parse(lines(*told)).changes
    return change


@pytest.mark.parametrize(
    ("steps", "op"),
    [
        (["create"], "create"),
        (["same"], "same"),
        (["create-replacement", "replace", "delete-replaced"], "replace"),
        (["delete-replaced", "replace", "create-replacement"], "replace"),
        (["import-replacement"], "replace"),
        (["read-replacement"], "same"),
        (["discard"], "same"),
        (["same", "delete-replaced"], "delete-replaced"),
        (["refresh", "update"], "update"),
        (["refresh", "same"], "same"),
        (["a step of a later engine"], "same"),
    ],
)
def test_a_resource_has_one_change_whatever_its_steps_are(steps: list[str], op: str) -> None:
    assert only(*(step(each, DEPLOYMENT, "web") for each in steps)).op == op


def test_a_change_has_paths_by_the_provider_and_those_that_replace() -> None:
    detailed = {
        "location": {"diffKind": "update-replace", "inputDiff": True},
        "tags.owner": {"diffKind": "add", "inputDiff": True},
    }
    change = only(step("replace", AKS, "c", old=state({}), new=state({}), detailedDiff=detailed))
    assert change.paths == ("location", "tags.owner")
    assert change.replace_paths == ("location",)


def test_where_the_provider_tells_no_details_its_keys_count() -> None:
    change = only(
        step(
            "replace",
            JOIN,
            "fc01-join",
            old=state({}),
            new=state({}),
            diffs=["member", "zones"],
            keys=["member"],
        )
    )
    assert (change.paths, change.replace_paths) == (("member", "zones"), ("member",))


def test_of_the_steps_of_a_replacement_the_most_exact_one_tells() -> None:
    detailed = {"metadata.name": {"diffKind": "update-replace", "inputDiff": True}}
    sides: dict[str, Any] = {
        "old": state({"metadata": 1}),
        "new": state({"metadata": 2}),
        "keys": ["metadata"],
    }
    change = only(
        step("create-replacement", DEPLOYMENT, "web", **sides),
        step("replace", DEPLOYMENT, "web", **sides, detailedDiff=detailed),
    )
    assert (change.paths, change.replace_paths) == (("metadata.name",), ("metadata.name",))


def test_where_it_tells_nothing_the_inputs_are_compared() -> None:
    old = {"zones": ["east"], "region": "us", "__provider": "module"}
    change = only(
        step("update", JOIN, "fc01-join", old=state(old), new=state({"zones": ["west"], "labels": {}}))
    )
    assert change.paths == ("labels", "region", "zones")


def test_what_stays_or_comes_or_goes_has_no_paths() -> None:
    assert only(step("same", JOIN, "a", diffs=["zones"])).paths == ()
    assert only(events.create(JOIN, "a", {"zones": []})).paths == ()


def test_states_are_without_the_marks_of_the_engine() -> None:
    output = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
    inputs = {
        "key": [events.secret("hunter2")],
        "known": {**output, "value": 3},
        "later": output,
        "hidden": {**output, "value": "hunter2", "secret": True},
    }
    assert only(events.create(JOIN, "a", inputs, parent="urn:x")).new == {
        "id": "",
        "parent": "urn:x",
        "protect": False,
        "inputs": {
            "key": [SECRET],
            "known": 3,
            "later": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
            "hidden": SECRET,
        },
        "outputs": {},
    }


def test_a_secret_in_plain_text_is_repeated_nowhere() -> None:
    preview = parse(
        lines(
            events.create(JOIN, "name-hunter2", {"a": events.secret("hunter2"), "b": "it is hunter2"}),
            step("update", JOIN, "b", old=state({}), new=state({}), diffs=["labels.hunter2"]),
            events.diagnostic("the answer to hunter2 was 403"),
            events.violation("p04", "Secrets\nhunter2 is readable"),
        )
    )
    assert "hunter2" not in repr(preview)
    assert preview.errors == ("the answer to [secret] was 403",)


def test_a_secret_of_few_letters_does_not_black_out_words() -> None:
    preview = parse(lines(events.create(JOIN, "a", {"a": events.secret("us")}), events.diagnostic("just so")))
    assert preview.errors == ("just so",)


def test_what_is_no_event_is_left_out() -> None:
    preview = parse(
        ["Previewing update (icp):\n", "", "{", "[1]", '{"a": ' * 5000, *lines(events.same(JOIN, "a"))]
    )
    assert [change.name for change in preview.changes] == ["a"]
    assert preview.finished


def test_the_stack_is_known_by_any_urn_and_names_may_have_colons() -> None:
    preview = parse(lines(step("same", DEPLOYMENT, "a::b", stack="west")))
    assert preview.stack == "west"
    assert preview.changes[0].name == "a::b"
    assert parse(lines(events.violation("p01", "no"))).stack == "icp"
    assert parse([]).stack == ""


def test_a_step_that_cannot_be_compared_is_counted_as_unknown() -> None:
    preview = parse(lines(step("replace", JOIN, "a", unknown=True), step("same", JOIN, "b")))
    assert preview.counts == {"same": 1, "unknown": 1}
    assert [change.unknown for change in preview.changes] == [True, False]


@pytest.mark.parametrize(("found", "op"), [("update", "drift"), ("delete", "drift"), ("same", "same")])
def test_what_a_refresh_finds_is_drift(found: str, op: str) -> None:
    told = [step("refresh", JOIN, "a"), step(found, JOIN, "a", event="resOutputsEvent", diffs=["ready"])]
    assert only(*told).op == op


def test_outputs_of_other_steps_change_nothing() -> None:
    assert only(events.same(JOIN, "a"), step("update", JOIN, "a", event="resOutputsEvent")).op == "same"


def test_policies_are_sorted_and_said_once() -> None:
    advice = events.violation("p01", "Title\nadvice", level="advisory")
    told = parse(
        lines(advice, events.violation("p09", "nine"), advice, events.violation("p02", "two"))
    ).policies
    assert told == (
        Finding("p02", "federation", True, "high", urn(DEPLOYMENT, "web"), "two"),
        Finding("p09", "federation", True, "high", urn(DEPLOYMENT, "web"), "nine"),
        Finding("p01", "federation", False, "high", urn(DEPLOYMENT, "web"), "Title\nadvice"),
    )


def failed(*told: Any) -> Preview:
    return parse(lines(*told, events.diagnostic("preview failed\n")))


def test_the_engines_last_words_are_left_out_if_there_is_a_better_reason() -> None:
    assert failed().errors == ("preview failed",)
    assert failed(events.violation("p01", "no")).errors == ()
    assert failed(events.diagnostic("no such file")).errors == ("no such file",)


def test_a_preview_is_finished_if_the_engine_sums_up_and_says_no_error() -> None:
    assert parse(lines()).finished
    assert failed(events.violation("p01", "no")).finished
    assert not failed().finished
    assert not parse([json.dumps(events.same(JOIN, "a"))]).finished


def test_colours_are_left_out_of_messages() -> None:
    told = parse(lines(events.diagnostic("<{%fg 1%}>red<{%reset%}> \x1b[31mtoo\x1b[0m", "warning")))
    assert told.warnings == ("red too",)
