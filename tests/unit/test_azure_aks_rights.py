"""Who may do what in a cluster: role assignments, tokens of pods, and who looks after all that."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import urlencode

import jwt
import pytest

from lab import pki
from lab.azure.aks import rbac
from lab.azure.aks.part import part, start
from lab.azure.clock import ManualClock
from lab.azure.http import Request, Response
from lab.azure.ids import resource
from lab.layout import lay_out
from lab.topology import parse
from tests.unit.azure_aks_api import FakeApi, Wired
from tests.unit.azure_aks_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    CLUSTER_ADMIN,
    Cloud,
    Site,
    cloud,
    site,
)

GROUP = "11111111-0000-4000-8000-000000000000"
NAMES = [f"2222222{i}-0000-4000-8000-000000000000" for i in range(5)]


def person(site: Site, i: int = 0) -> str:  # noqa: F811
    """The object id of somebody new."""
    path = f"{site.cloud.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/person{i}"
    return str(site.cloud.put(path, {"location": "westus"})["properties"]["principalId"])


def held(site: Site) -> dict[str, tuple[str, str]]:  # noqa: F811
    """Principal → kind and role in the cluster."""
    entry = site.cloud.service.store.get(site.cluster)
    assert entry is not None
    bindings = rbac.wanted(site.cloud.service.store, entry).values()
    return {b["subjects"][0]["name"]: (b["subjects"][0]["kind"], b["roleRef"]["name"]) for b in bindings}


def test_assignments_at_the_cluster_and_above_are_roles_in_it(site: Site) -> None:  # noqa: F811
    site.up()
    scopes = [site.cluster, site.cloud.group, site.cloud.subscription, site.subnet]
    roles = [CLUSTER_ADMIN, *rbac.ROLES][:4]
    people = [person(site, i) for i in range(4)]
    for principal, role, scope, name in zip(people, roles, scopes, NAMES, strict=False):
        site.cloud.role(principal, role, scope, name)
    assert held(site) == {
        people[0]: ("User", "cluster-admin"),
        people[1]: ("User", "cluster-admin"),
        people[2]: ("User", "admin"),
    }, "the subnet's is none of the cluster's"


def test_roles_of_the_resource_manager_are_none_in_the_cluster(site: Site) -> None:  # noqa: F811
    site.up()
    owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    site.cloud.role(person(site), owner, site.cluster, NAMES[0])
    assert held(site) == {}


def test_without_azure_rbac_only_the_administrators_groups_count(site: Site) -> None:  # noqa: F811
    site.up({"properties": {"aadProfile": {"enableAzureRBAC": False, "adminGroupObjectIDs": [GROUP]}}})
    site.cloud.role(person(site), CLUSTER_ADMIN, site.cluster, NAMES[0])
    assert held(site) == {GROUP: ("Group", "cluster-admin")}


def test_bindings_follow_the_inventory_and_are_asked_for_only_when_it_changes(site: Site) -> None:  # noqa: F811
    site.up()
    api = FakeApi()
    bindings = rbac.Bindings(site.cloud.service.store, resource(site.cluster), api)
    path = site.cloud.role(person(site), CLUSTER_ADMIN, site.cluster, NAMES[0])
    bindings.keep()
    assert list(api.bindings) == [f"azure-rbac-{NAMES[0]}"]
    asked = len(api.asked)
    bindings.keep()
    assert len(api.asked) == asked
    assert site.cloud.ask("DELETE", path).status == 200
    bindings.keep()
    assert api.bindings == {}


def test_a_binding_that_somebody_removed_comes_back(site: Site) -> None:  # noqa: F811
    site.up()
    api = FakeApi()
    bindings = rbac.Bindings(site.cloud.service.store, resource(site.cluster), api)
    site.cloud.role(person(site), CLUSTER_ADMIN, site.cluster, NAMES[0])
    bindings.keep()
    api.bindings.clear()
    bindings.forget()
    bindings.keep()
    assert list(api.bindings) == [f"azure-rbac-{NAMES[0]}"]


@pytest.mark.timeout(20)
def test_a_caretaker_keeps_roles_and_addresses_until_the_cluster_goes(site: Site) -> None:  # noqa: F811
    machines = Wired()
    api = machines.api
    api.node("n1")
    start(site.cloud.service.context, machines)
    site.cloud.role(person(site), CLUSTER_ADMIN, site.cloud.subscription, NAMES[0])
    site.up()
    assert list(api.bindings) == [f"azure-rbac-{NAMES[0]}"], "whoever has a role has it when the PUT is done"
    api.down = True
    api.service("one")
    time.sleep(0.7)
    assert api.address("one") is None
    api.down = False
    wait_for(lambda: api.address("one") == "203.0.113.2")
    assert machines.routes == {"203.0.113.2": "west/n1"}
    assert site.cloud.ask("DELETE", site.cluster).status == 202
    site.cloud.settle()
    assert machines.routes == {}
    part(site.cloud.service.context).stop()


def wait_for(probe: object, seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while not probe():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


class WithKeys(Wired):
    """Machines that have the keys of a real cluster's service accounts."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory

    def keys(self, name: str) -> dict[str, object]:
        if not self.directory.exists():
            raise FileNotFoundError(f"there is no cluster {name}")
        return dict(pki.key_set(self.directory))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cluster") / "pki"
    pki.ensure(directory, lay_out("lab", parse({"clusters": [{"name": "a"}]})).clusters[0])
    return directory


SUBJECT, AUDIENCE = "system:serviceaccount:default:dns", "api://AzureADTokenExchange"


def pod_token(directory: Path, issuer: str, **change: object) -> str:
    """As the API server signs it."""
    now = int(ManualClock().now())
    claims = {"iss": issuer, "sub": SUBJECT, "aud": [AUDIENCE], "iat": now, "nbf": now, "exp": now + 3600}
    kid = pki.key_set(directory)["keys"][0]["kid"]
    return jwt.encode({**claims, **change}, (directory / "sa.key").read_text(), "ES256", headers={"kid": kid})


def exchange(cloud: Cloud, client: str, assertion: str) -> Response:  # noqa: F811
    form = {
        "grant_type": "client_credentials",
        "client_id": client,
        "scope": "https://management.azure.com/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    tenant = cloud.service.settings.tenant_id
    return cloud.service.handle(
        Request(
            method="POST",
            path=f"/{tenant}/oauth2/v2.0/token",
            body=urlencode(form).encode(),
            host="10.98.0.1",
        )
    )


def test_a_pods_token_is_worth_a_token_of_the_identity_that_trusts_it(site: Site, keys: Path) -> None:  # noqa: F811
    machines = WithKeys(keys)
    start(site.cloud.service.context, machines)
    issuer = site.up()["properties"]["oidcIssuerProfile"]["issuerURL"]
    credential = f"{site.kubelet['id']}/federatedIdentityCredentials/pods"
    trust = {"issuer": issuer, "subject": SUBJECT, "audiences": [AUDIENCE]}
    assert site.cloud.ask("PUT", credential, {"properties": trust}).status in (200, 201)
    client = site.kubelet["properties"]["clientId"]
    answer = exchange(site.cloud, client, pod_token(keys, issuer))
    assert answer.status == 200, answer.body
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert claims["oid"] == site.kubelet["properties"]["principalId"]
    for token in (
        pod_token(keys, issuer, sub="system:serviceaccount:default:other"),
        pod_token(keys, issuer, aud=["other"]),
        pod_token(keys, issuer, exp=1),
    ):
        assert exchange(site.cloud, client, token).status == 401
    part(site.cloud.service.context).leave(site.cloud.service.context, entry_of(site))
    assert exchange(site.cloud, client, pod_token(keys, issuer)).status == 400, "the issuer is gone"


def entry_of(site: Site):  # type: ignore[no-untyped-def]  # noqa: F811
    entry = site.cloud.service.store.get(site.cluster)
    assert entry is not None
    return entry


def test_an_issuer_tells_its_keys_to_everybody(site: Site, keys: Path, tmp_path: Path) -> None:  # noqa: F811
    machines = WithKeys(keys)
    start(site.cloud.service.context, machines)
    path = site.up()["properties"]["oidcIssuerProfile"]["issuerURL"].removeprefix("https://10.98.0.1")

    def get(part_: str) -> Response:
        return site.cloud.service.handle(Request(method="GET", path=f"{path}{part_}", host="10.98.0.1"))

    found = get(".well-known/openid-configuration").json()
    assert found["issuer"] == f"https://10.98.0.1{path}"
    assert found["jwks_uri"] == f"https://10.98.0.1{path}openid/v1/jwks"
    assert get("openid/v1/jwks").json() == pki.key_set(keys)
    machines.directory = tmp_path / "none"
    assert get("openid/v1/jwks").status == 503
    other = Request(method="GET", path="/oidc/abc/openid/v1/jwks", host="10.98.0.1")
    assert site.cloud.service.handle(other).status == 404
    part(site.cloud.service.context).stop()


def test_a_key_sets_key_proves_what_the_cluster_signs(keys: Path) -> None:
    (key,) = jwt.PyJWKSet.from_dict(json.loads(json.dumps(pki.key_set(keys)))).keys
    token = pod_token(keys, "https://10.98.0.1/oidc/1/")
    assert jwt.get_unverified_header(token)["kid"] == key.key_id
    off = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}
    assert jwt.decode(token, key.key, algorithms=["ES256"], options=off)["sub"] == SUBJECT  # type: ignore[arg-type]
