"""System packages: named before they are installed, and only those that are missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from lab import preflight
from lab.errors import LabError
from lab.shell import run

BUILD_PACKAGES = {"gcc": "gcc", "skopeo": "skopeo", "curl": "curl", "dig": "bind9-dnsutils"}
"""Program → package: images are compiled or pulled with the first two, and clusters are asked with the others."""

C_LIBRARY = "libc6-dev"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Programs that will do for tests of pages; the first one is the package's name, too."""


def browser() -> str | None:
    """Path of a browser that is there."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def missing(*, with_browser: bool = False) -> list[str]:
    """Debian packages this machine lacks for the lab, its images, the demo and the tests."""
    needed = [package for program, package in BUILD_PACKAGES.items() if shutil.which(program) is None]
    if "gcc" in needed:
        needed.append(C_LIBRARY)
    if with_browser and browser() is None:
        needed.append(BROWSERS[0])
    return sorted({*preflight.missing_packages(), *needed})


def install_packages(
    *, say: Callable[[str], None], dry_run: bool = False, with_browser: bool = False
) -> list[str]:
    """Install what is missing. Returns the packages' names. Raises `LabError` off Debian or without root."""
    wanted = missing(with_browser=with_browser)
    if not wanted:
        say("system packages: all there")
        return []
    say(f"system packages to install: {' '.join(wanted)}")
    if dry_run:
        return wanted
    preflight.require_linux_and_root()
    if shutil.which("apt-get") is None:
        raise LabError(
            "system packages",
            "this machine has no apt-get, so they can't be installed from here",
            f"install what your distribution calls {' '.join(wanted)}",
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "-qq", "update"], timeout=300, env=env)
    run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *wanted], timeout=900, env=env)
    return wanted
