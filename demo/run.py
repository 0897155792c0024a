"""`make demo`: two real clusters become one federation by `pulumi up` of the stack icp, and its names answer.

    python demo/run.py          bring it up; can be repeated
    python demo/run.py --down   take it apart

Each command it runs is printed, so that you can run it too. The checkout stays as it is: what the engine writes
into a stack's settings goes into a copy beside the lab's kubeconfig.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from lab.tools.toolbox import Toolbox

ROOT = Path(__file__).parents[1]
STACK = "icp"
SETTINGS = f"Pulumi.{STACK}.yaml"
KEY = "federation:topology"
LAB = (sys.executable, "-m", "lab")
COMMAND_SECONDS = 3600.0  # the first run may build every tool
ROLLOUT_SECONDS = 120.0

console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)


class StepError(Exception):
    """A step of the demo failed; what it printed stands above."""


def lab(*words: str, quiet: bool = False) -> str:
    """Run a `lab` command, printed as a user would type it; with `quiet`, return what it says instead."""
    if not quiet:
        console.print(f"\n$ lab {shlex.join(words)}", style="bold", markup=False)
    running = subprocess.Popen([*LAB, *words], cwd=ROOT, text=True, stdout=subprocess.PIPE if quiet else None)
    try:
        said, _ = running.communicate(timeout=COMMAND_SECONDS)
    except KeyboardInterrupt:
        # The terminal has told it too. Killed in the middle, the engine would leave the stack locked.
        running.wait(timeout=COMMAND_SECONDS)
        raise
    if running.returncode != 0:
        raise StepError(f"lab {shlex.join(words)}: exit status {running.returncode}")
    return said or ""


def pulumi(*words: str, quiet: bool = False) -> str:
    """Run the engine where it can reach the clusters."""
    return lab("exec", "--", "pulumi", *words, quiet=quiet)


def home() -> Path:
    """The folder of the stack's settings and of its kubeconfig; it goes with the lab."""
    return Path(lab("kubeconfig", "--path", quiet=True).strip()).with_name("demo")


def make_stack(folder: Path) -> Path:
    """The stack, unless it is there, and its settings: those of the checkout, with what the lab's tools bring.

    The engine keeps its salt in the settings of the folder that it is started in.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    file = folder / SETTINGS
    if not file.exists():
        pulumi("--cwd", str(folder), "stack", "select", "--create", STACK)
    kept = (yaml.safe_load(file.read_text()) if file.exists() else None) or {}
    settings = yaml.safe_load((ROOT / SETTINGS).read_text())
    # A stack without a lab downloads the pinned release.
    plane = {"crds": str(Toolbox().share("karmada", "crds"))}
    topology = settings["config"][KEY]
    topology["control_plane"] = {**plane, **(topology.get("control_plane") or {})}
    _replace(file, yaml.safe_dump({**kept, **settings}, sort_keys=False))
    return file


def _replace(file: Path, text: str) -> None:
    """Whole or not at all, for its owner only."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    draft.replace(file)


def _of(file: Path) -> tuple[str, ...]:
    return ("--stack", STACK, "--config-file", str(file))


def up() -> None:
    """Everything, from nothing to a federation that runs nginx, and whose names lead to it."""
    lab("tools", "install", "lab", "pulumi", "karmada")
    lab("up", "demo/topology.yaml")
    folder = home()
    file = make_stack(folder)
    pulumi("up", "--yes", "--skip-preview", *_of(file))
    pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", *_of(file))
    members = output("members")
    kubeconfig = folder / "federation.kubeconfig"
    secret = pulumi("stack", "output", "kubeconfig", "--show-secrets", "--stack", STACK, quiet=True)
    _replace(kubeconfig, secret)
    federation = str(yaml.safe_load(file.read_text())["config"][KEY]["name"])
    names = [member["name"] for member in members]
    running = wait_for_nginx(kubeconfig, names)
    show([{**member, "nginx": running[member["name"]]} for member in members])
    for context, what in (
        (federation, "get clusters"),
        (federation, "get deployment nginx"),
        *((name, "get pods") for name in names),
    ):
        lab("exec", "--", *kubectl(kubeconfig, context), *what.split())
    ask = dig(output("nameservers")[0])
    show_names(ask, output("names"))
    advise(kubeconfig, federation, file, names[0], ask)


def output(name: str) -> Any:
    """An output of the stack."""
    return json.loads(pulumi("stack", "output", name, "--json", "--stack", STACK, quiet=True))


def dig(nameserver: str) -> tuple[str, ...]:
    """The start of a dig command that asks this server, "address:port"."""
    address, _, port = nameserver.rpartition(":")
    return ("dig", f"@{address}", "-p", port, "+short")


def show_names(ask: Sequence[str], names: dict[str, list[str]]) -> None:
    """What the names of each service answer at all levels, and the page that is there."""
    table, addresses = Table("name", "answer"), list[str]()
    for name in (name for of_service in names.values() for name in of_service):
        addresses = sorted(lab("exec", "--", *ask, name, quiet=True).split())
        if not addresses:
            raise StepError(f"{name}: no answer")
        table.add_row(name, " ".join(addresses))
    console.print()
    console.print(table)
    lab("exec", "--", "curl", "-sS", "--max-time", "5", "--head", f"http://{addresses[0]}/")


def kubectl(kubeconfig: Path, context: str) -> tuple[str, ...]:
    """The start of a kubectl command in one of the clusters, or in the federation."""
    return ("kubectl", "--kubeconfig", str(kubeconfig), "--context", context)


def wait_for_nginx(kubeconfig: Path, members: Sequence[str]) -> dict[str, int]:
    """Ready pods of nginx in each member, once there are as many as the Deployment wants."""
    manifest = yaml.safe_load((ROOT / "apps/nginx/deployment.yaml").read_text())
    wanted, end = manifest["spec"]["replicas"], time.monotonic() + ROLLOUT_SECONDS
    while True:
        found = {name: _ready_pods(kubeconfig, name) for name in members}
        if sum(found.values()) == wanted:
            return found
        if time.monotonic() > end:
            raise StepError(f"nginx: {found} of {wanted} pods are ready after {ROLLOUT_SECONDS:.0f} s")
        time.sleep(1)


def _ready_pods(kubeconfig: Path, cluster: str) -> int:
    words = (*kubectl(kubeconfig, cluster), "get", "pods", "-l", "app.kubernetes.io/name=nginx", "-o", "json")
    pods: list[Any] = json.loads(lab("exec", "--", *words, quiet=True))["items"]
    return sum(
        condition["type"] == "Ready" and condition["status"] == "True"
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"]
        for condition in pod["status"].get("conditions", ())
    )


def show(members: Sequence[dict[str, Any]]) -> None:
    """The result."""
    table = Table("member", "region", "zones", "version", "ready", "endpoint", "nginx")
    for row in members:
        where = (row["name"], row["region"], ", ".join(row["zones"]), row["version"])
        table.add_row(*where, "yes" if row["ready"] else "no", row["endpoint"], f"{row['nginx']} pods")
    console.print()
    console.print(table)


def advise(kubeconfig: Path, federation: str, file: Path, member: str, ask: Sequence[str]) -> None:
    """What to try next."""
    name = next(iter(output("names").values()))[0]
    look = shlex.join((".venv/bin/lab", "exec", "--", *ask, name))
    admin = shlex.join((".venv/bin/lab", "exec", "--", *kubectl(kubeconfig, federation)))
    engine = shlex.join((".venv/bin/lab", "exec", "--", "pulumi", "preview", *_of(file)))
    console.print(
        "\nNext, 3 and 3 instead of 2 and 2:\n"
        f"  {admin} scale deployment nginx --replicas=6\n"
        "What `pulumi up` would change now:\n"
        f"  {engine}\n"
        "The federation API on a port of this machine:\n"
        f"  .venv/bin/lab forward {member}:32443\n"
        "A power cut, and the name that heals within seconds, twice:\n"
        f"  .venv/bin/lab fault kill fc02;    watch -n 1 {look}\n"
        f"  .venv/bin/lab fault restore fc02; watch -n 1 {look}\n"
        "Everything apart again:\n"
        "  make demo-down",
        markup=False,
    )


def down() -> None:
    """The stack by `pulumi destroy`, then the clusters."""
    folder = home()
    file = folder / SETTINGS
    if file.exists():
        pulumi("destroy", "--yes", "--skip-preview", *_of(file))
        # In its own folder: the engine removes the settings that lie where it is started.
        pulumi("--cwd", str(folder), "stack", "rm", "--yes", STACK)
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
