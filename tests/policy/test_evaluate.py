"""What a finding becomes: a violation, an exception, or a doubt."""

from __future__ import annotations

from datetime import date
from typing import Any

from policy.evaluate import Excused, Outcome, check_resource, check_stack
from policy.rule import Context, Finding, Policy, Undecided, Verdicts, each
from policy.settings import Exemption, PolicySettings
from policy.stack import Resource, Stack
from tests.policy.case_fixtures import TODAY, UNKNOWN, resource, secret


def words(one: Resource, context: Context[Any]) -> Verdicts:
    """Finds each word of a list."""
    yield from each(
        one.props.at("words").items(), lambda word: iter([Finding(word.text(), f"has {word.text()!r}")])
    )


def strict(one: Resource, context: Context[Any]) -> Verdicts:
    """Reads one value and gives up if that is not known."""
    yield Finding("first", "'first' is wrong", fix="mend it")
    yield Finding(one.props.at("needed").text(), "never said")


def across(stack: Stack, context: Context[Any]) -> Verdicts:
    yield Finding("b", "'b' is wrong with others", urn="urn:b")
    yield Finding("all", "'all' is wrong")
    yield Undecided("spec.x", "urn:b")
    yield Undecided("spec.y")


POLICY = Policy(
    id="P99",
    name="p99-words",
    title="No words",
    why="They are bad.",
    remedy="say nothing",
    source="this test",
    seed="none",
    checks=(words,),
)
URN = "urn:pulumi:dev::test::my:index:Thing::it"


def policy(**changes: Any) -> Policy:
    return Policy(**{**{key: getattr(POLICY, key) for key in Policy.__dataclass_fields__}, **changes})


def context(*exceptions: Exemption) -> Context[PolicySettings]:
    return Context(PolicySettings(exceptions=exceptions), TODAY)


def thing(*found: Any, **more: Any) -> Resource:
    return resource("my:index:Thing", words=[*found], **more)


def exemption(subject: str = "bad", *, expires: date = TODAY, **more: Any) -> Exemption:
    return Exemption(subject=subject, reason="because of a test", expires=expires, **more)


def texts(outcome: Outcome) -> list[str]:
    return [violation.text for violation in outcome.violations]


def test_a_message_says_what_is_wrong_how_to_mend_it_and_where_to_read_more() -> None:
    outcome = check_resource(POLICY, thing("bad"), context())
    assert texts(outcome) == ["Thing 'it': has 'bad'. Next: say nothing. [P99, docs/policies.md#p99]"]
    assert [(each.urn, each.advisory) for each in outcome.violations] == [(URN, False)]


def test_a_finding_may_have_a_remedy_of_its_own() -> None:
    outcome = check_resource(policy(checks=(strict,)), thing(needed=UNKNOWN), context())
    assert texts(outcome) == ["Thing 'it': 'first' is wrong. Next: mend it. [P99, docs/policies.md#p99]"]
    assert outcome.undecided == (Undecided("needed", URN),)


def test_one_value_that_is_not_known_hides_no_other() -> None:
    outcome = check_resource(POLICY, thing("a", UNKNOWN, "b"), context())
    assert len(outcome.violations) == 2
    assert outcome.undecided == (Undecided("words[1]", URN),)


def test_advice_is_marked() -> None:
    outcome = check_resource(policy(checks=(), advice=(words,)), thing("bad"), context())
    assert [each.advisory for each in outcome.violations] == [True]
    stack = Stack((thing("bad"),))
    assert [
        each.advisory for each in check_stack(policy(stack_advice=(across,)), stack, context()).violations
    ] == [True] * 2


def test_an_exception_counts_through_its_last_day() -> None:
    outcome = check_resource(POLICY, thing("bad", "worse"), context(exemption()))
    assert outcome.excused == (Excused(URN, "bad", exemption()),)
    assert len(outcome.violations) == 1
    assert "'worse'" in texts(outcome)[0]


def test_an_exception_that_has_expired_is_a_violation_that_says_so() -> None:
    outcome = check_resource(POLICY, thing("bad"), context(exemption(expires=date(2026, 11, 28))))
    assert texts(outcome) == [
        (
            "Thing 'it': has 'bad'. Its exception expired on 2026-11-28 (because of a test)."
            " Next: say nothing. [P99, docs/policies.md#p99]"
        )
    ]
    assert outcome.excused == ()


def test_of_two_exceptions_the_one_that_holds_longest_counts() -> None:
    old, new = exemption(expires=date(2026, 1, 1)), exemption("b*", expires=date(2027, 1, 1))
    for order in ((old, new), (new, old)):
        assert check_resource(POLICY, thing("bad"), context(*order)).excused == (Excused(URN, "bad", new),)


def test_an_exception_may_be_for_some_resources_only() -> None:
    assert check_resource(POLICY, thing("bad"), context(exemption(resource="i*"))).excused
    assert not check_resource(POLICY, thing("bad"), context(exemption(resource="other"))).excused
    assert not check_resource(POLICY, thing("bad"), context(exemption("BAD"))).excused


def test_a_stack_check_is_about_the_resource_that_it_names_or_about_the_stack() -> None:
    stack = Stack((Resource("my:index:Thing", "a", "urn:a"), Resource("my:index:Thing", "b", "urn:b")), "dev")
    outcome = check_stack(policy(stack_checks=(across,)), stack, context(exemption("nothing")))
    assert [(each.urn, each.text.partition(".")[0]) for each in outcome.violations] == [
        ("urn:b", "Thing 'b': 'b' is wrong with others"),
        ("", "Stack 'dev': 'all' is wrong"),
    ]
    assert outcome.undecided == (Undecided("spec.x", "urn:b"), Undecided("spec.y", ""))


def test_no_secret_gets_into_a_message() -> None:
    hidden, longer = "zeta", "a-zeta-b"
    outcome = check_resource(POLICY, thing(secret(hidden), secret(longer)), context(exemption(longer)))
    assert texts(outcome) == ["Thing 'it': has '[secret]'. Next: say nothing. [P99, docs/policies.md#p99]"]
    assert [each.subject for each in outcome.excused] == ["[secret]"]
    two = Stack((thing(secret("all")), thing(secret("wrong"))))
    said = texts(check_stack(policy(stack_checks=(across,)), two, context()))
    assert "'all' is [secret]" in said[1], "three characters are too few for a secret"
