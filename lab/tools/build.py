"""Building one tool from published Go modules: needs nothing but Go and its module mirror."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from lab.errors import LabError
from lab.tools.go import Go, GoModule
from lab.tools.tool import Compile, Copy, Tool

_GB = 10**9


def go_module(go: Go, tool: Tool, modules: Path, log: Path) -> GoModule:
    """The wrapper module of a tool, ready to be called."""
    unlisted = tuple(name for compiled in tool.compiles for name in compiled.unlisted)
    return GoModule(go=go, about=f"tool {tool.name}", folder=modules / tool.name, log=log, unlisted=unlisted)


def prefetch(module: GoModule, tool: Tool) -> None:
    """Download the modules the tool's packages need, while another tool compiles.

    Not `go mod download`: that fetches what the modules' tests need as well, which is several times as much.
    """
    for compiled in tool.compiles:
        module.call("list", "-deps", "-f={{.Module}}", f"-tags={','.join(compiled.tags)}", compiled.package)


def build(module: GoModule, tool: Tool, stage: Path, *, jobs: int = 1) -> None:
    """Fill `stage` with the tool's bin and share folders.

    Args:
        stage: directory with an empty bin in it.
        jobs: how many tools are built at the same time; each gets its part of the processors.

    Raises `LabError` with the last lines `go` said.
    """
    limits = [f"-p={max(1, (os.cpu_count() or 1) // jobs)}"] if jobs > 1 else []
    for compiled in tool.compiles:
        _compile(module, compiled, stage / "bin", limits)
    for copied in tool.copies:
        said = module.call("mod", "download", "-json", copied.module)
        _copy(Path(json.loads(said)["Dir"]), copied, stage)


def build_flags(compiled: Compile) -> list[str]:
    """What `go build` needs to make this binary: no symbol tables, no paths of this machine."""
    tags = ["-tags", ",".join(compiled.tags)] if compiled.tags else []
    linked = ["-s", "-w", *(f"-X {name}={value}" for name, value in compiled.variables.items())]
    return ["-trimpath", *tags, "-ldflags", " ".join(linked)]


def _compile(module: GoModule, compiled: Compile, folder: Path, limits: Sequence[str]) -> None:
    target = folder / compiled.binary
    module.call("build", *build_flags(compiled), *limits, "-o", str(target), compiled.package)
    target.chmod(0o755)
    for link in compiled.links:
        target.with_name(link).symlink_to(compiled.binary)


def _copy(folder: Path, copied: Copy, stage: Path) -> None:
    """Copies contents only: the module cache is read-only, and its modes would make ours undeletable."""
    source, target = folder / copied.source, stage / copied.target
    for file in [source] if source.is_file() else [f for f in source.rglob("*") if f.is_file()]:
        to = target / file.relative_to(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, to)
        to.chmod(0o755 if copied.target.startswith("bin/") else 0o644)


def check_disk(go: Go, tools: Sequence[Tool], cache: Path) -> None:
    """Refuse to begin what the disk cannot hold: a full disk in the middle costs half an hour.

    The figures are those of a build from nothing. Raises `LabError`.
    """
    need = sum(tool.needs_gb for tool in tools)
    for folder in (*go.caches, cache):
        free = shutil.disk_usage(_existing_parent(folder)).free / _GB
        if free < need and not os.environ.get("FEDERATION_SKIP_DISK_CHECK"):
            names = ", ".join(tool.name for tool in tools)
            raise LabError(
                f"disk of {folder}",
                f"{free:.1f} GB are free, and building {names} takes up to {need:g} GB",
                "free some space, or set FEDERATION_SKIP_DISK_CHECK=1 if Go's caches are filled already",
            )


def _existing_parent(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())
