"""The stack westus in its graph: what waits for clusters, zone and names in Azure, and what a preview knows of it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import pytest
import yaml
from pulumi.runtime import set_mocks

from components.stack import Federation, FederationArgs, azure_cloud
from federation.azure.cloud import CLOUDS
from federation.topology import load
from tests.components.azure_fixtures import _without_aliases, answer, invoked, kubeconfig, resource_id
from tests.components.plane_fixtures import Built, Noting, definitions, open_texts, unwrapped
from tests.unit import kubeconfig_fixtures

WEST, EAST = "westuscluster1", "eastuscluster1"
RECORDS = "default/calculatorlb"
CONTROLLER = "myfederation-azure-controller-deployment-dns-controller"
ONPREM = {"name": "onprem", "kubeconfig": "onprem.yaml", "region": "us"}


class InAzure(Built):
    """Azure's types answer as Azure does."""

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        if not args.typ.startswith("azure-native:"):
            return super().new_resource(args)
        inputs = unwrapped(dict(args.inputs))
        if self.preview and not args.resource_id:
            return "", {**inputs, **answer(args.typ, args.name, inputs, known=False)}
        return resource_id(args.typ, inputs, args.name), {**inputs, **answer(args.typ, args.name, inputs)}

    def call(self, args: Any) -> dict[str, Any]:
        return invoked(args.token)


def westus(folder: Path, **changes: Any) -> str:
    """The checkout's stack file, as JSON."""
    settings = yaml.safe_load(Path("Pulumi.westus.yaml").read_text())
    topology = settings["config"]["federation:topology"] | {"control_plane": {"crds": str(folder)}}
    topology |= {k: v for k, v in changes.items() if k != "clusters"}
    topology["clusters"] = [*topology["clusters"], *changes.get("clusters", [])]
    return json.dumps(topology)


@cache
def built(text: str, *, preview: bool = False) -> InAzure:
    made, topology = InAzure(preview=preview), load(json.loads(text))
    set_mocks(made, preview=preview, monitor=Noting(made))

    def program() -> pulumi.Output[Any]:
        federation = Federation(
            "all",
            FederationArgs(
                topology=topology,
                kubeconfigs={"onprem": kubeconfig_fixtures.text()},
                cloud=CLOUDS["public"] if topology.dns else None,
            ),
        )
        outputs = {
            "members": federation.members,
            "endpoint": federation.endpoint,
            "kubeconfig": federation.kubeconfig,
            "nameservers": federation.nameservers,
            "stores": federation.stores,
        }
        kept = [
            pulumi.Output.from_input(value).apply(lambda found, key=key: made.outputs.update({key: found}))
            for key, value in outputs.items()
        ]
        return pulumi.Output.all(*kept)

    with patch.object(pulumi.ResourceOptions, "merge", _without_aliases):
        pulumi.runtime.test(program)()
    return made


@pytest.fixture(name="folder", scope="module")
def folder_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return definitions(tmp_path_factory.mktemp("karmada"))


def cluster_of(name: str) -> str:
    return f"{name}-cluster"


def test_the_plane_is_put_into_a_cluster_that_is_ready(folder: Path) -> None:
    made = built(westus(folder))
    needed = made.before("myfederation-host")
    assert cluster_of(WEST) in needed
    assert cluster_of(EAST) not in needed, "a cluster waits for no other"
    assert {name for name in made.resources if name.startswith(f"{WEST}-") and "admin" in name} <= needed


def test_clients_find_the_plane_by_a_static_address_that_its_service_asks_for(folder: Path) -> None:
    made = built(westus(folder))
    service = unwrapped(made.resources["myfederation-host-service-karmada-apiserver"].inputs)
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["spec"]["allocateLoadBalancerNodePorts"] is True, "Azure's probes come by them"
    assert "loadBalancerIP" not in service["spec"]
    annotations = service["metadata"]["annotations"]
    assert annotations["service.beta.kubernetes.io/azure-load-balancer-resource-group"] == WEST
    assert annotations["service.beta.kubernetes.io/azure-pip-name"]
    assert made.outputs["endpoint"].startswith("https://203.0.113.")
    names = unwrapped(made.resources["myfederation-certificates-karmada-apiserver-server"].inputs)["names"]
    assert any(name.startswith("203.0.113.") for name in names)


def test_the_controller_is_an_identity_that_may_write_the_zone_and_has_no_secret(folder: Path) -> None:
    made = built(westus(folder))
    (pod,) = [unwrapped(made.resources[CONTROLLER].inputs)["spec"]["template"]["spec"]]
    (container,) = pod["containers"]
    variables = {each["name"]: each.get("value") for each in container["env"]}
    assert variables["AZURE_CLIENT_ID"].startswith("client of ")
    assert variables["AZURE_AUTHORITY_HOST"] == "https://login.microsoftonline.com"
    mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert variables["AZURE_FEDERATED_TOKEN_FILE"] == mounts["azure-identity-token"] + "/azure-identity-token"
    (token,) = [each for each in pod["volumes"] if each["name"] == "azure-identity-token"]
    (source,) = token["projected"]["sources"]
    assert source["serviceAccountToken"]["audience"] == "api://AzureADTokenExchange"
    credential = made.resources["myfederation-azure-credential"].inputs
    assert credential["subject"] == "system:serviceaccount:federation-dns-azure:dns-controller"
    assert "myfederation-azure-writes" in made.before(CONTROLLER)


def test_records_wait_for_the_zone_and_its_store_has_no_secret(folder: Path) -> None:
    made = built(westus(folder))
    assert {"myfederation-azure-zone", "myfederation-members", f"service/{RECORDS}"} <= made.before(RECORDS)
    (store,) = unwrapped(made.resources[RECORDS].inputs)["stores"]
    assert (store["provider"], store["zone"], store["resourceGroup"]) == (
        "azure",
        "syncweek.com",
        "fed-dns-rg",
    )
    assert (store.get("clientId"), store.get("tenant"), store["withoutGlobal"]) == (None, None, False)
    assert made.outputs["nameservers"] == ["ns1-01.azure-dns.com:53", "ns2-01.azure-dns.net:53"]


def test_a_preview_from_nothing_registers_what_an_update_does(folder: Path) -> None:
    planned, made = built(westus(folder), preview=True), built(westus(folder))
    assert planned.resources.keys() == made.resources.keys()
    assert "members" not in planned.outputs or planned.outputs["members"], (
        "it may be unknown, and never wrong"
    )


def test_the_kubeconfig_has_all_clusters_and_no_token(folder: Path) -> None:
    config = yaml.safe_load(built(westus(folder)).outputs["kubeconfig"])
    assert [context["name"] for context in config["contexts"]] == [WEST, EAST, "myfederation"]
    users = {user["name"]: user["user"] for user in config["users"]}
    assert users[EAST]["exec"]["command"] == "kubelogin"


def test_clusters_of_both_kinds_and_both_stores_are_one_federation(folder: Path) -> None:
    dns = [
        {"provider": "azure", "resource_group": "fed-dns-rg"},
        {"provider": "coredns", "cluster": "onprem"},
    ]
    made = built(westus(folder, clusters=[ONPREM], dns=dns))
    joined = {name for name in made.resources if name.endswith("-join")}
    assert joined == {f"{WEST}-join", f"{EAST}-join", "onprem-join"}
    stores = unwrapped(made.resources[RECORDS].inputs)["stores"]
    assert [store["provider"] for store in stores] == ["azure", "coredns"]
    controllers = {name for name in made.resources if name.endswith("-deployment-dns-controller")}
    assert controllers == {CONTROLLER, "myfederation-coredns-2-controller-deployment-dns-controller"}


def test_with_traffic_manager_the_global_name_is_an_alias_and_nothing_that_we_write(folder: Path) -> None:
    dns = [{"provider": "azure", "resource_group": "fed-dns-rg", "traffic_manager": True}]
    made = built(westus(folder, dns=dns))
    alias = unwrapped(made.resources["default-calculatorlb-alias"].inputs)
    assert alias["relativeRecordSetName"] == "calculatorlb.default.myfederation.svc"
    assert alias["metadata"] == {"federation-owner": "myfederation"}
    profile = unwrapped(made.resources["default-calculatorlb-profile"].inputs)
    assert profile["monitorConfig"]["port"] == 5001
    deployment = "myfederation-azure-controller-deployment-dns-controller"
    assert {RECORDS, deployment} <= made.before("default-calculatorlb-alias"), (
        "or else these would write it anew"
    )
    assert deployment not in made.before("default-calculatorlb-profile"), (
        "the name is away for as short as can be"
    )
    (store,) = unwrapped(made.resources[RECORDS].inputs)["stores"]
    assert store["withoutGlobal"] is True


def test_nothing_secret_is_in_an_input_that_is_not_secret(folder: Path) -> None:
    made = built(westus(folder))
    secrets = ("PRIVATE KEY", "client-key-data")
    shown = {
        n
        for n, one in made.resources.items()
        for text in open_texts(one.inputs)
        if any(s in text for s in secrets)
    }
    assert shown == set()
    assert kubeconfig(), "the answer of AKS has tokens of nobody"


def test_a_destroy_comes_first_to_what_says_that_parts_are_protected(folder: Path) -> None:
    made = built(westus(folder))
    protection = made.resources["myfederation-protection"]
    assert protection.inputs["protects"] == [f"cluster {WEST}", f"cluster {EAST}", "zone syncweek.com"]
    unconditional = {n for n, one in made.resources.items() if ":" in one.type and not _component(one.type)}
    assert made.before("myfederation-protection") >= unconditional - {"myfederation-protection"}
    changed = json.loads(westus(folder))
    for part in (*changed["clusters"], *changed["dns"]):
        part["protect"] = False
    assert built(json.dumps(changed)).resources["myfederation-protection"].inputs["protects"] == []


def _component(type_: str) -> bool:
    return type_.startswith("federation:")


def test_no_cloud_is_asked_for_where_no_zone_is_in_azure(folder: Path) -> None:
    topology = load(json.loads(westus(folder, dns=[])))
    assert azure_cloud(topology) is None
