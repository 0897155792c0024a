"""The one error: a sentence with its next step, or a list of causes with theirs."""

from __future__ import annotations

from lab.errors import LabError, NotFoundError


def test_an_error_says_what_why_and_what_next() -> None:
    error = LabError("node a", "it is switched off", "switch it on")
    assert str(error) == "node a: it is switched off. Next: switch it on."
    assert (error.obj, error.cause, error.fix) == ("node a", "it is switched off", "switch it on")


def test_the_next_step_after_a_list_has_a_line_of_its_own() -> None:
    assert str(LabError("x", "two causes:\n  - one\n  - two\n", "mend both")) == (
        "x: two causes:\n  - one\n  - two\nNext: mend both."
    )


def test_what_is_not_there_is_an_error_of_the_lab() -> None:
    assert issubclass(NotFoundError, LabError)
