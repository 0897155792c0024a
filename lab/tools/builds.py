"""Building several tools: modules of the next are fetched while this one compiles."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from lab.tools.build import build, check_disk, go_module, prefetch
from lab.tools.go import Go, GoModule, find_go
from lab.tools.progress import Progress
from lab.tools.store import Receipt, Store
from lab.tools.tool import Origin, Tool


def build_all(tools: Sequence[Tool], store: Store, progress: Progress) -> None:
    """Build these tools into the store.

    The compiler uses every processor by itself; more than one tool at once only hides its serial parts.
    After a failure no other tool is begun. Raises the first `LabError`.
    """
    if not tools:
        return
    go = find_go(store.arch)
    check_disk(go, tools, store.cache)
    jobs = min(len(tools), max(1, (os.cpu_count() or 1) // 2))
    with ThreadPoolExecutor(1) as fetching, ThreadPoolExecutor(jobs) as compiling:
        work = _Work(go, store, progress, jobs)
        fetched = [fetching.submit(work.fetch, tool) for tool in tools]
        built = [compiling.submit(work.make, tool, f) for tool, f in zip(tools, fetched, strict=True)]
        try:
            for done in as_completed(built):
                done.result()
        except BaseException:
            work.end()
            fetching.shutdown(wait=False, cancel_futures=True)
            raise


class _Work:
    def __init__(self, go: Go, store: Store, progress: Progress, jobs: int) -> None:
        self._go, self._store, self._progress, self._jobs = go, store, progress, jobs
        self._ended = threading.Event()

    def end(self) -> None:
        """Begin no other tool. To cancel futures is not enough: a worker may take the next one before that."""
        self._ended.set()

    def fetch(self, tool: Tool) -> None:
        with self._progress.within(f"{tool.name} {tool.version} modules", "fetching"):
            prefetch(self._module(tool), tool)

    def make(self, tool: Tool, fetched: Future[None]) -> None:
        try:
            if not self._ended.is_set():
                fetched.result()
                self._make(tool)
        except BaseException:
            self.end()
            raise

    def _make(self, tool: Tool) -> None:
        label, store = f"{tool.name} {tool.version}", self._store
        self._progress.start(label, "building", f"log: {self._log(tool)}")
        with store.locked(tool, lambda: self._progress.note(f"{label}  another process makes it: waiting")):
            if store.receipt(tool, Origin.BUILD) is not None:
                self._progress.finish(label, "was built by the other process")
                return
            self._build(tool)
        self._progress.finish(label, "built in {time}")

    def _build(self, tool: Tool) -> None:
        begun, store = time.monotonic(), self._store
        with store.making(tool, Origin.BUILD) as stage:
            build(self._module(tool), tool, stage, jobs=self._jobs)
            programs = store.programs(tool, Origin.BUILD, stage)
            seconds = round(time.monotonic() - begun, 1)
            receipt = Receipt(
                tool=tool.name, version=tool.version, origin=Origin.BUILD, programs=programs, seconds=seconds
            )
            store.write_receipt(stage, receipt)

    def _module(self, tool: Tool) -> GoModule:
        return go_module(self._go, tool, self._store.modules, self._log(tool))

    def _log(self, tool: Tool) -> Path:
        return self._store.logs / f"{tool.name}.log"
