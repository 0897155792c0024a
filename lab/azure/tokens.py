"""Access tokens: JSON Web Tokens (RFC 7519) signed with the stand-in's own RSA key."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lab.azure.clock import Clock
from lab.azure.http import Document

ALGORITHM = "RS256"
_ASSERTIONS = ("RS256", "ES256")  # what Kubernetes API servers sign service accounts' tokens with


class TokenError(Exception):
    """A token that can't be taken. `expired` says whether time is all that is wrong."""

    def __init__(self, why: str, *, expired: bool = False) -> None:
        super().__init__(why)
        self.expired = expired


class Signer:
    """Signs tokens and proves them.

    Args:
        directory: where `token.key` is kept (mode 0600), so that tokens outlive a restart; None: in memory.
    """

    def __init__(self, clock: Clock, directory: Path | None = None) -> None:
        self._clock = clock
        self._file = directory / "token.key" if directory else None
        self._lock = threading.Lock()
        self._made: rsa.RSAPrivateKey | None = None

    @property
    def _key(self) -> rsa.RSAPrivateKey:
        """Made when it is first needed, as that takes a tenth of a second."""
        with self._lock:
            if self._made is None:
                self._made = self._load() or self._make()
            return self._made

    def _load(self) -> rsa.RSAPrivateKey | None:
        if self._file is None or not self._file.exists():
            return None
        key = serialization.load_pem_private_key(self._file.read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{self._file} holds no RSA key")
        return key

    def _make(self) -> rsa.RSAPrivateKey:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        if self._file is not None:
            pem = key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            with os.fdopen(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(pem)
        return key

    def sign(self, claims: Document) -> str:
        """The token."""
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self._key_id})

    def claims(self, token: str) -> Document:
        """What one of our own tokens says. Raises `TokenError` for any other, and for one whose time is over."""
        return self._proved(token, self._key.public_key(), (ALGORITHM,))

    def assertion(self, token: str, keys: Document) -> Document:
        """What another issuer's token says, proved with its key set. Raises `TokenError`."""
        try:
            wanted = jwt.get_unverified_header(token).get("kid")
            known = jwt.PyJWKSet.from_dict(keys).keys
        except jwt.PyJWTError as error:
            raise TokenError(str(error)) from None
        key = next((k for k in known if wanted is None or k.key_id == wanted), None)
        if key is None:
            raise TokenError(f"the issuer has no key '{wanted}'")
        return self._proved(token, key.key, _ASSERTIONS)

    def _proved(self, token: str, key: Any, algorithms: Sequence[str]) -> Document:
        """Times are compared with our clock, not the machine's."""
        off = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
        try:
            claims: Document = jwt.decode(token, key, algorithms=list(algorithms), options=off)  # type: ignore[arg-type]
        except jwt.PyJWTError as error:
            raise TokenError(str(error)) from None
        now = self._clock.now()
        if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= now:
            raise TokenError("its lifetime is over", expired=True)
        if claims.get("nbf", 0) > now + 300:
            raise TokenError("its lifetime has not begun")
        return claims

    @property
    def _key_id(self) -> str:
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return hashlib.sha256(der).hexdigest()[:32]

    def key_set(self) -> Document:
        """The public key as a JSON Web Key Set (RFC 7517)."""
        numbers = self._key.public_key().public_numbers()
        key = {
            "kty": "RSA",
            "use": "sig",
            "alg": ALGORITHM,
            "kid": self._key_id,
            "n": _base64(numbers.n),
            "e": _base64(numbers.e),
        }
        return {"keys": [key]}


def _base64(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
