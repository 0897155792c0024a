"""Where the installed tools are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.errors import NotFoundError
from lab.paths import cache_dir
from lab.tools.catalog import TOOLS, giving, select
from lab.tools.store import Receipt, Store, disk_usage
from lab.tools.tool import Origin, Tool


@dataclass(frozen=True)
class InstalledTool:
    """One line of `lab tools list`; `size` is in bytes, `seconds` what it took to get it."""

    name: str
    version: str
    source: Origin
    path: Path
    size: int
    seconds: float


class Toolbox:
    """Answers from the cache alone: starts no program and asks no network.

    Args:
        cache: the lab's cache directory; default is `lab.paths.cache_dir()`.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._store = Store(cache or cache_dir())

    def path(self, program: str) -> Path:
        """An executable's absolute path. Raises `NotFoundError` when it is unknown or not installed."""
        tool = giving(program)
        receipt = self._store.receipt(tool)
        if receipt is None:
            raise _not_installed(program, tool)
        if program not in receipt.programs:
            raise NotFoundError(
                f"tool {program}",
                f"the {receipt.origin} of {tool.name} {receipt.version} does not have it",
                f"run `lab tools install {tool.name} --source download`",
            )
        return receipt.programs[program]

    def share(self, tool: str, relative: str) -> Path:
        """A file or folder that comes with a tool, such as ("karmada", "crds"). Raises `NotFoundError`."""
        known = next(iter(select([tool])))
        receipt = self._store.receipt(known)
        if receipt is None:
            raise _not_installed(tool, known)
        path = self._store.entry(known, receipt.origin) / "share" / tool / relative
        if not path.exists():
            raise NotFoundError(f"tool {tool}", f"it comes without {relative}", "ask for a file that it has")
        return path

    def installed(self) -> list[InstalledTool]:
        """What is there, in the catalog's order."""
        found = ((tool, self._store.receipt(tool)) for tool in TOOLS)
        return [self._line(tool, receipt) for tool, receipt in found if receipt is not None]

    def _line(self, tool: Tool, receipt: Receipt) -> InstalledTool:
        folder = self._store.entry(tool, receipt.origin)
        size = disk_usage(folder)
        if receipt.origin is Origin.EXISTING:
            folder = next(iter(receipt.programs.values())).parent
            size = sum(disk_usage(path) for path in receipt.programs.values())
        return InstalledTool(tool.name, receipt.version, receipt.origin, folder, size, receipt.seconds)


def _not_installed(name: str, tool: Tool) -> NotFoundError:
    optional = f" {tool.name}" if tool.group == "optional" else ""
    return NotFoundError(f"tool {name}", "not installed", f"run `lab tools install{optional}`")
