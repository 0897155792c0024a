"""Whether the tests notice when a policy is changed: `python -m tests.policy.mutation [--sample NUMBER] [NAME…]`.

mutmut makes a mutant of the pack for each condition, constant, argument and statement in it, and runs the tests that
reach it. All of them are several thousand. A sample takes the mutant of that number of each function that has so many;
names choose some, such as "policy.rules.rbac*".
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOAL = 0.95
NOTICED = ("killed", "timeout")
SECONDS = 7000.0
ELSEWHERE = (
    "test_any_properties",
    "test_engine",
    "test_mutation",
    "test_own_stacks",
    "test_seeds",
    "test_speed",
    "test_unknown_values",
)
"""Tests that need the engine, or that look for crashes and not for answers."""
SETTINGS = """\
[tool.mutmut]
source_paths = ["policy/"]
also_copy = ["docs/"]
pytest_add_cli_args_test_selection = ["tests/policy/"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:randomly"]

[tool.pytest.ini_options]
pythonpath = ["."]
addopts = "--import-mode=importlib"
"""
LINE = re.compile(r"^\s+(?P<mutant>\S+): (?P<what>[a-z ]+)$")


@dataclass(frozen=True)
class Score:
    """What became of the mutants that were tried.

    Attributes:
        counts: by what became of them, such as "killed".
        missed: those that no test has noticed.
    """

    counts: Counter[str]
    missed: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of those that were noticed."""
        total = sum(self.counts.values())
        return sum(self.counts[what] for what in NOTICED) / total if total else 0.0

    def __str__(self) -> str:
        counted = ", ".join(f"{number} {what}" for what, number in sorted(self.counts.items()))
        return "\n".join((*self.missed, f"{self.share:.1%} noticed: {counted}"))


def sample(number: int) -> str:
    """The name of one mutant of each function that has so many."""
    return f"*__mutmut_{number}"


def copy(folder: Path) -> None:
    """The pack and its tests, in a folder in which mutants can be written."""
    ignored = shutil.ignore_patterns("__pycache__", "seeds", *(f"{name}.py" for name in ELSEWHERE))
    for part in ("policy", "tests/policy"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs/policies.md", folder / "docs")
    (folder / "pyproject.toml").write_text(SETTINGS)


def run(folder: Path, names: Sequence[str] = (), children: int = 2) -> Score:
    """Try all mutants, or those of these names. Raises `RuntimeError` if it cannot be done."""
    _mutmut(folder, "run", "--max-children", str(children), *names)
    lines = map(LINE.match, _mutmut(folder, "results", "--all", "true").splitlines())
    found = {line["mutant"]: line["what"] for line in lines if line and line["what"] != "not checked"}
    missed = sorted(name for name, what in found.items() if what not in NOTICED)
    return Score(Counter(found.values()), tuple(missed))


def _mutmut(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *words],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"mutmut {' '.join(words)}:\n{done.stdout[-3000:]}")
    return done.stdout


def main() -> None:
    """Print the mutants that no test has noticed, and the score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, metavar="NUMBER")
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
    names = given.names if given.sample is None else [sample(given.sample)]
    with tempfile.TemporaryDirectory(prefix="k8s-federation-mutants-") as directory:
        copy(Path(directory))
        print(run(Path(directory), names))


if __name__ == "__main__":
    main()
