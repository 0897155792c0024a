"""The graph of `ExistingCluster`, under Pulumi's mocks: no engine, no cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import Mocks, rpc, set_mocks

from components.existing_cluster import ExistingCluster, ExistingClusterArgs, kubeconfig_text
from federation.errors import KubeconfigError
from federation.kubeconfig import minify
from federation.topology import models
from tests.unit.kubeconfig_fixtures import text

COMPONENT = "federation:cluster:ExistingCluster"
LABELS = "pulumi-python:dynamic/federation:NodeLabels"
PROVIDER = "pulumi:providers:kubernetes"

SECRET = {rpc._special_sig_key: rpc._special_secret_sig, "value": "text of fc01"}
"""As a secret is sent to the engine."""


class Recorder(Mocks):  # type: ignore[misc]  # the SDK is not checked
    """Remembers what was registered: type, name and inputs."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], dict[str, Any]] = {}

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        self.made[args.typ, args.name] = dict(args.inputs)
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: Any) -> dict[str, Any]:
        raise AssertionError(f"the component asked for {args.token}")


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def recorder(request: pytest.FixtureRequest) -> Recorder:
    recorder = Recorder()
    set_mocks(recorder, preview=request.param)
    return recorder


def run(program: Callable[[], Any]) -> None:
    pulumi.runtime.test(program)()


def args(**keys: Any) -> ExistingClusterArgs:
    cluster: dict[str, Any] = {"name": "fc01", "kubeconfig": {"path": "fc01.yaml", "context": "c"}, **keys}
    section = models.ExistingCluster.model_validate(cluster)
    return ExistingClusterArgs(cluster=section, federation="fed", kubeconfig="text of fc01")


def test_a_cluster_that_only_joins_has_neither_provider_nor_labels(recorder: Recorder) -> None:
    run(lambda: ExistingCluster("fc01", args(region="us", zone="east")).kubeconfig)
    assert list(recorder.made) == [(COMPONENT, "fc01")]


def test_a_provider_is_made_on_first_use_and_once(recorder: Recorder) -> None:
    def program() -> pulumi.Output[Any]:
        cluster = ExistingCluster("fc01", args())
        assert cluster.provider is cluster.provider
        return pulumi.Output.all(cluster.provider.urn).apply(
            lambda urns: _is(f"{COMPONENT}$" in urns[0], True)
        )

    run(program)
    assert recorder.made[PROVIDER, "fc01"] == {
        "kubeconfig": SECRET,
        "clusterIdentifier": "fc01",
        "enableConfigMapMutable": "true",
        "enableSecretMutable": "true",
    }


def test_nodes_are_labelled_where_the_operator_wants_it(recorder: Recorder) -> None:
    run(lambda: ExistingCluster("fc01", args(region="us", zone="east", node_labels=True)).kubeconfig)
    inputs = {k: v for k, v in recorder.made[LABELS, "fc01-nodes"].items() if k != "__provider"}
    assert inputs == {
        "cluster": "fc01",
        "federation": "fed",
        "kubeconfig": SECRET,
        "kubeconfigPath": "fc01.yaml",
        "kubeconfigContext": "c",
        "region": "us",
        "zones": ["east"],
    }


def test_its_kubeconfig_is_a_secret(recorder: Recorder) -> None:
    def program() -> pulumi.Output[Any]:
        cluster = ExistingCluster("fc01", args())
        return pulumi.Output.from_input(cluster.kubeconfig.is_secret()).apply(
            lambda secret: _is(secret, True)
        )

    run(program)


def test_a_kubeconfig_from_a_file_has_the_context_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(text("one"))
    ref = models.KubeconfigRef(path=f"{tmp_path}/config", secret=None, context="one-context")
    assert kubeconfig_text(ref, pulumi.Config("federation")) == minify(text("one"))


def test_a_file_that_is_not_there_is_told_in_the_preview() -> None:
    ref = models.KubeconfigRef(path="/nowhere", secret=None, context=None)
    with pytest.raises(KubeconfigError, match="kubeconfig of /nowhere: it cannot be read"):
        kubeconfig_text(ref, pulumi.Config("federation"))


def test_a_kubeconfig_can_be_a_secret_of_the_configuration(recorder: Recorder) -> None:
    pulumi.runtime.set_config("federation:fc01", text("one"))
    ref = models.KubeconfigRef(path=None, secret="fc01", context=None)
    assert kubeconfig_text(ref, pulumi.Config("federation")) == minify(text("one"))


def test_a_secret_that_is_not_there_is_told_with_the_command_that_sets_it(recorder: Recorder) -> None:
    ref = models.KubeconfigRef(path=None, secret="fc99", context=None)
    with pytest.raises(pulumi.ConfigMissingError, match="pulumi config set --secret federation:fc99"):
        kubeconfig_text(ref, pulumi.Config("federation"))


def _is(found: object, wanted: object) -> None:
    assert found == wanted
