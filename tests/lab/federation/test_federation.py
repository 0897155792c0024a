"""The walk-through on two real clusters: what its users got, by one `pulumi up`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import yaml

from federation.karmada.member import MemberSpec
from federation.karmada.rbac import READER_RULES, Rule, rules
from tests.lab.federation.workloads import becomes
from tests.lab.labs import TestLab
from tests.lab.stacks import FEDERATION, DocumentedStack, Stack

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]


def test_both_clusters_are_ready_members_and_nginx_runs_in_both(stack: Stack, three: TestLab) -> None:
    rows = {row["name"]: row for row in stack.output("members")}
    assert rows.keys() == {"fc01", "fc02"}
    assert rows["fc01"] == {
        "name": "fc01",
        "region": "us",
        "zones": ["east"],
        "version": "v1.36.3",
        "ready": True,
        "endpoint": "https://10.99.1.10:6443",
    }
    conditions = {
        cluster["metadata"]["name"]: {c["type"]: c["status"] for c in cluster["status"]["conditions"]}[
            "Ready"
        ]
        for cluster in stack.get("clusters")["items"]
    }
    assert conditions == {"fc01": "True", "fc02": "True"}
    becomes(three, fc01=2, fc02=2)


def test_the_quick_start_shows_what_it_says(stack: DocumentedStack) -> None:
    said = stack.reader.section("4. Look")
    assert re.findall(r"^(fc0\d) +v1\.36\.3 +Push +(True)", said, re.MULTILINE) == [
        ("fc01", "True"),
        ("fc02", "True"),
    ]
    assert re.findall(r"^nginx +(\d/\d)", said, re.MULTILINE) == ["2/2", "2/2"]


def test_nothing_but_the_workloads_is_propagated(stack: Stack) -> None:
    """No Secret above all: members' readers are in the federation API, and one member's is no business of others."""
    bound = [b["spec"]["resource"] for b in stack.get("resourcebindings", "--all-namespaces")["items"]]
    assert {(r["kind"], r["namespace"], r["name"]) for r in bound} == {
        ("Deployment", "default", "nginx"),
        ("Service", "default", "nginx"),
    }


def test_a_run_right_after_changes_nothing(stack: Stack) -> None:
    assert stack.preview() == {}
    refreshed = stack("refresh", "--yes", "--expect-no-changes")
    assert "unchanged" in refreshed
    stack.up("--expect-no-changes")


def test_a_changed_region_is_one_update_and_weights_of_two_to_one_are_four_and_two(
    stack: Stack, three: TestLab
) -> None:
    with stack.edited():
        stack.cluster("fc02")["region"] = "eu"
    assert stack.preview() == {"update": ["fc02-join"]}
    manifest = stack.directory / "apps" / "nginx" / "deployment.yaml"
    six = yaml.safe_load(manifest.read_text())
    four, six["spec"]["replicas"] = manifest.read_text(), 6
    manifest.write_text(yaml.safe_dump(six))
    with stack.edited() as topology:
        topology["workloads"][0]["preferences"] = {"clusters": {"fc01": {"weight": 2}, "fc02": {"weight": 1}}}
    stack.up()
    assert stack.get("cluster", "fc02")["spec"]["region"] == "eu"
    becomes(three, fc01=4, fc02=2)
    manifest.write_text(four)
    with stack.edited() as topology:
        del topology["workloads"][0]["preferences"]
        stack.cluster("fc02")["region"] = "us"
    stack.up()
    assert stack.get("cluster", "fc02")["spec"]["region"] == "us"
    becomes(three, fc01=2, fc02=2)


def test_six_replicas_are_three_and_three(stack: Stack, three: TestLab) -> None:
    stack.kubectl("scale", "deployment", "nginx", "--replicas=6")
    becomes(three, fc01=3, fc02=3)
    stack.kubectl("scale", "deployment", "nginx", "--replicas=4")
    becomes(three, fc01=2, fc02=2)


def test_the_kubeconfig_is_a_secret_with_a_context_for_each_cluster_and_the_federation(stack: Stack) -> None:
    assert "[secret]" in stack("stack", "output", "kubeconfig")
    config = yaml.safe_load(stack.output("kubeconfig"))
    assert {c["name"] for c in config["contexts"]} == {"fc01", "fc02", FEDERATION}
    state = stack("stack", "export")
    keys = [u["user"].get("client-key-data") for u in config["users"]]
    assert all(keys)
    assert not [key for key in keys if key in state], "private keys are encrypted in the state"
    assert "PRIVATE KEY" not in state


Right = tuple[str, str, str]


def rights_of(lab: TestLab, cluster: str, namespace: str, account: str) -> set[Right]:
    """What the API server of a member says that a ServiceAccount may do there."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": "x"},
    }
    user = f"system:serviceaccount:{namespace}:{account}"
    answer = lab.kubectl(
        cluster, "create", "--validate=false", "-f", "-", "-o", "json", f"--as={user}",
        "--as-group=system:serviceaccounts", "--as-group=system:authenticated", stdin=json.dumps(review),
    )  # fmt: skip
    status = json.loads(answer)["status"]
    return spread([*status["resourceRules"], *status["nonResourceRules"]])


def spread(found: Sequence[Mapping[str, Any]]) -> set[Right]:
    """Each right of rules by itself: API group, resource and verb, or "path", path and verb."""
    resources = {
        (group, resource, verb)
        for rule in found
        for group in rule.get("apiGroups", ())
        for resource in rule.get("resources", ())
        for verb in rule["verbs"]
    }
    paths = {
        ("path", path, verb)
        for rule in found
        for path in rule.get("nonResourceURLs", ())
        for verb in rule["verbs"]
    }
    return resources | paths


@pytest.mark.parametrize(
    ("account", "granted_by"), [("federation", rules), ("dns-reader", lambda _: READER_RULES)]
)
def test_a_member_grants_the_declared_rights_and_no_more(
    stack: Stack, three: TestLab, account: str, granted_by: Callable[[MemberSpec], Sequence[Rule]]
) -> None:
    spec = MemberSpec.from_props(
        {"member": "fc02", "federation": FEDERATION, "kubeconfig": "", "federationKubeconfig": ""}
    )
    granted = rights_of(three, "fc02", f"federation-{FEDERATION}", account)
    everybody = rights_of(three, "fc02", "default", "nobody")
    assert granted >= everybody
    assert granted - everybody == spread(granted_by(spec)) - everybody
    assert not [right for right in granted - everybody if "*" in right]
    assert {resource for group, resource, _ in everybody if group != "path"} == {
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
        "selfsubjectreviews",
    }
