"""Which plugin an installed distribution stands for."""

from __future__ import annotations

from typing import Any

import pytest

from lab.engine.packages import dependencies, required_package, semantic


def distribution(name: str, version: str = "1.2.3", **facts: Any) -> dict[str, Any]:
    return {"name": name, "version": version, "requires": [], "plugin": None} | facts


@pytest.mark.parametrize(
    ("python", "plugin"),
    [
        ("1", "1.0.0"),
        ("4.25.0", "4.25.0"),
        ("1.2.3a4", "1.2.3-alpha.4"),
        ("1.2.3b4", "1.2.3-beta.4"),
        ("1.2.3rc4", "1.2.3-rc.4"),
        ("1.2.3.post4", "1.2.3+post4"),
        ("1.2.3.post4.dev5", "1.2.3+post4dev5"),
        ("1.2.3a4.dev5", "1.2.3-alpha.4+dev5"),
        ("1!2.3", None),
        ("latest", None),
    ],
)
def test_a_python_version_becomes_a_plugin_version(python: str, plugin: str | None) -> None:
    assert semantic(python) == plugin


def test_the_plugin_file_decides_about_name_version_and_server() -> None:
    facts = {"resource": True, "name": "own", "version": "2.0.0", "server": "s3://plugins"}
    package = required_package(distribution("somebody-elses", plugin=facts))
    assert package is not None
    assert (package.name, package.kind, package.version, package.server) == (
        "own",
        "resource",
        "v2.0.0",
        "s3://plugins",
    )


def test_without_a_plugin_file_the_name_tells() -> None:
    package = required_package(distribution("pulumi_azure_native", "3.29.0"))
    assert package is not None
    assert (package.name, package.version) == ("azure-native", "v3.29.0")


@pytest.mark.parametrize(
    "other",
    [
        distribution("requests"),
        distribution("pulumi-policy"),
        distribution("pulumi-things", plugin={"resource": False}),
        distribution("pulumi-things", "1!2.0"),
    ],
)
def test_other_distributions_need_no_plugin(other: dict[str, Any]) -> None:
    assert required_package(other) is None


def test_a_parameterized_package_carries_its_value() -> None:
    value = {"name": "random", "version": "3.6.0", "value": "eyJhIjoxfQ=="}
    facts = {"resource": True, "name": "terraform-provider", "version": "0.8.0", "parameterization": value}
    package = required_package(distribution("pulumi-random", plugin=facts))
    assert package is not None
    assert (package.name, package.parameterization.name, package.parameterization.value) == (
        "terraform-provider",
        "random",
        b'{"a":1}',
    )


def test_direct_dependencies_are_those_nobody_requires() -> None:
    found = [distribution("Pulumi_Kubernetes", requires=["pulumi"]), distribution("pulumi")]
    assert [d.name for d in dependencies(found, transitive=False)] == ["Pulumi_Kubernetes"]
    assert [d.name for d in dependencies(found, transitive=True)] == ["Pulumi_Kubernetes", "pulumi"]
