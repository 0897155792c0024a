"""The archive writer: what a runtime reads back."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images.layer import Capability, Entry, Part, directory, file, layer, symlink, tar_stream
from lab.images.oci import Config, Image, architecture, write, write_blobs
from tests.unit.images_fixtures import Layout


def archive(*images: Image) -> bytes:
    out = io.BytesIO()
    write(images, out, arch="amd64")
    return out.getvalue()


def tree(*entries: Entry) -> dict[str, tarfile.TarInfo]:
    stream = io.BytesIO(b"".join(tar_stream(layer(entries))))
    with tarfile.open(fileobj=stream) as tar:
        return {member.name: member for member in tar}


TOOL = Image(
    references=("docker.io/library/tool:1", "example.org/tool:latest"),
    layers=(layer([file("bin/tool", b"run", 0o755)]),),
    config=Config(
        entrypoint=("/bin/tool",),
        cmd=("--help",),
        env=("MODE=quiet",),
        user="65532:65532",
        workdir="/tmp",
        ports=("80/tcp",),
        stop_signal="SIGQUIT",
        labels={"by": "lab"},
    ),
)


def test_the_same_images_give_the_same_bytes_whatever_the_order_of_their_files() -> None:
    files = [file("b", b"2"), file("a/x", b"1"), symlink("c", "b")]
    one = Image(references=("x.io/a:1",), layers=(layer(files),))
    two = Image(references=("x.io/a:1",), layers=(layer(reversed(files)),))
    assert archive(one) == archive(two)


def test_an_image_reads_back_with_all_its_settings() -> None:
    layout = Layout(archive(TOOL))
    config = layout.config("docker.io/library/tool:1")
    assert config["architecture"] == "amd64"
    assert config["os"] == "linux"
    assert config["config"] == {
        "Entrypoint": ["/bin/tool"],
        "Cmd": ["--help"],
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "MODE=quiet"],
        "User": "65532:65532",
        "WorkingDir": "/tmp",
        "ExposedPorts": {"80/tcp": {}},
        "StopSignal": "SIGQUIT",
        "Labels": {"by": "lab"},
    }


def test_each_reference_is_an_index_entry_that_names_the_same_manifest_and_platform() -> None:
    layout = Layout(archive(TOOL))
    assert layout.references() == ["docker.io/library/tool:1", "example.org/tool:latest"]
    assert len({entry["digest"] for entry in layout.index["manifests"]}) == 1
    assert [entry["platform"] for entry in layout.index["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "amd64", "os": "linux"},
    ]


def test_diff_ids_are_the_digests_of_the_uncompressed_layers() -> None:
    layout = Layout(archive(TOOL))
    layers = layout.manifest("docker.io/library/tool:1")["layers"]
    assert layout.config("docker.io/library/tool:1")["rootfs"] == {
        "type": "layers",
        "diff_ids": [each["digest"] for each in layers],
    }
    assert [each["mediaType"] for each in layers] == ["application/vnd.oci.image.layer.v1.tar"]
    assert len(layout.layers("docker.io/library/tool:1")[0].getmembers()) == 2


def test_images_of_one_archive_share_equal_layers_even_if_they_were_defined_apart(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"shared")
    from_disk = layer([file("big", Part.of(tmp_path / "big"))])
    in_memory = layer([file("big", b"shared")])
    images = [
        Image(references=(f"x.io/{name}:1",), layers=layers)
        for name, layers in {"a": (from_disk,), "b": (from_disk,), "c": (in_memory,)}.items()
    ]
    layout = Layout(archive(*images))
    digests = {layout.manifest(r)["layers"][0]["digest"] for r in layout.references()}
    assert len(digests) == 1
    assert len(layout.names) == len(set(layout.names))


def test_content_stays_on_disk_until_it_is_written_and_may_be_part_of_a_file(tmp_path: Path) -> None:
    source = tmp_path / "packed"
    source.write_bytes(b"....middle....")
    stream = b"".join(tar_stream(layer([file("f", Part(source, 4, 6))])))
    with tarfile.open(fileobj=io.BytesIO(stream)) as tar:
        extracted = tar.extractfile("f")
        assert extracted is not None
        assert extracted.read() == b"middle"


def test_a_file_that_shrinks_while_it_is_read_is_no_image(tmp_path: Path) -> None:
    source = tmp_path / "tool"
    source.write_bytes(b"12345")
    content = Part.of(source)
    source.write_bytes(b"123")
    with pytest.raises(OSError, match=r"^.*/tool became shorter while it was read$"):
        b"".join(tar_stream(layer([file("tool", content)])))


def test_modes_owners_links_and_directories_are_kept_and_nothing_has_a_date() -> None:
    found = tree(
        file("bin/tool", b"", 0o4755),
        directory("tmp", 0o1777),
        directory("var/own", uid=101, gid=102),
        symlink("l", "tmp"),
    )
    assert {name: oct(member.mode) for name, member in found.items()} == {
        "bin": "0o755",
        "bin/tool": "0o4755",
        "l": "0o777",
        "tmp": "0o1777",
        "var": "0o755",
        "var/own": "0o755",
    }
    assert (found["var/own"].uid, found["var/own"].gid) == (101, 102)
    assert (found["l"].issym(), found["l"].linkname) == (True, "tmp")
    assert {member.mtime for member in found.values()} == {0}
    assert {member.uname for member in found.values()} == {""}


def test_paths_too_long_for_a_plain_header_are_kept() -> None:
    long = "/".join(["directory" * 5] * 6)
    assert long in tree(file(long, b""))


def test_a_file_capability_is_written_as_setcap_would_store_it() -> None:
    found = tree(file("coredns", b"", 0o755, capability=Capability.NET_BIND_SERVICE))["coredns"]
    value = found.pax_headers["SCHILY.xattr.security.capability"].encode()
    # getfattr -e hex -n security.capability after `setcap cap_net_bind_service=+ep`
    assert value.hex() == "0100000200040000000000000000000000000000"


def test_a_later_entry_replaces_an_earlier_one_of_the_same_path() -> None:
    assert [e.content for e in layer([file("f", b"old"), file("f", b"new")])] == [b"new"]


def test_a_path_below_a_link_is_refused_since_unpacking_would_write_elsewhere() -> None:
    with pytest.raises(ValueError, match=r"^bin/tool lies below bin, which is no directory$"):
        layer([symlink("bin", "usr/bin"), file("bin/tool", b"")])


def test_blobs_that_are_not_what_their_digest_says_are_refused() -> None:
    with pytest.raises(LabError) as error:
        write_blobs([("sha256:00", iter([b"x"]))], [], io.BytesIO())
    assert str(error.value) == (
        "blob sha256:00: its content is "
        "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881. Next: pull the image again."
    )


def test_architectures_have_the_names_of_image_configurations() -> None:
    assert (architecture("x86_64"), architecture("aarch64")) == ("amd64", "arm64")
    with pytest.raises(LabError) as error:
        architecture("riscv64")
    assert str(error.value) == (
        "machine riscv64: images are made for x86_64 and aarch64 only. Next: use such a machine."
    )
