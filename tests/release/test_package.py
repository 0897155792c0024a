"""The components as a package for programs in any of Pulumi's languages, by the real engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from inspect import get_annotations
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import stack
from components.package.federation import Federation
from components.package.provider import COMPONENTS
from release.project import project
from tests.lab.engine_fixtures import Engine, engine_fixture  # noqa: F401  a fixture
from tests.release.program_fixtures import (
    SECRET,
    consumer_fixture,  # noqa: F401  a fixture
    copy_package,
    kubeconfig_fixture,  # noqa: F401  a fixture
    planned,
    topology_fixture,  # noqa: F401  a fixture
    without_environment,
)

TYPE = "federation:index:Federation"
HIDDEN = (
    f"{TYPE} resource 'fed' has a problem: input topology: a part of it is secret, or not known in a preview. "
    "Next: give plain values; secrets are named."
)


@pytest.mark.timeout(900)
def test_the_engine_reads_the_schema_of_the_package(engine: Engine, tmp_path: Path) -> None:
    copy_package(tmp_path / "package")
    said = engine.does(tmp_path, "package", "get-schema", str(tmp_path / "package"))
    schema: dict[str, Any] = json.loads(said[said.index("{\n") :])
    assert (schema["name"], schema["version"]) == ("federation", project()["version"])
    assert set(schema["resources"]) == {f"federation:index:{each.__name__}" for each in COMPONENTS}
    for each in schema["resources"].values():
        assert all(
            p["description"] for p in (*each["inputProperties"].values(), *each["properties"].values())
        )
    found = schema["resources"][TYPE]
    assert found["isComponent"]
    assert found["requiredInputs"] == ["topology"]
    assert set(found["inputProperties"]) == {"topology", "kubeconfigs"}
    assert found["inputProperties"]["topology"]["plain"], "it decides which resources there are"
    assert set(found["properties"]) == {
        *("members", "endpoint", "kubeconfig", "names", "nameservers", "stores", "nextSteps"),
    }


def test_the_package_gives_all_outputs_of_the_component() -> None:
    assert set(get_annotations(Federation)) == set(get_annotations(stack.Federation))


@pytest.mark.timeout(900)
def test_a_program_with_the_package_plans_what_the_stack_of_this_project_does(
    engine: Engine, consumer: Path
) -> None:
    resources = planned(without_environment(engine), consumer)
    assert (TYPE, "fed") in resources
    types = {kind for kind, _ in resources}
    assert {"pulumi-python:dynamic/federation:Join", "pulumi-python:dynamic/federation:DnsRecords"} <= types
    assert {
        ("pulumi:providers:kubernetes", "one"),
        ("kubernetes:apps/v1:Deployment", "deployment/default/nginx"),
    } <= (resources)


@pytest.mark.timeout(900)
def test_a_program_may_use_a_zone_alone(engine: Engine, consumer: Path) -> None:
    engine.does(consumer, "config", "set", "zone", "example.com")
    resources = planned(without_environment(engine), consumer)
    assert ("federation:index:CoreDnsZone", "zone") in resources
    names = {name for _, name in resources if name.startswith("zone-coredns-")}
    assert {"zone-coredns-statefulset-etcd", "zone-coredns-deployment-coredns", "zone-coredns-ready"} <= names


@pytest.mark.timeout(900)
def test_a_zone_that_is_none_is_told(engine: Engine, consumer: Path) -> None:
    engine.does(consumer, "config", "set", "zone", "no_domain")
    failed = without_environment(engine)(consumer, "preview")
    assert failed.returncode != 0
    assert (
        "federation:index:CoreDnsZone resource 'zone' has a problem: zone no_domain: "
        "domain: 'no_domain' is not a DNS name; write one such as 'fc-federated.com'. Next: correct its inputs."
    ) in failed.stdout


@pytest.mark.timeout(900)
def test_a_kubeconfig_that_is_missing_is_told_without_a_stack_trace(engine: Engine, consumer: Path) -> None:
    engine.does(consumer, "config", "set", "given", "other")
    failed = without_environment(engine)(consumer, "preview")
    assert failed.returncode != 0
    assert (
        f"{TYPE} resource 'fed' has a problem: kubeconfig shared: the topology names it, and it was not given. "
        "Next: add it to the input kubeconfigs."
    ) in failed.stdout
    assert "components/package" not in failed.stdout


@pytest.mark.timeout(900)
def test_a_secret_in_the_topology_is_refused_and_not_shown(engine: Engine, consumer: Path) -> None:
    file = consumer / "Pulumi.dev.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["config"]["consumer:topology"]["clusters"][0]["labels"] = {"secret": SECRET}
    settings["config"]["consumer:hide"] = "yes"
    file.write_text(yaml.safe_dump(settings))
    failed = without_environment(engine)(consumer, "preview")
    assert failed.returncode != 0
    assert HIDDEN in failed.stdout
    assert SECRET not in failed.stdout


@pytest.mark.timeout(900)
def test_a_mistake_in_the_topology_is_told_as_the_stack_tells_it(
    engine: Engine, consumer: Path, topology: Callable[..., Any]
) -> None:
    file = consumer / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("region: europe", "regoin: europe", 1))
    failed = without_environment(engine)(consumer, "preview")
    assert failed.returncode != 0
    assert "clusters[0].regoin: unknown key; did you mean 'region'?" in failed.stdout
