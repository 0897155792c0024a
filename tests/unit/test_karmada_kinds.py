"""Karmada's kinds in a federation API: put there side by side, waited for, and known by their generations."""

from __future__ import annotations

from typing import Any

import pytest

from federation.errors import NotInTimeError, RejectedError
from federation.karmada.kinds import apply, changed, digests
from federation.kube import Object
from tests.unit.kube_fixtures import instant
from tests.unit.member_fixtures import FakeApi

NAMES = ("a.karmada.io", "b.karmada.io", "c.karmada.io")


def definition(name: str, **spec: Any) -> Object:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": spec,
    }


ALL = [definition(name) for name in NAMES]


def established(found: Object) -> None:
    found["metadata"]["generation"] = 1
    found["status"] = {"conditions": [{"type": "Established", "status": "True"}]}


@pytest.fixture(name="api")
def api_fixture() -> FakeApi:
    api = FakeApi(name="federation fed")
    api.reactions.append(established)
    return api


def test_all_are_put_there_and_their_generations_returned(api: FakeApi) -> None:
    assert apply(api.kube, ALL, instant(5)) == dict.fromkeys(NAMES, 1)
    assert sorted(api.writes) == [f"apply customresourcedefinitions {name}" for name in NAMES]


def test_a_kind_that_is_served_late_is_waited_for(api: FakeApi) -> None:
    api.reactions.append(lambda found: found.pop("status"))

    def late() -> None:
        for found in api.objects.values():
            established(found)

    api.after(10, late)
    assert apply(api.kube, ALL, instant(5)) == dict.fromkeys(NAMES, 1)


def test_one_that_is_never_served_is_named(api: FakeApi) -> None:
    api.reactions.append(lambda found: found.update(status={}) if "b." in found["metadata"]["name"] else None)
    with pytest.raises(NotInTimeError) as caught:
        apply(api.kube, ALL, instant(5))
    assert str(caught.value) == (
        "kinds of Karmada: not so within 5 s: 1 of 3 are not served yet, such as b.karmada.io. "
        "Next: run `pulumi up` again."
    )


def test_one_that_the_api_refuses_ends_the_run(api: FakeApi) -> None:
    api.failures = [None, RejectedError("federation fed", "cannot apply: too long", "mend what it says")]
    with pytest.raises(RejectedError, match="cannot apply: too long"):
        apply(api.kube, ALL, instant(5))


def test_what_somebody_has_changed_or_removed_is_found(api: FakeApi) -> None:
    generations = apply(api.kube, ALL, instant(5))
    assert changed(api.kube, generations) == []
    api.objects["customresourcedefinitions", None, NAMES[0]]["metadata"]["generation"] = 2
    api.remove("customresourcedefinitions", NAMES[1])
    assert changed(api.kube, generations) == list(NAMES[:2])


def test_generations_may_come_back_as_fractions(api: FakeApi) -> None:
    """The engine stores every number as one."""
    generations = {name: float(number) for name, number in apply(api.kube, ALL, instant(5)).items()}
    assert changed(api.kube, generations) == []  # type: ignore[arg-type]


def test_kinds_of_others_are_not_ours_to_watch(api: FakeApi) -> None:
    generations = apply(api.kube, ALL, instant(5))
    api.put(definition("widgets.example.com"))
    api.objects["customresourcedefinitions", None, "widgets.example.com"]["metadata"]["generation"] = 9
    assert changed(api.kube, generations) == []


def test_a_digest_is_of_everything_and_of_no_order() -> None:
    one = definition("a.karmada.io", scope="Cluster", group="karmada.io")
    same = definition("a.karmada.io", group="karmada.io", scope="Cluster")
    other = definition("a.karmada.io", scope="Namespaced", group="karmada.io")
    assert digests([one]) == digests([same])
    assert digests([one]) != digests([other])
    assert digests([one]).keys() == {"a.karmada.io"}
