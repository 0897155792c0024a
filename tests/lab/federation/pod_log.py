"""Counts ready pods of nginx in members, again and again, faster than `kubectl` starts.

    lab exec -- python -m tests.lab.federation.pod_log STOP_FILE MEMBER...

Prints a JSON array when STOP_FILE is there: each entry has a number for each member, asked for in their order.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from federation.kube import Kube, Ref

PAUSE_SECONDS = 0.1
PODS = Ref("v1", "pods", namespace="default")
LABELS = "app.kubernetes.io/name=nginx"


def ready(member: Kube) -> int:
    """Pods that take traffic and are not told to end."""
    return sum(
        condition["status"] == "True"
        for pod in member.list(PODS, labels=LABELS)
        if "deletionTimestamp" not in pod["metadata"]
        for condition in pod["status"].get("conditions", ())
        if condition["type"] == "Ready"
    )


def main() -> None:
    """Count until the file is there, and once more."""
    stop, names = Path(sys.argv[1]), sys.argv[2:]
    kubeconfig = Path(os.environ["KUBECONFIG"]).read_text()
    members = [Kube.connect(kubeconfig, name, context=name) for name in names]
    counts, last = list[list[int]](), False
    while not last:
        last = stop.exists()
        counts.append([ready(member) for member in members])
        time.sleep(PAUSE_SECONDS)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
