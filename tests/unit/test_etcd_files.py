"""The files of an etcd that is there already: read, and refused with the name of the file that is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from federation.etcd_files import EtcdFilesError, read
from federation.topology.models import EtcdTls

SECTION = "control_plane.etcd.tls"
ONE_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "etcd")])


def pair(folder: Path, name: str, password: bytes | None = None) -> None:
    """NAME.crt, which vouches for itself, and NAME.key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(ONE_NAME)
        .issuer_name(ONE_NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / f"{name}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    sealed = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed)
    )


@pytest.fixture(name="tls")
def tls_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EtcdTls:
    """Files that fit, in the folder that a variable names."""
    monkeypatch.setenv("ETCD_FILES", str(tmp_path))
    for name in ("ca", "client", "other"):
        pair(tmp_path, name)
    return EtcdTls(
        ca="$ETCD_FILES/ca.crt", certificate="$ETCD_FILES/client.crt", key="$ETCD_FILES/client.key"
    )


def refusal(tls: EtcdTls, **changed: str) -> str:
    with pytest.raises(EtcdFilesError) as caught:
        read(tls.model_copy(update=changed), SECTION)
    return str(caught.value)


def test_files_that_fit_are_read_and_the_key_is_never_shown(tls: EtcdTls, tmp_path: Path) -> None:
    files = read(tls, SECTION)
    assert files.ca == (tmp_path / "ca.crt").read_text()
    assert files.certificate == (tmp_path / "client.crt").read_text()
    assert files.key == (tmp_path / "client.key").read_text()
    assert "PRIVATE" not in repr(files)


def test_a_file_that_is_not_there_is_named(tls: EtcdTls) -> None:
    assert refusal(tls, ca="nowhere.crt") == (
        "control_plane.etcd.tls.ca (nowhere.crt): cannot be read: No such file or directory. "
        "Next: name a file that is there."
    )


def test_a_key_of_another_certificate_is_refused(tls: EtcdTls) -> None:
    assert refusal(tls, key="$ETCD_FILES/other.key") == (
        "control_plane.etcd.tls.key ($ETCD_FILES/other.key): is not the key of the certificate in "
        "$ETCD_FILES/client.crt. Next: name a certificate and its own key."
    )


def test_a_key_with_a_password_is_refused(tls: EtcdTls, tmp_path: Path) -> None:
    pair(tmp_path, "sealed", b"secret")
    assert refusal(tls, key="$ETCD_FILES/sealed.key") == (
        "control_plane.etcd.tls.key ($ETCD_FILES/sealed.key): is encrypted. "
        "Next: name the key without a password; it is kept as a secret."
    )


@pytest.mark.parametrize(
    ("key", "what"), [("ca", "certificate"), ("certificate", "certificate"), ("key", "private key")]
)
def test_a_file_with_something_else_is_refused(tls: EtcdTls, tmp_path: Path, key: str, what: str) -> None:
    (tmp_path / "wrong").write_text("hello")
    assert refusal(tls, **{key: "$ETCD_FILES/wrong"}) == (
        f"control_plane.etcd.tls.{key} ($ETCD_FILES/wrong): holds no {what} in PEM format. "
        f"Next: name a file with a {what}."
    )


def test_a_file_that_is_no_text_is_refused(tls: EtcdTls, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert refusal(tls, certificate="$ETCD_FILES/binary") == (
        "control_plane.etcd.tls.certificate ($ETCD_FILES/binary): is not text. "
        "Next: name a file in PEM format."
    )
