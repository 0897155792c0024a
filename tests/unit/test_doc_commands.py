"""README and quick starts: which commands there are, that each is run by a test, and what programs write into them.

The tests of RUN_BY take them from the documents, section by section, so that one that is added is run, too.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from demo import block, recording, versions
from tests.documents import QUICKSTART, QUICKSTART_AZURE, README, ROOT, RUNNABLE, Block, blocks, titles

RUN_BY = {
    README: ("tests/lab/test_readme.py",),
    QUICKSTART: (
        "tests/lab/federation/conftest.py",
        "tests/lab/federation/test_federation.py",
        "tests/lab/federation/test_removal.py",
    ),
    QUICKSTART_AZURE: ("tests/lab/azure/conftest.py", "tests/lab/azure/test_westus.py"),
}
"""Document to the files that run its sections by their titles."""
BY_CI = ["For developers"]
PROGRAMS = (
    "az",
    "curl",
    "dig",
    "docker",
    "fedctl",
    "git",
    "kubectl",
    "lab",
    "make",
    "pip",
    "pulumi",
    "python3",
    "skopeo",
)
ALL = [one for document in RUNNABLE for one in blocks(document)]


@pytest.mark.parametrize("document", RUNNABLE)
def test_each_section_with_commands_is_run(document: str) -> None:
    runners = "\n".join((ROOT / file).read_text() for file in RUN_BY[document])
    assert len(titles(document)) > 1
    left = [title for title in titles(document) if f'"{title}"' not in runners]
    assert left == (BY_CI if document == README else [])


@pytest.mark.parametrize("one", ALL, ids=lambda b: f"{b.document}:{b.line}")
def test_a_block_is_a_script_or_holds_no_command(one: Block) -> None:
    """A command in a block that is not marked `sh` would be run by nobody."""
    if one.language == "sh":
        subprocess.run(["bash", "-n"], input=one.text, text=True, check=True, capture_output=True)
    else:
        starts = re.compile(rf"^(?:\$ )?(?:{'|'.join(PROGRAMS)}) ", re.MULTILINE)
        assert not starts.search(one.text)


def test_the_versions_of_the_readme_are_those_that_the_programs_name() -> None:
    assert block.read(versions.BLOCK).strip() == versions.table(), "run python -m demo.versions --write"


def test_the_recording_of_the_readme_is_short_and_shows_a_name_that_heals() -> None:
    said = block.read(recording.BLOCK)
    seconds = [float(hit) for hit in re.findall(r"^ *(\d+\.\d)s \$", said, re.MULTILINE)]
    assert seconds == sorted(seconds)
    assert 0 < seconds[-1] <= 20
    parts = re.split(r"^ *\d+\.\d+s \$ ", said, flags=re.MULTILINE)
    asked = [part for part in parts if part.startswith("dig")]
    before, after = (set(re.findall(r"^ +(\d+(?:\.\d+){3})$", part, re.MULTILINE)) for part in asked)
    assert len(before) == 2
    assert after < before


def test_ci_runs_what_the_readme_calls_all_tests() -> None:
    assert re.search(r"^make test\b", (ROOT / ".ci/run").read_text(), re.MULTILINE)
