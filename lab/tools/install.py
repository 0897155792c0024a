"""Making tools be there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab.paths import cache_dir
from lab.tools.builds import build_all
from lab.tools.catalog import select
from lab.tools.progress import Progress
from lab.tools.store import Store
from lab.tools.tool import Origin, Source
from lab.tools.toolbox import Toolbox


def install(
    names: Sequence[str] = (), *, source: Source = Source.AUTO, progress: Progress, cache: Path | None = None
) -> Toolbox:
    tools = select(names)
    store = Store(cache or cache_dir())
    progress.expect(len(tools))
    missing = [tool for tool in tools if store.receipt(tool, Origin.BUILD) is None]
    with progress:
        build_all(missing, store, progress)
    return Toolbox(cache)
