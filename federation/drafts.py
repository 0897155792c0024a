"""Files with secrets in them: there as a whole or not at all, and for their owner's eyes only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


@contextmanager
def draft(target: Path) -> Iterator[IO[bytes]]:
    """A file beside the target, of mode 0600, that takes its place when the block ends; if it fails, nothing is left.

    What is written is on the disk before. Raises `OSError`.
    """
    with NamedTemporaryFile(prefix=f".{target.name}.", dir=target.parent, delete=False) as file:  # mode 0600
        place = Path(file.name)
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            place.replace(target)
        finally:
            place.unlink(missing_ok=True)
