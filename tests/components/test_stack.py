"""The graph of a whole federation: what comes before what, what is secret, and what a preview knows."""

from __future__ import annotations

from base64 import b64encode

import pytest
import yaml

from tests.components.plane_fixtures import Build, Built, build_fixture, open_texts, unwrapped  # noqa: F401

NAMESPACE = "fed-host-namespace-federation-system"
NGINX = {"workloads": [{"path": "apps/nginx"}]}
KEYS_IN_BASE64 = [
    b64encode(f"-----BEGIN {kind}-----".encode()).decode()[:-4] for kind in ("PRIVATE KEY", "EC PRIVATE KEY")
]
COMPONENTS = (
    "karmada-apiserver",
    "kube-controller-manager",
    "karmada-aggregated-apiserver",
    "karmada-controller-manager",
    "karmada-scheduler",
    "karmada-webhook",
)


def test_the_host_is_looked_at_before_anything_is_put_in_it(build: Build) -> None:
    built = build()
    inside = [name for name in built.resources if name.startswith("fed-host-")]
    assert len(inside) > 30
    assert [name for name in inside if "fed-host" not in built.before(name)] == []


def test_etcd_is_ready_before_the_api_server_starts_and_that_before_all_others(build: Build) -> None:
    built = build()
    assert "fed-host-statefulset-etcd" in built.before("fed-etcd")
    assert "fed-etcd" in built.before("fed-host-deployment-karmada-apiserver")
    assert "fed-host-deployment-karmada-apiserver" in built.before("fed-api")
    others = [f"fed-host-deployment-{name}" for name in COMPONENTS[1:]]
    assert [name for name in others if "fed-api" not in built.before(name)] == []


def test_parts_that_end_without_their_kinds_wait_for_them_and_no_others_do(build: Build) -> None:
    built = build()
    waiting = [name for name in COMPONENTS if "fed-kinds" in built.before(f"fed-host-deployment-{name}")]
    assert waiting == ["karmada-controller-manager", "karmada-scheduler"]


def test_a_secret_is_there_before_the_pods_that_mount_it(build: Build) -> None:
    built = build()
    for name in COMPONENTS:
        assert f"fed-host-secret-{name}" in built.before(f"fed-host-deployment-{name}")


def test_webhooks_are_registered_once_the_server_that_answers_is_made(build: Build) -> None:
    built = build()
    for kind in ("mutating", "validating"):
        needed = built.before(f"fed-federation-{kind}webhookconfiguration-karmada")
        assert "fed-host-deployment-karmada-webhook" in needed


def test_init_comes_after_every_part_and_the_policies_after_init(build: Build) -> None:
    built = build()
    parts = {f"fed-host-deployment-{name}" for name in COMPONENTS} | {"fed-kinds", "fed-etcd"}
    webhooks = {f"fed-federation-{k}webhookconfiguration-karmada" for k in ("mutating", "validating")}
    assert built.before("fed-init") >= parts | webhooks
    policies = [name for name in built.resources if "-clusterpropagationpolicy-" in name]
    assert len(policies) == 6
    assert [name for name in policies if "fed-init" not in built.before(name)] == []


def test_members_join_a_federation_that_has_its_policies_and_workloads_come_after_all_members(
    build: Build,
) -> None:
    built = build(topology=NGINX)
    policies = {name for name in built.resources if "-clusterpropagationpolicy-" in name}
    assert built.before("fc01-join") >= policies
    assert built.before("fc02-join") >= policies
    assert built.before("fed-members") >= {"fc01-join", "fc02-join"}
    assert built.before("deployment/default/nginx") >= {"fed-members", "fc01-join", "fc02-join"}
    assert built.resources["deployment/default/nginx"].provider == "fed-federation"


def test_members_do_not_wait_for_each_other(build: Build) -> None:
    built = build()
    assert "fc01-join" not in built.before("fc02-join")
    assert "fc02-join" not in built.before("fc01-join")


def test_what_lies_in_the_planes_namespace_goes_with_it_and_not_one_by_one(build: Build) -> None:
    built = build()
    kubernetes = {n: r for n, r in built.resources.items() if r.type.startswith("kubernetes:")}
    alone = {name for name, found in kubernetes.items() if found.goes_with != NAMESPACE}
    assert alone == {NAMESPACE}
    assert built.resources["fed-kinds"].goes_with == NAMESPACE


def test_only_the_host_and_the_federation_have_a_kubernetes_provider(build: Build) -> None:
    built = build()
    providers = {n for n, r in built.resources.items() if r.type == "pulumi:providers:kubernetes"}
    assert providers == {"fc01", "fed-federation"}
    places = {r.provider for n, r in built.resources.items() if n.startswith("fed-host-") and r.provider}
    assert places == {"fc01"}
    places = {r.provider for n, r in built.resources.items() if n.startswith("fed-federation-")}
    assert places == {"fed-federation"}


def test_a_host_that_takes_no_workloads_does_not_join(build: Build) -> None:
    clusters = [
        {"name": "hub", "kubeconfig": "hub.yaml", "join": False},
        {"name": "fc02", "kubeconfig": "fc02.yaml"},
    ]
    built = build(topology={"clusters": clusters})
    assert [name for name in built.resources if name.endswith("-join")] == ["fc02-join"]
    assert [row["name"] for row in built.outputs["members"]] == ["fc02"]


def test_the_members_table_says_where_each_is_and_whether_it_is_ready(build: Build) -> None:
    rows = build().outputs["members"]
    assert [row["name"] for row in rows] == ["fc01", "fc02"]
    assert rows[1] == {
        "name": "fc02",
        "region": "us",
        "zones": ["west"],
        "version": "v1.36.3",
        "ready": True,
        "endpoint": "https://10.11.12.1:8001",
    }


def test_the_kubeconfig_is_secret_and_leads_to_every_cluster_and_to_the_federation(build: Build) -> None:
    built = build()
    assert built.secret_outputs == {"kubeconfig"}
    config = yaml.safe_load(built.outputs["kubeconfig"])
    assert [context["name"] for context in config["contexts"]] == ["fc01", "fc02", "fed"]
    assert config["current-context"] == "fed"
    servers = {c["name"]: c["cluster"]["server"] for c in config["clusters"]}
    assert "https://10.11.12.1:32443" in servers.values()
    assert built.outputs["endpoint"] == "https://10.11.12.1:32443"


def test_no_private_key_or_token_is_in_an_input_that_is_not_secret(build: Build) -> None:
    built = build(topology=NGINX)
    secrets = {"PRIVATE KEY", *KEYS_IN_BASE64, "client-key-data", "token: t-1", '"token"'}
    hits = {
        (name, secret)
        for name, found in built.resources.items()
        for text in open_texts(found.inputs)
        for secret in secrets
        if secret in text
    }
    assert hits == set()
    key = built.files("karmada-apiserver")["tls.key"]
    assert "PRIVATE KEY" in key, "they are there, as secrets"


def test_private_keys_are_in_secrets_of_the_host_only(build: Build) -> None:
    built = build()
    holders = {
        found.type
        for name, found in built.resources.items()
        if found.type.startswith("kubernetes:")
        and any(form in str(unwrapped(found.inputs)) for form in ("PRIVATE KEY", *KEYS_IN_BASE64))
    }
    assert holders == {"kubernetes:core/v1:Secret"}


def test_a_preview_from_nothing_registers_what_an_update_does(build: Build) -> None:
    assert build(preview=True, topology=NGINX).resources.keys() == build(topology=NGINX).resources.keys()


def test_a_preview_knows_what_the_pods_will_be_although_no_certificate_is_made(build: Build) -> None:
    planned, made = build(preview=True), build()
    for name in COMPONENTS:
        assert planned.container(name) == made.container(name)


@pytest.mark.parametrize("name", ["fed-init", "fed-api", "fed-etcd"])
def test_a_changed_image_is_a_new_wait_for_health(build: Build, name: str) -> None:
    other = build(images={"registry": "mirror.example.com"})
    assert build().resources[name].inputs["revision"] == build().resources[name].inputs["revision"]
    assert other.resources[name].inputs["revision"] != build().resources[name].inputs["revision"]


def test_kinds_are_known_by_the_digests_of_their_files(build: Build) -> None:
    inputs = unwrapped(build().resources["fed-kinds"].inputs)
    assert inputs["digests"].keys() == {
        "clusterresourcebindings.work.karmada.io",
        "resourcebindings.work.karmada.io",
        "works.work.karmada.io",
    }
    assert (
        inputs["conversionUrl"] == "https://karmada-webhook.federation-system.svc.cluster.local:443/convert"
    )


def test_the_guard_of_the_plane_is_told_whether_force_was_asked_for(build: Build) -> None:
    def told(built: Built) -> list[object]:
        return [
            built.resources["fed-init"].inputs["force"],
            built.resources["fed-members"].inputs["forceDelete"],
        ]

    assert told(build()) == [False, False]
    assert told(build(force_delete=True)) == [True, True]
