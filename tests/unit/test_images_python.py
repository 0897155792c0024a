"""Python in images: what a program needs, compiled; and that the lab's image is the Dockerfile's."""

from __future__ import annotations

import json
import marshal
import re
import subprocess
import sys
from pathlib import Path

import pytest

from federation.controllers.__main__ import CONTROLLERS
from federation.topology.models import VERSION, Controllers
from lab.errors import LabError
from lab.images import python
from lab.images.apt import Deb
from lab.images.catalog import select
from lab.images.layer import chunks, file
from lab.images.reference import parse

ROOT = Path(__file__).parents[2]
NAMES = ("structlog", "etcd3gw")
(SPEC,) = select(["federation-controllers"])


def test_a_distribution_comes_with_all_that_it_needs_and_no_extras() -> None:
    found = {each.name.lower() for each in python.closure(["etcd3gw"])}
    assert {"etcd3gw", "requests", "urllib3", "idna"} <= found
    assert not {"pytest", "pysocks"} & found


def test_a_distribution_that_is_not_installed_is_told() -> None:
    with pytest.raises(LabError) as error:
        python.closure(["no-such-thing"])
    assert str(error.value) == "Python package no-such-thing: it is not installed. Next: run `make venv`."


def test_files_of_distributions_and_of_our_packages_are_below_one_folder() -> None:
    paths = {entry.path for entry in python.entries(["structlog"], ["federation"])}
    assert {"opt/federation/structlog/__init__.py", "opt/federation/federation/errors.py"} <= paths
    assert all(path.startswith("opt/federation/") for path in paths)
    assert not [path for path in paths if path.endswith(".pyc") or "/tests/" in path]


def test_bytecode_is_valid_without_a_look_at_the_source() -> None:
    sources = [
        file("opt/x/a.py", b"A = 1\n"),
        file("opt/x/b.txt", b""),
        file("opt/x/c.py", b"{{ template }}}"),
    ]
    (made,) = python.compiled(sources)
    assert made.path == f"opt/x/__pycache__/a.{sys.implementation.cache_tag}.pyc"
    content = b"".join(chunks(made.content))
    assert content[4:8] == (1).to_bytes(4, "little"), "PEP 552: by hash, not checked"
    found: dict[str, object] = {}
    exec(marshal.loads(content[16:]), found)  # noqa: S102, S302 - what was compiled above
    assert found["A"] == 1


def test_compiled_extensions_need_the_same_python() -> None:
    ours = f"python3.{sys.version_info.minor}"
    python.same_version([Deb(f"{ours}-minimal", "1", "amd64"), Deb("python3-minimal", "1", "amd64")])
    with pytest.raises(LabError) as error:
        python.same_version([Deb("python3.99-minimal", "1", "amd64")])
    assert str(error.value) == (
        f"images with Python: this is Python 3.{sys.version_info.minor}, and Debian has python3.99. "
        "Next: run `make clean`, and then `make venv` with the system's python3."
    )


def test_a_change_of_the_sources_is_another_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python, "ROOT", tmp_path)
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/a.py").write_text("A = 1\n")
    before = python.stamp(NAMES, ("ours",))
    python.stamp.cache_clear()
    assert python.stamp(NAMES, ("ours",)) == before
    (tmp_path / "ours/a.py").write_text("A = 2\n")
    python.stamp.cache_clear()
    assert python.stamp(NAMES, ("ours",)) != before


def test_the_image_has_the_name_that_the_topology_asks_for() -> None:
    assert str(parse(Controllers().image)) in SPEC.references
    assert SPEC.references[0].endswith(f":{VERSION}")


def test_the_dockerfile_makes_what_the_lab_makes() -> None:
    lines = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2].splitlines()
    settings = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines}
    assert json.loads(settings["ENTRYPOINT"]) == list(SPEC.config.entrypoint)
    assert settings["ENV"].split() == list(SPEC.config.env)
    assert settings["USER"] == SPEC.config.user
    assert set(SPEC.packages) <= set(settings["RUN"].split())


def entries(path: str) -> dict[str, str]:
    """Name → pinned version with its hashes."""
    lines = [line for line in (ROOT / path).read_text().splitlines() if not line.lstrip().startswith("#")]
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", "\n".join(lines))
    return {block.partition("==")[0]: block.strip() for block in blocks}


def test_the_images_packages_are_pinned_as_the_whole_projects_are() -> None:
    pinned, all_of_them = entries("requirements.controllers.lock"), entries("requirements.lock")
    assert pinned == {name: all_of_them[name] for name in pinned}
    needed = {each.name.lower().replace("_", "-") for each in python.closure(SPEC.python)}
    assert set(pinned) == needed


@pytest.mark.parametrize("name", CONTROLLERS.values())
def test_every_import_of_a_controller_is_in_the_image(name: str) -> None:
    there = {each.name for each in python.closure(SPEC.python)} | {"k8s-federation"}
    program = (
        "import sys, importlib, importlib.metadata as m\n"
        f"importlib.import_module({name!r})\n"
        "names = {n.partition('.')[0] for n in sys.modules}\n"
        "print(*{d for n, ds in m.packages_distributions().items() if n in names for d in ds})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    optional = {"rich", "Pygments", "attrs", "greenlet", "chardet"}  # others use them where they are
    assert set(done.stdout.split()) - optional <= there
