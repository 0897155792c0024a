"""Which steps of a preview without access cannot be compared, and are no changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation.offline import ELSEWHERE, NOBODY, REDACTED
from federation.preview.blind import alike, blind, judged
from federation.preview.changes import parse
from federation.preview.events import SECRET_MARK, SIGNATURE, UNKNOWN
from tests.preview.state_fixtures import urn

SHOWN = {SIGNATURE: SECRET_MARK, "ciphertext": "[secret]"}
KIND = "kubernetes:apps/v1:Deployment"


def step(old: Any, new: Any, op: str = "update", **more: Any) -> dict[str, Any]:
    """The engine's metadata of one."""
    return {
        "urn": urn(KIND, "nginx"),
        "type": KIND,
        "op": op,
        "old": {"inputs": old, "outputs": old},
        "new": {"inputs": new},
        **more,
    }


def detailed(path: str, kind: str = "update") -> dict[str, Any]:
    return {"detailedDiff": {path: {"diffKind": kind, "inputDiff": False}}}


BLIND: dict[str, dict[str, Any]] = {
    "a password in clear that the snapshot hides": step(
        {"spec": {"password": REDACTED}}, {"spec": {"password": "x"}}, **detailed("spec.password")
    ),
    "the same in a list": step(
        {"env": [{"name": "P", "value": REDACTED}]},
        {"env": [{"name": "P", "value": "x"}]},
        **detailed("env[0].value"),
    ),
    "a key with a dot": step({"data": {"a.b": REDACTED}}, {"data": {"a.b": "x"}}, **detailed('data["a.b"]')),
    "whoever is logged in": step({"principal": "me"}, {"principal": NOBODY}, **detailed("principal")),
    "the place of a cluster, sorted elsewhere": step(
        {"names": ["10.0.0.1", "api"]}, {"names": ["api", ELSEWHERE]}
    ),
    "a replacement for a placeholder": step(
        {"principal": "me", "size": 1},
        {"principal": NOBODY, "size": 2},
        op="replace",
        detailedDiff={
            "principal": {"diffKind": "update-replace"},
            "size": {"diffKind": "update"},
        },
    ),
    "a replacement of which the keys alone are told": step(
        {"principal": "me"}, {"principal": NOBODY}, op="create-replacement", keys=["principal"]
    ),
    "a provider's secret, which the engine knows": step(
        {"token": SHOWN}, {"token": SHOWN}, type="pulumi:providers:azure-native", diffs=["token"]
    ),
}
SEEN: dict[str, dict[str, Any]] = {
    "another number of replicas": step(
        {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, **detailed("spec.replicas")
    ),
    "one change beside a placeholder": step(
        {"spec": {"password": REDACTED, "replicas": 1}},
        {"spec": {"password": "x", "replicas": 2}},
        **detailed("spec"),
    ),
    "a secret that is made anew": step({"key": SHOWN}, {"key": UNKNOWN}),
    "a placeholder that is not known any more": step({"key": REDACTED}, {"key": UNKNOWN}),
    "a value that is new": step({}, {"key": "x"}),
    "a replacement for another reason than the placeholder": step(
        {"principal": "me", "size": 1},
        {"principal": NOBODY, "size": 2},
        op="replace",
        detailedDiff={"principal": {"diffKind": "update"}, "size": {"diffKind": "update-replace"}},
    ),
    "what differs in the world, and not in the inputs": step({"a": 1}, {"a": 1}, **detailed("a")),
    "two secrets of a resource": step({"token": SHOWN}, {"token": SHOWN}, diffs=["token"]),
}


@pytest.mark.parametrize("what", BLIND)
def test_a_step_that_nothing_but_a_placeholder_makes_is_unknown(what: str) -> None:
    (event,) = judged([{"resourcePreEvent": {"metadata": BLIND[what]}}])
    assert event["resourcePreEvent"]["metadata"]["unknown"] is True


@pytest.mark.parametrize("what", SEEN)
def test_a_step_that_is_one_with_access_too_stays_as_it_is(what: str) -> None:
    assert not blind(SEEN[what])


def test_what_stays_the_same_is_not_looked_at() -> None:
    same = {"resourcePreEvent": {"metadata": {**BLIND["whoever is logged in"], "op": "same"}}}
    assert list(judged([same, {"summaryEvent": {}}])) == [same, {"summaryEvent": {}}]
    assert "unknown" not in same["resourcePreEvent"]["metadata"]


def test_the_reader_of_events_is_told() -> None:
    events = judged([{"resourcePreEvent": {"metadata": BLIND["a replacement for a placeholder"]}}])
    (change,) = parse([json.dumps(event) for event in events]).changes
    assert change.unknown


def test_lists_of_other_lengths_are_not_alike() -> None:
    assert alike([REDACTED], ["x"])
    assert not alike([REDACTED], ["x", "y"])
    assert not alike({"a": 1, "b": REDACTED}, {"a": 2, "b": "x"})
