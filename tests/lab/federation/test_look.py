"""What only looks at a federation that is up: `fedctl gather` and `fedctl upgrade --check`."""

from __future__ import annotations

import base64
import json
import re
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.federation.conftest import kubeconfig_of
from tests.lab.labs import TestLab
from tests.lab.stacks import Stack

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]
FEDCTL = str(Path(sys.executable).with_name("fedctl"))
NAMESPACE = "federation-system"


@pytest.fixture(name="options")
def options_fixture(stack: Stack, three: TestLab, tmp_path: Path) -> list[str]:
    host = tmp_path / "host.kubeconfig"
    host.write_text(kubeconfig_of(three, "fc01"))
    files = {"--topology": stack.settings, "--federation-kubeconfig": stack.kubeconfig, "--kubeconfig": host}
    return [word for option, file in files.items() for word in (option, str(file))]


def files_of(bundle: Path) -> dict[str, str]:
    with tarfile.open(bundle) as archive:
        return {
            entry.name.removeprefix("bundle/"): file.read().decode()
            for entry in archive.getmembers()
            if (file := archive.extractfile(entry))
        }


def secrets_of(objects: Mapping[str, Any]) -> Iterator[str]:
    """Values of Secrets that are neither public nor short, as they are and in base64."""
    for secret in objects["items"]:
        for key, packed in (secret.get("data") or {}).items():
            text = base64.b64decode(packed).decode(errors="replace")
            if (
                key not in {"ca.crt", "namespace", "server", "caBundle"}
                and "CERTIFICATE" not in text
                and len(text) > 20
            ):
                yield from (packed, text)


def test_the_bundle_of_a_federation_is_whole_and_has_no_secret(
    stack: Stack, three: TestLab, options: list[str], tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.tar.gz"
    answer = json.loads(three("exec", "--", FEDCTL, "gather", *options, "--output", str(bundle), "--json"))
    assert answer["failures"] == []
    files = files_of(bundle)
    whole = "".join(files.values())
    host = json.loads(three.kubectl("fc01", "get", "secrets", "--namespace", NAMESPACE, "-o", "json"))
    kept = [*secrets_of(stack.get("secrets", "--all-namespaces")), *secrets_of(host)]
    kept += [
        user["user"]["client-key-data"] for user in yaml.safe_load(stack.kubeconfig.read_text())["users"]
    ]
    assert len(kept) > 10
    assert [value[:12] for value in kept if value in whole] == []
    assert "PRIVATE KEY" not in whole
    none = "service default/nginx has no load balancer address on member {} yet"  # these clusters have none
    assert json.loads(files["status/status.json"])["problems"] == [none.format(m) for m in ("fc01", "fc02")]
    clusters = yaml.safe_load_all(files["placement/clusters.yaml"])
    assert [cluster["metadata"]["name"] for cluster in clusters] == ["fc01", "fc02"]
    rows = json.loads(files["placement/resourcebindings.json"])
    assert {row["resource"]: row["clusters"] for row in rows}["Deployment/default/nginx"] == {
        "fc01": 2,
        "fc02": 2,
    }
    logs = [name for name in files if re.match(rf"host/{NAMESPACE}/logs/karmada-.*\.log", name)]
    assert len(logs) >= 5
    assert all(files[name] for name in logs)
    days = [c["days"] for c in json.loads(files[f"host/{NAMESPACE}/certificates.json"])]
    assert len(days) > 10
    assert min(days) > 300
    for member in ("fc01", "fc02"):
        assert json.loads(files[f"members/{member}/version.json"])["version"] == "v1.36.3"


def test_a_plane_of_this_stack_has_nothing_to_upgrade(three: TestLab, options: list[str]) -> None:
    answer = json.loads(three("exec", "--", FEDCTL, "upgrade", "--check", *options, "--json"))
    assert (answer["steps"], answer["findings"]) == ([], [])
    assert answer["running"] == answer["wanted"]
    assert [member["name"] for member in answer["members"]] == ["fc01", "fc02"]
