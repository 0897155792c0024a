"""A real etcd on loopback with mutual TLS, and certificates for its clients."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from federation.certificates import Pair, Spec, authority, issue
from federation.deadline import Deadline
from federation.dns.etcd_client import EtcdClient, EtcdTls
from federation.errors import UnreachableError
from lab.tools.toolbox import Toolbox


@cache
def signer() -> Pair:
    return authority("etcd-ca", days=9, now=datetime.now(UTC))


@cache
def client_tls() -> EtcdTls:
    """Of a client without a common name: with one, the gateway refuses it as soon as there are users."""
    parent, now = signer(), datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    signing = load_pem_private_key(parent.key.encode(), password=None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "federation")]))
        .issuer_name(x509.load_pem_x509_certificate(parent.certificate.encode()).subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(signing, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return EtcdTls(parent.certificate, certificate.public_bytes(Encoding.PEM).decode(), private)


@dataclass
class Etcd:
    """A member that runs.

    Attributes:
        endpoint: its URL.
    """

    endpoint: str
    process: subprocess.Popen[bytes]

    def client(self, user: str | None = None, password: str | None = None) -> EtcdClient:
        return EtcdClient([self.endpoint], tls=client_tls(), user=user, password=password)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(folder: Path, *more: str) -> Iterator[Etcd]:
    """A member with an empty store in `folder`."""
    server = issue(Spec(common_name="etcd", names=("127.0.0.1",), days=1), signer(), now=datetime.now(UTC))
    for name, text in [
        ("ca", signer().certificate),
        ("tls.crt", server.certificate),
        ("tls.key", server.key),
    ]:
        (folder / name).write_text(text)
    endpoint, peer = (f"{kind}://127.0.0.1:{free_port()}" for kind in ("https", "http"))
    command = [
        *(
            str(Toolbox().path("etcd")),
            f"--data-dir={folder / 'data'}",
            "--log-level=error",
            "--unsafe-no-fsync",
        ),
        *(f"--listen-client-urls={endpoint}", f"--advertise-client-urls={endpoint}"),
        *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"),
        *(f"--initial-cluster=default={peer}", f"--cert-file={folder / 'tls.crt'}"),
        *(f"--key-file={folder / 'tls.key'}", f"--trusted-ca-file={folder / 'ca'}", "--client-cert-auth"),
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen([*command, *more], stderr=log) as process:
        try:
            etcd = Etcd(endpoint, process)
            client = etcd.client()
            Deadline(60).until("etcd", lambda: _missing(client), fix=f"read {folder / 'log'}", interval=0.05)
            client.close()
            yield etcd
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(folder / "data", ignore_errors=True)


def _missing(client: EtcdClient) -> str | None:
    try:
        client.range("a", "b")
    except UnreachableError as error:
        return error.cause
    return None


def enable_users(etcd: Etcd) -> None:
    """As the DNS stack sets it up: root, and a writer and a reader of the zone example.com."""
    client = etcd.client()
    client.user_add("root", "root-password")
    client.role_add("root")
    client.user_grant_role("root", "root")
    for user, kind in [("writer", "READWRITE"), ("reader", "READ")]:
        client.user_add(user, f"{user}-password")
        client.role_add(user)
        client.role_grant_permission(user, kind, "/skydns/com/example/", "/skydns/com/example0")
        client.user_grant_role(user, user)
    client.auth_enable()
    client.close()
