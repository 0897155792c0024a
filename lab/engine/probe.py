"""Lists the installed distributions of whichever Python runs it, as JSON. Needs the standard library only."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any


def normal(name: str) -> str:
    """A name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(distribution: Distribution) -> list[str]:
    """The names it needs, without those of its extras."""
    lines = [line for line in distribution.requires or [] if not re.search(r";.*\bextra\b", line)]
    return sorted({normal(m.group()) for m in (re.match(r"[A-Za-z0-9._-]+", line) for line in lines) if m})


def plugin(distribution: Distribution) -> Any:
    """Its `pulumi-plugin.json`, looked for where the SDK generator puts it: in the module of the same name.

    The file lists of all distributions would tell too, but those of the large SDKs take seconds to read.
    """
    module = distribution.metadata["Name"].replace("-", "_")
    file = Path(str(distribution.locate_file(module))) / "pulumi-plugin.json"
    return json.loads(file.read_text()) if file.is_file() else None


def installed() -> Iterator[dict[str, Any]]:
    """Each distribution once; the first on the path hides those behind it."""
    seen = set()
    for each in distributions():
        name = each.metadata["Name"]
        if name and normal(name) not in seen:
            seen.add(normal(name))
            yield {"name": name, "version": each.version, "requires": required(each), "plugin": plugin(each)}


if __name__ == "__main__":
    json.dump(list(installed()), sys.stdout)
