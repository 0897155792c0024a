"""An etcd that is there already: the files with which a control plane reaches it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from federation.errors import FederationError
from federation.topology.models import EtcdTls

Parsed = TypeVar("Parsed")


class EtcdFilesError(FederationError):
    """A file of `control_plane.etcd.tls` cannot be used."""


@dataclass(frozen=True)
class EtcdFiles:
    """What the files hold, as PEM.

    Attributes:
        ca: certificates that vouch for etcd's servers.
        certificate: of the control plane as a client.
        key: of that certificate.
    """

    ca: str
    certificate: str
    key: str = field(repr=False)


def read(tls: EtcdTls) -> EtcdFiles:
    """The files, which must fit together; `~` and variables in their paths are replaced.

    Raises `EtcdFilesError`, which names the file, and never shows what is in it.
    """
    ca, certificate, key = (_text(where, getattr(tls, where)) for where in ("ca", "certificate", "key"))
    _parsed("ca", tls.ca, x509.load_pem_x509_certificates, ca)
    leaf = _parsed("certificate", tls.certificate, x509.load_pem_x509_certificate, certificate)
    private = _parsed("key", tls.key, _private, key)
    if private.public_key() != leaf.public_key():
        raise EtcdFilesError(
            _subject("key", tls.key),
            f"is not the key of the certificate in {tls.certificate}",
            "name a certificate and its own key",
        )
    return EtcdFiles(ca, certificate, key)


def _text(where: str, path: str) -> str:
    try:
        return Path(os.path.expandvars(path)).expanduser().read_text()
    except OSError as error:
        raise EtcdFilesError(
            _subject(where, path), f"cannot be read: {error.strerror}", "name a file that is there"
        ) from None
    except UnicodeDecodeError:
        raise EtcdFilesError(_subject(where, path), "is not text", "name a file in PEM format") from None


def _parsed(where: str, path: str, parse: Callable[[bytes], Parsed], text: str) -> Parsed:
    try:
        return parse(text.encode())
    except TypeError:  # so `cryptography` says that there is a password
        raise EtcdFilesError(
            _subject(where, path), "is encrypted", "name the key without a password; it is kept as a secret"
        ) from None
    except ValueError:
        what = "private key" if where == "key" else "certificate"
        raise EtcdFilesError(
            _subject(where, path), f"holds no {what} in PEM format", f"name a file with a {what}"
        ) from None


def _private(text: bytes) -> PrivateKeyTypes:
    return serialization.load_pem_private_key(text, password=None)


def _subject(where: str, path: str) -> str:
    return f"control_plane.etcd.tls.{where} ({path})"
