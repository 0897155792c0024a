"""What `lab load` says about a user's archive."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images.describe import describe
from lab.images.layer import file, layer, tar_stream
from lab.images.oci import Image, write

FIX = "make the archive with `docker save` or `skopeo copy … docker-archive:FILE:NAME`"


def tar(path: Path, **files: object) -> Path:
    entries = [
        file(name.replace("_", ".").replace("oci.", "oci-"), json.dumps(content).encode())
        for name, content in files.items()
    ]
    path.write_bytes(b"".join(tar_stream(layer(entries))))
    return path


def message(path: Path) -> str:
    with pytest.raises(LabError) as error:
        describe(path)
    return str(error.value)


def test_an_oci_archive_names_its_images_in_full(tmp_path: Path) -> None:
    out = io.BytesIO()
    write([Image(references=("docker.io/library/a:1", "x.io/b:2"), layers=())], out, arch="amd64")
    (tmp_path / "a.tar").write_bytes(out.getvalue())
    assert describe(tmp_path / "a.tar") == ["docker.io/library/a:1", "x.io/b:2"]


def test_an_archive_of_docker_save_gives_the_names_containerd_will_use(tmp_path: Path) -> None:
    saved = tar(
        tmp_path / "a.tar", manifest_json=[{"RepoTags": ["shop:1", "x.io/shop:1"]}, {"RepoTags": ["own/y:2"]}]
    )
    assert describe(saved) == ["docker.io/library/shop:1", "x.io/shop:1", "docker.io/own/y:2"]


def test_a_compressed_archive_is_read_as_well(tmp_path: Path) -> None:
    plain = tar(tmp_path / "a.tar", manifest_json=[{"RepoTags": ["shop:1"]}]).read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(plain))
    assert describe(tmp_path / "a.tar.gz") == ["docker.io/library/shop:1"]


def test_an_image_without_a_name_is_refused_since_no_pod_could_ask_for_it(tmp_path: Path) -> None:
    unnamed = tar(tmp_path / "a.tar", manifest_json=[{"RepoTags": None}])
    assert message(unnamed) == f"archive {unnamed}: it holds an image without a name. Next: {FIX}."
    by_tag = {"manifests": [{"annotations": {"org.opencontainers.image.ref.name": "1.0"}}]}
    tagged = tar(tmp_path / "b.tar", oci_layout={}, index_json=by_tag)
    assert message(tagged) == f"archive {tagged}: it holds an image without a name. Next: {FIX}."


def test_a_tar_file_of_something_else_is_no_image(tmp_path: Path) -> None:
    other = tar(tmp_path / "a.tar", readme_txt="hello")
    assert message(other) == (
        f"archive {other}: it is a tar file, but holds no container image. Next: {FIX}."
    )


def test_a_file_that_is_no_tar_or_cut_short_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no image")
    assert message(text).startswith(f"archive {text}: it cannot be read as a tar file: ")
    cut = tar(tmp_path / "a.tar", manifest_json=[{"RepoTags": ["x" * 2000]}])
    cut.write_bytes(cut.read_bytes()[:1000])
    assert (
        message(cut)
        == f"archive {cut}: it cannot be read as a tar file: unexpected end of data. Next: {FIX}."
    )


def test_a_damaged_list_of_images_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "a.tar"
    broken.write_bytes(b"".join(tar_stream(layer([file("manifest.json", b"[{")]))))
    assert message(broken) == (
        f"archive {broken}: its list of images is damaged: Expecting property name enclosed in double quotes: "
        f"line 1 column 3 (char 2). Next: {FIX}."
    )
    wrong = tar(tmp_path / "b.tar", oci_layout={}, index_json={"images": []})
    assert message(wrong) == f"archive {wrong}: its list of images is damaged: 'manifests'. Next: {FIX}."


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert message(tmp_path / "x") == f"archive {tmp_path}/x: there is no such file. Next: check the path."


def test_the_small_files_are_found_behind_large_blobs(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for name, data in {
            "blobs/sha256/aa": bytes(5_000_000),
            "manifest.json": b'[{"RepoTags":["a:1"]}]',
        }.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    assert describe(path) == ["docker.io/library/a:1"]
