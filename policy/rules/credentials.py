"""What counts as a credential: by the key that it stands under, or by what it says."""

from __future__ import annotations

import re

from policy.properties import Property
from policy.rules.texts import decoded, known, plain, unfolded

MENTIONS = re.compile(r"(?i)pass|secret|token|key|connection")
"""What every text with a credential in it says."""
_ENDINGS = (
    *("password", "passwd", "passphrase", "token", "clientsecret", "connectionstring"),
    *("accesskey", "accountkey", "apikey", "clientkeydata", "privatekey", "sharedkey"),
)
_CLUSTER_TOKEN = "clustertoken"  # noqa: S105  (etcd's --initial-cluster-token is a name, and no secret)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")
_PUBLIC = re.compile(r"-----BEGIN (CERTIFICATE|PUBLIC KEY)-----")
_PUBLIC_FILES = ("ca.crt", "tls.crt")
_NO_LITERAL = re.compile(
    r"""(?xs)
    | true | false | null | ~       # a switch, or nothing
    | \$[({A-Za-z_].* | \{\{.*      # a variable
    | [.~]{0,2}(/[\w.-]+){2,}       # a file
    """
)


def names_one(key: str) -> bool:
    """Whether what stands under this key is a credential, such as "clientSecret" or "DB_PASSWORD".

    "tokenSeconds", "secretName" and "passwordPolicy" are no such keys.
    """
    name = plain(key)
    return name == "secret" or (name.endswith(_ENDINGS) and not name.endswith(_CLUSTER_TOKEN))


def literal(text: str) -> bool:
    """Whether it is a value itself: neither a reference to one nor a switch nor the name of a file."""
    return bool(text) and not _NO_LITERAL.fullmatch(text)


def described(key: str, text: str) -> str:
    """What it is, such as "a private key"; empty if it is no credential."""
    if _PRIVATE_KEY.search(text):
        return "a private key"
    return "a credential" if names_one(key) and literal(text) else ""


def public(key: str, text: str) -> bool:
    """Whether an entry of a Secret is nothing to hide: empty, a certificate or a public key."""
    said = decoded(text)
    if _PRIVATE_KEY.search(said):
        return False
    return not said or key in _PUBLIC_FILES or bool(_PUBLIC.search(said))


def are_in(text: Property) -> bool:
    """Whether there are credentials in a text."""
    return any(described(key, known(value)) for key, value in unfolded("", text, MENTIONS))
