"""URLs of what is fetched."""

from __future__ import annotations

import re

from policy.properties import REDACTED, Property

_COMMIT = re.compile(r"([/@]|[?&]ref=)[0-9a-f]{40}([/&]|$)")
_ARCHIVED = re.compile(
    r"(stable|incubator)/"
    r"|https?://(kubernetes-charts[a-z-]*\.storage\.googleapis\.com|charts\.helm\.sh/(stable|incubator))"
)
_USER = re.compile(r"//[^/\s]*@")


def pinned(url: str) -> bool:
    """Whether it names a commit: that is a hash of its content, so what it leads to cannot change."""
    return _COMMIT.search(url) is not None


def archived(place: str) -> bool:
    """Whether a chart's URL or "alias/name" is in one of Helm's own repositories.

    Nobody has written to them since 2020-11-13 (helm.sh/blog/charts-repo-deprecation).
    """
    return _ARCHIVED.match(place) is not None


def plain(value: Property) -> str:
    """A URL as messages may show it: without a user, a password or a query, and not if it is a secret."""
    opened = value.opened()
    return REDACTED if opened.secret else _USER.sub("//", value.text()).partition("?")[0]
