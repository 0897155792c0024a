"""What in a file is a secret: by its name, or by the look of its value.

A reference to a key vault is none. Names are compared without case, dashes and underscores.
"""

from __future__ import annotations

import base64
import binascii
import re

from federation.acs_engine.values import Loc, Scalar

# At the end of a key: `secretName` and `--token-auth-file` name a secret, they are none.
_NAMES = re.compile(
    r"(password|passwd|passphrase|pwd|secret|token|credentials?|privatekeys?|clientkey|accesskey|accountkey"
    r"|storagekey|sharedkey|apikey|encryptionkey|connectionstring|kubeconfig|registrypass|authdata)$"
)
_REFERENCE = re.compile(
    r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.KeyVault/vaults/[^/\s]+"
    r"/secrets/[^/\s]+(/[^/\s]+)?|https://[a-z0-9-]+\.vault\.[a-z.]+(:443)?/secrets/[^?\s]+",
    re.IGNORECASE,
)
_LOOKS = re.compile(
    r"-----BEGIN[A-Z ]*PRIVATE KEY|PuTTY-User-Key-File|AccountKey=|SharedAccessKey=|SharedAccessSignature="
    r"|[?&]sig=|://[^/@\s:]*:[^/@\s]+@|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"
)
_PEM_IN_BASE64 = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]*")
# Settings of acs-engine that may hold anything: no error, but never shown.
_PERHAPS = {"extensionparameters", "applicationinsightskey", "urlquery", "data", "script", "customdata"}


def secret(loc: Loc, value: Scalar) -> bool:
    """Whether a value is a secret in clear."""
    if value in (None, "") or isinstance(value, bool):
        return False
    text = str(value) if not isinstance(value, int | float) else ""
    if looks_secret(text):
        return True
    if not any(_NAMES.search(_plain(part)) for part in loc if isinstance(part, str)):
        return False
    is_switch = text in ("true", "false") and str(loc[-1]).startswith("--")
    return not is_switch and not _REFERENCE.fullmatch(text)


def hidden(loc: Loc) -> bool:
    """Whether a value is not shown although it may be none."""
    return any(_plain(part) in _PERHAPS for part in loc if isinstance(part, str))


def looks_secret(text: str) -> bool:
    """Whether a text looks like a secret wherever it stands."""
    if _LOOKS.search(text):
        return True
    return any("PRIVATE KEY" in _decoded(hit[0]) for hit in _PEM_IN_BASE64.finditer(text))


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text[: len(text) // 4 * 4]).decode("latin-1")
    except binascii.Error:
        return ""


def _plain(key: str) -> str:
    return re.sub(r"[-_.\s]", "", key.lower())
