"""Asks the federation API again and again, each time over a new connection, and counts what fails.

    lab exec -- python -m tests.lab.prober KUBECONFIG STOP_FILE

Prints a JSON object when STOP_FILE is there: part → {"asked": n, "failed": n, "errors": [text]}.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from federation.errors import FederationError
from federation.kube import Kube, Ref

PAUSE_SECONDS = 0.2
POLICY = {
    "apiVersion": "policy.karmada.io/v1alpha1",
    "kind": "PropagationPolicy",
    "metadata": {"name": "prober", "namespace": "default"},
    "spec": {"resourceSelectors": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "prober"}]},
}
PARTS: dict[str, Callable[[Kube], object]] = {
    "karmada-apiserver": lambda kube: kube.text("/readyz"),
    "karmada-aggregated-apiserver": lambda kube: kube.text("/apis/cluster.karmada.io/v1alpha1/clusters"),
    "karmada-webhook": lambda kube: kube.dry_run(POLICY),
    "etcd": lambda kube: kube.get(Ref("v1", "namespaces", "default")),
}


def probe(kubeconfig: str, ask: Callable[[Kube], object], stop: Path) -> dict[str, Any]:
    """Ask until the file is there."""
    asked, errors = 0, []
    while not stop.exists():
        asked += 1
        try:
            ask(Kube.connect(kubeconfig, "federation"))
        except FederationError as error:
            errors.append(f"{time.strftime('%X')} {error.cause}")
        time.sleep(PAUSE_SECONDS)
    return {"asked": asked, "failed": len(errors), "errors": errors[:10]}


def main() -> None:
    """Probe all parts side by side."""
    kubeconfig, stop = Path(sys.argv[1]).read_text(), Path(sys.argv[2])
    with ThreadPoolExecutor(len(PARTS)) as pool:
        running = {part: pool.submit(probe, kubeconfig, ask, stop) for part, ask in PARTS.items()}
        print(json.dumps({part: result.result() for part, result in running.items()}))


if __name__ == "__main__":
    main()
