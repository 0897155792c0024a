"""How fast the lab is on this machine: `make bench-lab`. Tools and images are got before anything is timed."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lab.tools.toolbox import Toolbox

LAB = (sys.executable, "-m", "lab")
IDLE_SECONDS = 20  # until the first minute's work of fresh clusters is done
GOALS = {
    "two clusters up": 25,
    "one more cluster": 10,
    "down": 5,
    "memory of an idle cluster": 900,
    "build": 45,
}


def lab(env: dict[str, str], *words: str) -> tuple[float, str]:
    """Seconds it took, and what it printed."""
    start = time.monotonic()
    done = subprocess.run([*LAB, *words], env=env, text=True, stdout=subprocess.PIPE, timeout=600, check=True)
    return time.monotonic() - start, done.stdout


def topology(directory: Path, clusters: int) -> str:
    """A topology file with so many one-node clusters."""
    file = directory / "bench.yaml"
    file.write_text(json.dumps({"clusters": [{"name": f"b{i}"} for i in range(1, clusters + 1)]}))
    return str(file)


def megabytes(env: dict[str, str]) -> list[int]:
    """What each cluster's nodes hold, in MiB."""
    status = json.loads(lab(env, "status", "--json")[1])
    return [sum(n["memory_bytes"] for n in c["nodes"]) >> 20 for c in status["clusters"]]


def measure(directory: Path) -> list[tuple[str, str, str]]:
    """Rows of figure, goal and result."""
    env = {**os.environ, "LAB_NAME": "bench", "FEDERATION_STATE": str(directory)}
    lab(env, "up", topology(directory, 1))
    lab(env, "down")
    try:
        both, _ = lab(env, "up", topology(directory, 2))
        third, _ = lab(env, "up", topology(directory, 3))
        time.sleep(IDLE_SECONDS)
        held = megabytes(env)
    finally:
        gone, _ = lab(env, "down")
    return [
        ("two clusters up", f"<= {GOALS['two clusters up']} s", f"{both:.1f} s"),
        ("one more cluster", f"<= {GOALS['one more cluster']} s", f"{third:.1f} s"),
        ("down, three clusters", f"<= {GOALS['down']} s", f"{gone:.1f} s"),
        (
            "memory of an idle cluster",
            f"<= {GOALS['memory of an idle cluster']} MiB",
            f"{max(held)} MiB (the largest)",
        ),
        *build_rows(),
    ]


def build_rows() -> list[tuple[str, str, str]]:
    """What it took to get each tool when that was done, which may have been with a warm Go build cache."""
    tools = Toolbox().installed()
    total = sum(t.seconds for t in tools)
    rows = [(f"  {t.name} {t.version}", "", f"{t.seconds:.0f} s ({t.source.value})") for t in tools]
    return [("all tools, when they were got", f"<= {GOALS['build']} min", f"{total / 60:.1f} min"), *rows]


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="k8s-federation-bench-", dir=Path.home()) as directory:
        rows = measure(Path(directory))
    table = Table(
        "figure", "goal", "measured", title=f"{os.cpu_count()} processors, Linux {platform.release()}"
    )
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


if __name__ == "__main__":
    main()
