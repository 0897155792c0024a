"""What the demos have in common: a lab, a stack of this project in it, and what they show. Each command is printed."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from lab.tools.toolbox import Toolbox

ROOT = Path(__file__).parents[1]
POLICIES = ROOT / "policy"
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


@dataclass(frozen=True)
class Stack:
    """A stack of the checkout, in a folder of its own that goes with the lab.

    Attributes:
        name: such as "icp".
    """

    name: str

    @property
    def folder(self) -> Path:
        """The folder of its settings and of its kubeconfig."""
        return Path(lab("kubeconfig", "--path", quiet=True).strip()).with_name("demo")

    @property
    def file(self) -> Path:
        """Its settings."""
        return self.folder / f"Pulumi.{self.name}.yaml"

    @property
    def topology(self) -> dict[str, Any]:
        """As the settings have it."""
        found: dict[str, Any] = yaml.safe_load(self.file.read_text())["config"][KEY]
        return found

    def words(self) -> tuple[str, ...]:
        """The engine's options for it."""
        return ("--stack", self.name, "--config-file", str(self.file))

    def checked(self) -> tuple[str, ...]:
        """What makes the engine look at what is deployed with the policies."""
        return ("policy", "analyze", "--stack", self.name, "--policy-pack", POLICIES.name)

    def make(self) -> None:
        """Unless it is there, and its settings: those of the checkout, with what the lab's tools bring.

        The engine keeps its salt in the settings of the folder that it is started in.
        """
        folder, file = self.folder, self.file
        folder.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(ROOT / "Pulumi.yaml", folder)
        if not file.exists():
            pulumi("--cwd", str(folder), "stack", "select", "--create", self.name)
        kept = (yaml.safe_load(file.read_text()) if file.exists() else None) or {}
        settings = yaml.safe_load((ROOT / file.name).read_text())
        # A stack without a lab downloads the pinned release.
        plane = {"crds": str(Toolbox().share("karmada", "crds"))}
        topology = settings["config"][KEY]
        topology["control_plane"] = {**plane, **(topology.get("control_plane") or {})}
        _replace(file, yaml.safe_dump({**kept, **settings}, sort_keys=False))

    def change(self, edit: Callable[[dict[str, Any]], None]) -> None:
        """Change the topology in its settings."""
        settings = yaml.safe_load(self.file.read_text())
        edit(settings["config"][KEY])
        _replace(self.file, yaml.safe_dump(settings, sort_keys=False))

    def up(self, *words: str, checked: bool = True) -> None:
        """Bring it up; not `checked` by the policies for what they keep from happening by accident."""
        pack = ("--policy-pack", str(POLICIES)) if checked else ()
        pulumi("up", "--yes", "--skip-preview", *pack, *words, *self.words())

    def output(self, name: str) -> Any:
        """An output."""
        return json.loads(pulumi("stack", "output", name, "--json", "--stack", self.name, quiet=True))

    def kubeconfig(self) -> Path:
        """Of all clusters and of the federation, in a file."""
        file = self.folder / "federation.kubeconfig"
        words = ("stack", "output", "kubeconfig", "--show-secrets", "--stack", self.name)
        _replace(file, pulumi(*words, quiet=True))
        return file

    def down(self) -> None:
        """By `pulumi destroy`."""
        pulumi("destroy", "--yes", "--skip-preview", *self.words())
        # In its own folder: the engine removes the settings that lie where it is started.
        pulumi("--cwd", str(self.folder), "stack", "rm", "--yes", self.name)


def _replace(file: Path, text: str) -> None:
    """Whole or not at all, for its owner only."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    draft.replace(file)


def dig(nameserver: str) -> tuple[str, ...]:
    """The start of a dig command that asks this server, "address:port"."""
    address, _, port = nameserver.rpartition(":")
    return ("dig", f"@{address}", "-p", port, "+short")


def kubectl(kubeconfig: Path, context: str) -> tuple[str, ...]:
    """The start of a kubectl command in one of the clusters, or in the federation."""
    return ("kubectl", "--kubeconfig", str(kubeconfig), "--context", context)


def show_names(ask: Sequence[str], names: dict[str, list[str]]) -> list[str]:
    """What the names of each service answer at all levels. Returns the addresses of the last one."""
    table, addresses = Table("name", "answer"), list[str]()
    for name in (name for of_service in names.values() for name in of_service):
        addresses = sorted(lab("exec", "--", *ask, name, quiet=True).split())
        if not addresses:
            raise StepError(f"{name}: no answer")
        table.add_row(name, " ".join(addresses))
    console.print()
    console.print(table)
    return addresses


def wait_for(app: str, kubeconfig: Path, members: Sequence[str]) -> dict[str, int]:
    """Ready pods of one of the folder `apps` in each member, once there are as many as its Deployment wants."""
    manifest = yaml.safe_load((ROOT / f"apps/{app}/deployment.yaml").read_text())
    wanted, end = manifest["spec"]["replicas"], time.monotonic() + ROLLOUT_SECONDS
    while True:
        found = {name: _ready_pods(app, kubeconfig, name) for name in members}
        if sum(found.values()) == wanted:
            return found
        if time.monotonic() > end:
            raise StepError(f"{app}: {found} of {wanted} pods are ready after {ROLLOUT_SECONDS:.0f} s")
        time.sleep(1)


def _ready_pods(app: str, kubeconfig: Path, cluster: str) -> int:
    chosen = f"app.kubernetes.io/name={app}"
    words = (*kubectl(kubeconfig, cluster), "get", "pods", "-l", chosen, "-o", "json")
    pods: list[Any] = json.loads(lab("exec", "--", *words, quiet=True))["items"]
    return sum(
        condition["type"] == "Ready" and condition["status"] == "True"
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"]
        for condition in pod["status"].get("conditions", ())
    )


def show_members(members: Sequence[dict[str, Any]], app: str, pods: dict[str, int]) -> None:
    """The members, and how many pods of the app each has."""
    table = Table("member", "region", "zones", "version", "ready", "endpoint", app)
    for row in members:
        where = (row["name"], row["region"], ", ".join(row["zones"]), row["version"])
        table.add_row(*where, "yes" if row["ready"] else "no", row["endpoint"], f"{pods[row['name']]} pods")
    console.print()
    console.print(table)


@dataclass(frozen=True)
class Shown:
    """A federation that is up.

    Attributes:
        name: of the federation.
        kubeconfig: of all clusters and of the federation.
        members: their names.
    """

    name: str
    kubeconfig: Path
    members: list[str]


def federate(stack: Stack, app: str) -> Shown:
    """Bring the stack up, and again without a change; show its members, and where the app's pods are."""
    stack.make()
    stack.up()
    stack.up("--expect-no-changes")
    rows = stack.output("members")
    shown = Shown(stack.topology["name"], stack.kubeconfig(), [row["name"] for row in rows])
    show_members(rows, app, wait_for(app, shown.kubeconfig, shown.members))
    look_around(shown.kubeconfig, shown.name, app, shown.members)
    return shown


def look_around(kubeconfig: Path, federation: str, app: str, members: Sequence[str]) -> None:
    """What kubectl shows in the federation and in its members."""
    asked = [(federation, "get clusters"), (federation, f"get deployment {app}")]
    for context, what in (*asked, *((name, "get pods") for name in members)):
        lab("exec", "--", *kubectl(kubeconfig, context), *what.split())


def run(up: Callable[[], None], down: Callable[[], None], undo: str) -> None:
    """Entry point of a demo: `--down` takes it apart; `undo` is the command that does so."""
    try:
        down() if sys.argv[1:] == ["--down"] else up()
    except StepError as error:
        console.print(f"error: {error}. Next: mend what it says above and run it again.", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print(f"interrupted; run it again to go on, or `{undo}` to remove what is there")
        sys.exit(130)
