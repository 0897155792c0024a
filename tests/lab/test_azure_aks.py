"""Managed clusters of the stand-in for Azure are real: from their PUT over TLS to their end, with the official SDK.

One pair of clusters serves all of these tests, which go in this order: the last one deletes the clusters.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.lab.inventory import difference, inventory
from tests.lab.labs import TestLab, eventually
from tests.lab.objects import deployment, toolbox

pytestmark = [pytest.mark.lab, pytest.mark.long]  # the walk-through in tests/lab/azure goes the same ways

PIP = "service.beta.kubernetes.io/azure-pip-name"
GROUP = "service.beta.kubernetes.io/azure-load-balancer-resource-group"


@dataclass
class Aks:
    """A lab with the stand-in, and two clusters of it: `west` in westus, `east` in eastus."""

    lab: TestLab
    made: Any = None
    clusters: dict[str, Any] = field(default_factory=dict)

    def client(self, verb: str, *words: str) -> Any:
        """What a user's program says, which runs in the fabric."""
        command = [sys.executable, "-m", "tests.lab.azure_aks_client", verb, *words]
        return json.loads(self.lab("exec", "--", *command))

    def kubeconfig(self, name: str) -> Path:
        return self.lab.state_root / f"{self.lab.name}-{name}.kubeconfig"

    def kubectl(self, name: str, *words: str) -> str:
        """As a user does: with the kubeconfig that AKS gives, and a token by kubelogin."""
        return self.lab("exec", "--", "kubectl", f"--kubeconfig={self.kubeconfig(name)}", *words)

    def refused(self, name: str, *words: str) -> str:
        return self.lab.fails("exec", "--", "kubectl", f"--kubeconfig={self.kubeconfig(name)}", *words)

    def address(self, name: str, service: str) -> str:
        """EXTERNAL-IP, once it is there."""
        path = "jsonpath={.status.loadBalancer.ingress[*].ip}"

        def pending() -> str | None:
            found.append(self.kubectl(name, "get", "service", service, "-o", path))
            return None if found[-1] else f"service {service} is pending"

        found: list[str] = []
        eventually(pending, 20, f"address of {service} in {name}")
        return found[-1]

    def pod_reaches(self, name: str, url: str) -> str | None:
        """None when a pod of the cluster gets nginx' page."""
        done = self.lab.run("kubectl", name, "exec", "client", "--", "curl", "-sS", "--max-time", "3", url)
        return None if "Welcome to nginx!" in done.stdout else done.stderr or done.stdout


@pytest.fixture(scope="module")
def aks(state_root: Path) -> Iterator[Aks]:
    """Both clusters are made at once; how long that takes is printed."""
    before = inventory()
    lab = TestLab("t-aks", state_root)
    lab.topology.write_text("clusters: []\n")
    found = Aks(lab)
    try:
        start = time.monotonic()
        lab("up", str(lab.topology), timeout=300)
        lab("azure", "start")
        print(f"stand-in: {time.monotonic() - start:.1f} s")
        found.made = found.client("prepare")
        created = found.client("create", json.dumps(found.made))
        print(f"two clusters: {created['seconds']} s")
        assert created["asked"] < 5, "a PUT answers before its cluster is up"
        found.clusters = created["clusters"]
        yield found
    finally:
        lab("down")
    assert difference(before, inventory()) == {}, "nothing is left of clusters, stand-in and lab"


def service(name: str, notes: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default", "annotations": notes or {}},
        "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]},
    }


def test_two_clusters_come_up_and_are_nodes_of_the_lab(aks: Aks) -> None:
    assert {name: found["state"] for name, found in aks.clusters.items()} == dict.fromkeys(
        ("west", "east"), "Succeeded"
    )
    assert aks.clusters["west"]["version"].startswith("1.36.")
    assert {node["ready"] for node in aks.lab.nodes().values()} == {"True"}
    assert sorted(aks.lab.nodes()) == ["east-control-plane", "west-control-plane"]


def test_who_logs_in_by_kubelogin_has_the_rights_of_his_role_assignments(aks: Aks) -> None:
    given = aks.client("kubeconfigs")
    assert "this cluster is set to disable local accounts" in given["admin"]
    for name, text in given["kubeconfigs"].items():
        aks.kubeconfig(name).write_text(text)
    operator = json.loads(aks.kubectl("west", "auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert "Forbidden" in aks.refused("west", "get", "nodes")
    subscription = aks.clusters["west"]["id"].partition("/resourceGroups/")[0]
    assert aks.client("admit", subscription) == operator["username"], "tokens are Entra's, and proved"
    eventually(lambda: None if can_list(aks) else "not yet", 5, "rights in both clusters")
    labels = json.loads(aks.kubectl("west", "get", "nodes", "-o", "json"))["items"][0]["metadata"]["labels"]
    assert labels["topology.kubernetes.io/region"] == "westus"
    assert labels["topology.kubernetes.io/zone"] == "0"
    assert labels["agentpool"] == "system"


def can_list(aks: Aks) -> bool:
    words = ("auth", "can-i", "list", "nodes")
    return all("yes" in aks.lab.run(*command(aks, name, *words)).stdout for name in ("west", "east"))


def command(aks: Aks, name: str, *words: str) -> list[str]:
    return ["exec", "--", "kubectl", f"--kubeconfig={aks.kubeconfig(name)}", *words]


def test_a_service_has_a_public_address_that_answers_everywhere(aks: Aks) -> None:
    front = {PIP: "front", GROUP: "shared"}
    aks.lab.applied(
        "west",
        deployment("web", "default"),
        service("web"),
        service("front", front),
        service("no", {**front, GROUP: "foreign"}),
    )
    aks.lab.applied("east", deployment("web", "default"), service("web"), pod_with_token())
    addresses = [aks.address("west", "web"), aks.address("west", "front"), aks.address("east", "web")]
    assert addresses[1] == aks.made["addresses"]["shared"], "the address of the inventory that it names"
    assert len({*addresses, *aks.made["addresses"].values()}) == 4
    for name in ("west", "east"):
        aks.lab.kubectl(name, "rollout", "status", "deployment/web", "--timeout=60s")
    aks.lab.kubectl("east", "wait", "pod/client", "--for=condition=Ready", "--timeout=60s")
    for address in addresses:
        url = f"http://{address}/"
        eventually(lambda url=url: aks.lab.answers(url), 10, f"{url} from the fabric")  # type: ignore[misc]
        eventually(lambda url=url: aks.pod_reaches("east", url), 10, f"{url} from a pod of east")  # type: ignore[misc]
    said = [event.get("message", "") for event in aks.lab.get("west", "events")["items"]]
    assert any("Network Contributor on resource group foreign" in text for text in said)


def pod_with_token() -> dict[str, Any]:
    """A pod that declares what the workload-identity webhook would put into it."""
    pod = toolbox("default")
    token = {
        "audience": "api://AzureADTokenExchange",
        "expirationSeconds": 3600,
        "path": "azure-identity-token",
    }
    pod["spec"]["volumes"] = [
        {"name": "token", "projected": {"sources": [{"serviceAccountToken": token}]}},
    ]
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "token", "mountPath": "/var/run/azure"}]
    return pod


def test_a_pods_token_is_exchanged_for_a_token_of_a_managed_identity(aks: Aks) -> None:
    subject = "system:serviceaccount:default:default"
    identity = aks.client("trust", aks.clusters["east"]["issuer"], subject)
    file = aks.lab.state_root / "token"
    file.write_text(
        aks.lab.kubectl("east", "exec", "client", "--", "cat", "/var/run/azure/azure-identity-token")
    )
    assert aks.client("exchange", identity, str(file)) == {"read": "shared", "refused": "AuthorizationFailed"}


def test_a_stand_in_that_was_restarted_takes_its_clusters_on_again(aks: Aks) -> None:
    aks.lab("azure", "stop")
    aks.lab.applied("west", service("late"))
    aks.lab("azure", "start")
    url = f"http://{aks.address('west', 'late')}/"
    eventually(lambda: aks.lab.answers(url), 10, url)
    aks.lab.kubectl("west", "delete", "service", "late", "front", "--timeout=20s")
    assert aks.lab.curl(url).returncode != 0


def test_deleted_clusters_leave_nothing(aks: Aks) -> None:
    gone = aks.client("delete")
    print(f"two clusters deleted: {gone['seconds']} s")
    assert gone["left"] == []
    assert aks.lab.nodes() == {}
    listed = json.loads(aks.lab("azure", "status", "--json"))["resources"]
    assert [
        found["id"] for found in listed if "/MC_" in found["id"] or "managedClusters" in found["id"]
    ] == []
    routes = aks.lab("exec", "--", "ip", "-json", "route")
    assert "203.0.113." not in routes
