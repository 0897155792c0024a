"""The Python distributions of this project as components of its bill of materials."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from packageurl import PackageURL
from packaging.utils import canonicalize_name
from pip_requirements_parser import InstallRequirement, RequirementsFile

from lab.images.python import closure
from release.licences import declared
from release.project import LOCK, dependencies

INDEX = "https://pypi.org/simple"
"""Where the lock's hashes are of; a mirror has the same files."""


def components() -> Iterator[Component]:
    """One for each line of requirements.lock, in its order: required, or excluded if only the lab and tests need it.

    Raises `LabError` if a distribution that the program needs is not installed.
    """
    needed = {canonicalize_name(each.name) for each in closure(dependencies())}
    for line in RequirementsFile.from_file(str(LOCK)).requirements:
        yield _component(line, required=canonicalize_name(line.name) in needed)


def _component(line: InstallRequirement, *, required: bool) -> Component:
    name, version = canonicalize_name(line.name), line.get_pinned_version
    purl = PackageURL("pypi", name=name, version=version)
    hashes = [_hash(text) for text in sorted(line.hash_options)]
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        purl=purl,
        bom_ref=str(purl),
        scope=ComponentScope.REQUIRED if required else ComponentScope.EXCLUDED,
        licenses=[LicenseFactory().make_from_string(text)] if (text := _licence(name)) else [],
        # Of its source and of a wheel for each platform: hashes of files that may be installed, not of the component.
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION, url=XsUri(f"{INDEX}/{name}/"), hashes=hashes
            )
        ],
    )


def _hash(text: str) -> HashType:
    """Of "sha256:…", as the lock has it."""
    algorithm, _, content = text.removeprefix("--hash=").partition(":")
    return HashType(alg=HashAlgorithm(f"SHA-{algorithm.removeprefix('sha')}"), content=content)


def _licence(name: str) -> str | None:
    """As the distribution declares it; None if it does not, or is for another platform and so is not installed."""
    try:
        return declared(metadata.distribution(name))
    except metadata.PackageNotFoundError:
        return None
