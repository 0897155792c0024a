"""Making tools be there: what the machine has, else a download, else a build."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.paths import cache_dir
from lab.tools.builds import build_all
from lab.tools.catalog import select
from lab.tools.download import Downloader
from lab.tools.existing import find_existing
from lab.tools.fetch import DownloadError, Limits
from lab.tools.progress import Progress
from lab.tools.store import Receipt, Store
from lab.tools.tool import Origin, Release, Source, Tool
from lab.tools.toolbox import Toolbox

# What each source accepts as installed already.
_ACCEPTED = {
    Source.AUTO: tuple(Origin),
    Source.DOWNLOAD: (Origin.DOWNLOAD,),
    Source.BUILD: (Origin.BUILD,),
}


@dataclass(frozen=True)
class Step:
    """What `install` would do with one tool: nothing ("installed"), "download", "build", or try both."""

    name: str
    version: str
    action: str


def plan(names: Sequence[str] = (), *, source: Source = Source.AUTO, cache: Path | None = None) -> list[Step]:
    """What `install` would do, without doing or asking anything over the network.

    Raises `NotFoundError` for an unknown name, and `LabError` for what the source cannot give.
    """
    store = Store(cache or cache_dir())
    return [Step(t.name, t.version, _action(t, source, store)) for t in _checked(names, source)]


def install(
    names: Sequence[str] = (),
    *,
    source: Source = Source.AUTO,
    progress: Progress,
    cache: Path | None = None,
    limits: Limits | None = None,
) -> Toolbox:
    """Make the tools of these names and groups be there; without names, those that a lab needs.

    Args:
        limits: how slow a download may be.

    Raises `NotFoundError` for an unknown name, `ChecksumError` for a download that is not what its release
    says (whatever the source: that is never passed over), and `LabError` for everything else.
    """
    tools, store = _checked(names, source), Store(cache or cache_dir())
    progress.expect(len(tools))
    with progress:
        work = _Install(store, source, progress, Downloader(store.arch, store.downloads, limits))
        build_all([tool for tool in tools if not work.had_or_downloaded(tool)], store, progress)
    return Toolbox(cache)


def _checked(names: Sequence[str], source: Source) -> tuple[Tool, ...]:
    tools = select(names)
    unpublished = [tool.name for tool in tools if not tool.releases]
    if source is Source.DOWNLOAD and unpublished:
        raise LabError(
            f"tool {', '.join(unpublished)}",
            "upstream publishes images only, no executables",
            "use `--source auto`, which builds these",
        )
    return tools


def _action(tool: Tool, source: Source, store: Store) -> str:
    if store.receipt(tool, *_ACCEPTED[source]):
        return "installed"
    if source is Source.AUTO and find_existing(tool):
        return "use existing"
    if source is Source.BUILD or not tool.releases:
        return "build"
    return "download" if source is Source.DOWNLOAD else "download, else build"


class _Install:
    """One run of `install`, up to the builds."""

    def __init__(self, store: Store, source: Source, progress: Progress, downloader: Downloader) -> None:
        self._store, self._source, self._progress = store, source, progress
        self._downloader = downloader

    def had_or_downloaded(self, tool: Tool) -> bool:
        """Whether the tool is there now, without a build."""
        receipt = self._store.receipt(tool, *_ACCEPTED[self._source])
        if receipt is not None:
            self._store.prefer(tool, receipt.origin)
            self._progress.finish(_label(tool), f"is there already ({receipt.origin})")
            return True
        if self._source is Source.AUTO and self._use_existing(tool):
            return True
        return self._source is not Source.BUILD and bool(tool.releases) and self._download(tool)

    def _use_existing(self, tool: Tool) -> bool:
        found = find_existing(tool)
        if found is None:
            return False
        receipt = Receipt(
            tool=tool.name,
            version=found.version,
            origin=Origin.EXISTING,
            programs=found.programs,
            seconds=0,
        )
        with (
            self._store.locked(tool, self._waiting(tool)),
            self._store.making(tool, Origin.EXISTING) as stage,
        ):
            self._store.write_receipt(stage, receipt)
        folder = next(iter(found.programs.values())).parent
        self._progress.finish(_label(tool), f"{found.version} of this machine is used, from {folder}")
        return True

    def _download(self, tool: Tool) -> bool:
        """Whether it worked. In auto mode a server out of reach is a note; a wrong file never is."""
        try:
            checksums = self._downloader.checksums(tool)
            self._progress.start(_label(tool), "downloading")
            with self._store.locked(tool, self._waiting(tool)):
                if self._store.receipt(tool, Origin.DOWNLOAD) is None:
                    self._fill(tool, checksums)
        except DownloadError as error:
            if self._source is Source.DOWNLOAD:
                raise
            self._progress.drop(_label(tool), f"no download, it will be built: {error.obj}: {error.cause}")
            return False
        self._progress.finish(_label(tool), "downloaded in {time}")
        return True

    def _fill(self, tool: Tool, checksums: dict[Release, str]) -> None:
        begun, store = time.monotonic(), self._store
        with store.making(tool, Origin.DOWNLOAD) as stage:
            self._downloader.download(tool, checksums, stage)
            receipt = Receipt(
                tool=tool.name,
                version=tool.version,
                origin=Origin.DOWNLOAD,
                programs=store.programs(tool, Origin.DOWNLOAD, stage),
                seconds=round(time.monotonic() - begun, 1),
            )
            store.write_receipt(stage, receipt)

    def _waiting(self, tool: Tool) -> Callable[[], None]:
        return lambda: self._progress.note(f"{_label(tool)}  another process makes it: waiting")


def _label(tool: Tool) -> str:
    return f"{tool.name} {tool.version}"
