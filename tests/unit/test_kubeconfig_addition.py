"""A kubeconfig added to that of an operator: nothing of theirs is lost, and nothing secret is said."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from federation.errors import ConflictError, KubeconfigError
from federation.kubeconfig import access
from federation.kubeconfig.addition import add, strangers
from tests.unit.kubeconfig_fixtures import CA, b64

WHERE = "/home-of-somebody/config"


def stack(**servers: str) -> str:
    """As the stack gives it: all parts of a context have one name; the last one is the current one."""
    names = servers or {"fc01": "https://fc01:6443", "fed": "https://fed:5443"}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": n, "cluster": {"server": s, "certificate-authority-data": b64(CA)}}
                for n, s in names.items()
            ],
            "contexts": [{"name": n, "context": {"cluster": n, "user": n}} for n in names],
            "users": [{"name": n, "user": {"token": f"secret-of-{n}"}} for n in names],
            "current-context": [*names][-1],
        }
    )


def own(name: str = "home", **more: Any) -> dict[str, Any]:
    """That of an operator."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {"colors": True},
        "clusters": [{"name": name, "cluster": {"server": "https://home:6443", "proxy-url": "http://p:1"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "x"}}],
        "users": [{"name": name, "user": {"exec": {"command": "login", "args": ["a"]}}}],
        "current-context": name,
        **more,
    }


def test_an_empty_file_becomes_the_stacks_with_its_current_context() -> None:
    done = add("", stack(), where=WHERE)
    assert (done.added, done.updated, done.unchanged) == (("fc01", "fed"), (), ())
    assert done.current == "fed"
    assert access(done.text).server == "https://fed:5443"
    assert access(done.text, "fc01").token == "secret-of-fc01"


def test_what_others_have_put_there_stays_as_it_is() -> None:
    before = own()
    done = add(yaml.safe_dump(before), stack(), where=WHERE)
    after = yaml.safe_load(done.text)
    assert done.added == ("fc01", "fed")
    assert done.current == "home"
    for plural in ("clusters", "contexts", "users"):
        assert after[plural][:1] == before[plural]
        assert [entry["name"] for entry in after[plural]] == ["home", "fc01", "fed"]
    assert (after["preferences"], after["current-context"]) == ({"colors": True}, "home")


def test_adding_twice_changes_nothing() -> None:
    once = add(yaml.safe_dump(own()), stack(), where=WHERE)
    twice = add(once.text, stack(), where=WHERE)
    assert (twice.added, twice.updated, twice.unchanged) == ((), (), ("fc01", "fed"))
    assert not twice.changes
    assert twice.text == once.text


def test_credentials_that_were_renewed_take_the_place_of_ours() -> None:
    once = add(yaml.safe_dump(own()), stack(), where=WHERE)
    renewed = stack().replace("secret-of-fed", "renewed")
    twice = add(once.text, renewed, where=WHERE)
    assert (twice.added, twice.updated, twice.unchanged) == ((), ("fed",), ("fc01",))
    assert access(twice.text, "fed").token == "renewed"
    assert [c["name"] for c in yaml.safe_load(twice.text)["contexts"]] == ["home", "fc01", "fed"]


def test_somebody_elses_entries_are_named_and_not_replaced() -> None:
    text = yaml.safe_dump(own("fc01"))
    with pytest.raises(ConflictError) as caught:
        add(text, stack(), where=WHERE)
    assert str(caught.value) == (
        f"{WHERE}: cluster fc01 is https://home:6443 there, and https://fc01:6443 here; "
        "context fc01 has other settings there; user fc01 has other credentials there. "
        "Next: add --overwrite to replace it, or --context NAME to take another one alone."
    )


def test_a_context_of_the_same_name_that_leads_elsewhere_is_named() -> None:
    there = own()
    there["contexts"][0]["name"] = "fed"
    with pytest.raises(ConflictError) as caught:
        add(yaml.safe_dump(there), stack(), where=WHERE)
    assert caught.value.cause == (
        "context fed is user home on cluster home there, and user fed on cluster fed here"
    )


def test_they_are_replaced_if_that_is_wanted() -> None:
    done = add(yaml.safe_dump(own("fc01")), stack(), where=WHERE, overwrite=True)
    assert (done.added, done.updated) == (("fed",), ("fc01",))
    assert access(done.text, "fc01").server == "https://fc01:6443"
    assert len(yaml.safe_load(done.text)["clusters"]) == 2


def test_the_namespace_that_somebody_has_chosen_for_a_context_of_ours_is_kept() -> None:
    once = yaml.safe_load(add("", stack(), where=WHERE).text)
    once["contexts"][1]["context"]["namespace"] = "shop"
    twice = add(yaml.safe_dump(once), stack().replace("secret-of-fed", "renewed"), where=WHERE)
    assert twice.updated == ("fed",)
    assert yaml.safe_load(twice.text)["contexts"][1]["context"]["namespace"] == "shop"


def test_one_context_alone_meets_no_conflict_of_another() -> None:
    done = add(yaml.safe_dump(own("fc01")), stack(), where=WHERE, only="fed")
    assert done.added == ("fed",)
    assert access(done.text, "fed").server == "https://fed:5443"
    with pytest.raises(KubeconfigError) as caught:
        add("", stack(), where=WHERE, only="fc02")
    assert str(caught.value) == "kubeconfig: no context 'fc02'. Next: name one of fc01, fed."


def test_plug_ins_that_log_in_are_added_as_they_are() -> None:
    new = yaml.safe_load(stack())
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "kubelogin", "args": ["get-token"]}
    new["users"][0]["user"] = {"exec": plugin}
    user = yaml.safe_load(add("", yaml.safe_dump(new), where=WHERE).text)["users"][0]
    assert (user["name"], user["user"]["exec"]) == ("fc01", plugin)


def test_an_entry_that_is_the_same_is_nobodys_in_particular() -> None:
    done = add(stack(), stack(), where=WHERE)
    assert (done.added, done.updated, done.unchanged) == ((), (), ("fc01", "fed"))


def test_a_file_that_is_no_kubeconfig_is_left_alone() -> None:
    for text, cause in (
        ("- a", "it holds no clusters, users and contexts"),
        ("a: [", "it is not YAML (line 2)"),
    ):
        with pytest.raises(KubeconfigError) as caught:
            add(text, stack(), where=WHERE)
        assert (caught.value.obj, caught.value.cause) == (WHERE, cause)


def test_strangers_are_all_but_ours() -> None:
    assert strangers(add("", stack(), where=WHERE).text, stack()) == []
    assert strangers(yaml.safe_dump(own()), stack()) == ["home"]
    assert strangers(yaml.safe_dump(own("fed")), stack()) == ["fed"]


def test_an_addition_shows_no_secret() -> None:
    done = add("", stack(), where=WHERE)
    assert "secret-of" not in repr(done)
