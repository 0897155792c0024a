"""The real images, where a registry is at hand: asking whether it is, and pulling by skopeo."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import requests

from lab.errors import LabError
from lab.images.layer import Part, chunks
from lab.images.oci import BLOBS, INDEX_FILE, named, write_blobs
from lab.images.reference import Reference
from lab.shell import run

PULL_TIMEOUT = 600
LOOPBACK = ("127.", "localhost", "[::1]")


def reachable(registry_host: str, *, timeout: float = 3.0) -> bool:
    """Whether a registry answers within so many seconds: `/v2/` is its ping (OCI distribution specification).

    401 is a good answer: it asks for a token, which skopeo gets. A resolver that hangs does not hang this.
    """
    answers: list[int] = []
    asking = threading.Thread(target=_ping, args=(registry_host, timeout, answers), daemon=True)
    asking.start()
    asking.join(timeout)
    return answers in ([200], [401])


def pull(reference: Reference, target: Path) -> None:
    """Write the image as an archive that containerd imports under its full name.

    skopeo's own archives name it by another annotation, before which `ctr images import` puts the date.
    Raises `LabError` when skopeo is missing, or there is no such image.
    """
    if shutil.which("skopeo") is None:
        raise LabError(f"image {reference}", "pulling it needs skopeo", "install the package skopeo")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="scratch-") as scratch:
        _copy(reference, Path(scratch))
        index = json.loads((Path(scratch) / INDEX_FILE).read_text())
        (manifest,) = index["manifests"]
        with target.open("wb") as out:
            write_blobs(_blobs(Path(scratch)), named(manifest, [str(reference)]), out)


def _copy(reference: Reference, layout: Path) -> None:
    insecure = ["--src-tls-verify=false"] if reference.registry.startswith(LOOPBACK) else []
    source = f"docker://{reference.endpoint}/{reference.repository}:{reference.tag}"
    try:
        run(["skopeo", "copy", "--quiet", *insecure, source, f"oci:{layout}:image"], timeout=PULL_TIMEOUT)
    except LabError as error:
        raise LabError(
            f"image {reference}", f"skopeo cannot pull it: {error.cause}", "check its name and the registry"
        ) from error


def _blobs(layout: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    for path in sorted((layout / BLOBS).iterdir()):
        yield f"sha256:{path.name}", chunks(Part.of(path))


def _ping(host: str, timeout: float, answers: list[int]) -> None:
    local = host.startswith(LOOPBACK)
    with requests.Session() as session:
        session.trust_env = not local  # no proxy leads to this machine
        try:
            url = f"{'http' if local else 'https'}://{host}/v2/"
            answer = session.get(url, timeout=timeout, allow_redirects=False)
        except (requests.RequestException, OSError):
            return
    answers.append(answer.status_code)
