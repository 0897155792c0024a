"""Python programs in images: this project's own package and the distributions that it needs, compiled.

They are those that this interpreter has. Compiled extensions only load into the same minor version of Python, so the
image's Python, which is Debian's, must be of that version.
"""

from __future__ import annotations

import importlib.util
import marshal
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from types import CodeType

from lab.errors import LabError
from lab.images.apt import Deb
from lab.images.layer import Entry, Part, chunks, file

ROOT = Path(__file__).parents[2]
SITE = "opt/federation"
"""Where the packages are in the image; its PYTHONPATH."""
_NAME = re.compile(r"^[A-Za-z0-9._-]+")
_LEFT_OUT = ("__pycache__", "tests", "test")


def requirements(path: str) -> tuple[str, ...]:
    """The names in a requirements file of this project."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / path).read_text().splitlines())
    return tuple(line for line in lines if line)


def project_version() -> str:
    """Of this project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def closure(names: Iterable[str]) -> tuple[metadata.Distribution, ...]:
    """The distributions with all that they need, by name; what an extra or another platform needs is left out.

    Raises `LabError` if one is not installed.
    """
    found: dict[str, metadata.Distribution] = {}
    todo = [(name, True) for name in names]
    while todo:
        name, needed = todo.pop()
        if (key := _normal(name)) in found:
            continue
        try:
            found[key] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            if needed:  # a marker may say that this platform does without
                raise LabError(f"Python package {name}", "it is not installed", "run `make venv`") from None
            continue
        for line in found[key].requires or ():
            requirement, _, marker = line.partition(";")
            if "extra" not in marker and (match := _NAME.match(requirement)):
                todo.append((match[0], not marker))
    return tuple(found[key] for key in sorted(found))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(names: Sequence[str], packages: Sequence[str]) -> list[Entry]:
    """The files of distributions and of this project's packages, below `SITE`. Raises `LabError`."""
    found = [entry for each in closure(names) for entry in _files(each)]
    for package in packages:
        sources = sorted((ROOT / package).rglob("*.py"))
        found += [file(f"{SITE}/{source.relative_to(ROOT)}", Part.of(source)) for source in sources]
    return found


def _files(distribution: metadata.Distribution) -> Iterator[Entry]:
    for path in sorted(distribution.files or ()):
        if ".." not in path.parts and not set(path.parts) & {*_LEFT_OUT}:
            yield file(f"{SITE}/{path}", Part.of(Path(str(distribution.locate_file(path)))))


def compiled(sources: Iterable[Entry]) -> list[Entry]:
    """The bytecode of Python files, valid without a look at them: a read-only image could not keep any."""
    made = []
    for entry in sources:
        folder, _, name = entry.path.rpartition("/")
        if not name.endswith(".py") or not folder:
            continue
        text = b"".join(chunks(entry.content))
        try:
            code = compile(text, f"/{entry.path}", "exec", dont_inherit=True)
        except SyntaxError:
            continue  # a template, or for another version
        made.append(
            file(
                f"{folder}/__pycache__/{name[:-3]}.{sys.implementation.cache_tag}.pyc", _bytecode(code, text)
            )
        )
    return made


def _bytecode(code: CodeType, source: bytes) -> bytes:
    """As PEP 552 has it, "unchecked hash"."""
    flags = (0b01).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source) + marshal.dumps(code)


def same_version(debs: Iterable[Deb]) -> None:
    """Raises `LabError` unless the Python among the packages is of this interpreter's minor version."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    names = [deb.name for deb in debs if re.fullmatch(r"python3\.\d+-minimal", deb.name)]
    if names != [f"python{ours}-minimal"]:
        theirs = names[0].removesuffix("-minimal") if names else "none"
        raise LabError(
            "images with Python",
            f"this is Python {ours}, and Debian has {theirs}",
            "run `make clean`, and then `make venv` with the system's python3",
        )


@cache
def stamp(names: tuple[str, ...], packages: tuple[str, ...]) -> str:
    """What changes when a distribution or a source does."""
    digest = sha256(sys.version.encode())
    for each in closure(names):
        digest.update(f"{each.name} {each.version}\n".encode())
    for package in packages:
        for source in sorted((ROOT / package).rglob("*.py")):
            digest.update(str(source.relative_to(ROOT)).encode() + source.read_bytes())
    return digest.hexdigest()
