"""Reading properties: what is missing, of another type, secret, or not known yet."""

from __future__ import annotations

from typing import Any

import pytest

from policy.properties import UNKNOWNS, Property, UnknownValueError
from tests.policy.case_fixtures import UNKNOWN, secret

OUTPUT = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}


def prop(**raw: Any) -> Property:
    return Property(raw)


def test_a_path_leads_through_objects() -> None:
    found = prop(spec={"name": "x"}).at("spec", "name")
    assert (found.text(), found.path, found.exists()) == ("x", "spec.name", True)


@pytest.mark.parametrize("raw", [None, 1, 1.5, True, "text", [], ["a"], {}, {"other": 1}])
def test_what_is_not_there_is_nothing_of_any_type(raw: Any) -> None:
    found = Property(raw).at("a", "b")
    assert (found.text(), found.number(), found.flag(), found.items(), found.entries()) == (
        "",
        None,
        None,
        [],
        [],
    )
    assert (found.path, found.exists(), list(found.leaves())) == ("a.b", False, [])


def test_each_type_is_read_as_itself_alone() -> None:
    assert [Property(raw).text() for raw in ("a", 1, True, None, ["a"], {"a": 1})] == [
        "a",
        "",
        "",
        "",
        "",
        "",
    ]
    assert [Property(raw).number() for raw in (1, 1.5, "1", True, None)] == [1.0, 1.5, None, None, None]
    assert Property(10**400).number() is None
    assert [Property(raw).flag() for raw in (True, False, 1, "true", None)] == [True, False, None, None, None]


def test_members_of_lists_have_their_number_in_their_path() -> None:
    found = prop(list=["a", {"b": "c"}]).at("list").items()
    assert [(each.path, each.text()) for each in found] == [("list[0]", "a"), ("list[1]", "")]
    assert found[1].at("b").path == "list[1].b"
    assert prop(list=["a", 1, "", "b"]).at("list").texts() == ["a", "b"]


def test_keys_of_objects() -> None:
    found = prop(a=1, b={"c": "d"}).entries()
    assert [(key, value.path) for key, value in found] == [("a", "a"), ("b", "b")]


def test_a_secret_is_read_like_anything_else_and_what_is_in_it_is_secret_too() -> None:
    outer = prop(data=secret({"list": [{"key": "value"}]}), open="x")
    inner = outer.at("data", "list").items()[0].at("key")
    assert (inner.text(), inner.secret) == ("value", True)
    assert not outer.at("open").secret
    assert [value.secret for _, value in outer.leaves()] == [True, False]
    assert prop(data=secret(["x"])).at("data").items()[0].secret


def test_an_output_is_its_value_and_a_secret_if_it_says_so() -> None:
    assert prop(a={**OUTPUT, "value": "x"}).at("a").opened() == Property("x", "a", False)
    assert prop(a={**OUTPUT, "value": "x", "secret": True}).at("a").opened() == Property("x", "a", True)
    assert prop(a=secret({**OUTPUT, "value": "x"})).at("a").opened() == Property("x", "a", True)
    with pytest.raises(UnknownValueError):
        prop(a={**OUTPUT, "secret": True}).at("a").text()


def test_a_mark_of_something_else_is_an_object() -> None:
    asset = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "hello"}
    assert prop(a=asset).at("a", "text").text() == "hello"


@pytest.mark.parametrize("mark", sorted(UNKNOWNS))
@pytest.mark.parametrize("read", ["text", "number", "flag", "items", "texts", "entries", "exists", "opened"])
def test_what_is_not_known_yet_is_an_error_that_says_where(mark: str, read: str) -> None:
    with pytest.raises(UnknownValueError, match=r"^a\.b is known after the update only$") as caught:
        getattr(prop(a={"b": mark}).at("a", "b"), read)()
    assert caught.value.path == "a.b"


def test_nothing_below_what_is_not_known_yet_is_known() -> None:
    with pytest.raises(UnknownValueError, match=r"^a "):
        prop(a=UNKNOWN).at("a", "b")


def test_leaves_come_with_the_key_above_them_and_never_raise() -> None:
    found = list(prop(a={"b": [1, {"c": "d"}]}, e=UNKNOWN, f=None).leaves())
    assert [(key, value.path) for key, value in found] == [("b", "a.b[0]"), ("c", "a.b[1].c"), ("e", "e")]
    assert found[1][1].raw == "d"
