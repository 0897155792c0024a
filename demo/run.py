"""`make demo`: two real clusters become one federation by `pulumi up` of the stack icp, and its names answer.

    python -m demo.run          bring it up; can be repeated
    python -m demo.run --down   take it apart

Each command it runs is printed, so that you can run it too. The checkout stays as it is: what the engine writes
into a stack's settings goes into a copy beside the lab's kubeconfig.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

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

STACK = Stack("icp")


def up() -> None:
    """Everything, from nothing to a federation that runs nginx, and whose names lead to it."""
    lab("tools", "install", "lab", "pulumi", "karmada")
    lab("up", "demo/topology.yaml")
    shown = federate(STACK, "nginx")
    ask = dig(STACK.output("nameservers")[0])
    addresses = show_names(ask, STACK.output("names"))
    lab("exec", "--", "curl", "-sS", "--max-time", "5", "--head", f"http://{addresses[0]}/")
    advise(shown.kubeconfig, shown.name, shown.members[0], ask)


def advise(kubeconfig: Path, federation: str, member: str, ask: Sequence[str]) -> None:
    """What to try next."""
    name = next(iter(STACK.output("names").values()))[0]
    look = shlex.join((".venv/bin/lab", "exec", "--", *ask, name))
    admin = shlex.join((".venv/bin/lab", "exec", "--", *kubectl(kubeconfig, federation)))
    engine = shlex.join((".venv/bin/lab", "exec", "--", "pulumi", "preview", *STACK.words()))
    checked = shlex.join((".venv/bin/lab", "exec", "--", "pulumi", *STACK.checked()))
    console.print(
        "\nNext, 3 and 3 instead of 2 and 2:\n"
        f"  {admin} scale deployment nginx --replicas=6\n"
        "What `pulumi up` would change now:\n"
        f"  {engine}\n"
        "What the policies say about what is there:\n"
        f"  {checked}\n"
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
    if STACK.file.exists():
        STACK.down()
    lab("down")


if __name__ == "__main__":
    run(up, down, "make demo-down")
