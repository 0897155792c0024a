"""Where the images of a lab come from: a registry where one is at hand, else assembled on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path

from lab.errors import LabError
from lab.images import registry, store
from lab.images.assemble import Resolve
from lab.images.catalog import ImageSpec, select
from lab.images.reference import parse
from lab.images.store import Progress, silent


class ImageSource(StrEnum):
    """Where images may come from. Those without a public counterpart are always assembled."""

    AUTO = "auto"
    """What is in the cache; else a registry that answers within seconds and has the image; else assemble."""
    ASSEMBLE = "assemble"
    PULL = "pull"


def archives(
    names: Iterable[str],
    *,
    source: ImageSource = ImageSource.AUTO,
    resolve: Resolve,
    progress: Progress = silent,
    cache: Path | None = None,
) -> tuple[Path, ...]:
    """Archives that together hold the images meant by short names, groups or references.

    Raises `NotFoundError` for an unknown name, `LabError` when an image can be had from nowhere allowed.
    """
    specs, place = select(names), cache or store.default_cache()
    pulled = {} if _stay(specs, source, resolve, place) else _pull_all(specs, source, progress, place)
    rest = [spec.name for spec in specs if spec.name not in pulled]
    made = [store.archive(rest, resolve=resolve, progress=progress, cache=place)] if rest else []
    return (*(path for paths in pulled.values() for path in paths), *made)


def _stay(specs: Sequence[ImageSpec], source: ImageSource, resolve: Resolve, place: Path) -> bool:
    """Whether no registry is to be asked: by wish, or because the archive is here already."""
    if source is not ImageSource.AUTO:
        return source is ImageSource.ASSEMBLE
    try:
        return store.archive_path(specs, resolve=resolve, cache=place).exists()
    except LabError:
        return False  # a tool is missing, so the registry is the better chance


def _pull_all(
    specs: Sequence[ImageSpec], source: ImageSource, progress: Progress, place: Path
) -> dict[str, list[Path]]:
    """What was pulled, by the short name of the image."""
    answers = cache(registry.reachable)
    found: dict[str, list[Path]] = {}
    for spec in specs:
        hosts = {parse(each).endpoint for each in spec.references}
        usable = source is ImageSource.PULL or (
            shutil.which("skopeo") is not None and all(map(answers, hosts))
        )
        if spec.public and usable:
            try:
                found[spec.name] = [pulled(each, progress=progress, cache=place) for each in spec.references]
            except LabError as error:
                if source is ImageSource.PULL:
                    raise
                progress(f"{error.obj}: {error.cause}; it is assembled instead")
    return found


def pulled(reference: str, *, progress: Progress = silent, cache: Path | None = None) -> Path:
    """An archive of the image of that reference, from the cache or else from its registry. Raises `LabError`."""
    place = cache or store.default_cache()
    place.mkdir(parents=True, exist_ok=True)
    target = place / f"pulled-{sha256(reference.encode()).hexdigest()[:24]}.tar"
    if not target.exists():
        progress(f"pulling {reference}")
        with store.locked(place), store.replacing(target) as part:
            registry.pull(parse(reference), part)
    return target
