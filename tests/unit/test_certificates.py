"""Certificates, judged by other verifiers: the ones of `cryptography` and of OpenSSL, and a real handshake."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import given
from hypothesis import strategies as st

from federation.certificates import (
    CertificateError,
    Pair,
    Spec,
    authority,
    due,
    expires,
    fingerprint,
    issue,
    key_identifier,
    key_pair,
    split_names,
)

NOW = datetime.now(UTC).replace(microsecond=0)
CA = authority("karmada", days=3650, now=NOW)
SERVER = Spec(
    common_name="system:karmada:etcd",
    names=("localhost", "127.0.0.1", "fd00::1", "etcd-0.etcd.fed.svc", "*.etcd.fed.svc.cluster.local"),
    usages=("server", "client"),
    days=365,
)
CLIENT = Spec(common_name="system:admin", organization="system:masters", usages=("client",), days=365)


def read(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.encode())


def verify(leaf: Pair, root: Pair, name: x509.GeneralName, at: datetime = NOW) -> None:
    assert isinstance(name, x509.DNSName | x509.IPAddress)
    policy = PolicyBuilder().store(Store([read(root)])).time(at.replace(tzinfo=None))
    policy.build_server_verifier(name).verify(read(leaf), [])


@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("localhost"),
        x509.DNSName("etcd-2.etcd.fed.svc.cluster.local"),
        x509.IPAddress(ip_address("127.0.0.1")),
        x509.IPAddress(ip_address("fd00::1")),
    ],
)
def test_a_server_is_known_by_each_of_its_names(name: x509.GeneralName) -> None:
    verify(issue(SERVER, CA, now=NOW), CA, name)


def test_a_server_is_not_known_by_another_name_or_authority_or_later() -> None:
    leaf, local = issue(SERVER, CA, now=NOW), x509.DNSName("localhost")
    with pytest.raises(VerificationError, match="leaf certificate has no matching subjectAltName"):
        verify(leaf, CA, x509.DNSName("example.org"))
    with pytest.raises(VerificationError, match="exhausted"):
        verify(leaf, authority("karmada", days=3650, now=NOW), local)
    verify(leaf, CA, local, NOW + timedelta(days=365))
    with pytest.raises(VerificationError, match="cert is not valid at validation time"):
        verify(leaf, CA, local, NOW + timedelta(days=365, seconds=1))


def test_a_certificate_is_valid_since_an_hour_as_clocks_differ() -> None:
    assert read(issue(SERVER, CA, now=NOW)).not_valid_before_utc == NOW - timedelta(hours=1)
    assert read(CA).not_valid_before_utc == NOW - timedelta(hours=1)


def test_a_renewed_authority_vouches_for_what_the_old_one_has_issued() -> None:
    leaf = issue(SERVER, CA, now=NOW)
    later = NOW + timedelta(days=300)
    renewed = authority("karmada", days=3650, now=later, key=CA.key)
    assert renewed.certificate != CA.certificate
    assert renewed.key == CA.key
    assert key_identifier(renewed.certificate) == key_identifier(CA.certificate)
    verify(leaf, renewed, x509.DNSName("localhost"), later)


def handshake(folder: Path, server: Pair, client: Pair | None, root: Pair) -> str:
    """What the server learns of the client, after both have verified the other with OpenSSL."""
    (folder / "ca").write_text(root.certificate)
    sides = [ssl.create_default_context(purpose, cafile=str(folder / "ca")) for purpose in ssl.Purpose]
    contexts = {"client": sides[0], "server": sides[1]}
    contexts["server"].verify_mode = ssl.CERT_REQUIRED
    for side, pair in {"server": server, "client": client}.items():
        if pair:
            (folder / side).write_text(pair.certificate + pair.key)
            contexts[side].load_cert_chain(folder / side)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        contexts["client"].wrap_bio(down, up, server_hostname="localhost"),
        contexts["server"].wrap_bio(up, down, server_side=True),
    ]
    for end in ends * 3:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    peer = ends[1].getpeercert()
    assert peer is not None
    subject: Any = peer["subject"]
    return str(dict(part[0] for part in subject)["commonName"])


def test_server_and_client_shake_hands(tmp_path: Path) -> None:
    server, client = issue(SERVER, CA, now=NOW), issue(CLIENT, CA, now=NOW)
    assert handshake(tmp_path, server, client, CA) == "system:admin"


def test_a_server_that_is_a_client_too_can_dial_itself(tmp_path: Path) -> None:
    server = issue(SERVER, CA, now=NOW)
    assert handshake(tmp_path, server, server, CA) == "system:karmada:etcd"


def test_a_certificate_is_good_for_its_usages_only(tmp_path: Path) -> None:
    server, client = issue(SERVER, CA, now=NOW), issue(CLIENT, CA, now=NOW)
    only = Spec(common_name="x", names=("localhost",), usages=("server",), days=1)
    with pytest.raises(ssl.SSLCertVerificationError, match="unsuitable certificate purpose"):
        handshake(tmp_path, server, issue(only, CA, now=NOW), CA)
    with pytest.raises(ssl.SSLCertVerificationError, match="unsuitable certificate purpose"):
        handshake(tmp_path, client, client, CA)
    with pytest.raises(ssl.SSLError, match="peer did not return a certificate"):
        handshake(tmp_path, server, None, CA)


def test_a_client_is_its_user_and_its_group() -> None:
    subject = read(issue(CLIENT, CA, now=NOW)).subject
    names = {attribute.oid: attribute.value for attribute in subject}
    assert names == {NameOID.COMMON_NAME: "system:admin", NameOID.ORGANIZATION_NAME: "system:masters"}


def test_extensions_are_as_rfc_5280_wants_them() -> None:
    leaf, parent = read(issue(SERVER, CA, now=NOW)).extensions, read(CA).extensions
    own = parent.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert leaf.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own.digest
    limits = [e.get_extension_for_class(x509.BasicConstraints) for e in (leaf, parent)]
    assert [(x.critical, x.value.ca, x.value.path_length) for x in limits] == [
        (True, False, None),
        (True, True, 0),
    ]
    usage, signs = (e.get_extension_for_class(x509.KeyUsage) for e in (leaf, parent))
    assert usage.critical
    assert signs.critical
    assert (usage.value.digital_signature, usage.value.key_cert_sign) == (True, False)
    assert (signs.value.key_cert_sign, signs.value.crl_sign) == (True, True)
    both = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    assert list(leaf.get_extension_for_class(x509.ExtendedKeyUsage).value) == both


def test_a_client_has_no_names_to_serve_under() -> None:
    with pytest.raises(x509.ExtensionNotFound):
        read(issue(CLIENT, CA, now=NOW)).extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_two_certificates_differ_in_key_and_serial_number() -> None:
    one, two = issue(SERVER, CA, now=NOW), issue(SERVER, CA, now=NOW)
    assert read(one).serial_number != read(two).serial_number
    assert key_identifier(one.certificate) != key_identifier(two.certificate)
    assert fingerprint(one.certificate) != fingerprint(two.certificate)


def test_a_leaf_that_would_outlive_its_authority_is_refused() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    short = authority("karmada", days=100, now=now)
    issue(Spec(common_name="x", days=100), short, now=now)
    with pytest.raises(CertificateError) as caught:
        issue(Spec(common_name="x", days=101), short, now=now)
    assert str(caught.value) == (
        "certificate x: it would be valid until 2026-04-12, its authority only until 2026-04-11."
        " Next: renew the authority, or ask for fewer days."
    )


def test_another_authoritys_key_is_refused() -> None:
    other = authority("other", days=3650, now=NOW)
    with pytest.raises(CertificateError) as caught:
        issue(SERVER, Pair(CA.certificate, other.key), now=NOW)
    assert str(caught.value) == (
        "certificate system:karmada:etcd: the key given is not that of its authority, CN=karmada."
        " Next: give the key that belongs to the authority's certificate."
    )


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({"usages": ("server", "peer")}, "its usages are ['server', 'peer'], not of ['client', 'server']"),
        ({"usages": ()}, "its usages are [], not of ['client', 'server']"),
        ({"names": ("münchen", "a.example")}, "'münchen' is neither a DNS name nor an address"),
        ({"names": ("10.0.0.300",)}, "'10.0.0.300' is neither a DNS name nor an address"),
        ({"names": ("a_b.example", "https://x")}, "'https://x' is neither a DNS name nor an address"),
        ({"names": ("a.*.example",)}, "'a.*.example' is neither a DNS name nor an address"),
        ({"days": 0}, "it would be valid for 0 days"),
        (
            {"days": -1, "names": ("",)},
            "it would be valid for -1 days; '' is neither a DNS name nor an address",
        ),
    ],
)
def test_a_wrong_wish_is_refused(spec: dict[str, Any], cause: str) -> None:
    with pytest.raises(CertificateError) as caught:
        issue(Spec(**{"common_name": "x", "days": 1, **spec}), CA, now=NOW)
    assert str(caught.value) == f"certificate x: {cause}. Next: correct it."


def test_a_common_name_has_up_to_64_characters() -> None:
    issue(Spec(common_name="x" * 64, days=1), CA, now=NOW)
    with pytest.raises(CertificateError) as caught:
        issue(Spec(common_name="x" * 65, days=1), CA, now=NOW)
    assert caught.value.cause == "its name has more than 64 characters, or none and no organization"


def test_text_that_is_no_certificate_or_key_is_not_shown() -> None:
    with pytest.raises(CertificateError) as caught:
        expires("hunter2")
    assert str(caught.value) == (
        "certificate: not a certificate in PEM. Next: give the text of a .crt or .pem file."
    )
    with pytest.raises(CertificateError) as caught:
        issue(SERVER, Pair(CA.certificate, "hunter2"), now=NOW)
    assert str(caught.value) == (
        "private key: not a private key in PEM, or an encrypted one. Next: give the text of a .key file."
    )


def test_a_key_of_another_kind_is_refused() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(CertificateError) as caught:
        authority("karmada", days=1, now=NOW, key=pem)
    assert str(caught.value) == (
        "private key: its key is not one of an elliptic curve. Next: issue it with an ECDSA key."
    )


def test_a_certificate_is_due_when_fewer_days_are_left() -> None:
    leaf = issue(SERVER, CA, now=NOW).certificate
    assert expires(leaf) == NOW + timedelta(days=365)
    assert not due(leaf, renew_before_days=60, now=NOW + timedelta(days=305))
    assert due(leaf, renew_before_days=60, now=NOW + timedelta(days=305, seconds=1))
    assert due(leaf, renew_before_days=0, now=NOW + timedelta(days=366))


def test_the_fingerprint_is_openssls() -> None:
    der = ssl.PEM_cert_to_DER_cert(CA.certificate)
    assert bytes.fromhex(fingerprint(CA.certificate)) == sha256(der).digest()


def test_a_key_pair_signs_and_verifies() -> None:
    pair = key_pair()
    private = load_pem_private_key(pair.key.encode(), None)
    assert load_pem_public_key(pair.certificate.encode()) == private.public_key()


@given(st.lists(st.ip_addresses().map(str) | st.from_regex(r"\A[a-zA-Z]{1,9}(\.[a-z]{1,5})?\Z")))
def test_names_are_split_the_same_in_any_order(names: list[str]) -> None:
    hosts, addresses = split_names(names)
    assert split_names([*reversed(names), *hosts, *addresses]) == (hosts, addresses)
    assert set(hosts) | set(addresses) == {name.lower() for name in names}


def test_addresses_are_sorted_as_numbers_and_names_as_words() -> None:
    names = ("10.0.0.10", "b.example", "fd00::1", "10.0.0.9", "A.example", "10.0.0.9", "fd00:0::1")
    assert split_names(names) == (("a.example", "b.example"), ("10.0.0.9", "10.0.0.10", "fd00::1"))
