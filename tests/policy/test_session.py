"""One run of the engine: levels, what is kept for the end, and what is mended."""

from __future__ import annotations

from typing import Any

import pytest

from policy.properties import UnknownValueError
from policy.rule import Context, Finding, Level, Policy, Verdicts
from policy.session import ConfigurationError, Configured, Diagnostic, Session
from policy.stack import Resource, Stack
from tests.policy.case_fixtures import TODAY, UNKNOWN, resource
from tests.policy.test_evaluate import POLICY, across, policy, thing, words

EXCEPTION = {"subject": "b*", "reason": "because of a test", "expires": "2027-01-31"}


def started(*policies: Policy, level: Level = Level.MANDATORY, **properties: Any) -> Session:
    session = Session(policies, TODAY)
    session.configure({each.name: Configured(level, properties) for each in policies})
    return session


def said(diagnostics: list[Diagnostic]) -> list[str]:
    return [f"{each.level} {each.urn.rpartition(':')[2]} {each.message}" for each in diagnostics]


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        (Level.MANDATORY, [Level.MANDATORY]),
        (Level.ADVISORY, [Level.ADVISORY]),
        (Level.REMEDIATE, [Level.MANDATORY]),
        (Level.DISABLED, []),
    ],
)
def test_a_violation_has_the_level_of_its_policy(level: Level, seen: list[Level]) -> None:
    assert [each.level for each in started(POLICY, level=level).on_resource(thing("bad"))] == seen
    advice = policy(checks=(), advice=(words,))
    expected = [] if level is Level.DISABLED else [Level.ADVISORY]
    assert [each.level for each in started(advice, level=level).on_resource(thing("bad"))] == expected


def test_without_configuration_a_policy_has_its_own_level_and_settings() -> None:
    session = Session([POLICY, policy(name="other", level=Level.ADVISORY)], TODAY)
    session.configure({"unheard-of": Configured(Level.DISABLED, {})})
    assert [each.level for each in session.on_resource(thing("bad"))] == [Level.MANDATORY, Level.ADVISORY]


def test_stack_checks_run_at_the_end_only() -> None:
    session = started(policy(checks=(), stack_checks=(across,)))
    assert session.on_resource(thing("bad")) == []
    assert [each.urn for each in session.on_stack(Stack(()))][:2] == ["", ""]
    both = started(policy(stack_advice=(across,)))
    assert [each.level for each in both.on_stack(Stack(()))][:2] == [Level.ADVISORY] * 2
    assert started(POLICY).on_stack(Stack((thing("bad"),))) == []


def named(stack: Stack, context: Context[Any]) -> Verdicts:
    """Says the name that each resource has among its properties."""
    for one in stack.resources:
        yield Finding("name", f"'name' is {one.props.at('name').text()}", one.urn)


def test_at_the_end_a_resource_is_what_the_program_has_asked_for() -> None:
    session = started(policy(checks=(words,), stack_checks=(named,)))
    asked = Resource("my:index:Thing", "it", "urn:it", {"name": "asked"})
    answered = Resource("my:index:Thing", "it", "urn:it", {"name": "answered", "more": UNKNOWN})
    other = Resource("my:index:Thing", "other", "urn:other", {"name": "only there"})
    session.on_resource(asked)
    found = session.on_stack(Stack((answered, other)))
    assert [text.message.partition(".")[0] for text in found] == [
        "Thing 'it': 'name' is asked",
        "Thing 'other': 'name' is only there",
    ]
    assert [text.level for text in found] == [Level.MANDATORY] * 2
    assert "answered" in session.on_stack(Stack((answered,)))[0].message, "the next run asks anew"


def test_exceptions_are_said_once_at_the_end_with_their_reason() -> None:
    session = started(POLICY, exceptions=[EXCEPTION])
    for name in ("one", "two"):
        assert session.on_resource(resource("my:index:Thing", name, words=["bad", "bold"])) == []
    assert said(session.on_stack(Stack(()))) == [
        "advisory  excused until 2027-01-31: bad, bold (because of a test). [P99]"
    ]
    assert session.on_stack(Stack(())) == [], "an update after a preview starts anew"


def test_each_exception_is_said_by_itself() -> None:
    other = {**EXCEPTION, "subject": "worse"}
    session = started(POLICY, exceptions=[EXCEPTION, other])
    assert session.on_resource(thing("bad", "worse")) == []
    assert len(session.on_stack(Stack(()))) == 2


def test_doubts_are_said_once_at_the_end_and_a_long_list_is_short() -> None:
    session = started(POLICY)
    assert session.on_resource(thing(*[UNKNOWN] * 5)) == []
    assert session.on_resource(thing(*[UNKNOWN] * 7)) == [], "the same five again, and two more"
    assert said(session.on_stack(Stack(()))) == [
        (
            "advisory  not decided, as these values are known after the update only: it: words[0], it: words[1],"
            " it: words[2], it: words[3], it: words[4] and 2 more. The update itself checks them, and so does"
            " `make policy-state` after it. [P99]"
        )
    ]
    assert session.on_stack(Stack(())) == []


def test_five_are_not_too_many_to_name() -> None:
    session = started(POLICY)
    session.on_resource(thing(*[UNKNOWN] * 5))
    (message,) = said(session.on_stack(Stack(())))
    assert "it: words[4]. The update" in message


def test_a_disabled_policy_says_nothing_at_the_end() -> None:
    session = started(POLICY, level=Level.DISABLED, exceptions=[EXCEPTION])
    session.on_resource(thing("bad", UNKNOWN))
    assert session.on_stack(Stack(())) == []


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"unheard": 1}, "unheard: Extra inputs are not permitted"),
        (
            {"exceptions": [{**EXCEPTION, "expires": "soon"}]},
            "exceptions.0.expires: Input should be a valid date",
        ),
        (
            {"exceptions": [{**EXCEPTION, "reason": "no"}]},
            "exceptions.0.reason: String should have at least 10",
        ),
        (
            {"exceptions": [{**EXCEPTION, "subject": ""}]},
            "exceptions.0.subject: String should have at least 1",
        ),
        (
            {"exceptions": [{**EXCEPTION, "resource": ""}]},
            "exceptions.0.resource: String should have at least 1",
        ),
    ],
)
def test_wrong_settings_are_named(properties: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        started(POLICY, **properties)
    assert str(caught.value).startswith(f"policy p99-words: {says}")
    assert str(caught.value).endswith(
        ". Next: mend it in the pack's configuration; policy/config.schema.json says what can stand there"
    )


def without(word: str) -> Any:
    def fix(one: Resource, context: Context[Any]) -> dict[str, Any] | None:
        found = one.props.at("words").texts()
        return {**one.raw, "words": [each for each in found if each != word]} if word in found else None

    return fix


def test_each_policy_mends_what_the_one_before_has_made() -> None:
    one = policy(name="one", fix=without("bad"))
    two = policy(name="two", fix=without("worse"))
    none, late = policy(name="none"), policy(name="late", fix=without("nothing"))
    mended = started(none, late, one, two, level=Level.REMEDIATE).fixed(thing("bad", "worse", "fine"))
    assert [(each.name, made["words"]) for each, made in mended] == [
        ("one", ["worse", "fine"]),
        ("two", ["fine"]),
    ]


def test_nothing_is_mended_that_is_right_or_not_known_or_not_asked_for() -> None:
    one = policy(fix=without("bad"))
    assert started(one, level=Level.REMEDIATE).fixed(thing("fine")) == []
    assert started(one, level=Level.REMEDIATE).fixed(thing("bad", UNKNOWN)) == []
    assert started(one, level=Level.MANDATORY).fixed(thing("bad")) == []
    assert started(POLICY, level=Level.REMEDIATE).fixed(thing("bad")) == []


def test_whether_anything_may_be_mended_at_all() -> None:
    one = policy(fix=without("bad"))
    assert started(one, level=Level.REMEDIATE).mends
    assert not started(one, level=Level.MANDATORY).mends
    assert not started(POLICY, level=Level.REMEDIATE).mends


def test_a_fix_sees_the_whole_resource_each_time() -> None:
    seen: list[Resource] = []

    def note(one: Resource, context: Context[Any]) -> dict[str, Any] | None:
        seen.append(one)
        return {"n": len(seen)}

    given = Resource("my:index:Thing", "it", "urn:it", {}, protect=True)
    started(policy(name="a", fix=note), policy(name="b", fix=note), level=Level.REMEDIATE).fixed(given)
    assert seen == [given, Resource("my:index:Thing", "it", "urn:it", {"n": 1}, protect=True)]


def test_a_check_that_cannot_read_its_settings_value_is_a_doubt_and_no_crash() -> None:
    def check(one: Resource, context: Context[Any]) -> Verdicts:
        raise UnknownValueError("spec")
        yield Finding("", "")

    session = started(policy(checks=(check,)))
    assert session.on_resource(thing("bad")) == []
    assert "it: spec." in said(session.on_stack(Stack(())))[0]
