"""`make demo-azure`: the Azure walk-through by `pulumi up` of the stack westus, on a stand-in for Azure.

    python -m demo.azure          bring it up; can be repeated
    python -m demo.azure --down   take it apart

The stand-in takes the calls that Azure would get, makes a real cluster for each AKS cluster and serves the zone with a
real DNS server; nothing of this reaches Azure. Each command that the demo runs is printed, so that you can run it too.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("LAB_NAME", "demo-azure")  # beside the lab of `make demo`

from demo.steps import (
    Stack,
    console,
    dig,
    federate,
    kubectl,
    lab,
    run,
    show_names,
)

STACK = Stack("westus")
NAMESERVER = "10.98.0.1:53"
"""Of the stand-in; Azure's own servers are in the stack's outputs."""


def up() -> None:
    """Everything, from nothing to a federation that runs the calculator, and whose names lead to it."""
    lab("tools", "install", "lab", "pulumi", "karmada")
    lab("up", "demo/topology-azure.yaml")
    lab("azure", "start")
    shown = federate(STACK, "calculator")
    ask = dig(NAMESERVER)
    addresses = show_names(ask, STACK.output("names"))
    lab("exec", "--", "curl", "-sS", "--max-time", "5", f"http://{addresses[0]}:5001/add/10/67")
    advise(shown.kubeconfig, shown.name, shown.members[-1], ask)


def advise(kubeconfig: Path, federation: str, member: str, ask: Sequence[str]) -> None:
    """What to try next."""
    name = next(iter(STACK.output("names").values()))[0]
    look = shlex.join((".venv/bin/lab", "exec", "--", *ask, name))
    admin = shlex.join((".venv/bin/lab", "exec", "--", *kubectl(kubeconfig, federation)))
    engine = shlex.join((".venv/bin/lab", "exec", "--", "pulumi", "preview", "--diff", *STACK.words()))
    checked = shlex.join((".venv/bin/lab", "exec", "--", "pulumi", *STACK.checked()))
    console.print(
        f"\nThis lab has a name; the commands below need it: export LAB_NAME={os.environ['LAB_NAME']}\n"
        "What the stand-in has in place of Azure:\n"
        "  .venv/bin/lab azure status\n"
        "2 and 2 instead of 1 and 1:\n"
        f"  {admin} scale deployment calculator --replicas=4\n"
        "What `pulumi up` would change now:\n"
        f"  {engine}\n"
        "What the policies say about what is there:\n"
        f"  {checked}\n"
        "A power cut, and the name that heals within seconds, twice:\n"
        f"  .venv/bin/lab fault kill {member};    watch -n 1 {look}\n"
        f"  .venv/bin/lab fault restore {member}; watch -n 1 {look}\n"
        "Everything apart again:\n"
        "  make demo-azure-down",
        markup=False,
    )


def unprotect(topology: dict[str, Any]) -> None:
    """Clusters and zone are protected from removal; whoever means it says so, and runs `pulumi up` once more."""
    for part in (*topology["clusters"], *topology["dns"]):
        part["protect"] = False


def down() -> None:
    """The stack by `pulumi destroy`, then the stand-in."""
    if STACK.file.exists():
        STACK.change(unprotect)
        STACK.up(checked=False)  # P20 keeps zones protected, and here it is meant
        STACK.down()
    lab("down")


if __name__ == "__main__":
    run(up, down, "make demo-azure-down")
