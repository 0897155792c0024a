"""From the catalog's description of an image to its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from lab.errors import LabError
from lab.images import python
from lab.images.apt import Deb
from lab.images.catalog import PAUSE, Base, ImageSpec, Program
from lab.images.content import MERGED_USR, USERS, WGET
from lab.images.debian import applets, ca_bundle
from lab.images.layer import Entry, Layer, Part, file, layer, symlink
from lab.images.oci import Config, Image
from lab.images.reference import parse
from lab.images.tree import command_file
from lab.shell import run

Resolve = Callable[[str], Path]
"""Where a tool's program is, such as `Toolbox.path`; raises `LabError` when it is not installed."""

PAUSE_SOURCE = Path(__file__).with_name("pause.c")
DEBIAN = ("base-files", "busybox")
MULTI_CALL = "usr/local/lib"
VERSION_LABEL = "org.opencontainers.image.version"


class PackageSource(Protocol):
    """What is needed of `debian.Packages`."""

    def closure(self, names: Sequence[str], without: Sequence[str] = ()) -> tuple[Deb, ...]:
        """Packages with their dependencies."""
        ...

    def entries(self, debs: Iterable[Deb]) -> list[Entry]:
        """Their files."""
        ...


class Assembler:
    """Makes images; layers that several of them share are made once.

    Args:
        resolve: finds built tools.
        packages: finds files of Debian packages.
        scratch: a directory that outlives the images made.
    """

    def __init__(self, resolve: Resolve, packages: PackageSource, scratch: Path) -> None:
        self._resolve, self._packages, self._scratch = resolve, packages, scratch
        self._base = cache(self._make_base)
        self._pause = cache(self._compile_pause)

    def image(self, spec: ImageSpec) -> Image:
        """The whole image. Raises `LabError` when a tool, a package or a compiler is missing."""
        debs = self._packages.closure(spec.packages, spec.without) if spec.packages else ()
        layers = [self._base(base) for base in spec.bases]
        if upper := set(debs) - set(self._debian() if Base.DEBIAN in spec.bases else ()):
            files = self._packages.entries(sorted(upper))
            layers.append(layer((*files, *(python.compiled(files) if spec.python else ()))))
        if spec.python:
            python.same_version(debs)
            files = python.entries(spec.python, spec.sources)
            layers.append(layer((*files, *python.compiled(files))))
        for program in spec.programs:
            layers += self._program(program)
        if spec.files:
            layers.append(layer(spec.files))
        image = self._named(spec, tuple(layers), debs)
        if not command_file(image):
            raise LabError(
                f"image {spec.name}", "its command is in none of its layers", "mend lab/images/catalog.py"
            )
        return image

    def _named(self, spec: ImageSpec, layers: tuple[Layer, ...], debs: Sequence[Deb]) -> Image:
        if spec.versioned is None:
            return Image(references=spec.references, layers=layers, config=spec.config)
        # The base's own packages count too: the image busybox is nothing but its base.
        version = next(d.upstream for d in (*debs, *self._debian()) if d.name == spec.versioned)
        first = parse(spec.references[0])
        tagged = f"{first.registry}/{first.repository}:{version}"
        config = Config(**{**vars(spec.config), "labels": {**spec.config.labels, VERSION_LABEL: version}})
        return Image(
            references=tuple(dict.fromkeys((*spec.references, tagged))), layers=layers, config=config
        )

    def _debian(self) -> tuple[Deb, ...]:
        return self._packages.closure(DEBIAN)

    def _make_base(self, base: Base) -> Layer:
        if base is Base.USERS:
            return layer(USERS)
        if base is Base.CERTIFICATES:
            return layer([ca_bundle(self._packages.entries(self._packages.closure(["ca-certificates"])))])
        entries = self._packages.entries(self._debian())
        taken = {entry.path for entry in entries}
        links = (f"usr/bin/{name}" for name in applets(entries, self._scratch))
        commands = [symlink(link, "busybox") for link in links if link not in taken]
        return layer((*entries, *USERS, *MERGED_USR, *commands, WGET))

    def _program(self, program: Program) -> list[Layer]:
        try:
            source = (
                self._pause() if program.tool == PAUSE else self._resolve(program.tool).resolve(strict=True)
            )
        except LabError:
            if program.optional:
                return []
            raise
        except OSError as error:
            raise LabError(
                f"tool {program.tool}", f"its file cannot be read: {error}", "install it again"
            ) from error
        if source.name == program.tool:
            return [layer([file(program.path, Part.of(source), 0o755, capability=program.capability)])]
        return _multi_call(program, source)

    def _compile_pause(self) -> Path:
        target = self._scratch / PAUSE
        try:
            run(["cc", "-Os", "-static", "-s", "-Wall", "-Werror", "-o", target, PAUSE_SOURCE])
        except LabError as error:
            raise LabError(
                "image pause", f"{error.obj}: {error.cause}", "install gcc and libc6-dev"
            ) from error
        return target


def _multi_call(program: Program, source: Path) -> list[Layer]:
    """One binary that is several programs by name: images with the same layer for it, and a link each."""
    shared = f"{MULTI_CALL}/{source.name}"
    binary = file(shared, Part.of(source), 0o755, capability=program.capability)
    return [layer([binary]), layer([symlink(program.path, f"/{shared}")])]
