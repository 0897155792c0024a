"""Running programs: every call is a list of arguments, has a deadline, and fails with what the program said."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import IO, Any

from lab.errors import LabError

Arg = str | PathLike[str]


def run(
    argv: Sequence[Arg],
    *,
    timeout: float = 60,
    check: bool = True,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    stdin_file: IO[bytes] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and keep its output.

    Raises `LabError` when it cannot be started, takes longer than `timeout` seconds, or (with `check`) fails.
    """
    words = [str(a) for a in argv]
    source: dict[str, Any] = (
        {"stdin": stdin_file or subprocess.DEVNULL} if stdin is None else {"input": stdin}
    )
    try:
        done = subprocess.run(
            words,
            timeout=timeout,
            env=env,
            text=True,
            capture_output=True,
            check=False,
            errors="replace",
            **source,
        )
    except FileNotFoundError:
        raise LabError(words[0], "the program is not installed", "run `make venv` or install it") from None
    except OSError as error:
        raise LabError(
            words[0], f"it can't be started ({error.strerror})", "put a program that runs here in its place"
        ) from None
    except subprocess.TimeoutExpired:
        raise LabError(
            " ".join(words), f"not done within {timeout:g} s", "see what it waits for, then run it again"
        ) from None
    if check and done.returncode != 0:
        said = (done.stderr or done.stdout).strip() or "nothing"
        raise LabError(
            " ".join(words),
            f"exit status {done.returncode}; it said: {said}",
            "mend that and run the command again",
        )
    return done
