"""`python -m federation.controllers NAME --config FILE`: the entry point of the image."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from federation.controllers import process
from federation.errors import FederationError

# Imported when asked for: a controller does not pay for the memory of another one's modules.
CONTROLLERS = {
    "dns": "federation.controllers.dns",
    "vip": "federation.controllers.vip",
    "keepalived": "federation.controllers.keepalived",
}


def config(path: Path) -> Mapping[str, Any]:
    """The parsed configuration: one JSON object. Raises `FederationError`; its message shows no content."""
    try:
        found = json.loads(path.read_text())
    except OSError as error:
        raise FederationError(
            f"configuration {path}", f"cannot be read: {error.strerror}", "mount it into the container"
        ) from None
    except ValueError:
        raise FederationError(f"configuration {path}", "is not JSON", "write a JSON object") from None
    if not isinstance(found, dict):
        raise FederationError(f"configuration {path}", "is not a JSON object", "write a JSON object")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run one controller until SIGTERM; the exit code is 0 then, 1 after a failure, 2 for wrong arguments."""
    parser = argparse.ArgumentParser(prog="python -m federation.controllers")
    parser.add_argument("name", choices=sorted(CONTROLLERS))
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="a JSON object")
    given = parser.parse_args(argv)
    try:
        settings = config(given.config)
    except FederationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    work = importlib.import_module(CONTROLLERS[given.name]).main
    return process.run(given.name, settings, work)


if __name__ == "__main__":
    sys.exit(main())
