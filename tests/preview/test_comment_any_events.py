"""Any mix of events makes a comment that is short, in order, without secrets, and calls nobody."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from federation.preview.changes import ORDER, parse
from federation.preview.comment import LEAST_ROOM, MOST_LINES, PLATFORMS, render
from federation.preview.kinds import IMPORTANT
from federation.preview.parts import TITLES
from federation.preview.summary import summarize
from tests.preview import comment_events as events

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = (
    "<!-- fedctl comment",
    "<details><summary>Changes by type: ",
    "<details><summary>Warnings and advice: ",
    "</details>",
)
"""All that is HTML in a comment."""
PATIENT = settings(deadline=None, suppress_health_check=[*HealthCheck])  # beside clusters, time says nothing
HIDDEN = "s3cr3t-0f-s0mebody"

texts = st.text(max_size=20) | st.sampled_from(
    [
        "@octocat",
        "a|b",
        "`",
        "```\n",
        "<script>x</script>",
        "\n/close\n",
        "#1",
        "-->",
        "</details>",
        HIDDEN,
        "x" * 999,
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
secrets = (
    st.just(events.secret(HIDDEN))
    | st.just(events.secret(json.dumps({"a": [HIDDEN]})))
    | st.just(events.secret())
)
values = st.recursive(
    scalars | secrets,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "federation domain namespace service ttl members member region zones placements records location"
    " kubernetesVersion zoneName relativeRecordSetName recordType aRecords nsRecords targetResource"
).split()
properties = st.dictionaries(st.sampled_from(KEYS) | texts, values, max_size=8)
types = st.sampled_from([*IMPORTANT, *TITLES, events.DEPLOYMENT]) | texts
names = st.sampled_from(["fc01", "fc02-join", "icp"]) | texts
urns = st.builds(events.urn, types, names) | texts
states = (
    st.none()
    | values
    | st.builds(
        lambda inputs, outputs, parent, protect: {
            "inputs": inputs,
            "outputs": outputs,
            "parent": parent,
            "protect": protect,
        },
        *(properties | values, properties | values, urns | values, st.booleans() | values),
    )
)
details = (
    st.none()
    | values
    | st.dictionaries(
        texts,
        st.fixed_dictionaries({"diffKind": st.sampled_from(["update", "add-replace"]) | texts}),
        max_size=5,
    )
)
steps = st.builds(
    lambda kind, step: {kind: {"metadata": step}},
    st.sampled_from(["resourcePreEvent", "resOutputsEvent"]),
    st.fixed_dictionaries(
        {
            "op": st.sampled_from([*ORDER, "refresh", "create-replacement"]) | values,
            "urn": urns | values,
            "type": types | values,
        },
        optional={
            "old": states,
            "new": states,
            "detailedDiff": details,
            "diffs": st.none() | st.lists(texts, max_size=4) | values,
            "keys": st.none() | st.lists(texts, max_size=4) | values,
            "unknown": st.booleans() | values,
        },
    ),
)
policies = st.builds(
    events.violation, texts, texts | values, st.sampled_from(["mandatory", "advisory"]), names
)
diagnostics = st.builds(events.diagnostic, texts | values, st.sampled_from(["error", "warning", "info"]))
streams = st.lists(steps | policies | diagnostics | values | st.just(events.summary()), max_size=30)


def comment(stream: list[Any], **options: Any) -> str:
    return render([summarize(parse([json.dumps(event) for event in stream]))], **options)


@PATIENT
@given(streams, st.sampled_from([*PLATFORMS]), st.integers(LEAST_ROOM, 3000) | st.just(0), texts)
def test_any_events_make_a_comment_within_its_limits(
    stream: list[Any], platform: str, limit: int, key: str
) -> None:
    text = comment(stream, platform=platform, limit=limit, key=key)
    assert len(text.splitlines()) <= MOST_LINES
    assert len(text.encode()) <= (limit or PLATFORMS[platform])


@PATIENT
@given(streams)
def test_no_secret_that_events_show_is_in_a_comment(stream: list[Any]) -> None:
    there = [*stream, events.create(events.JOIN, "a", {"kubeconfig": events.secret(HIDDEN)})]
    assert HIDDEN not in comment(there)


@PATIENT
@given(streams)
def test_no_event_adds_markup_or_a_mention_or_a_row(stream: list[Any]) -> None:
    text = comment(stream)
    tokens = PARSER.parse(text)
    inside = [child for token in tokens for child in token.children or []]
    html = [token.content for token in (*tokens, *inside) if token.type in ("html_block", "html_inline")]
    assert all(content.startswith(OURS) for content in html)
    assert {t.type for t in inside} <= {
        "text",
        "code_inline",
        "softbreak",
        "strong_open",
        "strong_close",
        "html_inline",
    }
    words = "".join(child.content for child in inside if child.type == "text")
    assert not set(words.replace("[!CAUTION]", "")) & set("@#<>|`*_[]~\\")


@PATIENT
@given(streams, st.randoms())
def test_the_order_of_the_events_of_different_resources_does_not_matter(
    stream: list[Any], chance: random.Random
) -> None:
    told = [event for event in stream if isinstance(event, dict) and "policyEvent" in event]
    told += [events.create(events.DEPLOYMENT, f"d{n}") for n in range(5)]
    mixed = list(told)
    chance.shuffle(mixed)
    assert comment(told) == comment(mixed)


@PATIENT
@given(st.lists(streams, max_size=12))
def test_several_stacks_stay_within_the_limits_too(several: list[list[Any]]) -> None:
    summaries = [summarize(parse([json.dumps(event) for event in stream])) for stream in several]
    for limit in (0, LEAST_ROOM):
        text = render(summaries, limit=limit)
        assert len(text.splitlines()) <= MOST_LINES
        assert len(text.encode()) <= (limit or PLATFORMS["github"])
