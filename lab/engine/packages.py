"""From installed Python distributions to the packages the engine asks for. Starts nothing, reads nothing."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi.runtime.proto import language_pb2, plugin_pb2

from lab.engine.probe import normal

# They are called like the SDK of a provider and have none.
WITHOUT_PLUGIN = {"pulumi-policy", "pulumi-esc-sdk"}

# The part of PEP 440 that has an equal in semantic versions; no epochs.
VERSION = re.compile(
    r"(?P<release>\d+(\.\d+)*)((?P<pre>a|b|rc)(?P<nth>\d+))?(\.(?P<post>post\d+))?(\.(?P<dev>dev\d+))?"
)
PRE = {"a": "alpha", "b": "beta", "rc": "rc"}

Distribution = Mapping[str, Any]


def semantic(version: str) -> str | None:
    """The plugin version that belongs to a Python package version; None if there is no telling.

    Three numbers at least, `1.2.3rc4` is `1.2.3-rc.4`, and `.post1.dev2` becomes the build part `+post1dev2`.
    """
    if (found := VERSION.fullmatch(version)) is None:
        return None
    release = found["release"].split(".")
    text = ".".join(release + ["0"] * (3 - len(release)))
    if found["pre"]:
        text += f"-{PRE[found['pre']]}.{found['nth']}"
    build = (found["post"] or "") + (found["dev"] or "")
    return f"{text}+{build}" if build else text


def required_package(distribution: Distribution) -> plugin_pb2.PackageDependency | None:
    """The provider plugin a distribution is the SDK of, or None.

    `pulumi-plugin.json` decides; without it a name that begins with `pulumi-` tells, as with the real host.
    """
    name, plugin = normal(distribution["name"]), distribution["plugin"]
    if plugin is None and (not name.startswith("pulumi-") or name in WITHOUT_PLUGIN):
        return None
    if plugin is not None and not plugin.get("resource"):
        return None
    facts = plugin or {}
    version = facts.get("version") or semantic(distribution["version"])
    if version is None:
        return None
    return plugin_pb2.PackageDependency(
        name=facts.get("name") or name.removeprefix("pulumi-"),
        kind="resource",
        version=f"v{version.removeprefix('v')}",
        server=facts.get("server", ""),
        parameterization=_parameterization(facts.get("parameterization")),
        extension=_parameterization(facts.get("extensionParameterization")),
    )


def _parameterization(facts: Mapping[str, str] | None) -> plugin_pb2.PackageParameterization | None:
    if facts is None:
        return None
    return plugin_pb2.PackageParameterization(
        name=facts["name"], version=facts["version"], value=base64.b64decode(facts.get("value", ""))
    )


def required_packages(distributions: Iterable[Distribution]) -> list[plugin_pb2.PackageDependency]:
    """Every provider plugin the installed SDKs speak to, sorted by name."""
    found = [package for package in map(required_package, distributions) if package is not None]
    return sorted(found, key=lambda package: str(package.name))


def dependencies(
    distributions: Iterable[Distribution], *, transitive: bool
) -> list[language_pb2.DependencyInfo]:
    """The installed distributions; without `transitive` only those no other one asked for."""
    everything = list(distributions)
    asked_for = set() if transitive else {name for each in everything for name in each["requires"]}
    chosen = [each for each in everything if normal(each["name"]) not in asked_for]
    return [language_pb2.DependencyInfo(name=each["name"], version=each["version"]) for each in chosen]
