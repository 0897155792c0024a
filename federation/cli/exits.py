"""The exit statuses of every command, in one place: docs/fedctl.md shows the table, and a test holds commands to it."""

from __future__ import annotations

FINE = 0
ERROR = 1
USAGE = 2
FINDINGS = 3
FAILED = 4

MEANINGS = {
    FINE: "done, and nothing is wrong",
    ERROR: "an error that you can act on: it is one line on the standard error, and docs/troubleshooting.md has it",
    USAGE: "the command line is wrong: no such command or option, or a value that it does not take",
    FINDINGS: "looked, and something is wrong or in the way: it is in the output",
    FAILED: "of `fedctl verify` alone: a check has failed",
}
"""Status → what it means. What a command makes of 3 and 4 is the end of its description."""
