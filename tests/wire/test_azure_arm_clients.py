"""The real clients of the Azure SDK, and azure-identity's real credentials, against the stand-in over TLS."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, WorkloadIdentityCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient
from cryptography.hazmat.primitives.asymmetric import ec

from tests.wire.azure_arm_wire import SCOPE, Running, running

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ISSUER = "https://issuer.test/cluster"
SUBJECT = "system:serviceaccount:dns:controller"
AUDIENCE = "api://AzureADTokenExchange"


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("azure")) as server:
        yield server


@pytest.fixture(scope="module")
def operator(azure: Running) -> Iterator[ClientSecretCredential]:
    settings = azure.settings
    with ClientSecretCredential(
        client_id=settings.client_id, client_secret=settings.client_secret, **azure.for_credential()
    ) as credential:
        yield credential


@pytest.fixture(scope="module")
def groups(azure: Running, operator: ClientSecretCredential) -> Iterator[ResourceManagementClient]:
    with ResourceManagementClient(operator, azure.settings.subscription_id, **azure.for_client()) as client:
        yield client


def test_a_group_lives_and_dies(groups: ResourceManagementClient) -> None:
    made = groups.resource_groups.create_or_update("life", {"location": "West US", "tags": {"team": "dns"}})
    assert (made.location, made.tags, made.properties.provisioning_state) == (
        "westus",
        {"team": "dns"},
        "Succeeded",
    )
    assert groups.resource_groups.check_existence("life")
    assert "life" in [group.name for group in groups.resource_groups.list()]
    groups.resource_groups.begin_delete("life").result(20)
    assert not groups.resource_groups.check_existence("life")


def test_a_network_with_its_gateway(
    azure: Running, operator: ClientSecretCredential, groups: ResourceManagementClient
) -> None:
    groups.resource_groups.create_or_update("net", {"location": "westus"})
    with NetworkManagementClient(operator, azure.settings.subscription_id, **azure.for_client()) as client:
        address = client.public_ip_addresses.begin_create_or_update(
            "net",
            "out",
            {
                "location": "westus",
                "sku": {"name": "Standard"},
                "properties": {"publicIPAllocationMethod": "Static"},
            },
        ).result(20)
        assert address.properties.ip_address == "203.0.113.1"
        gateway = client.nat_gateways.begin_create_or_update(
            "net",
            "nat",
            {"location": "westus", "properties": {"publicIpAddresses": [{"id": address.id}]}},
        ).result(20)
        network = client.virtual_networks.begin_create_or_update(
            "net",
            "vnet",
            {
                "location": "westus",
                "properties": {
                    "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
                    "subnets": [
                        {
                            "name": "nodes",
                            "properties": {
                                "addressPrefix": "10.1.0.0/24",
                                "natGateway": {"id": gateway.id},
                            },
                        }
                    ],
                },
            },
        ).result(20)
        assert [subnet.name for subnet in network.properties.subnets] == ["nodes"]
        with pytest.raises(HttpResponseError, match="CannotDeleteNatGatewayAssociatedToSubnet"):
            client.nat_gateways.begin_delete("net", "nat").result(20)
        client.subnets.begin_delete("net", "vnet", "nodes").result(20)
        client.nat_gateways.begin_delete("net", "nat").result(20)
        with pytest.raises(ResourceNotFoundError):
            client.nat_gateways.get("net", "nat")
    groups.resource_groups.begin_delete("net").result(20)


def test_a_lock_keeps_its_group(
    azure: Running, operator: ClientSecretCredential, groups: ResourceManagementClient
) -> None:
    groups.resource_groups.create_or_update("kept", {"location": "westus"})
    with ManagementLockClient(operator, azure.settings.subscription_id, **azure.for_client()) as locks:
        locks.management_locks.create_or_update_at_resource_group_level(
            "kept", "keep", {"level": "CanNotDelete"}
        )
        with pytest.raises(HttpResponseError, match="ScopeLocked") as refused:
            groups.resource_groups.begin_delete("kept")
        assert refused.value.status_code == 409
        locks.management_locks.delete_at_resource_group_level("kept", "keep")
    groups.resource_groups.begin_delete("kept").result(20)


def test_a_wrong_secret_is_refused(azure: Running) -> None:
    settings = azure.settings
    with (
        ClientSecretCredential(
            client_id=settings.client_id, client_secret="guessed", **azure.for_credential()
        ) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215: Invalid client secret"),
    ):
        credential.get_token(SCOPE)


def _service_account(key: ec.EllipticCurvePrivateKey, **other: object) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": [AUDIENCE], "iat": now, "exp": now + 600}
    return jwt.encode({**claims, **other}, key, "ES256", headers={"kid": "one"})


def test_a_pod_has_what_its_identity_was_given(
    azure: Running,
    operator: ClientSecretCredential,
    groups: ResourceManagementClient,
    tmp_path: Path,
) -> None:
    group = groups.resource_groups.create_or_update("pods", {"location": "westus"})
    groups.resource_groups.create_or_update("other", {"location": "westus"})
    key = ec.generate_private_key(ec.SECP256R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    azure.service.context.issuers[ISSUER] = lambda: {"keys": [{**public, "kid": "one", "alg": "ES256"}]}
    subscription = azure.settings.subscription_id
    with ManagedServiceIdentityClient(operator, subscription, **azure.for_client()) as client:
        identity = client.user_assigned_identities.create_or_update("pods", "dns", {"location": "westus"})
        client.federated_identity_credentials.create_or_update(
            "pods",
            "dns",
            "controller",
            {"properties": {"issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE]}},
        )
    with AuthorizationManagementClient(operator, subscription, **azure.for_client()) as client:
        client.role_assignments.create(
            group.id,
            str(uuid.uuid4()),
            {
                "properties": {
                    "principalId": identity.principal_id,
                    "principalType": "ServicePrincipal",
                    "roleDefinitionId": f"/subscriptions/{subscription}/providers/Microsoft.Authorization"
                    f"/roleDefinitions/{READER}",
                }
            },
        )
    file = tmp_path / "token"
    file.write_text(_service_account(key))
    with (
        WorkloadIdentityCredential(
            client_id=identity.client_id, token_file_path=str(file), **azure.for_credential()
        ) as pod,
        ResourceManagementClient(pod, subscription, **azure.for_client()) as client,
    ):
        assert client.resource_groups.get("pods").name == "pods"
        with pytest.raises(HttpResponseError, match="AuthorizationFailed") as refused:
            client.resource_groups.get("other")
        assert refused.value.status_code == 403
        with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
            client.resource_groups.begin_delete("pods")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"sub": f"{SUBJECT}2"}, "AADSTS700213"),
        ({"iss": f"{ISSUER}/"}, "AADSTS700211"),
        ({"aud": "api://other"}, "AADSTS700212"),
        ({"exp": 1}, "AADSTS700024"),
    ],
)
def test_another_pod_gets_no_token(
    azure: Running, tmp_path: Path, other: dict[str, object], said: str
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    azure.service.context.issuers[ISSUER] = lambda: {"keys": [{**public, "kid": "one", "alg": "ES256"}]}
    path = f"{azure.subscription}/resourceGroups/issuers"
    identity = f"{path}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dns"
    azure.as_operator("PUT", f"{path}?api-version=2024-03-01", json={"location": "westus"})
    made = azure.as_operator("PUT", f"{identity}?api-version=2023-01-31", json={"location": "westus"}).json()
    body = {"properties": {"issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE]}}
    credential = f"{identity}/federatedIdentityCredentials/controller?api-version=2023-01-31"
    assert azure.as_operator("PUT", credential, json=body).status_code in (200, 201)
    file = tmp_path / "token"
    file.write_text(_service_account(key, **other))
    with (
        WorkloadIdentityCredential(
            client_id=made["properties"]["clientId"], token_file_path=str(file), **azure.for_credential()
        ) as pod,
        pytest.raises(ClientAuthenticationError, match=said),
    ):
        pod.get_token(SCOPE)
