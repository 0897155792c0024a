"""What there is to know about a tool: how it is built, and how its releases are laid out."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lab.errors import LabError


class Source(StrEnum):
    """Where `install` may take a tool from; auto is: what is there, else a download, else a build."""

    AUTO = "auto"
    DOWNLOAD = "download"
    BUILD = "build"


class Origin(StrEnum):
    """Where an installed tool came from."""

    EXISTING = "existing"
    DOWNLOAD = "download"
    BUILD = "build"


@dataclass(frozen=True, kw_only=True)
class Compile:
    """One `go build` in the tool's module folder.

    Attributes:
        binary: the file it makes in the tool's bin folder.
        package: import path of the main package; "." is the folder's own main.go.
        tags: build tags.
        variables: Go string variables set by the linker, such as the version a program tells.
        links: names by which a multi-call binary is called.
        unlisted: modules absent from Go's checksum database. Only our go.sum vouches for them.
    """

    binary: str
    package: str = "."
    tags: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A file or folder of a Go module that a built tool needs beside its binaries.

    Attributes:
        module: module path; the version is the one in go.mod.
        source: path in the module.
        target: path in the tool's directory; below bin/ files become executable.
    """

    module: str
    source: str
    target: str


@dataclass(frozen=True, kw_only=True)
class Release:
    """One file of an official release; `{arch}` is Go's name of the machine, `{x64}` is x64 or arm64.

    Attributes:
        url: what to fetch.
        checksums: the release's list of checksums, or the one checksum of this file.
        programs: taken out of the archive by file name; empty: the file itself is the program.
    """

    url: str
    checksums: str
    programs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool.

    Attributes:
        group: a name for several tools in `install`.
        programs: executables that every source gives.
        extras: executables that a download gives and a build does not.
        needs_gb: disk a build from nothing takes, in the Go caches and for the result.
        releases: empty when upstream publishes images only.
    """

    name: str
    version: str
    group: str
    programs: tuple[str, ...]
    needs_gb: float
    compiles: tuple[Compile, ...]
    extras: tuple[str, ...] = ()
    copies: tuple[Copy, ...] = ()
    releases: tuple[Release, ...] = ()


def machine(name: str | None = None) -> str:
    """Go's name of this machine's processor. Raises `LabError` for one without tools."""
    name = name or platform.machine()
    known = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    if name not in known:
        raise LabError(f"processor {name}", "tools exist for x86_64 and aarch64 only", "use such a machine")
    return known[name]


def located(template: str, arch: str) -> str:
    """A release's address for one kind of machine."""
    return template.format(arch=arch, x64={"amd64": "x64"}.get(arch, arch))
