"""Which Python runs a program: the options `toolchain`, `virtualenv` and `typechecker` of its project file.

The rules are those of Pulumi's Python guide (https://www.pulumi.com/docs/iac/languages-sdks/python/) for the
toolchain `pip`. The toolchains `uv` and `poetry` are refused: their environments are found by running them.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto.language_pb2 import ProgramInfo

from lab.errors import LabError

TYPECHECKERS = ("", "mypy", "pyright")
REAL_HOST = (
    "install Pulumi's own pulumi-language-python beside the engine, which is then used instead of this one"
)


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """A Python interpreter and how it was chosen.

    Attributes:
        root: the directory of the project file.
        virtualenv: the option as written, relative to `root`; empty for the ambient Python.
        typechecker: run before the program; empty for none.
    """

    root: Path
    virtualenv: str = ""
    typechecker: str = ""

    @property
    def venv(self) -> Path | None:
        """The directory of the virtual environment, whether it is there or not."""
        return self.root / self.virtualenv if self.virtualenv else None

    def python(self) -> str:
        """The interpreter to run; raises `LabError` with the remedy when there is none."""
        if self.venv is None:
            return ambient_python()
        interpreter = self.venv / "bin" / "python"
        if not interpreter.is_file():
            raise self._unusable(self.venv)
        return str(interpreter)

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """The variables of an activated environment: what `bin/activate` of the venv module would set."""
        if self.venv is None:
            return dict(base)
        path = os.pathsep.join(filter(None, (str(self.venv / "bin"), base.get("PATH"))))
        kept = {k: v for k, v in base.items() if k != "PYTHONHOME"}
        return kept | {"PATH": path, "VIRTUAL_ENV": str(self.venv)}

    def _unusable(self, venv: Path) -> LabError:
        what = "doesn't appear to be a virtual environment" if venv.exists() else "doesn't exist"
        by_hand = f"`python3 -m venv {venv}` and `{venv}/bin/python -m pip install -r requirements.txt`"
        return LabError(
            f"option 'virtualenv' in {project_file(self.root)}",
            f"it is {self.virtualenv!r}, but {venv} {what}",
            f"run `pulumi install`, or by hand {by_hand}",
        )


def project_file(root: Path) -> str:
    """The name of the file the options stand in: programs, plugins and policy packs each have their own."""
    names = ("PulumiPolicy.yaml", "PulumiPlugin.yaml")
    return next((name for name in names if (root / name).is_file()), "Pulumi.yaml")


def ambient_python() -> str:
    """`PULUMI_PYTHON_CMD`, else `python3`, else `python`; raises `LabError` when it is not on the PATH."""
    own = os.environ.get("PULUMI_PYTHON_CMD")
    wanted = (own,) if own else ("python3", "python")
    found = next(filter(None, map(shutil.which, wanted)), None)
    if found is None:
        raise LabError(f"Python as {' or '.join(wanted)}", "it is not on the PATH", "set PULUMI_PYTHON_CMD")
    return found


def resolve(info: ProgramInfo, *, plugin: bool = False) -> Toolchain:
    """The toolchain a `ProgramInfo` asks for; raises `LabError` for options that cannot be served.

    A plugin without the option gets `venv`, as with the real host: plugins never run in the ambient Python.
    """
    options: dict[str, Any] = MessageToDict(info.options) if info.HasField("options") else {}
    root = Path(info.root_directory)
    name = _text(options, "toolchain", root) or "pip"
    if name != "pip":
        raise LabError(
            f"toolchain {name!r}", "this language host knows only pip with a virtualenv", REAL_HOST
        )
    typechecker = _text(options, "typechecker", root)
    if typechecker not in TYPECHECKERS:
        raise LabError(
            f"typechecker {typechecker!r}", "it is not known", "use mypy or pyright, or leave it out"
        )
    virtualenv = _text(options, "virtualenv", root) or ("venv" if plugin else "")
    return Toolchain(root=root, virtualenv=virtualenv, typechecker=typechecker)


def _text(options: Mapping[str, Any], key: str, root: Path) -> str:
    value = options.get(key, "")
    if not isinstance(value, str):
        raise LabError(
            f"option {key!r} in {project_file(root)}", f"it is {value!r}, not a string", "put it in quotes"
        )
    return value


def plugin_package(directory: Path) -> str:
    """The package a plugin without `__main__.py` must be, by name; raises `LabError` if it is none."""
    file = directory / "pyproject.toml"
    content = tomllib.loads(file.read_text()) if file.is_file() else {}
    name = content.get("project", {}).get("name")
    if not isinstance(name, str) or "build-backend" not in content.get("build-system", {}):
        raise LabError(
            f"plugin {directory}",
            "it has neither a __main__.py nor a pyproject.toml that can be built",
            "add one",
        )
    return name


def install_commands(toolchain: Toolchain, directory: Path) -> list[list[str]]:
    """What brings the dependencies of a program in, in order; nothing that is there already is made again."""
    commands = []
    python = ambient_python()
    if toolchain.venv is not None:
        if not (toolchain.venv / "bin" / "python").is_file():
            commands.append([python, "-m", "venv", str(toolchain.venv)])
        python = str(toolchain.venv / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    if (directory / "requirements.txt").is_file():
        commands.append([*pip, "-r", "requirements.txt"])
    elif (directory / "pyproject.toml").is_file():
        commands.append([*pip, "--editable", "."])
    return commands
