"""The files of Debian packages as entries of a layer: trimmed to what a container uses, owners kept."""

from __future__ import annotations

import fnmatch
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from lab.errors import LabError
from lab.images.apt import Apt, Deb
from lab.images.layer import Entry, Kind, Part, chunks, file
from lab.shell import run

MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Directories that are links into /usr on Debian since 12; its packages still name files below them."""

TRIMMED = (
    "etc/apparmor.d",
    "etc/cron.*",
    "etc/default",
    "etc/dpkg",
    "etc/init",
    "etc/init.d",
    "etc/logrotate.d",
    "etc/network",
    "etc/nginx/sites-*",  # Debian's way to configure it; the image has conf.d
    "etc/ufw",
    "etc/update-motd.d",
    "usr/lib/systemd",
    "usr/lib/udev",
    "usr/lib/sysusers.d",
    "usr/lib/tmpfiles.d",
    "usr/lib/*/gconv",
    "usr/lib/*/perl*",
    "usr/share/perl*",
    "usr/lib/*/sasl2",
    "usr/share/apport",
    "usr/share/base-files",
    "usr/share/bash-completion",
    "usr/share/bug",
    "usr/share/common-licenses",
    "usr/share/debianutils",
    "usr/share/dict",
    "usr/share/doc",
    "usr/share/doc-base",
    "usr/share/gcc",
    "usr/share/gdb",
    "usr/share/info",
    "usr/share/initramfs-tools",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/menu",
    "usr/share/misc",
    "usr/share/snmp",
    "usr/share/vim",
    "usr/share/zsh",
)
"""Never used by a container of ours. Licences stay with the packages, which are public."""

CA_PARTS = "usr/share/ca-certificates/"
CA_BUNDLE = "etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Packages:
    """Debian packages unpacked for one build.

    Attributes:
        apt: where they come from.
        scratch: a directory the contents stay in until the archive is written.
    """

    apt: Apt
    scratch: Path

    def closure(self, names: Sequence[str], without: Sequence[str] = ()) -> tuple[Deb, ...]:
        """The packages with all they need, downloaded. Raises `LabError`."""
        debs = self.apt.closure(names, without)
        self.apt.fetch(debs)
        return debs

    def entries(self, debs: Iterable[Deb]) -> list[Entry]:
        """Their files. Raises `LabError` for a file that is no package."""
        return [entry for deb in debs for entry in read_tar(self._unpacked(deb)) if not trimmed(entry.path)]

    def _unpacked(self, deb: Deb) -> Path:
        """The package's files as a plain tar, whose parts the layer then points into."""
        target = self.scratch / f"{deb.file}.tar"
        if not target.exists():
            with target.open("wb") as out:
                done = subprocess.run(
                    ["dpkg-deb", "--fsys-tarfile", self.apt.path(deb)],
                    stdout=out,
                    stderr=subprocess.PIPE,
                    check=False,
                )
            if done.returncode:
                self.apt.path(deb).unlink(missing_ok=True)
                said = done.stderr.decode(errors="replace").strip()
                raise LabError(
                    f"package {deb.name}", f"dpkg-deb cannot read it: {said}", "try again: it is fetched anew"
                )
        return target


def read_tar(path: Path) -> Iterator[Entry]:
    """Files, directories and links of a package, under their paths after the /usr merge. No devices."""
    with tarfile.open(path) as tar:
        for member in tar:
            if name := merged(member.name):
                yield from _entry(path, tar, member, name)


def _entry(path: Path, tar: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> Iterator[Entry]:
    owner = Entry(path=name, mode=member.mode, uid=member.uid, gid=member.gid)
    if member.isdir():
        yield replace(owner, kind=Kind.DIRECTORY)
    elif member.issym():
        yield replace(owner, kind=Kind.SYMLINK, target=member.linkname, mode=0o777)
    elif member.isreg() or member.islnk():
        # A hard link becomes a copy: its first name may be trimmed away.
        source = tar.getmember(member.linkname) if member.islnk() else member
        yield replace(owner, content=Part(path, source.offset_data, source.size))


def merged(name: str) -> str:
    """`./bin/sh` is `usr/bin/sh`. Empty for the root and for the merged directories themselves.

    A relative link such as `lib64/ld.so -> ../lib/x` still ends at the right file: `/usr/lib64/../lib/x`.
    """
    parts = PurePosixPath(name).parts
    if parts and parts[0] in MERGED:
        return "/".join(("usr", *parts)) if len(parts) > 1 else ""
    return "/".join(parts)


def trimmed(path: str) -> bool:
    """Whether a path is left out, with all below it."""
    parts = path.split("/")
    above = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    return any(fnmatch.fnmatchcase(each, pattern) for each in above for pattern in TRIMMED)


def ca_bundle(entries: Iterable[Entry]) -> Entry:
    """The one file of certificates that OpenSSL, GnuTLS and Go read; the package makes it by a script."""
    parts = sorted(
        (e for e in entries if e.path.startswith(CA_PARTS) and e.path.endswith(".crt")), key=lambda e: e.path
    )
    return file(CA_BUNDLE, b"".join(read(each) for each in parts))


def read(entry: Entry) -> bytes:
    """The content of a small file."""
    return b"".join(chunks(entry.content))


def applets(entries: Sequence[Entry], scratch: Path) -> list[str]:
    """The commands this busybox has. It is asked, through its own loader: the machine's libc may be another.

    Raises `LabError` when it does not run.
    """
    root = scratch / "busybox"
    for entry in entries:
        target = root / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if entry.kind is Kind.FILE:
            target.write_bytes(read(entry))
            target.chmod(entry.mode)
    libraries = sorted({str(path.parent) for path in root.rglob("*.so*")})
    loader = next(root.rglob("ld-linux-*.so.*"))
    said = run([loader, "--library-path", ":".join(libraries), root / "usr/bin/busybox", "--list"])
    return said.stdout.split()
