"""The image of the controllers as a file, made without a container engine: `python -m release.image FILE [REFERENCE]`.

It is what the Dockerfile describes and what the lab runs, built from Debian's packages of this machine and the Python
packages of .venv, which requirements.lock pins. `skopeo copy oci-archive:FILE docker://REFERENCE` pushes it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from lab.errors import LabError
from lab.images.apt import Apt
from lab.images.assemble import Assembler
from lab.images.catalog import ImageSpec, select
from lab.images.debian import Packages
from lab.images.oci import architecture, write
from lab.images.reference import parse
from lab.images.store import Progress, default_cache, locked, replacing
from lab.tools.toolbox import Toolbox
from release.project import project

IMAGE = "federation-controllers"
LABELS = "org.opencontainers.image"


def described(reference: str) -> ImageSpec:
    """The image under the name that it is to be pushed to, with labels that say what it is.

    The labels are of the OCI image specification, "Pre-Defined Annotation Keys". Raises `LabError` for a reference that
    is none.
    """
    (spec,) = select([IMAGE])
    facts = {
        "title": IMAGE,
        "description": project()["description"],
        "version": project()["version"],
        "licenses": project()["license"],
    }
    labels = {f"{LABELS}.{key}": text for key, text in facts.items()}
    return replace(spec, references=(str(parse(reference)),), config=replace(spec.config, labels=labels))


def build(reference: str, target: Path, *, progress: Progress) -> None:
    """Write an OCI archive with the one image. The same sources and packages give the same bytes.

    Args:
        reference: its name, such as "registry.example.com/federation-controllers:0.2.0".
        target: the file; its folder is made.
        progress: told what takes long.

    Raises `LabError` if the reference is none, a package is missing, or the file cannot be written.
    """
    spec, cache = described(reference), default_cache()
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(cache), tempfile.TemporaryDirectory(dir=cache) as scratch:
        packages = Packages(Apt(cache / "debian", progress), Path(scratch))
        image = Assembler(Toolbox().path, packages, Path(scratch)).image(spec)
        try:
            with replacing(target) as part, part.open("wb") as out:
                write([image], out, arch=architecture())
        except OSError as error:
            raise LabError(
                f"image {reference}", f"cannot write {target}: {error}", "make room, then try again"
            ) from error


def main(arguments: Iterable[str]) -> None:
    """Build it, and say how to push it."""
    file, *named = arguments
    reference = named[0] if named else f"{IMAGE}:{project()['version']}"
    try:
        build(reference, Path(file), progress=lambda text: print(f"==> {text}"))
    except LabError as error:
        sys.exit(f"error: {error}")
    print(
        f"{file}: {Path(file).stat().st_size / 2**20:.0f} MiB. Next: skopeo copy oci-archive:{file} docker://{reference}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
