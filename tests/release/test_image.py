"""The image of the controllers, made without a container engine and pushed to a registry."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lab.errors import LabError
from lab.images.catalog import select
from release.image import described
from release.project import ROOT, project
from tests.release.registry_fixtures import Registry, registry_fixture  # noqa: F401  a fixture
from tests.unit.images_fixtures import layout_of

REFERENCE = f"registry.example.com/team/federation-controllers:{project()['version']}"


def make(target: Path, *, seed: int) -> str:
    """What `make image` runs; `seed` is that of Python's hashes, which no byte may depend on."""
    done = subprocess.run(
        [sys.executable, "-m", "release.image", target, REFERENCE],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", name="archive")
def archive_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("image") / "dist" / "federation-controllers.tar"
    said = make(target, seed=1)
    assert said.endswith(f"MiB. Next: skopeo copy oci-archive:{target} docker://{REFERENCE}\n")
    return target


@pytest.mark.timeout(900)
def test_the_image_is_the_labs_under_a_name_of_ones_own_and_says_what_it_is(archive: Path) -> None:
    layout = layout_of(archive)
    assert layout.references() == [REFERENCE]
    config = layout.config(REFERENCE)["config"]
    (spec,) = select(["federation-controllers"])
    assert (config["Entrypoint"], config["User"]) == (list(spec.config.entrypoint), spec.config.user)
    assert config["Labels"] == {
        "org.opencontainers.image.title": "federation-controllers",
        "org.opencontainers.image.description": project()["description"],
        "org.opencontainers.image.version": project()["version"],
        "org.opencontainers.image.licenses": "Apache-2.0",
    }
    names = {name for layer in layout.layers(REFERENCE) for name in layer.getnames()}
    assert {"usr/sbin/keepalived", "opt/federation/federation/controllers/__main__.py"} <= names


@pytest.mark.timeout(900)
def test_the_same_sources_give_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    make(tmp_path / "again.tar", seed=2)
    assert (tmp_path / "again.tar").read_bytes() == archive.read_bytes()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_skopeo_pushes_it_to_a_registry(archive: Path, registry: Registry) -> None:
    target = f"{registry.host}/team/federation-controllers:1"
    push = ["skopeo", "copy", "--dest-tls-verify=false", f"oci-archive:{archive}", f"docker://{target}"]
    done = subprocess.run(push, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    manifest = json.loads(registry.manifests["team/federation-controllers:1"])
    parts: list[dict[str, Any]] = [manifest["config"], *manifest["layers"]]
    assert {part["digest"] for part in parts} == set(registry.blobs)
    layer = gzip.decompress(registry.blobs[manifest["layers"][-1]["digest"]])
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        assert "opt/federation/federation/errors.py" in tar.getnames()


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(LabError) as error:
        described("Not A Name")
    assert str(error.value) == (
        "image 'Not A Name': that is no image reference. Next: write it as registry/repository:tag."
    )
