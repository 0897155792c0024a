"""Downloads against a server that stands for the release sites, at its best and at its worst."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.tools.catalog import giving
from lab.tools.download import Downloader
from lab.tools.fetch import ChecksumError, DownloadError, Limits, fetch_text, mirrored
from lab.tools.tool import Tool, located
from tests.unit.tools_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    BRISK,
    Releases,
    nobody_answers,
    release_server,
    tarball,
)

FIX = "Next: check the connection, or build it: `lab tools install --source build`."


def _publish(releases: Releases, tool: Tool, content: bytes, digest: str | None = None) -> tuple[str, str]:
    """Publish the same content as every file of a tool; the first's address, and that of its list."""
    for release in tool.releases:
        url, sums = located(release.url, "amd64"), located(release.checksums, "amd64")
        releases.publish(url, content, sums, digest=digest)
    first = tool.releases[0]
    return mirrored(located(first.url, "amd64")), mirrored(located(first.checksums, "amd64"))


def _download(tool: Tool, tmp_path: Path, limits: Limits | None = None) -> Path:
    stage = tmp_path / "stage"
    (stage / "bin").mkdir(parents=True, exist_ok=True)
    downloader = Downloader("amd64", tmp_path / "downloads", limits)
    downloader.download(tool, downloader.checksums(tool), stage)
    return stage / "bin"


def test_single_executables_are_taken_as_they_are(releases: Releases, tmp_path: Path) -> None:
    kubernetes = giving("kubelet")
    _publish(releases, kubernetes, b"\x7fELF")
    folder = _download(kubernetes, tmp_path)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == dict.fromkeys(
        kubernetes.programs, b"\x7fELF"
    )
    assert all(file.stat().st_mode & 0o111 for file in folder.iterdir())


@pytest.mark.parametrize("program", ["etcd", "coredns", "pulumi", "pulumi-resource-kubernetes"])
def test_of_an_archive_only_the_programs_are_taken(program: str, releases: Releases, tmp_path: Path) -> None:
    tool = giving(program)
    members = {name.replace("-", "__"): name.encode() for name in (*tool.programs, *tool.extras)}
    _publish(releases, tool, tarball(README=b"no", pulumi__language__java=b"no", **members))
    folder = _download(tool, tmp_path)
    assert sorted(file.name for file in folder.iterdir()) == sorted(tool.programs + tool.extras)
    assert (folder / program).read_bytes() == program.encode()
    assert (folder / program).stat().st_mode & 0o111


def test_a_member_of_an_archive_cannot_choose_where_it_lands(releases: Releases, tmp_path: Path) -> None:
    coredns = giving("coredns")
    _publish(releases, coredns, tarball(**{"../../../coredns": b"x", "/etc/coredns": b"y"}))
    folder = _download(coredns, tmp_path)
    assert [file.name for file in folder.iterdir()] == ["coredns"]
    assert not list(tmp_path.glob("coredns"))


def test_nothing_of_a_finished_download_stays(releases: Releases, tmp_path: Path) -> None:
    _publish(releases, giving("coredns"), tarball(coredns=b"x"))
    _download(giving("coredns"), tmp_path)
    assert not [path for path in (tmp_path / "downloads").rglob("*") if path.is_file()]


def test_a_second_try_fetches_only_what_is_missing(releases: Releases, tmp_path: Path) -> None:
    kubernetes = giving("kubelet")
    _publish(releases, kubernetes, b"x" * 1000)
    kubectl = "/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl"
    releases.cut.add(kubectl)
    with pytest.raises(DownloadError, match="cut off"):
        _download(kubernetes, tmp_path)
    releases.cut.clear()
    releases.asked.clear()
    _download(kubernetes, tmp_path)
    assert [path for path in releases.asked if not path.endswith(".sha256")] == [kubectl]


def test_a_wrong_checksum_is_an_error_and_leaves_no_file(releases: Releases, tmp_path: Path) -> None:
    url, _ = _publish(releases, giving("coredns"), tarball(coredns=b"evil"), digest="0" * 64)
    with pytest.raises(ChecksumError) as refused:
        _download(giving("coredns"), tmp_path)
    assert str(refused.value) == (
        f"{url}: its checksum is not the sha256:{'0' * 64} of the release. "
        "Next: run the command again; if it stays so, the release or your connection is tampered with."
    )
    assert not [path for path in (tmp_path / "downloads").rglob("*") if path.is_file()]


def test_a_wrong_file_left_by_somebody_is_fetched_anew(releases: Releases, tmp_path: Path) -> None:
    _publish(releases, giving("coredns"), tarball(coredns=b"right"))
    left = tmp_path / "downloads/coredns/v1.14.7/coredns_1.14.7_linux_amd64.tgz"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"wrong")
    assert (_download(giving("coredns"), tmp_path) / "coredns").read_bytes() == b"right"


def test_a_file_that_is_no_archive_is_the_releases_fault(releases: Releases, tmp_path: Path) -> None:
    coredns = giving("coredns")
    _publish(releases, coredns, b"not an archive")
    with pytest.raises(ChecksumError) as refused:
        _download(coredns, tmp_path)
    assert refused.value.cause.startswith("it is not a whole archive (")
    assert refused.value.fix == "tell upstream; meanwhile use `--source build`"


def test_a_transfer_that_is_cut_off_is_an_error(releases: Releases, tmp_path: Path) -> None:
    url, _ = _publish(releases, giving("kubelet"), b"x" * 1000)
    releases.cut.add("/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-apiserver")
    with pytest.raises(DownloadError) as refused:
        _download(giving("kubelet"), tmp_path)
    assert str(refused.value) == f"{url}: cut off after 500 of 1000 bytes. {FIX}"


def test_a_server_that_drips_is_given_up(releases: Releases, tmp_path: Path) -> None:
    url, _ = _publish(releases, giving("kubelet"), b"x" * 1000)
    releases.dripping.add("/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-apiserver")
    with pytest.raises(DownloadError) as refused:
        _download(giving("kubelet"), tmp_path, BRISK)
    assert refused.value.obj == url
    assert refused.value.cause.startswith("too slow: 0.")
    assert refused.value.cause.endswith(" kB/s, and 50 kB/s are the least")


def test_no_file_may_take_longer_than_its_time(releases: Releases, tmp_path: Path) -> None:
    url, _ = _publish(releases, giving("kubelet"), b"x" * 1000)
    releases.dripping.add("/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-apiserver")
    with pytest.raises(DownloadError) as refused:
        _download(giving("kubelet"), tmp_path, Limits(total=0.2, floor=0))
    assert str(refused.value) == f"{url}: not complete within 0.2 s. {FIX}"


def test_a_server_that_falls_silent_is_given_up(releases: Releases, tmp_path: Path) -> None:
    url, _ = _publish(releases, giving("kubelet"), b"x" * 1000)
    releases.stalling.add("/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-apiserver")
    with pytest.raises(DownloadError) as refused:
        _download(giving("kubelet"), tmp_path, Limits(silence=1))
    assert str(refused.value) == f"{url}: the server fell silent. {FIX}"


def test_a_file_that_is_gone_is_an_error(releases: Releases, tmp_path: Path) -> None:
    url, _ = _publish(releases, giving("coredns"), b"x")
    releases.files.pop(url.removeprefix(releases.base))
    with pytest.raises(DownloadError) as refused:
        _download(giving("coredns"), tmp_path)
    assert str(refused.value) == f"{url}: the server answered 404. {FIX}"


def test_a_list_without_the_file_is_an_error(releases: Releases, tmp_path: Path) -> None:
    coredns = giving("coredns")
    _, sums = _publish(releases, coredns, b"x")
    releases.files[sums.removeprefix(releases.base)] = b"<html>log in first</html>"
    with pytest.raises(DownloadError) as refused:
        _download(coredns, tmp_path)
    assert str(refused.value) == (
        "https://github.com/coredns/coredns/releases/download/v1.14.7/coredns_1.14.7_linux_amd64.tgz.sha256: "
        "it does not list coredns_1.14.7_linux_amd64.tgz. Next: build the tool instead."
    )


def test_a_list_that_never_ends_is_given_up(releases: Releases) -> None:
    releases.files["/host/list"] = b"x" * (1 << 21)
    with pytest.raises(DownloadError) as refused:
        fetch_text("https://host/list", Limits())
    assert str(refused.value) == f"{releases.base}/host/list: it is too long for a list of checksums. {FIX}"


def test_a_host_out_of_reach_is_asked_once(nobody: str, tmp_path: Path) -> None:
    downloader = Downloader("amd64", tmp_path)
    for program in ("etcd", "coredns"):
        with pytest.raises(DownloadError) as refused:
            downloader.checksums(giving(program))
        assert refused.value.cause == "cannot be reached (Connection refused)"
    sums = (
        "https://github.com/coredns/coredns/releases/download/v1.14.7/coredns_1.14.7_linux_amd64.tgz.sha256"
    )
    assert str(refused.value) == f"{sums}: cannot be reached (Connection refused). {FIX}"
