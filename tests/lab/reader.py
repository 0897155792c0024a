"""Somebody with a clean checkout who runs what a document says, section by section, in one shell after the other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.paths import cache_dir
from tests.documents import commands
from tests.lab.labs import LAB
from tests.work_tree import copy_to

SECTION_SECONDS = 600.0
_VARIABLES = "python3 -c 'import json, os; print(json.dumps(dict(os.environ)))'"


class Reader:
    """Runs a document's commands.

    Args:
        document: such as "README.md".
        home: a folder to live in; the checkout is made in it.
        env: variables to begin with. What a command exports is there in later sections.
        lab: run everything where the lab's clusters can be reached.
    """

    def __init__(self, document: str, home: Path, env: Mapping[str, str], *, lab: bool) -> None:
        self._document, self._lab = document, lab
        self.checkout = home / "k8s-federation"
        # Tools are not the home's, and an engine that is told of no passphrase in the beginning gets an empty one.
        given = {"FEDERATION_CACHE": str(cache_dir()), "PULUMI_CONFIG_PASSPHRASE_FILE": "/dev/null"}
        self.env = {**env, **given, "HOME": str(home)}
        copy_to(self.checkout)
        # The environment of the tests: files keep their times, so `make venv` finds that it is newer than the lock.
        (self.checkout / ".venv").symlink_to(sys.prefix)

    def section(self, title: str) -> str:
        """Run all commands of a section, which must succeed; what they print, and before that each itself."""
        found = [block.text for block in commands(self._document) if block.title == title]
        assert found, f"{self._document} has no commands in {title}"
        variables = self.checkout.parent / "variables.json"
        script = "\n".join(("set -euxo pipefail", *found, "set +x", f"{_VARIABLES} > {variables}"))
        inside = [*LAB, "exec", "--"] if self._lab else []
        done = subprocess.run(
            [*inside, "bash", "-c", script],
            cwd=self.checkout,
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECTION_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{self._document}, {title}:\n{done.stdout}"
        self.env = json.loads(variables.read_text())
        return done.stdout
