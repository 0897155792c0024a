"""Taking a tool from its official releases, each file checked against the release's checksums."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path
from urllib.parse import urlsplit

from lab.tools.checksums import checksum_of
from lab.tools.fetch import (
    ChecksumError,
    DownloadError,
    Limits,
    UnreachableError,
    fetch_file,
    fetch_text,
)
from lab.tools.tool import Release, Tool, located


class Downloader:
    """Downloads for one machine's kind; remembers which hosts were out of reach, to ask each only once.

    Args:
        arch: Go's name of the processor.
        folder: where files lie until their tool is complete, so that a second try does not begin anew.
        limits: how slow a server may be.
    """

    def __init__(self, arch: str, folder: Path, limits: Limits | None = None) -> None:
        self._arch, self._folder, self._limits = arch, folder, limits or Limits()
        self._unreachable: dict[str, UnreachableError] = {}

    def checksums(self, tool: Tool) -> dict[Release, str]:
        """The checksum of each of the tool's files, in the release's words.

        Raises `DownloadError` when a list cannot be had or lacks the file.
        """
        return {release: self._checksum(release) for release in tool.releases}

    def download(self, tool: Tool, checksums: dict[Release, str], stage: Path) -> None:
        """Fill `stage`/bin. Raises `DownloadError`, or `ChecksumError` when a file is not the release's."""
        folder = self._folder / tool.name / tool.version
        for release, checksum in checksums.items():
            url = located(release.url, self._arch)
            file = folder / _file_name(url)
            fetch_file(url, file, checksum, self._limits)
            _unpack(release, file, stage / "bin")
        shutil.rmtree(folder)

    def _checksum(self, release: Release) -> str:
        url, listed = located(release.url, self._arch), located(release.checksums, self._arch)
        host = urlsplit(listed).netloc
        if host in self._unreachable:
            known = self._unreachable[host]
            raise UnreachableError(listed, known.cause, known.fix)
        try:
            text = fetch_text(listed, self._limits)
        except UnreachableError as error:
            self._unreachable[host] = error
            raise
        found = checksum_of(text, _file_name(url))
        if found is None:
            raise DownloadError(listed, f"it does not list {_file_name(url)}", "build the tool instead")
        return found


def _file_name(url: str) -> str:
    return url.rpartition("/")[2]


def _unpack(release: Release, file: Path, folder: Path) -> None:
    if not release.programs:
        _place(file, folder / file.name)
        return
    try:
        with tarfile.open(file) as archive:
            _take(archive, release, folder)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        cause = f"it is not a whole archive ({error})"
        raise ChecksumError(release.url, cause, "tell upstream; meanwhile use `--source build`") from None


def _take(archive: tarfile.TarFile, release: Release, folder: Path) -> None:
    """Copy the contents of wanted regular files to names of our own: no path of the archive is ever used."""
    for member in archive:
        name = _file_name(member.name)
        if member.isfile() and name in release.programs and (content := archive.extractfile(member)):
            with content, (folder / name).open("wb") as to:
                shutil.copyfileobj(content, to)
            (folder / name).chmod(0o755)


def _place(file: Path, target: Path) -> None:
    shutil.copyfile(file, target)
    target.chmod(0o755)
