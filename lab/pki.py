"""Certificates of one cluster, laid out as kubeadm does (Kubernetes docs, "PKI certificates and requirements").

Three authorities stand apart, so that a certificate of one door opens no other: the cluster's, the aggregation
layer's (front-proxy), and etcd's. Keys are P-256: RSA would cost seconds of start-up. All are made new for each lab.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.layout import ClusterLayout, Node

LIFETIME = datetime.timedelta(days=365)
_BACKDATED = datetime.timedelta(hours=1)  # a machine's clock may be set back a little


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """PEM, RFC 7468."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """PKCS #8 in PEM, not encrypted."""
        return private_pem(self.key)


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A certificate to be issued: file name, signing authority, subject, and names it serves under."""

    file: str
    authority: str
    common_name: str
    organization: str | None = None
    names: tuple[str, ...] = ()


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS #8 in PEM, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def authority(common_name: str) -> Pair:
    """A self-signed certificate authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    builder = _builder(subject, subject, key, key).add_extension(
        x509.BasicConstraints(True, None), critical=True
    )
    return Pair(builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()), key)


def issue(leaf: Leaf, signer: Pair) -> Pair:
    """A certificate for servers and clients alike, as Kubernetes components are both."""
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, leaf.common_name)]
    if leaf.organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, leaf.organization))
    builder = _builder(x509.Name(attributes), signer.certificate.subject, key, signer.key).add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
        critical=False,
    )
    if leaf.names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general(n) for n in leaf.names]), critical=False
        )
    return Pair(builder.sign(signer.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    """What all certificates have. Without the key identifiers of RFC 5280, Python 3.13 and newer trust none of them."""
    now = datetime.datetime.now(datetime.UTC)
    of_signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(of_signer, critical=False)
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


AUTHORITIES = {"ca": "kubernetes", "front-proxy-ca": "front-proxy", "etcd-ca": "etcd"}


def leaves(cluster: ClusterLayout) -> Iterable[Leaf]:
    """Every certificate of the cluster."""
    yield Leaf(file="apiserver", authority="ca", common_name="kube-apiserver", names=_server_names(cluster))
    yield Leaf(
        file="apiserver-kubelet-client",
        authority="ca",
        common_name="kube-apiserver-kubelet-client",
        organization="system:masters",
    )
    yield Leaf(file="front-proxy-client", authority="front-proxy-ca", common_name="front-proxy-client")
    yield Leaf(file="etcd", authority="etcd-ca", common_name="etcd", names=("localhost", "127.0.0.1"))
    yield Leaf(file="apiserver-etcd-client", authority="etcd-ca", common_name="kube-apiserver-etcd-client")
    yield Leaf(file="admin", authority="ca", common_name="kubernetes-admin", organization="system:masters")
    for component in ("controller-manager", "scheduler", "proxy"):
        yield Leaf(file=component, authority="ca", common_name=f"system:kube-{component}")
    for node in cluster.nodes:
        yield kubelet_leaf(node)


def kubelet_leaf(node: Node) -> Leaf:
    """The identity that the Node authorizer knows."""
    return Leaf(
        file=f"kubelet-{node.name}",
        authority="ca",
        common_name=f"system:node:{node.name}",
        organization="system:nodes",
        names=(node.name, str(node.address)),
    )


def _server_names(cluster: ClusterLayout) -> tuple[str, ...]:
    service = (
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    )
    addresses: Sequence[IPv4Address | str] = (cluster.control_plane.address, cluster.api_service, "127.0.0.1")
    return (*service, "localhost", cluster.name, cluster.control_plane.name, *map(str, addresses))


def ensure(directory: Path, cluster: ClusterLayout) -> None:
    """Make the cluster's certificates in `directory`, unless they are there. All or none: a killed run leaves none."""
    if directory.exists():
        return
    draft = directory.with_name(f"{directory.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    signers = {file: authority(name) for file, name in AUTHORITIES.items()}
    for file, pair in signers.items():
        _store(draft, file, pair)
    for leaf in leaves(cluster):
        _store(draft, leaf.file, issue(leaf, signers[leaf.authority]))
    _store_service_account_key(draft)
    draft.rename(directory)


def _store(directory: Path, file: str, pair: Pair) -> None:
    (directory / f"{file}.crt").write_bytes(pair.certificate_pem)
    _store_private(directory / f"{file}.key", pair.key_pem)


def _store_service_account_key(directory: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    _store_private(directory / "sa.key", private_pem(key))
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (directory / "sa.pub").write_bytes(public)


def key_set(directory: Path) -> dict[str, list[dict[str, str]]]:
    """The keys that prove service accounts' tokens, as a JSON Web Key Set (RFC 7517), as the API server publishes them.

    A key's id is Kubernetes' own: the SHA-256 of the public key in DER. Raises `OSError`.
    """
    key = serialization.load_pem_public_key((directory / "sa.pub").read_bytes())
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError(f"{directory}/sa.pub is no elliptic curve's key")
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    numbers = key.public_numbers()
    x, y = (_base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    identifier = _base64url(hashlib.sha256(der).digest())
    return {
        "keys": [
            {"use": "sig", "kty": "EC", "kid": identifier, "crv": "P-256", "alg": "ES256", "x": x, "y": y}
        ]
    }


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _store_private(file: Path, data: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(data)
