"""Image references, in the long form that containerd keeps them under."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab.errors import LabError

DEFAULT_REGISTRY = "docker.io"

_HOST = re.compile(r"[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*(:[0-9]+)?")
_REPOSITORY = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True)
class Reference:
    """`registry/repository:tag`, with nothing left out."""

    registry: str
    repository: str
    tag: str

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}:{self.tag}"

    @property
    def endpoint(self) -> str:
        """The host that serves it. Docker Hub's differs from its name."""
        return "registry-1.docker.io" if self.registry == DEFAULT_REGISTRY else self.registry


def parse(text: str) -> Reference:
    """Fill in what people leave out: `nginx` is `docker.io/library/nginx:latest`.

    The rules are those of `ParseNormalizedNamed` in distribution/reference, which container runtimes follow.
    References by digest are refused: an archive gives its images names, not digests.
    Raises `LabError` for what is no reference.
    """
    host, slash, rest = text.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, rest = DEFAULT_REGISTRY, text
    repository, colon, tag = rest.partition(":")
    if host == DEFAULT_REGISTRY and "/" not in repository:
        repository = f"library/{repository}"
    found = Reference(host, repository, tag if colon else "latest")
    if not (_HOST.fullmatch(host) and _REPOSITORY.fullmatch(repository) and _TAG.fullmatch(found.tag)):
        raise LabError(f"image {text!r}", "that is no image reference", "write it as registry/repository:tag")
    return found
