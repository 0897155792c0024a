"""kubeconfig files: one for a client, one for all clusters."""

from __future__ import annotations

import base64
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.kubeconfig import kubeconfig, merge, write
from tests.unit.lab_fixtures import two_clusters


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    for name in ("ca.crt", "admin.crt", "admin.key"):
        (tmp_path / name).write_text(f"text of {name}")
    return tmp_path


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_one_file_is_all_a_client_needs(pki: Path) -> None:
    assert kubeconfig(two_clusters().clusters[0], pki, "admin") == {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "fc01",
                "cluster": {
                    "server": "https://10.99.1.10:6443",
                    "certificate-authority-data": encoded("text of ca.crt"),
                },
            }
        ],
        "users": [
            {
                "name": "fc01-admin",
                "user": {
                    "client-certificate-data": encoded("text of admin.crt"),
                    "client-key-data": encoded("text of admin.key"),
                },
            }
        ],
        "contexts": [{"name": "fc01", "context": {"cluster": "fc01", "user": "fc01-admin"}}],
        "current-context": "fc01",
    }


def test_the_server_can_be_somewhere_else(pki: Path) -> None:
    config = kubeconfig(two_clusters().clusters[0], pki, "admin", server="https://127.0.0.1:6443")
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"


def test_a_merged_file_has_a_context_for_each_cluster_and_the_first_is_current(pki: Path) -> None:
    one, two = (kubeconfig(c, pki, "admin") for c in two_clusters().clusters)
    merged = merge([one, two])
    assert merged["current-context"] == "fc01"
    for key in ("clusters", "users", "contexts"):
        assert merged[key] == [*one[key], *two[key]]
    assert [entry["name"] for entry in merged["contexts"]] == ["fc01", "fc02"]


def test_merging_changes_nothing_it_was_given(pki: Path) -> None:
    one, two = (kubeconfig(c, pki, "admin") for c in two_clusters().clusters)
    merge([one, two])
    assert [len(config["clusters"]) for config in (one, two)] == [1, 1]


def test_a_merge_of_one_is_the_same_and_of_none_is_empty(pki: Path) -> None:
    config = kubeconfig(two_clusters().clusters[0], pki, "admin")
    assert merge([config]) == config
    empty: dict[str, Any] = {"clusters": [], "users": [], "contexts": []}
    assert merge([]) == {"apiVersion": "v1", "kind": "Config", **empty, "current-context": ""}


def test_a_file_is_for_its_owner_alone_and_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.touch(mode=0o644)
    (tmp_path / "kubeconfig.draft").write_text("of an interrupted run, and longer than what comes now")
    write(file, {"kind": "Config"})
    assert yaml.safe_load(file.read_text()) == {"kind": "Config"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
