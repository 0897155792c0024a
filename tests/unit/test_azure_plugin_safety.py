"""The pin: whatever configuration says, nothing but a stand-in is talked to."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpRequest
from azure.identity import ClientAssertionCredential, ClientSecretCredential

from lab import pki
from lab.azure.plugin.config import VARIABLES, Config, credential
from lab.azure.plugin.errors import PluginError
from lab.azure.plugin.safety import Pin, PinnedTransport, pin
from lab.azure.plugin.servicer import Provider

STAND_IN = "the plugin azure-native of this machine is a stand-in"


@pytest.fixture(name="authority")
def authority_fixture(tmp_path: Path) -> Path:
    file = tmp_path / "ca.crt"
    file.write_bytes(pki.authority("stand-in").certificate_pem)
    return file


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No test here may connect, or look a name up."""
    tried: list[str] = []

    def refuse(*args: Any, **kwargs: Any) -> Any:
        tried.append(repr(args))
        raise AssertionError(f"a connection was tried: {args}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tried


@pytest.mark.parametrize(
    ("host", "cause"),
    [
        (None, "ARM_METADATA_HOSTNAME is not set, so that it would talk to the real Azure"),
        ("", "ARM_METADATA_HOSTNAME is not set, so that it would talk to the real Azure"),
        ("management.azure.com", "not an address of this machine's own networks"),
        ("https://management.azure.com", "not an address of this machine's own networks"),
        ("localhost.management.azure.com", "not an address of this machine's own networks"),
        ("127.0.0.1.nip.io", "not an address of this machine's own networks"),
        ("127.1", "not an address of this machine's own networks"),
        ("2130706433", "not an address of this machine's own networks"),
        ("10.98.0.1@management.azure.com", "not an address of this machine's own networks"),
        ("10.98.0.1:port", "not an address of this machine's own networks"),
        ("http://10.98.0.1", "tokens are for https only"),
        ("20.190.129.1", "which is in no private network"),
        ("169.254.169.254", "which is in no private network"),
        ("168.63.129.16", "which is in no private network"),
        ("0.0.0.0", "which is in no private network"),  # noqa: S104
        ("[2603:1030::1]", "which is in no private network"),
        ("[::ffff:20.190.129.1]", "which is in no private network"),
    ],
)
def test_any_place_that_could_be_azure_is_refused(host: str | None, cause: str, authority: Path) -> None:
    with pytest.raises(PluginError) as refused:
        pin(host, str(authority))
    assert refused.value.obj == STAND_IN
    assert cause in refused.value.cause
    assert "lab azure start" in refused.value.fix


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("10.98.0.1", "https://10.98.0.1"),
        ("https://10.98.0.1/", "https://10.98.0.1"),
        ("127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("localhost:8443", "https://127.0.0.1:8443"),
        ("192.0.2.7", "https://192.0.2.7"),
        ("[fd00::1]:8443", "https://[fd00::1]:8443"),
    ],
)
def test_a_stand_in_of_this_machine_is_taken(host: str, url: str, authority: Path) -> None:
    assert pin(host, str(authority)).url == url


def test_an_authority_is_needed_and_it_is_no_bundle(tmp_path: Path, authority: Path) -> None:
    bundle = tmp_path / "bundle.crt"
    bundle.write_bytes(authority.read_bytes() + pki.authority("other").certificate_pem)
    leaf = tmp_path / "leaf.crt"
    issuer = pki.authority("issuer")
    leaf.write_bytes(
        pki.issue(
            pki.Leaf(file="l", authority="ca", common_name="l", names=("127.0.0.1",)), issuer
        ).certificate_pem
    )
    empty = tmp_path / "empty.crt"
    empty.write_text("")
    for file in (bundle, leaf, empty, tmp_path / "none.crt", tmp_path):
        with pytest.raises(PluginError, match=r"FEDERATION_AZURE_CA is .*, which is "):
            pin("10.98.0.1", str(file))
    with pytest.raises(PluginError, match="FEDERATION_AZURE_CA is not set"):
        pin("10.98.0.1", None)


@pytest.mark.parametrize(
    "url",
    [
        "https://management.azure.com/subscriptions",
        "https://10.98.0.2/x",
        "https://10.98.0.1:8443/x",
        "http://10.98.0.1/x",
        "https://10.98.0.1@management.azure.com/x",
        "https://user@10.98.0.1/x",
        "https://10.98.0.1.nip.io/x",
        "//10.98.0.1/x",
        "file:///etc/passwd",
        "https://10.98.0.1:99999/x",
        "",
    ],
)
def test_no_url_leads_elsewhere(url: str, authority: Path) -> None:
    where = Pin("10.98.0.1", 443, authority)
    with pytest.raises(PluginError, match="it was led to"):
        where.require(url)
    with pytest.raises(PluginError, match="it was led to"):
        PinnedTransport(where).send(HttpRequest("GET", url))


def test_urls_of_the_pinned_host_pass(authority: Path) -> None:
    where = Pin("10.98.0.1", 443, authority)
    for url in ("https://10.98.0.1/x?y=z", "https://10.98.0.1:443/x"):
        assert where.require(url) == url


def test_neither_a_proxy_nor_another_bundle_of_the_environment_counts(
    monkeypatch: pytest.MonkeyPatch, authority: Path
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
    transport = PinnedTransport(Pin("10.98.0.1", 443, authority))
    transport.open()
    assert transport.session is not None
    assert transport.session.trust_env is False


# The configuration

COMPLETE = {
    "ARM_TENANT_ID": "t",
    "ARM_SUBSCRIPTION_ID": "s",
    "ARM_CLIENT_ID": "c",
    "ARM_CLIENT_SECRET": "geheim",
    "ARM_METADATA_HOSTNAME": "10.98.0.1",
    "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
}


def test_configuration_comes_from_the_provider_then_arm_then_azure_variables() -> None:
    config = Config.of(
        {"clientId": "own", "useOidc": "true", "location": "westus"},
        {
            "ARM_CLIENT_ID": "arm",
            "ARM_TENANT_ID": "arm",
            "AZURE_TENANT_ID": "azure",
            "AZURE_SUBSCRIPTION_ID": "azure",
        },
    )
    assert (config.client, config.tenant, config.subscription) == ("own", "arm", "azure")
    assert config.oidc
    assert config.location == "westus"
    assert config.instance_discovery
    assert all(names for names in VARIABLES.values())
    assert "geheim" not in repr(Config.of({}, COMPLETE))


@pytest.mark.parametrize(
    ("given", "environment", "cause"),
    [
        ({}, {}, "tenantId is not set"),
        ({}, {**COMPLETE, "ARM_DISABLE_INSTANCE_DISCOVERY": ""}, "login.microsoftonline.com would be asked"),
        ({}, {**COMPLETE, "ARM_CLIENT_SECRET": ""}, "there is neither a clientSecret nor"),
        ({"useMsi": "true"}, {**COMPLETE, "ARM_CLIENT_SECRET": ""}, "there is neither a clientSecret nor"),
    ],
)
def test_other_ways_to_log_in_are_refused(
    given: Mapping[str, str], environment: Mapping[str, str], cause: str, authority: Path
) -> None:
    transport = PinnedTransport(Pin("10.98.0.1", 443, authority))
    with pytest.raises(PluginError, match=cause):
        credential(Config.of(given, environment), "https://10.98.0.1", transport)


def test_a_secret_is_taken_before_a_federated_token(authority: Path, tmp_path: Path) -> None:
    transport = PinnedTransport(Pin("10.98.0.1", 443, authority))
    oidc = {"useOidc": "true", "oidcToken": "jwt"}
    both = credential(Config.of(oidc, COMPLETE), "https://10.98.0.1", transport)
    assert isinstance(both, ClientSecretCredential)
    alone = credential(Config.of(oidc, {**COMPLETE, "ARM_CLIENT_SECRET": ""}), "https://10.98.0.1", transport)
    assert isinstance(alone, ClientAssertionCredential)


def test_the_provider_refuses_before_any_connection(offline: list[str], authority: Path) -> None:
    """As the engine sees it: the configuration fails, in one line."""

    class Context:
        def abort(self, code: Any, details: str) -> None:
            raise RuntimeError(details)

    from pulumi.runtime.proto import provider_pb2 as rpc  # noqa: PLC0415 - heavy, and for this test only

    for host in ("management.azure.com", ""):
        environment = {**COMPLETE, "ARM_METADATA_HOSTNAME": host, "FEDERATION_AZURE_CA": str(authority)}
        with pytest.raises(RuntimeError, match=f"^{STAND_IN}: ARM_METADATA_HOSTNAME is [^\n]*$"):
            Provider(environment).Configure(rpc.ConfigureRequest(), Context())  # type: ignore[arg-type]
    assert offline == []
