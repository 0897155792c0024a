"""Fetching one file over HTTP so that a bad network is an error within bounded time, and never a bad file."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests
import urllib3

from lab.errors import LabError

_CHUNK = 1 << 16
_FIX = "check the connection, or build it: `lab tools install --source build`"
_LIST_LIMIT = 1 << 20  # bytes; the longest list of checksums has some 10 kB


@dataclass(frozen=True)
class Limits:
    """How long a server may take; all in seconds but `floor`.

    Attributes:
        connect: until a connection stands, and until the checksums are there.
        silence: between two pieces of a file.
        total: for one file.
        grace: before, and between, measurements of the speed.
        floor: bytes a second below which a transfer is given up.
    """

    connect: float = 3
    silence: float = 20
    total: float = 1800
    grace: float = 15
    floor: float = 50_000


class DownloadError(LabError):
    """A file could not be had: unreachable, refused, slow, cut short. A build can replace it."""


class UnreachableError(DownloadError):
    """Nothing answers there: its other files need not be asked for."""


class ChecksumError(LabError):
    """A file is not what its release says. Nothing may replace it silently."""


def mirrored(url: str) -> str:
    """The address to ask: `FEDERATION_DOWNLOAD_MIRROR` has every host's files below a folder of its name."""
    mirror = os.environ.get("FEDERATION_DOWNLOAD_MIRROR")
    if not mirror:
        return url
    parts = urlsplit(url)
    return f"{mirror.rstrip('/')}/{parts.netloc}{parts.path}"


def fetch_text(url: str, limits: Limits) -> str:
    """A short file, such as a list of checksums; also shows whether a host is within reach.

    Raises `DownloadError`.
    """
    quick = Limits(connect=limits.connect, silence=limits.connect, total=3 * limits.connect, floor=0)
    address, content = mirrored(url), bytearray()
    with _network_errors(address):
        for piece in _pieces(address, quick):
            content += piece
            if len(content) > _LIST_LIMIT:
                raise DownloadError(address, "it is too long for a list of checksums", _FIX)
    return content.decode(errors="replace")


def fetch_file(url: str, target: Path, checksum: str, limits: Limits) -> None:
    """A file whose checksum is right; one that lies there already and is right is not fetched again.

    Args:
        checksum: "sha256:…" or "sha1:…".

    Raises `DownloadError`, or `ChecksumError`; then there is no file.
    """

    def downloader(address: str, output: str, _: object) -> None:
        with _network_errors(address), Path(output).open("wb") as file:
            file.writelines(_pieces(address, limits))

    address = mirrored(url)
    pooch.get_logger().setLevel(logging.WARNING)  # Progress tells what is fetched
    try:
        pooch.retrieve(address, checksum, fname=target.name, path=target.parent, downloader=downloader)
    except ValueError:
        target.unlink(missing_ok=True)
        cause = f"its checksum is not the {checksum} of the release"
        fix = "run the command again; if it stays so, the release or your connection is tampered with"
        raise ChecksumError(address, cause, fix) from None


def _pieces(address: str, limits: Limits) -> Iterator[bytes]:
    """The body as it comes in. Proxies are taken from the environment, as by every other program."""
    begun = time.monotonic()
    patience = (limits.connect, limits.silence)
    plain = {"Accept-Encoding": "identity"}  # Content-Length, and the checksum, are those of the file itself
    with requests.get(address, stream=True, timeout=patience, headers=plain) as response:
        response.raise_for_status()
        pace = _Pace(address, limits, begun)
        response.raw.enforce_content_length = False  # checked below, with figures
        # Not iter_content: that waits for a whole chunk, which a server that drips never completes.
        while piece := response.raw.read1(_CHUNK):
            pace.count(len(piece), time.monotonic())
            yield piece
        announced = response.headers.get("Content-Length")
    if announced is not None and pace.received < int(announced):
        raise DownloadError(address, f"cut off after {pace.received} of {announced} bytes", _FIX)


class _Pace:
    """Raises `DownloadError` when a transfer takes too long, or is so slow that it will."""

    def __init__(self, address: str, limits: Limits, begun: float) -> None:
        self._address, self._limits, self._begun = address, limits, begun
        self._since, self._before, self.received = begun, 0, 0

    def count(self, size: int, now: float) -> None:
        """So many bytes have come."""
        self.received += size
        limits, passed = self._limits, now - self._since
        if now - self._begun > limits.total:
            raise DownloadError(self._address, f"not complete within {limits.total:g} s", _FIX)
        if passed < limits.grace:
            return
        speed = (self.received - self._before) / passed
        if speed < limits.floor:
            cause = f"too slow: {speed / 1000:.1f} kB/s, and {limits.floor / 1000:g} kB/s are the least"
            raise DownloadError(self._address, cause, _FIX)
        self._since, self._before = now, self.received


@contextmanager
def _network_errors(address: str) -> Iterator[None]:
    """What the HTTP libraries raise, as `DownloadError`."""
    try:
        yield
    except requests.HTTPError as error:
        raise DownloadError(address, f"the server answered {error.response.status_code}", _FIX) from None
    except requests.Timeout:
        raise UnreachableError(address, "the server does not answer in time", _FIX) from None
    except urllib3.exceptions.ReadTimeoutError:
        raise DownloadError(address, "the server fell silent", _FIX) from None
    except urllib3.exceptions.ProtocolError:
        raise DownloadError(address, "the connection broke", _FIX) from None
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise UnreachableError(address, f"cannot be reached ({_innermost(error)})", _FIX) from None


def _innermost(error: BaseException) -> str:
    """The operating system's reason; the layers above it say the same at length."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
