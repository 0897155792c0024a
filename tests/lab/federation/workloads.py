"""What runs where."""

from __future__ import annotations

from tests.lab.labs import TestLab, eventually

ROLLOUT_SECONDS = 60.0


def running(lab: TestLab, cluster: str, name: str = "nginx") -> int:
    """Pods of an app in namespace default that are ready in a cluster."""
    pods = lab.get(cluster, "pods", "-l", f"app.kubernetes.io/name={name}", "-n", "default")["items"]
    return sum(
        condition["status"] == "True" and "deletionTimestamp" not in pod["metadata"]
        for pod in pods
        for condition in pod["status"].get("conditions", ())
        if condition["type"] == "Ready"
    )


def becomes(lab: TestLab, **wanted: int) -> None:
    """Wait until so many pods of nginx run in each cluster."""

    def differs() -> str | None:
        found = {cluster: running(lab, cluster) for cluster in wanted}
        return None if found == wanted else f"{found} run"

    eventually(differs, ROLLOUT_SECONDS, f"nginx: {wanted}")
