"""Labels of nodes: set where nobody objects, and given up without a trace."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import ConflictError
from federation.kube import Kube, Object, Ref
from federation.nodes import REGION, ZONE, Plan, Report, label, look, manager_of, owners, plan, wanted

US = manager_of("fed")
LABELS = {REGION: "us", ZONE: "east"}


class Nodes:
    """Nodes under server-side apply, as KEP-555 defines it: a field has managers, and goes with the last of them."""

    def __init__(self, **nodes: dict[str, tuple[str, set[str]]]) -> None:
        self.nodes = nodes
        self.applied: list[str] = []
        self.gone_on_apply: set[str] = set()

    @property
    def kube(self) -> Kube:
        return cast(Kube, self)

    def list(self, ref: Ref) -> list[Object]:
        assert ref == Ref("v1", "nodes")
        return [node(name, labels) for name, labels in self.nodes.items()]

    def apply(self, manifest: Object, *, manager: str, force: bool) -> None:
        assert not force
        name, labels = manifest["metadata"]["name"], manifest["metadata"]["labels"]
        if name in self.gone_on_apply:
            self.nodes.pop(name, None)
        if name not in self.nodes:
            assert manifest["metadata"]["uid"], "it would be made anew"
            raise ConflictError(name, "uid mismatch", "see who has made or owns the object")
        self.applied.append(name)
        mine = self.nodes[name]
        for key, value in labels.items():
            present, managers = mine.get(key, (value, set()))
            if value != present and managers - {manager}:
                raise ConflictError(
                    name, f"conflict with {min(managers)}", "see who has made or owns the object"
                )
            mine[key] = (value, managers | {manager})
        for key in [k for k in mine if k not in labels and manager in mine[k][1]]:
            mine[key][1].discard(manager)
            if not mine[key][1]:
                del mine[key]


def node(name: str, labels: dict[str, tuple[str, set[str]]]) -> Object:
    managers = {manager for _, having in labels.values() for manager in having}
    fields: dict[str, Any] = {
        m: {f"f:{key}": {} for key, (_, having) in labels.items() if m in having} for m in managers
    }
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "labels": {key: value for key, (value, _) in labels.items()},
            "managedFields": [
                {"manager": m, "fieldsV1": {"f:metadata": {"f:labels": f}}} for m, f in fields.items()
            ],
        }
    }


def seen(nodes: Nodes, name: str) -> dict[str, str]:
    return {key: value for key, (value, _) in nodes.nodes[name].items()}


@pytest.mark.parametrize(
    ("region", "zones", "labels"),
    [
        ("us", ["east"], LABELS),
        ("us", [], {REGION: "us"}),
        ("us", ["east", "west"], {REGION: "us"}),
        (None, [], {}),
    ],
)
def test_a_zone_is_put_on_nodes_only_if_it_can_be_no_other(
    region: str | None, zones: list[str], labels: dict[str, str]
) -> None:
    assert wanted(region, zones) == labels


def test_every_node_is_labelled_once() -> None:
    nodes = Nodes(n1={}, n2={})
    assert label(nodes.kube, LABELS, US) == Report()
    assert seen(nodes, "n1") == seen(nodes, "n2") == LABELS
    label(nodes.kube, LABELS, US)
    assert nodes.applied == ["n1", "n2"]


def test_another_value_of_somebody_else_stays_and_is_told() -> None:
    nodes = Nodes(n1={ZONE: ("west", {"cloud"})})
    assert label(nodes.kube, LABELS, US) == Report(kept=(f"n1 {ZONE}=west",))
    assert seen(nodes, "n1") == {REGION: "us", ZONE: "west"}
    assert look(nodes.kube, LABELS, US) == Report(kept=(f"n1 {ZONE}=west",))


def test_a_label_that_nobody_is_known_to_have_set_stays() -> None:
    nodes = Nodes(n1={ZONE: ("west", set())})
    assert label(nodes.kube, LABELS, US).kept == (f"n1 {ZONE}=west",)


def test_the_same_value_of_somebody_else_is_fine_and_stays_theirs() -> None:
    nodes = Nodes(n1={REGION: ("us", {"kubelet"}), ZONE: ("east", {"kubelet"})})
    assert label(nodes.kube, LABELS, US) == Report()
    assert nodes.applied == []


def test_a_new_region_replaces_ours() -> None:
    nodes = Nodes(n1={})
    label(nodes.kube, LABELS, US)
    label(nodes.kube, {REGION: "eu"}, US)
    assert seen(nodes, "n1") == {REGION: "eu"}


def test_a_label_that_became_somebody_elses_too_is_not_fought_over() -> None:
    nodes = Nodes(n1={REGION: ("us", {US, "cloud"})})
    assert label(nodes.kube, {REGION: "eu"}, US) == Report(kept=(f"n1 {REGION}=us",))
    assert nodes.nodes["n1"][REGION] == ("us", {"cloud"})


def test_giving_up_leaves_what_others_have_set() -> None:
    nodes = Nodes(n1={ZONE: ("west", {"cloud"}), "tier": ("front", {"kubectl"})}, n2={})
    before = {name: dict(labels) for name, labels in nodes.nodes.items()}
    label(nodes.kube, LABELS, US)
    label(nodes.kube, {}, US)
    assert nodes.nodes == before


def test_a_node_that_came_later_is_missing_until_the_next_time() -> None:
    nodes = Nodes(n1={})
    label(nodes.kube, LABELS, US)
    nodes.nodes["n2"] = {}
    assert look(nodes.kube, LABELS, US) == Report(missing=("n2",))
    assert nodes.applied == ["n1"], "looking changes nothing"
    label(nodes.kube, LABELS, US)
    assert look(nodes.kube, LABELS, US) == Report()


def test_a_node_that_goes_meanwhile_is_not_made_anew() -> None:
    nodes = Nodes(n1={}, n2={})
    nodes.gone_on_apply = {"n1"}
    assert label(nodes.kube, LABELS, US) == Report()
    assert list(nodes.nodes) == ["n2"]


def test_somebody_who_never_stops_is_told() -> None:
    nodes = Nodes(n1={})
    conflict = ConflictError("cluster x", "cannot apply nodes n1: conflict with cloud", "see who owns it")

    def apply(*_: Any, **__: Any) -> None:
        nodes.applied.append("n1")
        raise conflict

    nodes.apply = apply  # type: ignore[method-assign]
    with pytest.raises(ConflictError, match="conflict with cloud"):
        label(nodes.kube, LABELS, US)
    assert len(nodes.applied) == 3


def test_owners_are_found_in_managed_fields() -> None:
    one = node("n1", {REGION: ("us", {"a", "b"}), ZONE: ("east", {"a"})})
    assert owners(one, REGION) == {"a", "b"}
    assert owners({"metadata": {"managedFields": [{"manager": "c"}]}}, REGION) == set()


def test_there_is_nothing_to_do_where_there_is_nothing() -> None:
    assert plan(node("n1", {}), {}, US) == Plan(None, missing=False, kept={})


states = st.dictionaries(
    st.sampled_from([REGION, ZONE, "tier"]),
    st.tuples(st.sampled_from(["us", "eu"]), st.sets(st.sampled_from([US, "cloud", "kubectl"]))),
)
wishes = st.dictionaries(st.sampled_from([REGION, ZONE]), st.sampled_from(["us", "eu"]))


@given(states, wishes)
def test_nothing_of_others_changes_and_the_second_time_nothing_at_all(
    state: dict[str, tuple[str, set[str]]], wish: dict[str, str]
) -> None:
    nodes = Nodes(n1={key: (value, set(managers)) for key, (value, managers) in state.items()})
    first = label(nodes.kube, wish, US)
    for key, (value, managers) in state.items():
        if managers - {US} or not managers:
            assert nodes.nodes["n1"][key][0] == value
    nodes.applied.clear()
    assert label(nodes.kube, wish, US) == first == look(nodes.kube, wish, US)
    assert nodes.applied == []
