"""Giving disk space back. Go's caches are the user's: `go clean -cache -modcache` empties them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.paths import cache_dir
from lab.tools.catalog import TOOLS
from lab.tools.store import Store, disk_usage
from lab.tools.tool import Origin


@dataclass(frozen=True)
class Removal:
    """Something to remove, and its size in bytes."""

    path: Path
    size: int


def removals(*, everything: bool = False, cache: Path | None = None) -> list[Removal]:
    """What `clean` removes: tools of other versions and what killed builds left; or all, with logs.

    Raises `LabError` while a tool is being made, since that looks like a leftover.
    """
    store = Store(cache or cache_dir())
    if busy := [tool.name for tool in TOOLS if store.busy(tool)]:
        fix = "wait for it, or end it, then run the command again"
        raise LabError(f"tool {', '.join(busy)}", "another process is making it", fix)
    if everything:
        found = [store.tools, store.downloads, store.logs]
    else:
        current = {store.entry(tool, origin) for tool in TOOLS for origin in Origin}
        found = [path for path in sorted(store.tools.glob("*/*")) if path.is_dir() and path not in current]
    return [Removal(path, disk_usage(path)) for path in found if path.exists()]


def clean(found: list[Removal]) -> None:
    """Remove these."""
    for removal in found:
        shutil.rmtree(removal.path)
