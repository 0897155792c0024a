"""`fedctl kubeconfig` and `fedctl report` on a federation that runs: what the page says is what is there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.lab.labs import COMMAND_SECONDS, LAB
from tests.lab.stacks import FEDERATION, ROOT, Stack

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]


def fedctl(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """In the project's folder, as `pulumi` finds its stacks there."""
    program = str(Path(sys.executable).with_name("fedctl"))
    return subprocess.run(
        [*LAB, "exec", "--", "env", f"--chdir={stack.directory}", program, *words],
        env=stack.env,
        text=True,
        capture_output=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


def test_the_kubeconfig_of_the_stack_and_a_report_of_what_it_leads_to(stack: Stack, tmp_path: Path) -> None:
    kubeconfig, policies, page = (tmp_path / name for name in ("config", "policies.json", "report.html"))
    told = fedctl(stack, "kubeconfig", "--stack", stack.name, "--output", str(kubeconfig))
    assert told.stdout == (
        f"{kubeconfig}: added fc01, fc02, {FEDERATION}; the current context is {FEDERATION}\n"
    ), told.stderr
    pack = ("--policy-pack", str(ROOT / "policy"))
    policies.write_text(stack("policy", "analyze", "--json", "--stack", stack.name, *pack))
    options = ["--federation-kubeconfig", str(kubeconfig), "--topology", str(stack.settings)]
    options += ["--policy-results", str(policies)]

    done = fedctl(stack, "report", *options, "--output", str(page))
    assert (done.returncode, done.stdout) == (3, f"{page}: 2 problems\n"), done.stdout + done.stderr
    found = json.loads(fedctl(stack, "report", *options, "--json").stdout)
    # The quick start gives its clusters no virtual IPs before it comes to names.
    assert found["problems"] == [
        f"service default/nginx has no load balancer address on member {member} yet"
        for member in ("fc01", "fc02")
    ]
    assert [(m["name"], m["version"], m["nodes"]) for m in found["members"]] == [
        ("fc01", "v1.36.3", {"ready": 1, "total": 1}),
        ("fc02", "v1.36.3", {"ready": 1, "total": 1}),
    ]

    certificates = {(each["what"], each["where"]): each["days"] for each in found["certificates"]}
    for where in ("federation API", "member fc01", "member fc02"):
        assert certificates["server certificate", where] > 300
    assert certificates["client certificate", "federation API"] > 300
    places = {where for _, where in certificates}
    parts = ("etcd", "karmada-apiserver", "karmada-webhook", "karmada-scheduler")
    assert {f"federation-system/{part} in fc01" for part in parts} <= places
    versions = found["versions"]
    assert versions["federation API (kube-apiserver)"] == "v1.36.3"
    assert versions["federation-system/karmada-scheduler in fc01"].startswith("karmada-scheduler")
    assert not [each for each in found["policies"] if each["mandatory"]]

    text = page.read_text()
    users = yaml.safe_load(kubeconfig.read_text())["users"]
    secrets = [
        user["user"][key] for user in users for key in ("client-key-data", "token") if key in user["user"]
    ]
    assert secrets
    assert not [secret for secret in secrets if secret in text]
    assert "PRIVATE KEY" not in text
