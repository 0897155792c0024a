"""The certificates of a plane, under mocks that let the real providers issue them."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pulumi
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pulumi.runtime import Mocks, rpc, set_mocks
from pulumi.runtime.mocks import MockMonitor

from components.dynamic.certificate import AuthorityProvider, CertificateProvider, KeyPairProvider
from components.etcd import Identity
from components.karmada.certificates import PlaneCertificates, PlaneCertificatesArgs

DYNAMIC = "pulumi-python:dynamic/federation:"
PROVIDERS: dict[str, Any] = {
    f"{DYNAMIC}CertificateAuthority": AuthorityProvider(),
    f"{DYNAMIC}Certificate": CertificateProvider(),
    f"{DYNAMIC}KeyPair": KeyPairProvider(),
}
ARGS = PlaneCertificatesArgs(
    federation="example",
    namespace="fed",
    cluster_domain="cluster.test",
    api_names=["203.0.113.7", "10.96.0.1", "API.example.org"],
    etcd_members=3,
    days=365,
    renew_before_days=60,
    generation=2,
)
ADDRESS = "203.0.113.7"


class Issuer(Mocks):  # type: ignore[misc]  # the SDK is not checked
    """Checks and creates as the engine does; in a preview it only checks."""

    def __init__(self, *, preview: bool) -> None:
        self.preview = preview
        self.inputs: dict[str, dict[str, Any]] = {}
        self.parents: dict[str, str] = {}
        self.secret: dict[str, list[str]] = {}

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        inputs = {
            key: rpc.unwrap_rpc_secret(value) for key, value in args.inputs.items() if key != "__provider"
        }
        self.inputs[args.name] = inputs
        if args.typ not in PROVIDERS:
            return "", inputs
        checked = PROVIDERS[args.typ].check({}, inputs).inputs
        if self.preview:
            return "", checked
        made = PROVIDERS[args.typ].create(checked)
        return made.id, made.outs

    def call(self, args: Any) -> dict[str, Any]:
        raise AssertionError(f"the component asked for {args.token}")


class Monitor(MockMonitor):  # type: ignore[misc]  # the SDK is not checked
    """Notes what the mocks are not told."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  as the service is called
        self.mocks.parents[request.name] = request.parent.rpartition("::")[2]
        self.mocks.secret[request.name] = list(request.additionalSecretOutputs)
        return super().RegisterResource(request)


def run(*, preview: bool = False) -> tuple[Issuer, dict[str, Any]]:
    """What was registered, and the component's outputs as far as they are known."""
    issuer, known = Issuer(preview=preview), dict[str, Any]()
    set_mocks(issuer, preview=preview, monitor=Monitor(issuer))

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        plane = PlaneCertificates("pki", ARGS)
        admin = plane.clients["admin"]
        config = plane.kubeconfig(f"https://{ADDRESS}:32443", admin)
        outputs = {"kubeconfig": config, "ca_bundle": plane.ca_bundle}
        for group in ("servers", "clients", "etcd_clients"):
            for part, identity in getattr(plane, group).items():
                outputs |= _fields(f"{group}/{part}", identity)
        for part in ("ca", "etcd_ca", "front_proxy_ca", "front_proxy_client", "service_account"):
            outputs |= _fields(part, getattr(plane, part))
        secret = pulumi.Output.from_input(config.is_secret()).apply(lambda found: known.update(secret=found))
        return pulumi.Output.all(pulumi.Output.all(**outputs).apply(known.update), secret)

    program()
    return issuer, known


def _fields(what: str, identity: Identity) -> dict[str, Any]:
    return {f"{what}.{field}": getattr(identity, field) for field in ("certificate", "key", "fingerprint")}


@pytest.fixture(name="made", scope="module")
def made_fixture() -> dict[str, Any]:
    return run()[1]


def certificate(made: dict[str, Any], what: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made[f"{what}.certificate"].encode())


def names(made: dict[str, Any], what: str) -> list[str]:
    extension = certificate(made, what).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return [str(name.value) for name in extension.value]


def subject(made: dict[str, Any], what: str) -> tuple[object, object]:
    found = {attribute.oid: attribute.value for attribute in certificate(made, what).subject}
    return found[NameOID.COMMON_NAME], found.get(NameOID.ORGANIZATION_NAME)


def test_the_api_server_serves_under_every_name_that_it_is_called(made: dict[str, Any]) -> None:
    assert names(made, "servers/karmada-apiserver") == [
        "api.example.org",
        "karmada-apiserver.fed.svc",
        "karmada-apiserver.fed.svc.cluster.test",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "localhost",
        "10.96.0.1",
        "127.0.0.1",
        "203.0.113.7",
    ]


def test_the_aggregated_one_serves_under_the_name_in_the_federation_api_too(made: dict[str, Any]) -> None:
    assert names(made, "servers/karmada-aggregated-apiserver") == [
        "karmada-aggregated-apiserver.fed.svc",
        "karmada-aggregated-apiserver.fed.svc.cluster.test",
        "karmada-aggregated-apiserver.karmada-system.svc",
        "localhost",
        "127.0.0.1",
    ]


def test_the_webhook_serves_under_its_service(made: dict[str, Any]) -> None:
    assert names(made, "servers/karmada-webhook") == [
        "karmada-webhook.fed.svc",
        "karmada-webhook.fed.svc.cluster.test",
        "localhost",
        "127.0.0.1",
    ]


@pytest.mark.parametrize("part", ["etcd", "etcd-peer"])
def test_members_of_etcd_serve_under_their_names_and_dial_each_other(made: dict[str, Any], part: str) -> None:
    services = [f"etcd-{i}.etcd.fed.svc" for i in range(3)] + ["etcd-client.fed.svc"]
    hosts = [host for service in services for host in (service, f"{service}.cluster.test")]
    expected = ["*.etcd.fed.svc.cluster.test", *sorted(hosts), "localhost", "127.0.0.1"]
    assert names(made, f"servers/{part}") == expected
    assert usages(made, f"servers/{part}") == {"server", "client"}


def usages(made: dict[str, Any], what: str) -> set[str]:
    found = certificate(made, what).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    words = {ExtendedKeyUsageOID.SERVER_AUTH: "server", ExtendedKeyUsageOID.CLIENT_AUTH: "client"}
    return {words[usage] for usage in found}


def test_each_part_is_a_user_of_its_own(made: dict[str, Any]) -> None:
    parts = {key.split("/")[1].split(".")[0] for key in made if key.startswith("clients/")}
    found = {part: subject(made, f"clients/{part}") for part in parts}
    assert found == {
        "admin": ("system:admin", "system:masters"),
        "kube-controller-manager": ("system:karmada:kube-controller-manager", "system:masters"),
        "karmada-aggregated-apiserver": ("system:karmada:karmada-aggregated-apiserver", "system:masters"),
        "karmada-controller-manager": ("system:karmada:karmada-controller-manager", "system:masters"),
        "karmada-scheduler": ("system:karmada:karmada-scheduler", "system:masters"),
        "karmada-webhook": ("system:karmada:karmada-webhook", "system:masters"),
    }
    assert all(usages(made, f"clients/{part}") == {"client"} for part in parts)


def test_users_of_etcd_are_no_masters_of_the_api(made: dict[str, Any]) -> None:
    for part in ("karmada-apiserver", "karmada-aggregated-apiserver", "operator"):
        assert subject(made, f"etcd_clients/{part}") == (f"system:karmada:{part}-etcd-client", None)
        assert usages(made, f"etcd_clients/{part}") == {"client"}


def test_servers_of_the_api_are_no_clients(made: dict[str, Any]) -> None:
    for part in ("karmada-apiserver", "karmada-aggregated-apiserver", "karmada-webhook"):
        assert usages(made, f"servers/{part}") == {"server"}
        assert subject(made, f"servers/{part}") == (f"system:karmada:{part}", None)


def test_three_authorities_each_issue_their_own(made: dict[str, Any]) -> None:
    signer = {
        "etcd_clients": "etcd_ca",
        "clients": "ca",
        "servers": "ca",
        "front_proxy_client": "front_proxy_ca",
    }
    leaves = [key.removesuffix(".certificate") for key in made if key.endswith(".certificate")]
    leaves = [leaf for leaf in leaves if not leaf.endswith("_ca") and leaf not in ("ca", "service_account")]
    assert len(leaves) == 15
    for leaf in leaves:
        expected = "etcd_ca" if "/etcd" in leaf else signer[leaf.split("/")[0]]
        certificate(made, leaf).verify_directly_issued_by(certificate(made, expected))
    assert [subject(made, ca)[0] for ca in ("ca", "etcd_ca", "front_proxy_ca")] == [
        "karmada",
        "etcd-ca",
        "front-proxy-ca",
    ]
    assert subject(made, "front_proxy_client") == ("front-proxy-client", None)


def test_an_authority_is_renewed_before_a_leaf_could_outlive_it() -> None:
    issuer, _ = run()
    for ca in ("pki-ca", "pki-etcd-ca", "pki-front-proxy-ca"):
        inputs = issuer.inputs[ca]
        assert inputs["days"] > inputs["renewBeforeDays"] > ARGS.days
        assert inputs["generation"] == 0, "raising the generation must not touch the authorities"
    assert issuer.inputs["pki-etcd-server"]["generation"] == 2
    assert issuer.inputs["pki-service-account"]["generation"] == 0


def test_the_kubeconfig_leads_to_the_api_with_the_identity(made: dict[str, Any]) -> None:
    assert made["secret"] is True
    config = json.loads(made["kubeconfig"])
    (cluster,), (user,), (context,) = config["clusters"], config["users"], config["contexts"]
    assert cluster["cluster"]["server"] == "https://203.0.113.7:32443"
    assert b64decode(cluster["cluster"]["certificate-authority-data"]).decode() == made["ca.certificate"]
    assert b64decode(user["user"]["client-certificate-data"]).decode() == made["clients/admin.certificate"]
    assert b64decode(user["user"]["client-key-data"]).decode() == made["clients/admin.key"]
    assert context == {"name": "example", "context": {"cluster": "example", "user": "example"}}
    assert config["current-context"] == cluster["name"] == user["name"] == "example"
    assert b64decode(made["ca_bundle"]).decode() == made["ca.certificate"]


@pytest.mark.parametrize("preview", [False, True])
def test_all_are_children_and_their_keys_are_secret(preview: bool) -> None:
    issuer, _ = run(preview=preview)
    children = {name for name in issuer.inputs if name != "pki"}
    assert len(children) == 3 + 15 + 1
    assert {issuer.parents[name] for name in children} == {"pki"}
    assert all(issuer.secret[name] == ["key"] for name in children)
    assert all(name.startswith("pki-") for name in children)


def test_a_preview_knows_no_certificate_yet_and_asks_for_all_the_same() -> None:
    issuer, known = run(preview=True)
    assert set(known) == {"secret"}
    assert known["secret"] is True
    leaf = issuer.inputs["pki-etcd-server"]
    assert "caCertificate" not in leaf, "the mocks leave out what is unknown"
    assert leaf["usages"] == ["server", "client"]
