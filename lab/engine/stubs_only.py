"""Importing this makes the stubs of Pulumi's protocol importable without the SDK around them.

The SDK takes 0.2 s to import and the engine starts three hosts for one `pulumi up`. For a process that is a language
host and nothing else; where the SDK is loaded already, nothing changes.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def _bare(name: str, directory: Path) -> None:
    """A package without the code of its `__init__.py`."""
    package = ModuleType(name)
    package.__path__ = [str(directory)]
    sys.modules[name] = package


if "pulumi" not in sys.modules and (_found := find_spec("pulumi")) and _found.origin:
    _sdk = Path(_found.origin).parent
    _bare("pulumi", _sdk)
    _bare("pulumi.runtime", _sdk / "runtime")
