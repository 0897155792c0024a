"""An etcd that is there already: the files with which it is reached."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from federation import offline
from federation.errors import FederationError
from federation.topology.models import EtcdTls

Parsed = TypeVar("Parsed")


class EtcdFilesError(FederationError):
    """A file of the topology's `tls` cannot be used."""


@dataclass(frozen=True)
class EtcdFiles:
    """What the files hold, as PEM.

    Attributes:
        ca: certificates that vouch for etcd's servers.
        certificate: of its client.
        key: of that certificate.
    """

    ca: str
    certificate: str
    key: str = field(repr=False)


@dataclass(frozen=True)
class _File:
    """A file, and where the topology names it."""

    section: str
    where: str
    path: str

    def __str__(self) -> str:
        return f"{self.section}.{self.where} ({self.path})"


def read(tls: EtcdTls, section: str) -> EtcdFiles:
    """The files, which must fit together; `~` and variables in their paths are replaced.

    `section` is where the topology names them, such as "control_plane.etcd.tls".

    In a preview without access, no file is read. Raises `EtcdFilesError`, which names the file, and never shows what is
    in it.
    """
    if offline.known():
        return EtcdFiles(offline.CERTIFICATE, offline.CERTIFICATE, offline.REDACTED)
    files = [_File(section, where, getattr(tls, where)) for where in ("ca", "certificate", "key")]
    ca, certificate, key = map(_text, files)
    _parsed(files[0], x509.load_pem_x509_certificates, ca)
    leaf = _parsed(files[1], x509.load_pem_x509_certificate, certificate)
    private = _parsed(files[2], _private, key)
    if private.public_key() != leaf.public_key():
        raise EtcdFilesError(
            str(files[2]),
            f"is not the key of the certificate in {tls.certificate}",
            "name a certificate and its own key",
        )
    return EtcdFiles(ca, certificate, key)


def _text(file: _File) -> str:
    try:
        return Path(os.path.expandvars(file.path)).expanduser().read_text()
    except OSError as error:
        raise EtcdFilesError(
            str(file), f"cannot be read: {error.strerror}", "name a file that is there"
        ) from None
    except UnicodeDecodeError:
        raise EtcdFilesError(str(file), "is not text", "name a file in PEM format") from None


def _parsed(file: _File, parse: Callable[[bytes], Parsed], text: str) -> Parsed:
    try:
        return parse(text.encode())
    except TypeError:  # so `cryptography` says that there is a password
        raise EtcdFilesError(
            str(file), "is encrypted", "name the key without a password; it is kept as a secret"
        ) from None
    except ValueError:
        what = "private key" if file.where == "key" else "certificate"
        raise EtcdFilesError(
            str(file), f"holds no {what} in PEM format", f"name a file with a {what}"
        ) from None


def _private(text: bytes) -> PrivateKeyTypes:
    return serialization.load_pem_private_key(text, password=None)
