"""`install`: what is there, else a download, else a build; and the commands around it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.errors import LabError, NotFoundError
from lab.tools.catalog import giving
from lab.tools.cli import app
from lab.tools.fetch import ChecksumError, DownloadError
from lab.tools.install import Step, install, plan
from lab.tools.tool import Origin, Source, Tool, located
from lab.tools.toolbox import Toolbox
from tests.unit.tools_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    BRISK,
    FakeGo,
    Releases,
    Told,
    nobody_answers,
    pretended_go,
    release_server,
    tarball,
    told_progress,
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a machine that has no tools yet."""
    monkeypatch.setenv("FEDERATION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.setattr("lab.tools.install.find_existing", lambda tool: None)
    return tmp_path / "cache"


def _publish(releases: Releases, tool: Tool, *, digest: str | None = None) -> None:
    members = {name.replace("-", "__"): b"downloaded" for name in tool.programs}
    for release in tool.releases:
        content = tarball(**members) if release.programs else b"downloaded"
        sums = located(release.checksums, "amd64")
        releases.publish(located(release.url, "amd64"), content, sums, digest=digest)


@pytest.fixture(autouse=True)
def amd64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.tools.store.machine", lambda: "amd64")


def _origins() -> dict[str, Origin]:
    return {tool.name: tool.source for tool in Toolbox().installed()}


def test_a_reachable_release_is_downloaded(releases: Releases, fake_go: FakeGo, told: Told) -> None:
    _publish(releases, giving("coredns"))
    toolbox = install(["coredns"], progress=told.progress)
    assert toolbox.path("coredns").read_text() == "downloaded"
    assert told.lines == [
        "coredns v1.14.7  downloading",
        "[1/1] coredns v1.14.7  downloaded in 0s (total 0s)",
    ]
    assert fake_go.calls == []


def test_what_has_no_release_is_built_after_the_downloads(
    releases: Releases, fake_go: FakeGo, told: Told
) -> None:
    _publish(releases, giving("coredns"))
    install(["karmada", "coredns"], progress=told.progress)
    assert _origins() == {"coredns": Origin.DOWNLOAD, "karmada": Origin.BUILD}
    assert told.lines[-1] == "[2/2] karmada v1.18.2  built in 0s (total 0s)"


def test_with_no_network_everything_is_built_in_the_catalogs_order(
    nobody: str, fake_go: FakeGo, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    install(progress=told.progress)
    assert set(_origins().values()) == {Origin.BUILD}
    notes = [line for line in told.lines if "no download" in line]
    assert notes[0] == (
        f"etcd v3.6.14  no download, it will be built: {nobody}/github.com/etcd-io/etcd/releases/download/"
        "v3.6.14/SHA256SUMS: cannot be reached (Connection refused)"
    )
    assert [line.split()[1] for line in told.lines if line.startswith("[")] == list(_origins())


@pytest.mark.parametrize("fault", ["cut", "dripping"])
def test_a_download_that_fails_half_way_is_built_instead(
    fault: str, releases: Releases, fake_go: FakeGo, told: Told
) -> None:
    _publish(releases, giving("coredns"))
    path = "/github.com/coredns/coredns/releases/download/v1.14.7/coredns_1.14.7_linux_amd64.tgz"
    getattr(releases, fault).add(path)
    install(["coredns"], progress=told.progress, limits=BRISK)
    assert _origins() == {"coredns": Origin.BUILD}


@pytest.mark.parametrize("source", [Source.AUTO, Source.DOWNLOAD])
def test_a_wrong_checksum_is_never_passed_over(
    source: Source, releases: Releases, fake_go: FakeGo, told: Told, cache: Path
) -> None:
    _publish(releases, giving("coredns"), digest="0" * 64)
    with pytest.raises(ChecksumError):
        install(["coredns"], source=source, progress=told.progress)
    assert fake_go.calls == []
    assert _origins() == {}
    assert [path.name for path in (cache / "tools/coredns").iterdir()] == [".lock"]


def test_download_never_builds(nobody: str, fake_go: FakeGo, told: Told) -> None:
    with pytest.raises(DownloadError) as refused:
        install(["coredns"], source=Source.DOWNLOAD, progress=told.progress)
    assert refused.value.cause == "cannot be reached (Connection refused)"
    assert fake_go.calls == []


def test_download_refuses_what_is_not_published_before_it_fetches_anything(
    releases: Releases, told: Told
) -> None:
    with pytest.raises(LabError) as refused:
        install(["lab", "karmada"], source=Source.DOWNLOAD, progress=told.progress)
    assert str(refused.value) == (
        "tool local-path-provisioner, karmada: upstream publishes images only, no executables. "
        "Next: use `--source auto`, which builds these."
    )
    assert releases.asked == []


def test_build_never_downloads(releases: Releases, fake_go: FakeGo, told: Told) -> None:
    install(["coredns"], source=Source.BUILD, progress=told.progress)
    assert _origins() == {"coredns": Origin.BUILD}
    assert releases.asked == []


def test_the_second_install_does_nothing(releases: Releases, fake_go: FakeGo, told: Told) -> None:
    for _ in range(2):
        install(["coredns"], source=Source.BUILD, progress=told.progress)
    assert told.lines[-1] == "[2/1] coredns v1.14.7  is there already (build) (total 0s)"
    assert len([call for call in fake_go.calls if call.startswith("build")]) == 1


def test_the_source_asked_for_last_is_the_one_in_use(releases: Releases, fake_go: FakeGo, told: Told) -> None:
    _publish(releases, giving("coredns"))
    for source in (Source.DOWNLOAD, Source.BUILD, Source.DOWNLOAD):
        install(["coredns"], source=source, progress=told.progress)
        assert _origins() == {"coredns": Origin(source)}


def test_a_tool_of_the_machine_is_used_until_it_goes(
    fake_go: FakeGo, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("FEDERATION_CACHE", str(tmp_path / "cache"))
    program = tmp_path / "coredns"
    program.write_text("#!/bin/sh\necho CoreDNS-1.14.0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    toolbox = install(["coredns"], progress=told.progress)
    assert toolbox.path("coredns") == program
    assert told.lines == [
        f"[1/1] coredns v1.14.7  v1.14.0 of this machine is used, from {tmp_path} (total 0s)"
    ]
    (line,) = toolbox.installed()
    assert (line.version, line.source, line.path, line.size) == (
        "v1.14.0",
        Origin.EXISTING,
        tmp_path,
        program.stat().st_size,
    )
    program.unlink()
    assert toolbox.installed() == []


def test_a_program_that_is_not_installed_is_refused_with_the_command() -> None:
    with pytest.raises(NotFoundError) as refused:
        Toolbox().path("kubelet")
    assert str(refused.value) == "tool kubelet: not installed. Next: run `lab tools install`."
    with pytest.raises(NotFoundError) as refused:
        Toolbox().path("external-dns")
    assert (
        str(refused.value) == "tool external-dns: not installed. Next: run `lab tools install external-dns`."
    )


def test_a_program_that_only_a_download_has_is_refused_after_a_build(fake_go: FakeGo, told: Told) -> None:
    toolbox = install(["pulumi"], source=Source.BUILD, progress=told.progress)
    with pytest.raises(NotFoundError) as refused:
        toolbox.path("pulumi-language-python")
    assert str(refused.value) == (
        "tool pulumi-language-python: the build of pulumi v3.259.0 does not have it. "
        "Next: run `lab tools install pulumi --source download`."
    )


def test_files_that_come_with_a_tool_are_found(fake_go: FakeGo, told: Told) -> None:
    toolbox = install(["karmada"], progress=told.progress)
    assert (toolbox.share("karmada", "crds") / "bases/a.yaml").read_text() == "crd"
    with pytest.raises(NotFoundError) as refused:
        toolbox.share("karmada", "charts")
    assert str(refused.value) == "tool karmada: it comes without charts. Next: ask for a file that it has."


def test_the_plan_says_what_each_source_would_do(fake_go: FakeGo, told: Told) -> None:
    install(["coredns"], source=Source.BUILD, progress=told.progress)
    names = ["coredns", "etcd", "karmada"]
    assert plan(names) == [
        Step("etcd", "v3.6.14", "download, else build"),
        Step("coredns", "v1.14.7", "installed"),
        Step("karmada", "v1.18.2", "build"),
    ]
    assert [step.action for step in plan(names, source=Source.BUILD)] == ["build", "installed", "build"]
    assert [step.action for step in plan(names[:2], source=Source.DOWNLOAD)] == ["download", "download"]


def test_an_unknown_name_is_refused(told: Told) -> None:
    with pytest.raises(NotFoundError) as refused:
        install(["karmda"], progress=told.progress)
    assert str(refused.value) == (
        "tool karmda: no such tool. Next: did you mean karmada? `lab tools list` names them all."
    )


def _lab_tools(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_a_dry_run_changes_nothing(fake_go: FakeGo, cache: Path) -> None:
    assert _lab_tools("install", "coredns", "karmada", "--dry-run") == (
        "coredns  v1.14.7  download, else build\nkarmada  v1.18.2  build\n"
    )
    assert json.loads(_lab_tools("install", "etcd", "--dry-run", "--json")) == [
        {"name": "etcd", "version": "v3.6.14", "action": "download, else build"}
    ]
    assert not cache.exists()
    assert fake_go.calls == []


def test_the_commands_install_list_find_and_clean(fake_go: FakeGo, cache: Path) -> None:
    (installed,) = json.loads(_lab_tools("install", "coredns", "--source", "build", "--json"))
    assert (installed["name"], installed["source"]) == ("coredns", "build")
    assert json.loads(_lab_tools("list", "--json")) == [installed]
    rows = [row.split() for row in _lab_tools("list").splitlines()]
    assert ["coredns", "v1.14.7", "lab", "build", "0", "MB", "0s", installed["path"]] in rows
    assert ["karmada", "v1.18.2", "karmada", "not", "installed"] in rows
    assert _lab_tools("path", "coredns") == f"{installed['path']}/bin/coredns\n"
    assert _lab_tools("clean") == "0 MB freed\n"
    assert _lab_tools("clean", "--all", "--dry-run").endswith("0 MB would be freed\n")
    assert Path(installed["path"]).exists()
    _lab_tools("clean", "--all")
    assert not list(cache.iterdir())


def test_the_command_hands_errors_to_its_caller() -> None:
    with pytest.raises(NotFoundError):
        CliRunner().invoke(app, ["path", "kubectl"], catch_exceptions=False)
