"""What the scripts of commands fetch."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from policy.properties import Property
from policy.rule import Context, Finding, Undecided, Verdicts, each
from policy.rules.commands import commands, statements
from policy.rules.sources import archived, pinned, plain
from policy.stack import Resource

_URL = re.compile(r"https?://[^\s'\"<>()`]+")
_CHECKED = re.compile(r"\b(sha256sum|sha512sum|shasum|cosign verify)")
_CHECKED_OUT = re.compile(r"(checkout|reset|--revision)[^\n;|&]*\b[0-9a-f]{40}\b")
_FETCH = re.compile(r"\b(curl|wget)\s")
_CLONE = re.compile(r"\bgit\s(.*\s)?clone\s")
_REPOSITORY = re.compile(r"[^\s'\"]*(://|@)[^\s'\"]+")
_APPLY = re.compile(r"\bkubectl\s(.*\s)?(apply|create|replace)\s")
_HELM = re.compile(r"\bhelm\s(.*\s)?(install|upgrade|pull|fetch|template)\s")
_VALUES = re.compile(r"\s(-f|--values)[= ]\s*\S+")
_CHART = re.compile(r"\s['\"]?([^\s'\"=-][^\s'\"=]*/[^\s'\"]*)")

_Found = tuple[str, str] | None
"""What is fetched, and what is wrong with that."""


def downloads_of_commands(resource: Resource, _context: Context[Any]) -> Verdicts:
    """What a script fetches is compared with a checksum, or named by a version or a commit.

    It knows curl, wget, git clone, helm and kubectl by their usual words, and follows no variables.
    """
    for command in commands(resource):
        if isinstance(command, Undecided):
            yield command
        else:
            yield from each(statements(command.text()), partial(_statement, command))


def _statement(command: Property, statement: str) -> Verdicts:
    whole = command.text()
    for found in (_fetch(statement, whole), _clone(statement, whole), _helm(statement), _apply(statement)):
        if found:
            seen = plain(Property(found[0], secret=command.secret))
            yield Finding(seen, f"{seen!r} {found[1]} ({command.path})")


def _fetch(statement: str, whole: str) -> _Found:
    url = _moving_url(statement)
    if url and _FETCH.search(statement) and not _CHECKED.search(whole):
        return url, "is downloaded without a checksum"
    return None


def _clone(statement: str, whole: str) -> _Found:
    if not _CLONE.search(statement) or _CHECKED_OUT.search(whole):
        return None
    repository = _REPOSITORY.search(statement)
    return repository.group() if repository else "git clone", "is cloned without a check-out of one commit"


def _apply(statement: str) -> _Found:
    url = _moving_url(statement)
    return (url, "is applied from a place where it can change") if url and _APPLY.search(statement) else None


def _helm(statement: str) -> _Found:
    if not _HELM.search(statement):
        return None
    words = _CHART.findall(_VALUES.sub("", statement))
    remote = [word for word in words if not word.startswith(("/", "."))]
    if words and not remote:  # a directory
        return None
    chart = remote[0] if remote else "helm"
    if archived(chart):
        return chart, "comes from a repository of charts that is archived"
    return None if " --version" in statement else (chart, "is installed without a version")


def _moving_url(statement: str) -> str:
    """The first URL in it that names no commit; what a shell puts into it is left out."""
    urls = [url.rstrip("$") for url in _URL.findall(statement)]
    return next((url for url in urls if not pinned(url)), "")
