"""`Kinds` in the real dynamic server: Karmada's definitions, put into a federation API that speaks HTTPS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.dynamic.kinds import KindsProvider
from federation.karmada import crds, kinds
from federation.kube import Object
from tests.components.plane_fixtures import CRDS, definitions
from tests.wire.dynamic_fixtures import UNKNOWN, Remote, Server, refusal, server_fixture  # noqa: F401
from tests.wire.plane_fixtures import Plane, plane_fixture  # noqa: F401

ONES = dict.fromkeys(CRDS, 1.0)
CHANGED = "works.work.karmada.io"


@pytest.fixture(name="kinds_")
def kinds_fixture(server: Server) -> Remote:
    return server.of(KindsProvider())


@pytest.fixture(name="folder")
def folder_fixture(tmp_path: Path, plane: Plane) -> Path:
    """Definitions, and a federation API that serves what it is given and counts its changes."""
    plane.api.api.reactions.append(serve)
    return definitions(tmp_path)


def serve(found: Object) -> None:
    metadata, spec = found["metadata"], str(found["spec"])
    generation, before = found.get("seen", (0, ""))
    metadata["generation"] = generation + (before != spec)
    found["seen"] = (metadata["generation"], spec)
    found["status"] = {"conditions": [{"type": "Established", "status": "True"}]}


def inputs(plane: Plane, folder: Path, **changes: Any) -> dict[str, Any]:
    return {
        "federation": "fed",
        "federationKubeconfig": plane.api.kubeconfig(),
        "version": "1.18.2",
        "source": str(folder),
        "digests": kinds.digests(crds.load(str(folder), version="1.18.2", cache=folder)),
        "conversionUrl": "https://webhook:443/convert",
        "caBundle": "Q0E=",
    } | changes


def edit(folder: Path) -> None:
    file = folder / "bases" / f"{CHANGED}.yaml"
    manifest = yaml.safe_load(file.read_text())
    manifest["spec"]["scope"] = "Namespaced"
    file.write_text(yaml.safe_dump(manifest))


def stored(plane: Plane, name: str) -> Object:
    return plane.api.api.objects["customresourcedefinitions", None, name]


def test_all_definitions_are_put_there_and_converted_by_the_webhook(
    kinds_: Remote, plane: Plane, folder: Path
) -> None:
    made = kinds_.create(kinds_.check({}, inputs(plane, folder)))
    assert (made.id, made.outs) == ("fed/kinds", {**inputs(plane, folder), "generations": ONES})
    for name in CRDS:
        conversion = stored(plane, name)["spec"].get("conversion", {})
        assert (conversion.get("strategy") == "Webhook") == (name in crds.CONVERTED)


def test_the_state_holds_digests_and_not_the_definitions(kinds_: Remote, plane: Plane, folder: Path) -> None:
    made = kinds_.create(inputs(plane, folder))
    assert made.outs["digests"].keys() == set(CRDS)
    assert all(len(digest) == 16 for digest in made.outs["digests"].values())


def test_files_that_change_between_preview_and_update_are_refused(
    kinds_: Remote, plane: Plane, folder: Path
) -> None:
    wanted = inputs(plane, folder)
    edit(folder)
    assert refusal(kinds_.create, wanted) == (
        "kinds of Karmada: the files have changed during this run. Next: run `pulumi up` again."
    )
    assert plane.api.api.writes == []


def test_another_definition_is_an_update_of_that_one(kinds_: Remote, plane: Plane, folder: Path) -> None:
    olds = kinds_.create(inputs(plane, folder)).outs
    edit(folder)
    news = inputs(plane, folder)
    assert {n for n in CRDS if olds["digests"][n] != news["digests"][n]} == {CHANGED}
    assert kinds_.diff("fed/kinds", olds, news).changes
    updated = kinds_.update("fed/kinds", olds, news)
    assert updated == {**news, "generations": {**ONES, CHANGED: 2.0}}


def test_where_the_files_lie_is_no_difference(
    kinds_: Remote, plane: Plane, folder: Path, tmp_path: Path
) -> None:
    olds = kinds_.create(inputs(plane, folder)).outs
    other = definitions(tmp_path / "copy")
    assert not kinds_.diff("x", olds, inputs(plane, other, version="1.18.3")).changes


def test_another_federation_is_a_replacement_and_an_unknown_bundle_is_none(
    kinds_: Remote, plane: Plane, folder: Path
) -> None:
    olds = kinds_.create(inputs(plane, folder)).outs
    assert kinds_.diff("x", olds, inputs(plane, folder, federation="other")).replaces == ["federation"]
    unknown = kinds_.diff("x", olds, inputs(plane, folder, caBundle=UNKNOWN))
    assert (unknown.changes, unknown.replaces) == (True, [])


def test_a_definition_that_somebody_has_changed_or_removed_is_put_right_by_the_next_update(
    kinds_: Remote, plane: Plane, folder: Path
) -> None:
    made = kinds_.create(inputs(plane, folder))
    assert kinds_.read(made.id, made.outs).outs == made.outs
    stored(plane, CHANGED)["metadata"]["generation"] = 7
    plane.api.api.remove("customresourcedefinitions", CRDS[0])
    found = kinds_.read(made.id, made.outs).outs
    assert found["digests"].keys() == {CRDS[1]}
    assert kinds_.diff(made.id, found, inputs(plane, folder)).changes
    kinds_.update(made.id, found, inputs(plane, folder))
    assert stored(plane, CRDS[0])


def test_nothing_is_removed_with_them_as_all_objects_would_go_too(
    kinds_: Remote, plane: Plane, folder: Path
) -> None:
    made = kinds_.create(inputs(plane, folder))
    before = list(plane.api.api.writes)
    kinds_.delete(made.id, made.outs)
    assert plane.api.api.writes == before
