"""Which names are those of secrets. Pure."""

from __future__ import annotations

import re

SECRET = {
    *("authorization", "cookie", "credential", "kubeconfig", "passphrase", "passwd", "password", "pwd"),
    *("secret", "sig", "signature", "token"),
}
"""Last words of a name whose value is a secret; so are their plurals."""
PUBLIC_KEYS = {
    "topology",
    "public",
    "label",
    "annotation",
    "taint",
    "toleration",
    "sort",
    "partition",
    "node",
}
"""Words before "key" that make it no secret; "key" alone is none, as in a taint."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IN_ENV = re.compile(r"PASSW|PWD|TOKEN|SECRET|KEY|CREDENTIAL|PASSPHRASE|AUTH|COOKIE|SIGNATURE", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Whether what a key, an option or a variable of this name holds is a secret: its last word says so.

    "secretName" is the name of one, and no secret; "client-key-data" and "apiKey" are secrets.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and words[-1] in {"data", "value"}:
        words.pop()
    if not words:
        return False
    last = words[-1].removesuffix("s") if words[-1].removesuffix("s") in SECRET else words[-1]
    if last in {"key", "keys", "apikey"}:
        return last == "apikey" or (len(words) > 1 and words[-2] not in PUBLIC_KEYS)
    return last in SECRET


def is_secret_variable(name: str) -> bool:
    """The same of a variable of the environment, where any such word is enough: nobody else gives them names."""
    return _IN_ENV.search(name) is not None
