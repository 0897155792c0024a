"""Karmada's CustomResourceDefinitions: never a copy in this repository, always those of the release that runs.

`Cluster` is not among them: the aggregated API server serves it.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from federation.karmada import release
from federation.karmada.release import FIX, CrdsError

Manifest = dict[str, Any]

CONVERTED = ("clusterresourcebindings.work.karmada.io", "resourcebindings.work.karmada.io")
"""Those with two versions, which the webhook converts (`_crds/patches` of the release)."""

_INSIDE = ("", "crds", "_crds", "charts/karmada/_crds")  # where "bases" lies in what people have at hand
_YAML = (".yaml", ".yml")


def load(source: str | None, *, version: str, cache: Path) -> list[Manifest]:
    """The definitions, sorted by name, without conversion: `with_conversion` adds it.

    Args:
        source: a folder with `bases/**.yaml`, as `charts/karmada/_crds` of Karmada has it, or an archive, as Karmada's
            releases have it (crds.tar.gz). None: those of the pinned release, downloaded once.
        version: Karmada's, such as "1.18.2".
        cache: a folder for what is downloaded.

    Raises `CrdsError`.
    """
    path = Path(source).expanduser() if source else release.crds(version, cache)
    texts = _of_folder(path) if path.is_dir() else _of_archive(path)
    found = {crd["metadata"]["name"]: crd for name, text in texts for crd in _parse(f"{path}: {name}", text)}
    missing = [name for name in CONVERTED if name not in found]
    if missing:
        what = f"{', '.join(missing)} of Karmada" if found else "CRDs in a folder 'bases'"
        raise CrdsError(str(path), f"it holds no {what}", FIX)
    return [found[name] for name in sorted(found)]


def with_conversion(crds: Iterable[Mapping[str, Any]], url: str, ca_bundle: object) -> list[Manifest]:
    """The definitions with a webhook that converts between the versions of those that have two.

    Args:
        crds: as of `load`; they are not changed.
        url: of the webhook's conversion, with its path, such as "https://…:443/convert".
        ca_bundle: certificates that vouch for it, PEM in base64, as text or as what will become text.
    """
    webhook = {"clientConfig": {"url": url, "caBundle": ca_bundle}, "conversionReviewVersions": ["v1"]}
    conversion = {"strategy": "Webhook", "webhook": webhook}
    return [
        {**crd, "spec": {**crd["spec"], "conversion": conversion}}
        if crd["metadata"]["name"] in CONVERTED
        else dict(crd)
        for crd in crds
    ]


def _of_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    for inside in _INSIDE:
        for file in sorted((path / inside / "bases").rglob("*")):
            if file.suffix in _YAML and file.is_file():
                yield str(file.relative_to(path)), file.read_bytes()


def _of_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """Read in memory: no name in an archive can lead anywhere."""
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = PurePosixPath(member.name)
                file = archive.extractfile(member)  # None for a folder
                if file and name.suffix in _YAML and "bases" in name.parts[:-1]:
                    yield member.name, file.read()
    except FileNotFoundError:
        raise CrdsError(str(path), "there is no such folder or archive", FIX) from None
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "damaged, or of another kind"
        cause = f"neither a folder nor an archive that can be read: {reason}"
        raise CrdsError(str(path), cause, FIX) from None


def _parse(where: str, text: bytes) -> Sequence[Manifest]:
    try:
        documents = list(yaml.load_all(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise CrdsError(where, f"not YAML: {' '.join(str(error).split())}", FIX) from None
    return [_definition(where, document) for document in documents if document is not None]


def _definition(where: str, document: Any) -> Manifest:
    """Without what a server adds: it would be a diff for ever."""
    match document:
        case {"kind": "CustomResourceDefinition", "metadata": {"name": str()}, "spec": {}}:
            metadata = {key: value for key, value in document["metadata"].items() if value is not None}
            kept = {key: value for key, value in document.items() if key != "status"}
            return {**kept, "metadata": metadata}
    raise CrdsError(where, "not a CustomResourceDefinition", FIX)
