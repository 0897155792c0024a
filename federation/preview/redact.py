"""Texts of others (an engine's, a provider's) without what looks like a credential. Pure.

The engine takes out what it knows to be a secret. This is for the rest: an answer of a cloud that repeats a token, a
kubeconfig in a traceback. It is better to hide a word too many than to publish a key in a comment.
"""

from __future__ import annotations

import re

from federation.preview.events import SECRET

_PATTERNS = (
    # PEM, whole or cut short
    re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL),
    # JSON Web Tokens: two parts in base64url that start with {"
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"),
    # user and password in a URL
    re.compile(r"(?<=://)[^\s/@]+:[^\s/@]*(?=@)"),
    re.compile(r"(?i)(?<=\bbearer )\s*[^\s,;'\"]+"),
    # key: value and key=value, also in JSON
    re.compile(
        r"(?i)(?<![a-z])(?P<key>[\w.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|"
        r"private[_-]?key|client-key-data|client-certificate-data|account[_-]?key)[\w.-]*[\"']?\s*[:=]\s*)"
        r"(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&}]+)"
    ),
)
_BASE64 = re.compile(r"(?<![\w/+=-])[A-Za-z0-9+/]{40,}={0,2}(?![\w/+=])")
"""Long enough for keys, certificates and what Kubernetes has in Secrets, and for paths and digests."""
_RANDOM = re.compile(r"(?=[^/]*[0-9])(?=[^/]*[A-Z])(?=[^/]*[a-z])[^/]{20,}")
"""No part of a path and no digest in hexadecimal has all of these."""


def redacted(text: str) -> str:
    """The text, with `SECRET` for what looks like a credential."""
    for pattern in _PATTERNS:
        text = pattern.sub(_mark, text)
    return _BASE64.sub(lambda run: SECRET if _RANDOM.search(run[0]) else run[0], text)


def _mark(found: re.Match[str]) -> str:
    return found.groupdict().get("key", "") + SECRET
