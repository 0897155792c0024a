"""What holds for both locks; `python -m release.lock` writes that of the controllers' image out of requirements.lock.

`make lock` writes requirements.lock with uv, and then the other one with this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lab.images.python import closure
from lab.images.python import requirements as names_in
from release.project import LOCK, ROOT, project

CONTROLLERS = ROOT / "requirements.controllers.lock"
CONTROLLERS_NEED = "federation/controllers/requirements.txt"
HEAD = f"# The entries of requirements.lock that {CONTROLLERS_NEED} needs; a test compares them.\n"
_PIN = re.compile(r"==(?P<version>[^\s;\\]+)")


def entries(text: str) -> dict[str, str]:
    """Name to what a lock says of it: the pin, a marker, hashes and no comment."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", "\n".join(lines).strip())
    return {canonicalize_name(block.partition("==")[0]): block.strip() for block in blocks}


def mistakes(text: str) -> Iterator[str]:
    """What pyproject.toml asks for and a lock does not give, and pins without a hash; nothing if all is well."""
    found = entries(text)
    for line in _asked():
        asked = Requirement(line)
        entry = found.get(canonicalize_name(asked.name))
        if entry is None:
            yield f"{asked.name} is not in the lock"
        elif not asked.specifier.contains(version := _version(entry), prereleases=True):
            yield f"{asked.name} is locked at {version}, and pyproject.toml asks for {asked.specifier}"
    yield from (f"{name} has no hash" for name, entry in found.items() if "--hash=sha256:" not in entry)


def controllers(text: str) -> str:
    """The lock of the controllers' image: the part of a lock that they need, with all that this needs in turn.

    Raises `LabError` if a distribution is not installed.
    """
    found = entries(text)
    needed = sorted(canonicalize_name(each.name) for each in closure(names_in(CONTROLLERS_NEED)))
    return HEAD + "".join(f"{found[name]}\n" for name in needed)


def _asked() -> Iterable[str]:
    extras: Mapping[str, list[str]] = project()["optional-dependencies"]
    return [*project()["dependencies"], *(line for lines in extras.values() for line in lines)]


def _version(entry: str) -> str:
    match = _PIN.search(entry)
    return match["version"] if match else ""


if __name__ == "__main__":
    CONTROLLERS.write_text(controllers(LOCK.read_text()))
