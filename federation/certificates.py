"""X.509 certificates (RFC 5280) with P-256 keys, as pure functions of their inputs, a clock and randomness.

RSA keys of the length that karmadactl makes cost seconds of start-up; these cost milliseconds. All times are UTC, all
certificates and keys are text in PEM (RFC 7468), private ones as PKCS #8 without encryption.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from federation.errors import FederationError

BACKDATED = timedelta(hours=1)
"""A new certificate is valid since an hour: clocks of two machines are never the same."""

USAGES = {"client": ExtendedKeyUsageOID.CLIENT_AUTH, "server": ExtendedKeyUsageOID.SERVER_AUTH}
"""What a certificate may be good for."""

LONGEST_COMMON_NAME = 64  # RFC 5280, ub-common-name
# RFC 1123; a name that ends with digits only is a mistyped address.
_DNS_NAME = re.compile(
    r"(\*\.)?([a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?"
)


class CertificateError(FederationError):
    """A certificate cannot be issued or read."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, or the public keys of a signer of tokens and the private one; PEM."""

    certificate: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A certificate to be issued.

    Attributes:
        common_name: of its subject; as a client, its user name in Kubernetes. May be empty if there is an organization:
            etcd's JSON gateway refuses clients with one as soon as etcd has users.
        organization: of its subject; as a client, its group in Kubernetes. May be empty.
        names: DNS names, which may begin with "*.", and IP addresses that it serves under.
        usages: keys of `USAGES`, at least one.
        days: of validity.
    """

    common_name: str
    organization: str = ""
    names: tuple[str, ...] = ()
    usages: tuple[str, ...] = ("server", "client")
    days: int

    @property
    def subject(self) -> str:
        """How messages call it."""
        return f"certificate {self.common_name or f'of {self.organization}'}"


def authority(common_name: str, *, days: int, now: datetime, key: str | None = None) -> Pair:
    """A self-signed certificate authority for leaves only.

    With the `key` of an earlier one it is renewed: the same subject and key, so that all it has issued stays valid.
    """
    own = _private(key) if key else ec.generate_private_key(ec.SECP256R1())
    subject = _name(common_name)
    builder = _builder(subject, subject, own.public_key(), own, days=days, now=now)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    return _signed(builder, own, own)


def check(spec: Spec) -> None:
    """Raise `CertificateError` for what no authority could issue."""
    hosts, _ = split_names(spec.names)
    usages = sorted(USAGES)
    mistakes = [
        (
            len(spec.common_name) > LONGEST_COMMON_NAME or not (spec.common_name or spec.organization),
            "its name has more than 64 characters, or none and no organization",
        ),
        (spec.days < 1, f"it would be valid for {spec.days} days"),
        (
            not spec.usages or set(spec.usages) - set(usages),
            f"its usages are {list(spec.usages)}, not of {usages}",
        ),
        *(
            (not _DNS_NAME.fullmatch(host), f"{host!r} is neither a DNS name nor an address")
            for host in hosts
        ),
    ]
    found = [cause for wrong, cause in mistakes if wrong]
    if found:
        raise CertificateError(spec.subject, "; ".join(found), "correct it")


def issue(spec: Spec, signer: Pair, *, now: datetime) -> Pair:
    """A new key, and a certificate for it.

    Raises `CertificateError` if it would outlive the authority, which nobody could verify then; also as `check` does,
    and for a signer whose key is not that of its certificate.
    """
    check(spec)
    parent, signing, key = (
        _read(signer.certificate),
        _private(signer.key),
        ec.generate_private_key(ec.SECP256R1()),
    )
    _check_signer(spec, parent, signing, now)
    subject = _name(spec.common_name, spec.organization)
    builder = _builder(subject, parent.subject, key.public_key(), signing, days=spec.days, now=now)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    usages = x509.ExtendedKeyUsage([USAGES[usage] for usage in sorted(set(spec.usages))])
    builder = builder.add_extension(usages, critical=False)
    if spec.names:
        names = x509.SubjectAlternativeName(_general_names(spec))
        builder = builder.add_extension(names, critical=False)
    return _signed(builder, key, signing)


def key_pair() -> Pair:
    """A key that signs tokens of service accounts, and the public key that verifies them."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Pair(public.decode(), _private_pem(key))


def expires(pem: str) -> datetime:
    """Until when the certificate is valid. Raises `CertificateError` if it is none."""
    return _read(pem).not_valid_after_utc


def due(pem: str, *, renew_before_days: int, now: datetime) -> bool:
    """Whether fewer days than that are left."""
    return expires(pem) - now < timedelta(days=renew_before_days)


def fingerprint(pem: str) -> str:
    """SHA-256 of the certificate, in hexadecimal digits, as `openssl x509 -fingerprint` but without colons."""
    return _read(pem).fingerprint(hashes.SHA256()).hex()


def key_identifier(pem: str) -> str:
    """The subject key identifier in hexadecimal digits: the same for all certificates of one key."""
    return x509.SubjectKeyIdentifier.from_public_key(_public(_read(pem))).digest.hex()


def split_names(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """DNS names and IP addresses apart, each sorted and once, in the one spelling that stands for all."""
    hosts, addresses = set[str](), set[IPv4Address | IPv6Address]()
    for name in names:
        try:
            addresses.add(ip_address(name))
        except ValueError:
            hosts.add(name.lower())
    ordered = sorted(addresses, key=lambda address: (address.version, int(address)))
    return tuple(sorted(hosts)), tuple(map(str, ordered))


def _check_signer(
    spec: Spec, parent: x509.Certificate, signing: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    subject = spec.subject
    if signing.public_key() != _public(parent):
        cause = f"the key given is not that of its authority, {parent.subject.rfc4514_string()}"
        raise CertificateError(subject, cause, "give the key that belongs to the authority's certificate")
    end, last = now + timedelta(days=spec.days), parent.not_valid_after_utc
    if end > last:
        cause = f"it would be valid until {end:%Y-%m-%d}, its authority only until {last:%Y-%m-%d}"
        raise CertificateError(subject, cause, "renew the authority, or ask for fewer days")


def _general_names(spec: Spec) -> list[x509.GeneralName]:
    hosts, addresses = split_names(spec.names)
    return [*map(x509.DNSName, hosts), *(x509.IPAddress(ip_address(address)) for address in addresses)]


def _name(common_name: str, organization: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    names = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    return x509.Name([*attributes, *names])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signing: ec.EllipticCurvePrivateKey,
    *,
    days: int,
    now: datetime,
) -> x509.CertificateBuilder:
    """What all have in common. The identifiers tell two authorities of one name apart, and verifiers insist on them."""
    of_signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - BACKDATED)
        .not_valid_after(now.astimezone(UTC) + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(of_signer, critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """An elliptic key of a leaf only signs: it cannot encipher another key as one of RSA can."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(
    builder: x509.CertificateBuilder, own: ec.EllipticCurvePrivateKey, signing: ec.EllipticCurvePrivateKey
) -> Pair:
    certificate = builder.sign(signing, hashes.SHA256())
    return Pair(certificate.public_bytes(Encoding.PEM).decode(), _private_pem(own))


def _private_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _read(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError:  # what the text is stays untold: it may be a secret
        raise CertificateError(
            "certificate", "not a certificate in PEM", "give the text of a .crt or .pem file"
        ) from None


def _public(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise _not_elliptic(certificate.subject.rfc4514_string())
    return key


def _private(pem: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):  # what the text is stays untold: it may be a secret
        cause = "not a private key in PEM, or an encrypted one"
        raise CertificateError("private key", cause, "give the text of a .key file") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _not_elliptic("private key")
    return key


def _not_elliptic(subject: str) -> CertificateError:
    return CertificateError(subject, "its key is not one of an elliptic curve", "issue it with an ECDSA key")
