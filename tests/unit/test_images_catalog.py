"""The lab's images: their names, and that each holds what it starts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from lab.errors import LabError, NotFoundError
from lab.images.apt import Deb
from lab.images.assemble import Assembler
from lab.images.catalog import GROUPS, IMAGES, ImageSpec, Program, reference, select
from lab.images.layer import Capability, Entry, Kind, directory, file
from lab.images.oci import Config, Image
from lab.images.reference import parse
from lab.images.tree import command_file, flatten, follow

VERSIONS = {"nginx": "1.22.1-9+deb12u11", "keepalived": "1:2.2.7-1+b2", "busybox": "1:1.35.0-4+deb12u1+b1"}
LOADER = b"#!/bin/sh\nprintf 'sh\\nwget\\nip\\n'\n"

FILES = {
    "busybox": [file("usr/bin/busybox", b"busybox", 0o755)],
    "libc6": [file("usr/lib/ld-linux-x86-64.so.2", LOADER, 0o755)],
    "nginx": [file("usr/sbin/nginx", b"nginx", 0o755), directory("var/log/nginx", uid=33)],
    "keepalived": [file("usr/sbin/keepalived", b"keepalived", 0o755)],
    "python3": [file("usr/bin/python3", b"python", 0o755)],
    "bash": [file("usr/bin/bash", b"bash", 0o755)],
    "ca-certificates": [
        file("usr/share/ca-certificates/mozilla/b.crt", b"B\n"),
        file("usr/share/ca-certificates/mozilla/a.crt", b"A\n"),
    ],
}


class FakePackages:
    """Debian with only the programs that images start; no package is installed or fetched."""

    def closure(self, names: Sequence[str], without: Sequence[str] = ()) -> tuple[Deb, ...]:
        assert not set(names) & set(without)
        more = [f"python3.{sys.version_info.minor}-minimal"] if "python3" in names else []
        return tuple(sorted(Deb(n, VERSIONS.get(n, "1"), "amd64") for n in (*names, *more, "libc6")))

    def entries(self, debs: Iterable[Deb]) -> list[Entry]:
        return [entry for deb in debs for entry in FILES.get(deb.name, [])]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Built tools as the toolbox lays them out: Kubernetes is one program with many names."""
    place = tmp_path / "tools"
    place.mkdir()
    (place / "hyperkube").write_bytes(b"many in one")
    for spec in IMAGES:
        for program in spec.programs:
            if program.tool.startswith("kube"):
                (place / program.tool).symlink_to("hyperkube")
            else:
                (place / program.tool).write_bytes(program.tool.encode())
    return place


@pytest.fixture
def assembler(tools: Path, tmp_path: Path) -> Assembler:
    (tmp_path / "scratch").mkdir()
    return Assembler(lambda name: tools / name, FakePackages(), tmp_path / "scratch")


def spec(name: str) -> ImageSpec:
    (found,) = select([name])
    return found


@pytest.mark.parametrize("name", [spec.name for spec in IMAGES])
def test_every_image_holds_the_program_it_starts(name: str, assembler: Assembler) -> None:
    image = assembler.image(spec(name))
    program = command_file(image)
    assert program is not None
    assert program.size > 0


def test_references_are_full_and_belong_to_one_image_each() -> None:
    references = [reference for each in IMAGES for reference in each.references]
    assert [str(parse(r)) for r in references] == references
    assert len(set(references)) == len(references)
    names = [*(each.name for each in IMAGES), *GROUPS]
    assert len(set(names)) == len(names)


def test_every_image_is_in_a_known_group_and_no_group_is_empty() -> None:
    assert {each.group for each in IMAGES} == set(GROUPS)
    assert [each.name for each in select(["core"])] == [
        "pause",
        "coredns",
        "local-path-provisioner",
        "busybox",
    ]


def test_images_are_found_by_short_name_group_and_any_reference_and_never_twice() -> None:
    found = select(["nginx", "docker.io/library/nginx:latest", "nginx:stable", "workload", "pause"])
    assert [each.name for each in found] == ["pause", "nginx", "debug"]


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("ngnix", "nginx"),
        ("workloads", "workload"),
        ("registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.10"),
    ],
)
def test_an_unknown_name_is_refused_with_what_was_probably_meant(wrong: str, near: str) -> None:
    with pytest.raises(NotFoundError) as error:
        select([wrong])
    assert str(error.value).startswith(
        f"image {wrong!r}: the lab has no image or group of that name. Next: name one of: {near}"
    )


def test_a_name_like_no_other_is_refused_with_all_names() -> None:
    with pytest.raises(NotFoundError) as error:
        reference("zzz")
    assert error.value.fix.startswith("name one of: core, workload, federation, edge, pause, coredns")


def test_manifests_get_the_usual_reference_of_an_image() -> None:
    assert reference("busybox") == "docker.io/library/busybox:1.36"
    assert reference("etcd").startswith("registry.k8s.io/etcd:3.")


def test_programs_that_are_one_file_share_its_layer_and_keep_their_names(assembler: Assembler) -> None:
    server, manager = (assembler.image(spec(n)) for n in ("kube-apiserver", "kube-controller-manager"))
    shared = set(server.layers) & set(manager.layers)
    assert any(entry.path == "usr/local/lib/hyperkube" for each in shared for entry in each)
    link = flatten(server)["usr/local/bin/kube-apiserver"]
    assert (link.kind, link.target) == (Kind.SYMLINK, "/usr/local/lib/hyperkube")


def test_packages_of_the_shared_base_are_not_in_an_image_again(assembler: Assembler) -> None:
    busybox, nginx = assembler.image(spec("busybox")), assembler.image(spec("nginx"))
    assert nginx.layers[0] == busybox.layers[0]
    assert "usr/lib/ld-linux-x86-64.so.2" not in {e.path for each in nginx.layers[1:] for e in each}


def test_the_version_of_a_package_becomes_a_tag_and_a_label(assembler: Assembler) -> None:
    image = assembler.image(spec("nginx"))
    assert image.references == (
        "docker.io/library/nginx:stable",
        "docker.io/library/nginx:latest",
        "docker.io/library/nginx:1.22.1",
    )
    assert image.config.labels == {"org.opencontainers.image.version": "1.22.1"}
    assert assembler.image(spec("keepalived")).references[-1] == "docker.io/k8s-federation/keepalived:2.2.7"


def test_coredns_is_not_root_and_may_bind_port_53(assembler: Assembler) -> None:
    image = assembler.image(spec("coredns"))
    assert image.config.user == "65532:65532"
    assert flatten(image)["coredns"].capability is Capability.NET_BIND_SERVICE


def test_nginx_is_laid_out_as_the_known_image(assembler: Assembler) -> None:
    image = assembler.image(spec("nginx"))
    tree = flatten(image)
    assert image.config.cmd == ("nginx", "-g", "daemon off;")
    assert image.config.stop_signal == "SIGQUIT"
    assert tree["var/log/nginx/access.log"].target == "/dev/stdout"
    assert tree["var/log/nginx/error.log"].target == "/dev/stderr"
    assert b"nginx:x:101:101:" in bytes(tree["etc/passwd"].content)  # type: ignore[arg-type]
    assert b"Welcome to nginx!" in bytes(tree["usr/share/nginx/html/index.html"].content)  # type: ignore[arg-type]


def test_every_command_of_busybox_is_there_by_either_path(assembler: Assembler) -> None:
    tree = flatten(assembler.image(spec("busybox")))
    assert follow(tree, "/bin/sh") == follow(tree, "/usr/bin/ip") == tree["usr/bin/busybox"]


def test_certificates_are_one_bundle_in_a_fixed_order(assembler: Assembler) -> None:
    assert flatten(assembler.image(spec("coredns")))["etc/ssl/certs/ca-certificates.crt"].content == b"A\nB\n"


def test_an_optional_program_is_left_out_where_it_is_not_installed(tools: Path, tmp_path: Path) -> None:
    def resolve(name: str) -> Path:
        if name == "etcdctl":
            raise LabError("tool etcdctl", "not installed", "run `lab tools install etcd`")
        return tools / name

    tree = flatten(Assembler(resolve, FakePackages(), tmp_path).image(spec("etcd")))
    assert "usr/local/bin/etcd" in tree
    assert "usr/local/bin/etcdctl" not in tree


def test_a_missing_tool_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError) as error:
        Assembler(lambda name: tmp_path / name, FakePackages(), tmp_path).image(spec("etcd"))
    assert str(error.value) == (
        f"tool etcd: its file cannot be read: [Errno 2] No such file or directory: '{tmp_path}/etcd'. "
        "Next: install it again."
    )


def test_an_image_that_could_not_start_is_not_made(assembler: Assembler) -> None:
    broken = ImageSpec(
        name="x",
        group="core",
        references=("x.io/x:1",),
        config=Config(cmd=("missing",)),
        programs=(Program(tool="etcd", path="usr/bin/etcd"),),
    )
    with pytest.raises(LabError) as error:
        assembler.image(broken)
    assert str(error.value) == (
        "image x: its command is in none of its layers. Next: mend lab/images/catalog.py."
    )


def test_pause_needs_a_c_compiler(assembler: Assembler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(LabError) as error:
        assembler.image(spec("pause"))
    assert str(error.value) == (
        "image pause: cc: the program is not installed. Next: install gcc and libc6-dev."
    )


def test_links_are_followed_as_the_kernel_does(tmp_path: Path) -> None:
    links = {
        "a": Entry(path="a", kind=Kind.SYMLINK, target="b/../b/f"),
        "b": directory("b"),
        "b/f": Entry(path="b/f", kind=Kind.SYMLINK, target="/c"),
        "c": file("c", b"end"),
        "loop": Entry(path="loop", kind=Kind.SYMLINK, target="loop"),
        "up": Entry(path="up", kind=Kind.SYMLINK, target="../../c"),
    }
    assert follow(links, "/a") == follow(links, "up") == links["c"]
    assert follow(links, "/loop") is None
    assert follow(links, "/b/none") is None


def test_an_image_starts_only_what_may_be_executed() -> None:
    image = Image(references=(), layers=((file("run", b"x", 0o644),),), config=Config(cmd=("/run",)))
    assert command_file(image) is None
