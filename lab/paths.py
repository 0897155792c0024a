"""Where the lab keeps things: tools and images in a cache, each lab's machines in a state directory."""

from __future__ import annotations

import os
from pathlib import Path

APPLICATION = "k8s-federation"


def cache_dir() -> Path:
    """What may be deleted at any time and is made again: tools, downloads, images.

    `FEDERATION_CACHE` wins, then `XDG_CACHE_HOME` (XDG Base Directory Specification), then `~/.cache`.
    """
    if own := os.environ.get("FEDERATION_CACHE"):
        return Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / APPLICATION


def state_dir(lab: str) -> Path:
    """Everything a running lab owns on disk; `lab down` removes it. `FEDERATION_STATE` moves it."""
    return Path(os.environ.get("FEDERATION_STATE") or f"/var/lib/{APPLICATION}").absolute() / lab
