"""A store in Azure as plain data, opening it, and that nobody else pays for it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from federation.azure.cloud import Cloud
from federation.azure.patience import Patience
from federation.dns import azure_open
from federation.dns.azure_store import AzureStore
from federation.dns.store import Store, open_backend, store_of
from federation.errors import FederationError, UnauthorizedError
from federation.names import GLOBAL

STORE = AzureStore(subscription="0-1", resource_group="rg", zone="example.com")
CLOUD = Cloud(
    name="local",
    resource_manager="https://m.local",
    authority="https://l.local",
    audience="https://a.local/",
    ca="PEM",
)
FULL = AzureStore.of(
    CLOUD,
    subscription="0-1",
    resource_group="rg",
    zone="example.com",
    private=True,
    tenant="t",
    client_id="c",
    without_global=True,
)
COREDNS = Store(endpoints=("https://etcd:2379",), ca="CA", certificate="CERT", key="KEY")


@pytest.mark.parametrize("store", [STORE, FULL, COREDNS])
def test_a_store_of_either_kind_survives_the_way_through_a_state(store: Any) -> None:
    assert store_of(json.loads(json.dumps(store.as_props()))) == store


def test_what_has_a_default_may_be_left_out_and_a_store_without_provider_is_coredns() -> None:
    props = {"provider": "azure", "subscription": "0-1", "resourceGroup": "rg", "zone": "example.com"}
    assert store_of(props) == STORE
    assert store_of({k: v for k, v in COREDNS.as_props().items() if k != "provider"}) == COREDNS
    with pytest.raises(ValueError, match="there is no provider route53"):
        store_of({"provider": "route53"})
    with pytest.raises(KeyError):
        store_of({"provider": "azure"})


def test_a_store_says_in_which_cloud_it_is() -> None:
    assert replace(FULL.cloud, name="local") == CLOUD
    assert STORE.cloud.known
    assert (STORE.without, FULL.without) == ((), (GLOBAL,))


def test_who_asks_is_no_part_of_where_it_is() -> None:
    same = replace(STORE, zone="Example.com.", resource_group="RG", client_id="c", tenant="t")
    assert same.place == STORE.place
    for other in (
        replace(STORE, zone="example.org"),
        replace(STORE, private=True),
        replace(STORE, subscription="0-2"),
        replace(STORE, resource_manager="https://m.local"),
        COREDNS,
    ):
        assert other.place != STORE.place
    assert replace(COREDNS, user="u", password="p").place == COREDNS.place


SECRET = {"ARM_TENANT_ID": "t", "ARM_CLIENT_ID": "c", "ARM_CLIENT_SECRET": "s"}


@pytest.fixture
def logged_in(monkeypatch: pytest.MonkeyPatch) -> Any:
    """With a client secret; what a process shares is forgotten afterwards."""
    for name, value in SECRET.items():
        monkeypatch.setenv(name, value)
    azure_open.forget()
    yield
    azure_open.forget()


@pytest.mark.usefixtures("logged_in")
def test_a_process_has_one_zone_for_all_that_open_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_backend(STORE, "example.com") as first, open_backend(STORE, "fed.example.com") as second:
        assert (first.name, first.without) == ("azure", ())
        assert first._zone is second._zone  # type: ignore[attr-defined]
    with open_backend(replace(STORE, without_global=True), "example.com") as third:
        assert third.without == (GLOBAL,)
        assert third._zone is first._zone  # type: ignore[attr-defined]
    monkeypatch.setenv("ARM_CLIENT_SECRET", "another")
    with open_backend(STORE, "example.com") as fourth:
        assert fourth._zone is not first._zone  # type: ignore[attr-defined]
    with open_backend(STORE, "example.com", patience=Patience(turn=1)) as fifth:
        assert fifth._zone is not fourth._zone  # type: ignore[attr-defined]


@pytest.mark.usefixtures("logged_in")
@pytest.mark.parametrize("domain", ["example.org", "anexample.com", "com"])
def test_a_domain_that_is_not_in_the_zone_is_refused(domain: str) -> None:
    with pytest.raises(FederationError) as raised, open_backend(STORE, domain):
        pass
    assert str(raised.value) == (
        f"zone example.com in Azure DNS: names of {domain} cannot be in it. "
        f"Next: name a zone at {domain} or above."
    )


def test_a_pod_without_its_token_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_FEDERATED_TOKEN_FILE", raising=False)
    with (
        pytest.raises(UnauthorizedError, match="AZURE_FEDERATED_TOKEN_FILE"),
        open_backend(FULL, "example.com"),
    ):
        pass


@pytest.mark.parametrize(
    "module", ["federation.controllers.dns", "federation.controllers.vip", "components.dynamic.records"]
)
def test_who_has_no_store_in_azure_does_not_load_its_sdk(module: str) -> None:
    """It is 40 MB of memory, and half a second."""
    program = (
        "import sys\n"
        f"import {module}\n"
        "from federation.dns.store import Store, open_backend\n"
        "with open_backend(Store(endpoints=('http://127.0.0.1:1',), ca='', certificate='', key=''), 'example.com'):\n"
        "    print(*sorted(n for n in sys.modules if n.split('.')[0] in ('azure', 'msal', 'cryptography')))\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_who_has_a_public_zone_does_not_load_the_sdk_of_private_ones() -> None:
    program = (
        "import sys\n"
        "from federation.dns.azure_store import AzureStore\n"
        "from federation.dns.store import open_backend\n"
        "with open_backend(AzureStore(subscription='s', resource_group='r', zone='example.com'), 'example.com'):\n"
        "    print('azure.mgmt.dns' in sys.modules, 'azure.mgmt.privatedns' in sys.modules)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False"]
