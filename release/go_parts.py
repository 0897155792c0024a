"""The tools of the lab, and the Go modules that they are built from, as components of the bill of materials."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from packageurl import PackageURL

from lab.tools import catalog
from lab.tools.tool import Tool

FOLDER = Path(catalog.__file__).parent
_REQUIRE = re.compile(r"^(?:require)?\s+(\S+\.\S+) (v\S+)", re.MULTILINE)
_SUM = re.compile(r"^(\S+) (v\S+) h1:(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A tool, and what it is built from.

    Attributes:
        tool: an application.
        modules: libraries, by name and version.
    """

    tool: Component
    modules: tuple[Component, ...]


def parts() -> tuple[Part, ...]:
    """All tools of the lab's catalog. None of them is needed to run the program: the scope is "excluded"."""
    return tuple(_part(tool) for tool in catalog.TOOLS)


def modules(go_mod: str, go_sum: str) -> Iterable[tuple[str, str, str | None]]:
    """Module, version and hash in hexadecimal, if there is one, of every requirement of a go.mod, sorted.

    The hash is Go's own "h1" (golang.org/x/mod/sumdb/dirhash): the SHA-256 of a list of the files in the module's zip.
    """
    sums: Mapping[tuple[str, str], str] = {
        (name, version): text for name, version, text in _SUM.findall(go_sum)
    }
    for name, version in sorted(set(_REQUIRE.findall(go_mod))):
        text = sums.get((name, version))
        yield name, version, base64.b64decode(text).hex() if text else None


def _part(tool: Tool) -> Part:
    folder = FOLDER / tool.name
    found = modules((folder / "go.mod").read_text(), (folder / "go.sum").read_text())
    purl = PackageURL("generic", name=tool.name, version=tool.version)
    component = Component(
        type=ComponentType.APPLICATION,
        name=tool.name,
        version=tool.version,
        purl=purl,
        bom_ref=str(purl),
        scope=ComponentScope.EXCLUDED,
    )
    return Part(component, tuple(_module(*each) for each in found))


def _module(name: str, version: str, digest: str | None) -> Component:
    namespace, _, last = name.rpartition("/")
    purl = PackageURL("golang", namespace=namespace, name=last, version=version)
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        purl=purl,
        bom_ref=str(purl),
        scope=ComponentScope.EXCLUDED,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else [],
    )
