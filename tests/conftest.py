"""What holds for all tests."""

from __future__ import annotations

import pickle

import pytest


@pytest.fixture(autouse=True)
def one_program_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what the SDK leaves behind for each dynamic resource of a program: one more layer around the pickler.

    A program does not notice, as our providers have no state to be pickled; the tests are a thousand programs in one
    process (pulumi/dynamic/dynamic.py, serialize_provider).
    """
    monkeypatch.setattr(pickle._Pickler, "_batch_setitems", pickle._Pickler._batch_setitems)  # type: ignore[attr-defined]
