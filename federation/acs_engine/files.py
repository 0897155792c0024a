"""api-model files, as the topology names them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from federation.acs_engine.conversion import ApiModelError, Options, convert
from federation.acs_engine.tree import LARGEST

_OF_THE_TOPOLOGY = ("name", "kind")


def read(path: str | Path) -> bytes:
    """The contents of a file; `~` and `$VARIABLES` are replaced. Raises `ApiModelError` if it cannot be read."""
    name = str(path).encode("utf-8", "backslashreplace").decode()  # a message must not fail on it
    try:
        str(path).encode()
        with Path(os.path.expandvars(path)).expanduser().open("rb") as file:
            return file.read(LARGEST + 1)  # what is longer is refused by who reads it
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it is no name of a file"
        raise ApiModelError(name, f"cannot be read: {reason}", "name a file that is there") from None


def settings(path: str | Path, *, location: str | None = None) -> dict[str, Any]:
    """What an api-model file says about a cluster, for `acs_engine` in a topology, whose own keys win.

    Args:
        path: of the file.
        location: of the cluster; without it, and if the file has none, nothing is said about zones.

    Returns:
        Keys of a cluster of kind `aks` without `name` and `kind`; `location` only if the file or the argument has it.

    Raises `ApiModelError`, with all that is wrong, if the file is refused. The message holds no secret.
    """
    done = convert(read(path), source=str(path), options=Options(location=location, needs_location=False))
    if not done.ok:
        fix = f"correct the file; `fedctl convert {path}` tells what becomes of each line"
        raise ApiModelError(str(path), "; ".join(done.problems), fix)
    return {key: _without_most(value) for key, value in done.cluster.items() if key not in _OF_THE_TOPOLOGY}


def _without_most(value: Any) -> Any:
    """Pools without `max_count`: that is twice the count in a topology, too, and so follows a count beside the file."""
    if isinstance(value, list):
        return [_without_most(each) for each in value]
    return {k: v for k, v in value.items() if k != "max_count"} if isinstance(value, dict) else value
