"""A preview of what is deployed, against a snapshot and without access, says what one with access says."""

from __future__ import annotations

import copy
import re

import pytest

from tests.lab.previews import compared, of_stack
from tests.lab.stacks import Stack, Topology

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

SECRETS = r"PRIVATE KEY-----|eyJhbGciOi|client-key-data|ciphertext|LS0tLS1CRUdJTi(BQUklW|BFQyBQ|BSU0Eg)"
"""A key, a token, a kubeconfig, what the engine has encrypted, and keys in base64."""


def replicas_and_a_policy(topology: Topology) -> None:
    topology["control_plane"] |= {"replicas": 2, "failover": {"toleration_seconds": 99}}


def a_member_and_names(topology: Topology) -> None:
    new = copy.deepcopy(topology["clusters"][1])
    new |= {"name": "fc03", "zone": "north", "kubeconfig": {**new["kubeconfig"], "context": "fc03"}}
    topology["clusters"].append(new)
    topology["workloads"].append({"path": "apps/calculator"})


def test_without_access_a_preview_says_the_same(stack: Stack) -> None:
    of_stack(stack, "snapshot")
    text = (stack.directory / f"snapshots/{stack.name}.json").read_text()
    assert not re.search(
        r"PRIVATE KEY-----|eyJhbGciOi|client-key-data|ciphertext|LS0tLS1CRUdJTiBQ|LS0tLS1CRUdJTiBF", text
    )
    said = {"nothing": compared(stack)}
    original = copy.deepcopy(stack.topology)
    settled = stack.settled
    try:
        for change in (replicas_and_a_policy, a_member_and_names):
            with stack.edited() as topology:
                change(topology)
            said[change.__name__] = compared(stack)
            with stack.edited() as topology:
                topology.clear()
                topology.update(copy.deepcopy(original))
    finally:
        stack.settled = settled
    assert [name for name, found in said.items() if found["replacements"]] == [], said
    shares = {name: found["share"] for name, found in said.items()}
    assert min(shares.values()) >= 0.95, said
