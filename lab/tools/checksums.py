"""Reading the lists of checksums that releases come with."""

from __future__ import annotations

import re

# By the length of the digest. SHA-1 only since Pulumi's provider releases list nothing better: a forger would
# need a second preimage of it, which nobody can make.
_ALGORITHMS = {64: "sha256", 40: "sha1"}
_LINE = re.compile(r"^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})(?:\s+\*?(\S+))?$")


def checksum_of(text: str, file: str) -> str | None:
    """The checksum of a file in a release's list, as "algorithm:hex digest".

    None when the list lacks it, or contradicts itself. Takes what `sha256sum` and `shasum` write
    ("DIGEST  NAME", also "*NAME" and "./NAME"), and the single bare digest of dl.k8s.io.
    """
    found = [match.groups() for line in text.splitlines() if (match := _LINE.match(line.strip()))]
    only = len(found) == 1 and found[0][1] is None
    digests = {digest.lower() for digest, name in found if only or _base(name) == file}
    if len(digests) != 1:
        return None
    digest = digests.pop()
    return f"{_ALGORITHMS[len(digest)]}:{digest}"


def _base(name: str | None) -> str:
    return (name or "").rpartition("/")[2]
