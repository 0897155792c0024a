"""Which Debian packages a program needs, and their files: without installing anything, and without root.

APT works on a state of our own, in which nothing is installed but the packages we say we do without; the
machine's own state is only read. Its package lists are used while they are good; when they are missing or
name files that are gone, fresh ones are fetched into our directory.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from lab.errors import LabError
from lab.shell import run

SUBJECT = "images from Debian packages"
FIX = "take the images from a registry instead (image source `pull`)"

PROVIDED = (
    *("adduser", "base-files", "debconf", "debianutils", "dpkg", "init-system-helpers", "libpam-runtime"),
    *("lsb-base", "mawk", "mount", "openssl", "passwd", "perl", "perl-base", "sensible-utils", "systemd"),
    *("systemd-sysv", "sysvinit-utils", "tar", "ucf", "usrmerge"),
)
"""Never in an image: they serve installation scripts, which are not run, or a system that boots."""

_INSTALL = re.compile(r"^Inst (?P<name>\S+) \((?P<version>\S+) .*\[(?P<arch>\w+)\]\)", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Deb:
    """One binary package at one version."""

    name: str
    version: str
    arch: str

    @property
    def file(self) -> str:
        """The name `apt-get download` gives the file: a version's epoch colon is escaped."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.arch}.deb"

    @property
    def upstream(self) -> str:
        """The version its authors know: `1:2.2.7-1+b2` is `2.2.7`, `1:1.35.0+dfsg-4` is `1.35.0`."""
        return re.split(r"[+~]", self.version.split(":", 1)[-1].rsplit("-", 1)[0])[0]


@dataclass(frozen=True)
class Apt:
    """Packages of this machine's Debian, kept in `root`.

    Attributes:
        root: our own directory; deleting it costs the downloads only.
        progress: told what takes long.
    """

    root: Path
    progress: Callable[[str], None]

    def closure(self, packages: Sequence[str], without: Sequence[str] = ()) -> tuple[Deb, ...]:
        """The packages and all they depend on, but for `without`; remembered until `root` is deleted.

        Raises `LabError` where there is no APT, or it knows no such package.
        """
        memory = self.root / f"closure-{_key(packages, without)}.json"
        if memory.exists():
            return tuple(Deb(**each) for each in json.loads(memory.read_text()))
        require_tools()
        self.progress(f"finding the Debian packages of {', '.join(packages)}")
        found = self._plan(packages, without)
        memory.write_text(json.dumps([asdict(each) for each in found]))
        return found

    def fetch(self, debs: Iterable[Deb]) -> None:
        """Download what is not there yet; APT checks signatures and digests. Raises `LabError`."""
        missing = [each for each in debs if not self.path(each).exists()]
        if not missing:
            return
        require_tools()
        self.progress(f"downloading {len(missing)} Debian packages")
        names = [f"{each.name}:{each.arch}={each.version}".replace(":all=", "=") for each in missing]
        try:
            self._apt("download", *names, status=self._status(()))
        except LabError:
            # The lists name a version that the mirror has replaced: forget what was planned from them.
            for memory in self.root.glob("closure-*.json"):
                memory.unlink()
            raise

    def path(self, deb: Deb) -> Path:
        """Where the file of a package is, once fetched."""
        return self.root / "debs" / deb.file

    def _plan(self, packages: Sequence[str], without: Sequence[str]) -> tuple[Deb, ...]:
        status = self._status([name for name in (*PROVIDED, *without) if name not in packages])
        try:
            debs = self._simulate(packages, status)
            self.fetch(debs)
        except LabError:
            self._update(status)
            debs = self._simulate(packages, status)
            self.fetch(debs)
        return debs

    def _simulate(self, packages: Sequence[str], status: Path) -> tuple[Deb, ...]:
        said = self._apt("install", "--simulate", "--no-install-recommends", *packages, status=status)
        return tuple(sorted(Deb(**match.groupdict()) for match in _INSTALL.finditer(said)))

    def _update(self, status: Path) -> None:
        self.progress("fetching Debian's package lists")
        lists = self.root / "lists"
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        # A broken third-party source fails the whole command, yet Debian's own lists may be there: go on.
        self._apt("update", status=status, check=False)

    def _apt(self, *words: str, status: Path, check: bool = True) -> str:
        downloads = self.root / "debs"
        (self.root / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        downloads.mkdir(exist_ok=True)
        lists = self.root / "lists"
        options = {
            "Dir::State::status": status,
            "Dir::Cache": self.root / "cache",
            "Debug::NoLocking": "1",
            # The user _apt cannot write below a private directory.
            "APT::Sandbox::User": "root",
        } | ({"Dir::State::lists": lists} if lists.exists() else {})
        flags = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        command = ["env", f"--chdir={downloads}", "LC_ALL=C", "apt-get", "--quiet=2", "--yes", *flags, *words]
        return run(command, timeout=600, check=check).stdout

    def _status(self, present: Iterable[str]) -> Path:
        """A dpkg database in which exactly these packages are installed."""
        content = "".join(
            f"Package: {name}\nStatus: install ok installed\nVersion: 9999\nArchitecture: all\n"
            "Multi-Arch: allowed\nMaintainer: nobody\nDescription: not needed in an image\n\n"
            for name in present
        )
        path = self.root / f"status-{sha256(content.encode()).hexdigest()[:12]}"
        if not path.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return path


def require_tools() -> None:
    """Raise `LabError` on a machine that is no Debian."""
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise LabError(SUBJECT, f"there is no {program} on this machine", FIX)


def _key(packages: Sequence[str], without: Sequence[str]) -> str:
    return sha256(json.dumps([sorted(packages), sorted(without), PROVIDED]).encode()).hexdigest()[:16]
