"""Archives of images in the cache: made once for the same inputs, by one builder at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from lab.errors import LabError
from lab.images import python
from lab.images.apt import Apt
from lab.images.assemble import Assembler, Resolve
from lab.images.catalog import PAUSE, ImageSpec, Program, select
from lab.images.debian import Packages
from lab.images.oci import architecture, write
from lab.paths import cache_dir

Progress = Callable[[str], None]

DAY = 24 * 3600
SCRATCH = "scratch-"
UNUSED_DAYS = 14
"""An archive nobody asked for so long is of older programs or of another checkout."""


def silent(_message: str) -> None:
    """Progress that nobody wants to see."""


def default_cache() -> Path:
    """Where archives and packages are kept."""
    return cache_dir() / "images"


def archive(
    names: Iterable[str], *, resolve: Resolve, progress: Progress = silent, cache: Path | None = None
) -> Path:
    """One archive with the images meant by short names, groups or references.

    Debian packages keep the versions of the first build until the cache is deleted.
    Raises `NotFoundError` for an unknown name, `LabError` when a tool, a package or a compiler is missing.
    """
    specs, place = select(names), cache or default_cache()
    target = archive_path(specs, resolve=resolve, cache=place)
    if not target.exists():
        with locked(place):
            if not target.exists():  # another builder may just have made it
                progress(f"making {len(specs)} container images")
                _build(specs, target, resolve, progress)
                prune(cache=place)
    return in_use(target)


def archive_path(specs: Sequence[ImageSpec], *, resolve: Resolve, cache: Path) -> Path:
    """Where the archive of these images is, or will be. Raises `LabError` when a tool is missing."""
    inputs: list[object] = [_stamp(program, resolve) for spec in specs for program in spec.programs]
    inputs += [python.stamp(spec.python, spec.sources) for spec in specs if spec.python]
    facts = (_code(), _release(), architecture(), specs, inputs)
    return cache / f"{sha256(repr(facts).encode()).hexdigest()[:24]}.tar"


def prune(*, cache: Path | None = None, days: float = UNUSED_DAYS) -> list[Path]:
    """Delete archives that nobody asked for in so many days, and what broken builds left. Returns them."""
    place = cache or default_cache()
    broken = [*place.glob("*.part"), *place.glob(f"{SCRATCH}*")]
    old = [path for path in place.glob("*.tar") if _age(path) > days * DAY]
    old += [path for path in broken if _age(path) > DAY]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return sorted(old)


def in_use(target: Path) -> Path:
    """Tell `prune` that somebody asked for this archive."""
    with contextlib.suppress(OSError):  # another user's archive is as good
        os.utime(target)
    return target


@contextlib.contextmanager
def locked(place: Path) -> Iterator[None]:
    """Wait until no other process builds in `place`. The kernel ends the lock with its holder."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A file beside `target` that takes its place when all went well: nobody sees half an archive."""
    part = target.with_suffix(f".{os.getpid()}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _build(specs: Sequence[ImageSpec], target: Path, resolve: Resolve, progress: Progress) -> None:
    arch = architecture()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=SCRATCH) as scratch:
        packages = Packages(Apt(target.parent / "debian", progress), Path(scratch))
        assembler = Assembler(resolve, packages, Path(scratch))
        images = [assembler.image(spec) for spec in specs]
        try:
            with replacing(target) as part, part.open("wb") as out:
                write(images, out, arch=arch)
        except OSError as error:
            names = ", ".join(spec.name for spec in specs)
            raise LabError(
                f"images {names}", f"cannot write {target}: {error}", "make room, then try again"
            ) from error


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _stamp(program: Program, resolve: Resolve) -> tuple[str, int, int] | None:
    """What changes when a program does, without reading 140 MB of it."""
    if program.tool == PAUSE:
        return None  # its source is part of the code
    try:
        path = resolve(program.tool).resolve()
        facts = path.stat()
    except LabError:
        if program.optional:
            return None
        raise
    except OSError as error:
        raise LabError(
            f"tool {program.tool}", f"its file cannot be read: {error}", "install it again"
        ) from error
    return str(path), facts.st_size, facts.st_mtime_ns


def _code() -> str:
    """A change of this package makes new archives, so nobody has to remember a version number."""
    digest = sha256()
    for source in sorted(Path(__file__).parent.glob("*.[pc]*")):
        if source.is_file():
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _release() -> str:
    """Which Debian this is: its packages are in the images."""
    path = Path("/etc/os-release")
    return path.read_text(errors="replace") if path.exists() else ""
