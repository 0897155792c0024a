"""How fast the stack westus is on the stand-in for Azure, with real clusters: `python -m bench.azure_speed`.

What Azure itself takes to make clusters is not in these figures: what program, engine and federation take is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from bench.stack import ROOT, Stack, crds

LAB = (sys.executable, "-m", "lab")
TIMES = 3
GOAL_PREVIEW = 10.0
SECONDS = 1800.0


def westus() -> dict[str, Any]:
    """The checkout's stack file, with parts that may be removed."""
    settings = yaml.safe_load((ROOT / "Pulumi.westus.yaml").read_text())
    topology: dict[str, Any] = settings["config"]["federation:topology"]
    topology["control_plane"] = {"crds": str(crds())}
    for part in (*topology["clusters"], *topology["dns"]):
        part["protect"] = False
    for cluster in topology["clusters"]:
        cluster["acs_engine"] = str(ROOT / cluster["acs_engine"])
    return topology


def measure(folder: Path) -> dict[str, float]:
    """Figure → seconds; inside the lab."""
    stack = Stack("bench-westus", folder / "westus")
    stack.configure(westus())
    found = {"preview from nothing": median(stack.preview().seconds for _ in range(TIMES))}
    found["up, with two clusters"] = stack.up().seconds
    found["preview of no change"] = median(stack.preview().seconds for _ in range(TIMES))
    found["up without a change"] = stack.up("--expect-no-changes").seconds
    found["refresh"] = stack.run("refresh", "--yes", "--skip-preview").seconds
    found["destroy"] = stack.destroy().seconds
    stack.remove()
    return found


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="k8s-federation-bench-", dir=Path.home()) as directory:
        if sys.argv[1:] == ["--inside"]:
            print(json.dumps(measure(Path(directory))))
            return
        env = {**os.environ, "LAB_NAME": "bench-azure", "FEDERATION_STATE": directory}

        def lab(*words: str) -> str:
            command = [*LAB, *words]
            done = subprocess.run(
                command, env=env, text=True, stdout=subprocess.PIPE, timeout=SECONDS, check=True
            )
            return done.stdout

        lab("up", str(ROOT / "demo/topology-azure.yaml"))
        try:
            lab("azure", "start")
            said = lab("exec", "--", sys.executable, "-m", "bench.azure_speed", "--inside")
        finally:
            lab("down")
    for what, seconds in json.loads(said.splitlines()[-1]).items():
        goal = f"   (goal: {GOAL_PREVIEW:g} s)" if what.startswith("preview") else ""
        print(f"{what:24} {seconds:6.1f} s{goal}")


if __name__ == "__main__":
    main()
