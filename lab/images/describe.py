"""What is in an image archive of a user: the names containerd will know its images by."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.images.oci import INDEX_FILE, LAYOUT, NAME_ANNOTATION
from lab.images.reference import parse

DOCKER_MANIFEST = "manifest.json"
FIX = "make the archive with `docker save` or `skopeo copy … docker-archive:FILE:NAME`"


def describe(path: Path) -> list[str]:
    """Full references of the images in an OCI or docker-save archive, compressed or not.

    containerd reads `index.json` where there is an OCI layout, else `manifest.json`; so does this. An OCI
    archive that names its images by tag only is refused: they would be imported as `import-<date>:<tag>`.
    Raises `LabError` for a file that is missing, damaged, no image, or has an image without a name.
    """
    found = _documents(path)
    if LAYOUT in found and INDEX_FILE in found:
        entries = _list(path, found[INDEX_FILE], "manifests")
        names = [(entry.get("annotations") or {}).get(NAME_ANNOTATION) for entry in entries]
    elif DOCKER_MANIFEST in found:
        names = [
            tag
            for entry in _list(path, found[DOCKER_MANIFEST], None)
            for tag in entry.get("RepoTags") or [None]
        ]
    else:
        raise LabError(f"archive {path}", "it is a tar file, but holds no container image", FIX)
    if not names or None in names:
        raise LabError(f"archive {path}", "it holds an image without a name", FIX)
    return [str(parse(str(name))) for name in names]


def _documents(path: Path) -> dict[str, bytes]:
    """The few small files that say what is in the archive."""
    try:
        with tarfile.open(path) as tar:
            return {
                member.name.removeprefix("./"): tar.extractfile(member).read()  # type: ignore[union-attr]
                for member in tar
                if member.isreg() and member.name.removeprefix("./") in (LAYOUT, INDEX_FILE, DOCKER_MANIFEST)
            }
    except FileNotFoundError:
        raise LabError(f"archive {path}", "there is no such file", "check the path") from None
    except (tarfile.TarError, OSError, EOFError) as error:
        raise LabError(f"archive {path}", f"it cannot be read as a tar file: {error}", FIX) from error


def _list(path: Path, document: bytes, key: str | None) -> list[dict[str, Any]]:
    try:
        content = json.loads(document)
        entries = content[key] if key else content
        return [dict(each) for each in entries]
    except (ValueError, KeyError, TypeError) as error:
        raise LabError(f"archive {path}", f"its list of images is damaged: {error}", FIX) from error
