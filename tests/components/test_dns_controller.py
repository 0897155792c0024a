"""The objects of the DNS controller, under Pulumi's mocks: no engine, no cluster."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pulumi
import pytest
from pulumi.runtime import Mocks, set_mocks

from components.coredns.zone import Zone
from components.dns_controller import DnsController, DnsControllerArgs
from federation.controllers.dns import LEASE, Settings
from federation.dns.store import Store
from federation.topology.dns import CoreDns
from federation.topology.models import Controllers

STORE = Store(endpoints=("https://etcd-0:2379",), ca="CA", certificate="CERT", key="KEY", user="writer")
MADE = ["serviceaccount", "role", "rolebinding", "secret", "networkpolicy"]


class Recorder(Mocks):  # type: ignore[misc]  # the SDK is not checked
    """Remembers what was registered, by name, in order."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        if args.custom:
            self.inputs[args.name] = dict(args.inputs)
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: Any) -> dict[str, Any]:
        raise AssertionError(f"the component asked for {args.token}")


@pytest.fixture(name="recorder", params=[False, True], ids=["update", "preview"])
def recorder_fixture(request: pytest.FixtureRequest) -> Recorder:
    recorder = Recorder()
    set_mocks(recorder, preview=request.param)
    return recorder


def run(**other: Any) -> None:
    given: dict[str, Any] = {
        "federation": "fed",
        "domain": "example.com",
        "ttl": 30,
        "controllers": Controllers(),
        "kubeconfig": pulumi.Output.secret("KUBECONFIG"),
        "store": pulumi.Output.secret(STORE.as_props()),
    }

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[bool]:
        return DnsController("dns", DnsControllerArgs(**{**given, **other})).ready

    program()


def plain(value: Any) -> Any:
    """Without the wrapping of secrets."""
    if isinstance(value, dict):
        if "4dabf18193072939515e22adb298388d" in value:
            return plain(value["value"])
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def pod(recorder: Recorder) -> dict[str, Any]:
    found: dict[str, Any] = plain(recorder.inputs["dns-deployment-dns-controller"])["spec"]["template"]
    return found


def test_everything_is_in_one_namespace_which_it_makes_itself(recorder: Recorder) -> None:
    run()
    kinds = [name.split("-")[1] for name in recorder.inputs]
    assert sorted(kinds) == sorted(["namespace", *MADE, "poddisruptionbudget", "deployment"])
    spaces = {each["metadata"].get("namespace") for each in recorder.inputs.values()} - {None}
    assert spaces == {"federation-dns"}


def test_a_namespace_that_is_there_is_used(recorder: Recorder) -> None:
    made = pulumi.ComponentResource("test:Namespace", "there")
    run(namespace="names", namespace_made=made, controllers=Controllers(replicas=1))
    assert sorted(name.split("-")[1] for name in recorder.inputs) == sorted([*MADE, "deployment"])
    assert {each["metadata"]["namespace"] for each in recorder.inputs.values()} == {"names"}


def test_its_configuration_is_what_the_controller_reads_and_a_secret(recorder: Recorder) -> None:
    run()
    given = recorder.inputs["dns-secret-dns-controller"]["data"]
    assert "4dabf18193072939515e22adb298388d" in str(given)
    config = json.loads(b64decode(plain(given)["config.json"]))
    assert Settings.of(config) == Settings(
        federation="fed",
        domain="example.com",
        ttl=30,
        kubeconfig="KUBECONFIG",
        stores=(STORE,),
        lease_namespace="federation-dns",
    )
    assert config["port"] == 8080


def test_the_pod_runs_the_controller_with_its_configuration_and_least_rights(recorder: Recorder) -> None:
    run(controllers=Controllers(image="registry.example/c:1", pull_secrets=("login",)))
    spec = pod(recorder)["spec"]
    (container,) = spec["containers"]
    assert container["image"] == "registry.example/c:1"
    assert container["args"] == ["dns", "--config=/etc/federation/config.json"]
    assert "command" not in container
    assert spec["serviceAccountName"] == "dns-controller"
    assert spec["automountServiceAccountToken"] is True
    assert spec["imagePullSecrets"] == [{"name": "login"}]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_a_client_key_has_a_place_in_memory_as_the_root_is_read_only(recorder: Recorder) -> None:
    run()
    spec = pod(recorder)["spec"]
    mounts = {each["mountPath"]: each["name"] for each in spec["containers"][0]["volumeMounts"]}
    volume = next(each for each in spec["volumes"] if each["name"] == mounts["/tmp"])
    assert volume["emptyDir"]["medium"] == "Memory"


def test_another_configuration_is_another_pod_and_no_secret_is_in_it(recorder: Recorder) -> None:
    run()
    first = pod(recorder)
    run(kubeconfig=pulumi.Output.secret("RENEWED"))
    second = pod(recorder)
    assert first["metadata"]["annotations"] != second["metadata"]["annotations"]
    assert first["spec"] == second["spec"]
    text = str(recorder.inputs["dns-deployment-dns-controller"])
    assert "KUBECONFIG" not in text
    assert "4dabf18193072939515e22adb298388d" not in text


def test_the_engine_waits_for_it(recorder: Recorder) -> None:
    run()
    annotations = recorder.inputs["dns-deployment-dns-controller"]["metadata"]["annotations"]
    assert "pulumi.com/skipAwait" not in annotations


def test_it_may_use_one_lease_of_its_cluster_and_nothing_else(recorder: Recorder) -> None:
    run()
    leases = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}
    assert recorder.inputs["dns-role-dns-controller"]["rules"] == [
        {**leases, "verbs": ["create"]},
        {**leases, "verbs": ["get", "patch"], "resourceNames": [LEASE]},
    ]


def test_the_store_knows_its_pods_by_their_labels(recorder: Recorder) -> None:
    run()
    zone = Zone("fed", "example.com", CoreDns(provider="coredns"), "cluster.local")
    assert zone.selector("dns-controller").items() <= pod(recorder)["metadata"]["labels"].items()


def test_only_metrics_and_probes_come_in(recorder: Recorder) -> None:
    run()
    policy = recorder.inputs["dns-networkpolicy-dns-controller"]["spec"]
    assert policy["policyTypes"] == ["Ingress"]
    assert plain(policy["ingress"]) == [{"ports": [{"port": 8080, "protocol": "TCP"}]}]
