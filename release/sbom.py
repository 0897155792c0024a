"""The bill of materials: `python -m release.sbom FILE` writes CycloneDX 1.6, the same bytes for the same commit.

It has what requirements.lock pins and what the lab's tools are built from, with versions, hashes and licences, as far
as these are declared. What Debian's packages in the image of the controllers are, only the image knows.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from release import go_parts, python_parts
from release.project import project

EPOCH = "SOURCE_DATE_EPOCH"
"""Seconds since 1970, as reproducible-builds.org/docs/source-date-epoch has it; without it there is no time."""


def document(*, seconds: int | None = None) -> dict[str, Any]:
    """The whole of it.

    Args:
        seconds: since 1970, when it counts as made; None: it does not say.

    Raises `LabError` if a distribution that the program needs is not installed.
    """
    root = _root()
    bom = Bom(metadata=BomMetaData(component=root))
    known: dict[str, Component] = {}
    python = [_known(known, each) for each in python_parts.components()]
    bom.register_dependency(root, [c for c in python if c.scope is ComponentScope.REQUIRED])
    for part in go_parts.parts():
        bom.register_dependency(_known(known, part.tool), [_known(known, module) for module in part.modules])
    bom.components.update(known.values())
    return _without_chance(json.loads(JsonV1Dot6(bom).output_as_string()), seconds)


def _root() -> Component:
    purl = PackageURL("pypi", name=project()["name"], version=project()["version"])
    return Component(
        type=ComponentType.APPLICATION,
        name=project()["name"],
        version=project()["version"],
        description=project()["description"],
        purl=purl,
        bom_ref=str(purl),
        licenses=[LicenseFactory().make_from_string(project()["license"])],
    )


def _known(known: dict[str, Component], component: Component) -> Component:
    """The one component of its package and version: several tools are built from the same modules."""
    return known.setdefault(str(component.purl), component)


def _without_chance(found: dict[str, Any], seconds: int | None) -> dict[str, Any]:
    """Without the serial number, which is random, and the time of the run; both are optional."""
    del found["serialNumber"], found["metadata"]["timestamp"]
    if seconds is not None:
        found["metadata"]["timestamp"] = datetime.fromtimestamp(seconds, UTC).isoformat()
    return found


def main(arguments: Iterable[str]) -> None:
    """Write the file that is named."""
    (name,) = arguments
    seconds = os.environ.get(EPOCH)
    made = document(seconds=int(seconds) if seconds else None)
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made, indent=2) + "\n")
    print(f"{path}: {len(made['components'])} components")


if __name__ == "__main__":
    main(sys.argv[1:])
