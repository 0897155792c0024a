"""What this project was tested with, as the programs themselves say it.

python -m demo.versions           print the table
python -m demo.versions --write   put it into the README; a test in CI compares it
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version

from demo import block
from lab.tools.toolbox import Toolbox

BLOCK = "versions"
PROGRAMS = (
    ("Kubernetes, host and members", "kube-apiserver", "--version"),
    ("Karmada", "karmadactl", "version"),
    ("etcd", "etcd", "--version"),
    ("CoreDNS", "coredns", "-version"),
    ("Pulumi", "pulumi", "version"),
)
"""What it is, the program, and how it is asked."""
PACKAGES = (
    ("Pulumi's Kubernetes provider", "pulumi-kubernetes"),
    ("Pulumi's Azure provider (its SDK, on the stand-in)", "pulumi-azure-native"),
)
"""What it is, and the package of the lock file."""
ASK_SECONDS = 60.0
_NUMBER = re.compile(r"\d+\.\d+\.\d+")


def table() -> str:
    """Markdown: a row for each part. Raises `NotFoundError` for a tool that is not installed."""
    rows = [(what, _said(program, option)) for what, program, option in PROGRAMS]
    rows += [(what, version(package)) for what, package in PACKAGES]
    return "\n".join(
        ("| part | version |", "|---|---|", *(f"| {what} | {number} |" for what, number in rows))
    )


def _said(program: str, option: str) -> str:
    """The first number in what a program says of itself."""
    argv = [str(Toolbox().path(program)), option]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=ASK_SECONDS, check=True)
    found = _NUMBER.search(done.stdout + done.stderr)
    if not found:
        raise ValueError(f"{program} {option} names no version: {done.stdout}{done.stderr}")
    return found[0]


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        block.write(BLOCK, table())
    else:
        print(table())
