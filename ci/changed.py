"""`make changed BASE=REF`: the stacks whose preview can differ because of the commits since a commit, as JSON.

It runs before anything is installed: Python's own library only.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from federation.errors import FederationError

STACK_FILE = re.compile(r"Pulumi\.(?P<stack>[\w.-]+)\.yaml", re.ASCII)
NO_COMMIT = re.compile("0+")
"""What platforms say where there is none before: a branch is new."""

# What no preview reads. Patterns as in fnmatch: an asterisk crosses folders too.
APART = (
    ".ci/*",
    ".git*",
    "*.md",
    "LICENSE*",
    "azure-pipelines.yml",
    "bench/*",
    "ci/*",
    "demo/*",
    "docs/*",
    "lab/*",
    "snapshots/*",
    "tests/*",
)
# What stacks name: such a file touches those that name it, or a folder around it.
NAMED = ("apps/*", "examples/*")


class ChangedError(FederationError):
    """Git cannot say what has changed."""


def touched(files: Iterable[str], stacks: Mapping[str, str]) -> tuple[str, ...]:
    """The stacks that changes to these files touch, sorted.

    Args:
        files: that were changed, made or removed, as paths in the repository.
        stacks: name of a stack to the text of its `Pulumi.STACK.yaml`.

    Where in doubt, a stack is touched: a preview too many costs minutes.
    """
    found: set[str] = set()
    for file in files:
        if (own := STACK_FILE.fullmatch(file)) is not None:
            found |= {own["stack"]} & stacks.keys()  # a stack whose file is gone has no preview
        elif any(fnmatchcase(file, pattern) for pattern in NAMED):
            found |= {stack for stack, text in stacks.items() if _names(text, file)}
        elif not any(fnmatchcase(file, pattern) for pattern in APART):
            found |= stacks.keys()
    return tuple(sorted(found))


def _names(text: str, file: str) -> bool:
    """Whether a stack's file has the path of a file, or of a folder around it."""
    path = PurePosixPath(file)
    places = (str(place) for place in (path, *path.parents) if place != PurePosixPath("."))
    return any(re.search(rf"(?<![\w-]){re.escape(place)}/?(?![\w/-])", text) for place in places)


def stacks_of(root: Path) -> dict[str, str]:
    """All stacks that have a file: name to text."""
    found = {file: STACK_FILE.fullmatch(file.name) for file in root.glob("Pulumi.*.yaml")}
    return {name["stack"]: file.read_text() for file, name in sorted(found.items()) if name}


def files_since(base: str, root: Path) -> tuple[str, ...]:
    """Files that the commits of this branch since `base` change; a renamed file counts under both names.

    Raises:
        ChangedError: there is no such commit here, or no common one.
    """
    argv = ["git", "diff", "--name-only", "-z", "--no-renames", "--end-of-options", f"{base}...HEAD", "--"]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        cause = done.stderr.strip().partition("\n")[0] or "git has failed"
        fix = "fetch the history (`git fetch --unshallow`), or leave BASE out: all stacks"
        raise ChangedError(f"changes since {base}", cause, fix)
    return tuple(filter(None, done.stdout.split("\0")))


def changed(base: str, root: Path) -> tuple[str, ...]:
    """The stacks that are touched since `base`; all of them if it is empty, or no commit (zeros)."""
    stacks = stacks_of(root)
    if not base or NO_COMMIT.fullmatch(base):
        return tuple(sorted(stacks))
    return touched(files_since(base, root), stacks)


def main(words: list[str]) -> int:
    """Print a JSON list of stacks. Exit status 1 if git cannot say, 2 for a wrong call."""
    if len(words) > 1:
        print("usage: python -m ci.changed [BASE]", file=sys.stderr)
        return 2
    try:
        print(json.dumps(changed("".join(words), Path.cwd())))
    except ChangedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
