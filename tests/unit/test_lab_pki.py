"""Certificates: who trusts whom in a real TLS handshake, and what is left when making them is interrupted."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509.oid import NameOID

from lab import pki
from tests.unit.lab_fixtures import with_worker

CLUSTER = with_worker().clusters[0]
SERVED = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
    "fc01",
    "fc01-control-plane",
    "10.99.1.10",
    "10.200.0.1",
    "127.0.0.1",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cluster") / "pki"
    pki.ensure(directory, CLUSTER)
    return directory


def meet(directory: Path, server: str, client: str, authority: str, host: str) -> dict[str, str]:
    """Shake hands, each side asking for the other's certificate. Returns the client's name as the server sees it."""
    listening = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=directory / f"{authority}.crt")
    listening.verify_mode = ssl.CERT_REQUIRED
    listening.load_cert_chain(directory / f"{server}.crt", directory / f"{server}.key")
    calling = ssl.create_default_context(cafile=directory / f"{authority}.crt")
    calling.load_cert_chain(directory / f"{client}.crt", directory / f"{client}.key")
    for context in (listening, calling):
        context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    callee = listening.wrap_bio(up, down, server_side=True)
    caller = calling.wrap_bio(down, up, server_hostname=host)
    for _ in range(3):
        for side in (caller, callee):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    peer = callee.getpeercert()
    assert peer is not None
    subject: tuple[tuple[tuple[str, str], ...], ...] = peer["subject"]  # type: ignore[assignment]
    return dict(part for parts in subject for part in parts)


@pytest.mark.parametrize("host", SERVED)
def test_the_api_server_is_trusted_by_every_name_it_serves_under(made: Path, host: str) -> None:
    assert meet(made, "apiserver", "admin", "ca", host) == {
        "commonName": "kubernetes-admin",
        "organizationName": "system:masters",
    }


def test_the_api_server_is_not_trusted_by_another_name(made: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        meet(made, "apiserver", "admin", "ca", "fc02")


@pytest.mark.parametrize(
    ("client", "name"),
    [
        ("controller-manager", {"commonName": "system:kube-controller-manager"}),
        ("scheduler", {"commonName": "system:kube-scheduler"}),
        ("proxy", {"commonName": "system:kube-proxy"}),
        (
            "apiserver-kubelet-client",
            {"commonName": "kube-apiserver-kubelet-client", "organizationName": "system:masters"},
        ),
        (
            "kubelet-fc01-worker-1",
            {"commonName": "system:node:fc01-worker-1", "organizationName": "system:nodes"},
        ),
    ],
)
def test_components_have_the_names_that_kubernetes_gives_rights_to(
    made: Path, client: str, name: dict[str, str]
) -> None:
    assert meet(made, "apiserver", client, "ca", "kubernetes") == name


@pytest.mark.parametrize("host", ["fc01-worker-1", "10.99.1.11"])
def test_a_kubelet_serves_under_its_nodes_name_and_address(made: Path, host: str) -> None:
    meet(made, "kubelet-fc01-worker-1", "apiserver-kubelet-client", "ca", host)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_etcd_trusts_the_api_server(made: Path, host: str) -> None:
    meet(made, "etcd", "apiserver-etcd-client", "etcd-ca", host)


@pytest.mark.parametrize("client", ["admin", "apiserver-kubelet-client", "front-proxy-client"])
def test_a_certificate_of_another_door_does_not_open_etcd(made: Path, client: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
        meet(made, "etcd", client, "etcd-ca", "localhost")


def test_only_the_front_proxy_authority_signed_the_front_proxy(made: Path) -> None:
    leaf = certificate(made, "front-proxy-client")
    leaf.verify_directly_issued_by(certificate(made, "front-proxy-ca"))
    with pytest.raises(ValueError, match="does not match certificate issuer"):
        leaf.verify_directly_issued_by(certificate(made, "ca"))


def certificate(directory: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((directory / f"{name}.crt").read_bytes())


def test_every_certificate_comes_from_its_authority_and_has_its_key(made: Path) -> None:
    for leaf in pki.leaves(CLUSTER):
        found = certificate(made, leaf.file)
        found.verify_directly_issued_by(certificate(made, leaf.authority))
        key = load_pem_private_key((made / f"{leaf.file}.key").read_bytes(), None)
        assert key.public_key() == found.public_key()
        (common,) = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert common.value == leaf.common_name


def test_the_service_account_keys_are_a_pair(made: Path) -> None:
    private = load_pem_private_key((made / "sa.key").read_bytes(), None)
    public = load_pem_public_key((made / "sa.pub").read_bytes())
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(private.sign(b"token", ec.ECDSA(hashes.SHA256())), b"token", ec.ECDSA(hashes.SHA256()))


def test_keys_are_for_their_owner_alone(made: Path) -> None:
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in made.glob("*.key")}
    assert set(modes.values()) == {0o600}
    assert len(modes) == len(list(pki.leaves(CLUSTER))) + len(pki.AUTHORITIES) + 1
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def contents(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_certificates_that_are_there_are_kept(made: Path) -> None:
    before = contents(made)
    pki.ensure(made, CLUSTER)
    assert contents(made) == before


def test_an_interrupted_run_leaves_no_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "pki"

    def interrupted(directory: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pki, "_store_service_account_key", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pki.ensure(directory, CLUSTER)
    assert not directory.exists()
    (tmp_path / "pki.draft" / "stale.key").touch()
    pki.ensure(directory, CLUSTER)
    assert "sa.key" in contents(directory)
    assert "stale.key" not in contents(directory)
    assert not (tmp_path / "pki.draft").exists()


def test_two_labs_trust_each_other_nothing(made: Path, tmp_path: Path) -> None:
    pki.ensure(tmp_path / "pki", CLUSTER)
    assert not {(made / f).read_bytes() for f in contents(made)} & set(contents(tmp_path / "pki").values())
