"""`make demo`: two real clusters, nginx in both by the real Pulumi engine, and a look at the result.

    python demo/run.py          bring it up; can be repeated
    python demo/run.py --down   take it apart

Each command it runs is printed, so that you can run it too.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
ROOT = HERE.parent
CLUSTERS = ("fc01", "fc02")
STACK = "demo"
LAB = (sys.executable, "-m", "lab")
COMMAND_SECONDS = 3600.0  # the first run may build every tool
PAGE_SECONDS = 10

console = Console(highlight=False, soft_wrap=True)


class StepError(Exception):
    """A step of the demo failed; what it printed stands above."""


def lab(*words: str, quiet: bool = False) -> str:
    """Run a `lab` command, printed as a user would type it; with `quiet`, return what it says instead."""
    if not quiet:
        console.print(f"\n$ lab {shlex.join(words)}", style="bold", markup=False)
    done = subprocess.run(
        [*LAB, *words],
        cwd=ROOT,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
        stdout=subprocess.PIPE if quiet else None,
    )
    if done.returncode != 0:
        raise StepError(f"lab {shlex.join(words)}: exit status {done.returncode}")
    return done.stdout or ""


def pulumi(*words: str, quiet: bool = False) -> str:
    """Run the engine where it can reach the clusters; the stack's settings stay with the lab, not in the checkout."""
    return lab("exec", "--", "pulumi", *words, quiet=quiet)


def settings() -> Path:
    """The stack's configuration file, beside the lab's kubeconfig."""
    return Path(lab("kubeconfig", "--path", quiet=True).strip()).with_name(f"Pulumi.{STACK}.yaml")


def make_stack(file: Path) -> None:
    """The stack and its settings, unless they are there; the engine writes them to the checkout, whence they move."""
    if file.exists():
        return
    pulumi("stack", "select", "--create", STACK)
    shutil.move(ROOT / file.name, file)
    clusters = [f"--plaintext=federation:clusters[{i}]={name}" for i, name in enumerate(CLUSTERS)]
    pulumi("config", "set-all", "--path", *clusters, *_of(file))


def _of(file: Path) -> tuple[str, ...]:
    return ("--stack", STACK, "--config-file", str(file))


def up() -> None:
    """Everything, from nothing to two answering clusters."""
    lab("tools", "install", "lab", "pulumi")
    lab("up", str(HERE / "topology.yaml"))
    file = settings()
    make_stack(file)
    pulumi("up", "--yes", "--skip-preview", *_of(file))
    pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", *_of(file))
    ports = json.loads(pulumi("stack", "output", "nodePorts", "--json", "--stack", STACK, quiet=True))
    show([(cluster, *ask(cluster, int(ports[cluster]))) for cluster in CLUSTERS])


def ask(cluster: str, port: int) -> tuple[str, str]:
    """The URL of nginx in the cluster, and the title of the page that it answers with."""
    nodes: Any = json.loads(lab("status", "--json", quiet=True))["clusters"]
    address = next(c["nodes"][0]["address"] for c in nodes if c["name"] == cluster)
    url = f"http://{address}:{port}/"
    retries = ("--retry", str(PAGE_SECONDS), "--retry-delay", "1", "--retry-all-errors")
    page = lab("exec", "--", "curl", "--silent", "--show-error", "--fail", *retries, url, quiet=True)
    return url, page.partition("<title>")[2].partition("</title>")[0]


def show(answers: list[tuple[str, str, str]]) -> None:
    """The result, and what to try next."""
    table = Table("cluster", "asked", "answer")
    for row in answers:
        table.add_row(*row)
    console.print()
    console.print(table)
    console.print(
        "Next:\n"
        "  .venv/bin/lab status                    the clusters and their nodes\n"
        "  .venv/bin/lab kubectl fc01 get pods -A  any kubectl command\n"
        "  .venv/bin/lab forward fc01:30080        nginx for the browser of this machine\n"
        "  .venv/bin/lab fault kill fc01           a power cut; `lab fault restore fc01` ends it\n"
        "  make demo-down                          take everything apart",
        markup=False,
    )


def down() -> None:
    """The stack by `pulumi destroy`, then the clusters."""
    file = settings()
    pulumi("destroy", "--yes", "--skip-preview", "--remove", *_of(file))
    lab("down")


def main() -> None:
    """Entry point."""
    try:
        down() if sys.argv[1:] == ["--down"] else up()
    except StepError as error:
        console.print(f"error: {error}. Next: mend what it says above and run it again.", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("interrupted; run it again to go on, or `make demo-down` to remove what is there")
        sys.exit(130)


if __name__ == "__main__":
    main()
