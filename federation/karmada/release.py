"""Files of a Karmada release, from its published Go module: the one form of it that comes with a hash everybody knows.

The hash is the one of the module in go.sum files and in the public checksum database, so the module proxy needs no
trust. Only the CRDs are kept.
"""

from __future__ import annotations

import os
import tempfile
import time
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit
from zipfile import BadZipFile, ZipFile

import requests
from urllib3.exceptions import HTTPError

from federation.deadline import PROGRESS_SECONDS, Deadline
from federation.errors import FederationError

MODULE = "github.com/karmada-io/karmada"
HASHES = {"1.18.2": "h1:B1Eu3055LtTBndD/R2WcaS/bLvGwwVU1/3wXQjkIVN4="}
"""Version to the hash of its module. Every release that is to be downloaded must be here."""

DEFAULT_PROXY = "https://proxy.golang.org"  # Go's own default
LARGEST = 500 << 20  # bytes of a module, packed or not (golang.org/x/mod/zip, MaxZipFile)
DOWNLOAD_SECONDS = 300.0
FIX = "set control_plane.crds to a folder or archive with the CRDs (charts/karmada/_crds of the release)"

_CONNECT, _SILENCE = 5.0, 20.0  # seconds a server may take to answer, and between two pieces
_CHUNK = 1 << 16


class CrdsError(FederationError):
    """Karmada's CRDs cannot be had, or are not what they should be."""


def crds(version: str, cache: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder with the CRDs of a release, downloaded if it is not in the cache. It is there whole or not at all.

    Args:
        version: such as "1.18.2".
        cache: is made if it is missing.
        environ: its GOPROXY names the module proxy, as for Go.

    Raises `CrdsError`.
    """
    folder = cache / f"karmada-v{version}"
    if folder.is_dir():
        return folder
    subject = f"CRDs of Karmada {version}"
    if version not in HASHES:
        raise CrdsError(subject, f"the hash of this release is not known, only of {', '.join(HASHES)}", FIX)
    url = f"{proxy(environ)}/{MODULE}/@v/v{version}.zip"
    content = _download(subject, url)
    try:
        with ZipFile(BytesIO(content)) as archive:
            _verify(subject, url, archive, HASHES[version])
            _keep(archive, f"{MODULE}@v{version}/charts/karmada/_crds/", folder)
    except BadZipFile:
        raise _tampered(subject, url, "it is no zip archive") from None
    except OSError as error:
        cause = f"cannot write to {cache}: {error.strerror}"
        raise CrdsError(subject, cause, "make it writable, or set XDG_CACHE_HOME") from None
    return folder


def proxy(environ: Mapping[str, str]) -> str:
    """The first module proxy of GOPROXY that is asked over HTTP, without a slash at its end.

    Its other words ("direct", "off") say nothing to us. Raises `CrdsError` if there are no others.
    """
    words = environ.get("GOPROXY", "").replace("|", ",").split(",")
    found = [word.strip() for word in words if word.strip()]
    if not found:
        return DEFAULT_PROXY
    for word in found:
        if word.startswith(("https://", "http://")):
            return word.rstrip("/")
    raise CrdsError("GOPROXY", f"it is {','.join(found)!r}, which names no module proxy", FIX)


def hash1(archive: ZipFile) -> str:
    """The hash of a module as in go.sum (golang.org/x/mod/sumdb/dirhash, Hash1)."""
    summary = sha256()
    for name in sorted(archive.namelist()):
        digest = sha256()
        with archive.open(name) as file:
            while piece := file.read(_CHUNK):
                digest.update(piece)
        summary.update(f"{digest.hexdigest()}  {name}\n".encode())
    return f"h1:{b64encode(summary.digest()).decode()}"


def _verify(subject: str, url: str, archive: ZipFile, expected: str) -> None:
    if sum(info.file_size for info in archive.infolist()) > LARGEST:
        raise _tampered(subject, url, "unpacked, it is larger than a module may be")
    found = hash1(archive)
    if found != expected:
        raise _tampered(subject, url, f"its hash is {found}, that of the release {expected}")


def _tampered(subject: str, url: str, cause: str) -> CrdsError:
    fix = f"try another GOPROXY, or {FIX}"
    return CrdsError(subject, f"{_shown(url)} is not the release: {cause}", fix)


def _keep(archive: ZipFile, prefix: str, folder: Path) -> None:
    """Two that download at once may both come here; either's folder will do."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".draft-") as draft:
        whole = Path(draft) / folder.name
        for name in archive.namelist():
            if name.startswith(prefix):
                target = whole / name.removeprefix(prefix)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))
        try:
            whole.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise


def _download(subject: str, url: str) -> bytes:
    try:
        # What is counted below must be what the archive has, not what a server has packed once more.
        headers = {"Accept-Encoding": "identity"}
        with requests.get(url, stream=True, timeout=(_CONNECT, _SILENCE), headers=headers) as response:
            if not response.ok:
                cause = f"{_shown(url)} answers {response.status_code} {response.reason}"
                raise CrdsError(subject, cause, f"check GOPROXY, or {FIX}")
            return _content(subject, response)
    except requests.RequestException as error:
        reason = type(error).__name__  # its text repeats the address, with what is secret in it
        cause = f"{_shown(url)} cannot be fetched ({reason})"
        raise CrdsError(subject, cause, f"check the network and HTTPS_PROXY, or {FIX}") from None
    except HTTPError:
        raise CrdsError(subject, f"{_shown(url)} was cut off", f"run it again, or {FIX}") from None


def _content(subject: str, response: requests.Response) -> bytes:
    """Says every few seconds how far it is."""
    deadline, told, content = Deadline(DOWNLOAD_SECONDS), time.monotonic(), bytearray()
    size = int(response.headers.get("Content-Length", 0))
    while piece := response.raw.read1(_CHUNK):
        content += piece
        if len(content) > LARGEST:
            raise _tampered(subject, response.url, "it is larger than a module may be")
        if not deadline.left:
            cause = f"not downloaded within {DOWNLOAD_SECONDS:g} s, but {len(content)} of {size} bytes"
            raise CrdsError(subject, cause, f"try another GOPROXY, or {FIX}")
        if time.monotonic() - told >= PROGRESS_SECONDS:
            told = time.monotonic()
            print(f"{subject}: {len(content) >> 20} of {size >> 20} MiB downloaded")
    return bytes(content)


def _shown(url: str) -> str:
    """Without a user and a password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
