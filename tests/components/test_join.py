"""The inputs of `Join` and `Membership`, under Pulumi's mocks: no engine, no cluster."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.dynamic.join import Join, JoinArgs
from components.dynamic.membership import Membership, MembershipArgs
from tests.components.recorder_fixtures import Recorder, program, secret

FACTS = {"clusterId": "6c1f", "endpoint": "https://fc01:6443", "version": "v1.36.3", "ready": True}


@pytest.fixture(name="recorder")
def recorder_fixture() -> Recorder:
    return Recorder("6c1f", FACTS)


def member(**options: Any) -> Join:
    args = JoinArgs(member="fc01", federation="fed", kubeconfig="K", federation_kubeconfig="F", **options)
    return Join("fc01", args)


def test_a_join_has_a_type_of_its_own_and_complete_inputs(recorder: Recorder) -> None:
    def body() -> pulumi.Output[None]:
        return member(
            region="us", zones=["east"], grants=[{"apiGroups": ["x"], "resources": ["y"]}]
        ).id.apply(lambda _: None)

    program(body)
    assert recorder.types == {"fc01": "pulumi-python:dynamic/federation:Join"}
    assert recorder.inputs["fc01"] == {
        "member": "fc01",
        "federation": "fed",
        "kubeconfig": secret("K"),
        "federationKubeconfig": secret("F"),
        "region": "us",
        "zones": ["east"],
        "labels": {},
        "grants": [{"apiGroups": ["x"], "resources": ["y"]}],
        "onLeave": "keep",
        "timeoutSeconds": 120,
    }


def test_facts_are_outputs_and_kubeconfigs_are_secrets(recorder: Recorder) -> None:
    seen: list[Any] = []

    def body() -> pulumi.Output[None]:
        made = member()
        secrets = [made.kubeconfig.is_secret(), made.federationKubeconfig.is_secret()]
        facts = [made.clusterId, made.endpoint, made.version, made.ready]
        return pulumi.Output.all(*secrets, *facts).apply(seen.extend)

    program(body)
    assert seen == [True, True, "6c1f", "https://fc01:6443", "v1.36.3", True]


def test_a_membership_maps_names_to_cluster_ids(recorder: Recorder) -> None:
    def body() -> pulumi.Output[None]:
        args = MembershipArgs(federation="fed", federation_kubeconfig="F", members={"fc01": member().id})
        return Membership("members", args).members.apply(lambda _: None)

    program(body)
    assert recorder.types["members"] == "pulumi-python:dynamic/federation:Membership"
    assert recorder.inputs["members"] == {
        "federation": "fed",
        "federationKubeconfig": secret("F"),
        "members": {"fc01": "6c1f"},
        "forceDelete": False,
        "timeoutSeconds": 60,
    }
