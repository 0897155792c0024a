"""Builds, with a `go` that only pretends: what it is asked, and what its failures become."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.tools.build import build, build_flags, check_disk, go_module
from lab.tools.builds import build_all
from lab.tools.catalog import TOOLS, giving, select
from lab.tools.go import Go, find_go, go_version
from lab.tools.store import MODULES, Store
from lab.tools.tool import Compile, Origin, Tool
from tests.unit.tools_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    FakeGo,
    Told,
    pretended_go,
    told_progress,
)


def _build(tool: Tool, tmp_path: Path) -> Path:
    stage = tmp_path / "stage"
    (stage / "bin").mkdir(parents=True)
    build(go_module(find_go("amd64"), tool, MODULES, tmp_path / "log"), tool, stage)
    return stage


def test_a_multi_call_binary_gets_a_link_for_each_program(fake_go: FakeGo, tmp_path: Path) -> None:
    folder = _build(giving("kubelet"), tmp_path) / "bin"
    assert (folder / "hyperkube").stat().st_mode & 0o111
    links = {path.name: str(path.readlink()) for path in folder.iterdir() if path.is_symlink()}
    assert links == dict.fromkeys(giving("kubelet").programs, "hyperkube")


def test_files_of_a_module_come_along(fake_go: FakeGo, tmp_path: Path) -> None:
    stage = _build(giving("pulumi"), tmp_path)
    assert sorted(path.name for path in (stage / "bin").iterdir()) == sorted(giving("pulumi").programs)
    assert all(path.stat().st_mode & 0o111 for path in (stage / "bin").iterdir())


def test_folders_of_a_module_come_along_writable(fake_go: FakeGo, tmp_path: Path) -> None:
    module = tmp_path / "fake-go/module/charts/karmada/_crds/bases"
    (module / "a.yaml").chmod(0o444)
    module.chmod(0o555)
    try:
        copied = _build(giving("karmadactl"), tmp_path) / "share/karmada/crds/bases/a.yaml"
    finally:
        module.chmod(0o755)  # so that pytest can remove it
    assert copied.read_text() == "crd"
    assert copied.stat().st_mode & 0o777 == 0o644
    assert copied.parent.stat().st_mode & 0o200


def test_the_linker_is_told_the_version() -> None:
    (pulumi,) = giving("pulumi").compiles
    assert build_flags(pulumi) == [
        "-trimpath",
        "-tags",
        "osusergo,grpcnotrace",
        "-ldflags",
        "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0",
    ]


def test_the_users_go_settings_do_not_change_the_result(
    fake_go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"GOFLAGS": "-mod=vendor", "GOARCH": "mips", "CGO_ENABLED": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOTOOLCHAIN", raising=False)
    monkeypatch.setenv("GONOSUMDB", "corp.example")
    _build(giving("pulumi-resource-kubernetes"), tmp_path)
    assert {
        "CGO_ENABLED=0",
        "GOARCH=amd64",
        "GOFLAGS=-buildvcs=false",
        "GOOS=linux",
        "GOTOOLCHAIN=auto",
        "GOWORK=off",
    } <= fake_go.environment
    unlisted = "github.com/pulumi/pulumi-kubernetes/provider/v4,github.com/pulumi/cloud-ready-checks"
    assert f"GONOSUMDB=corp.example,{unlisted}" in fake_go.environment


def test_only_what_the_checksum_database_lacks_is_exempt_from_it() -> None:
    exempt = {tool.name for tool in TOOLS for compiled in tool.compiles if compiled.unlisted}
    assert exempt == {"pulumi-kubernetes"}


def test_a_failed_build_tells_the_last_lines_and_the_log(
    fake_go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO_SAYS", "main.go:1:1: no good")
    with pytest.raises(LabError) as refused:
        _build(giving("coredns"), tmp_path)
    assert str(refused.value) == (
        "tool coredns: `go build` failed with exit status 1; its last lines:\nmain.go:1:1: no good. "
        f"Next: read {tmp_path}/log, then run the command again."
    )


def test_a_full_disk_is_named_as_such(
    fake_go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO_SAYS", "write /x/y.a: no space left on device")
    with pytest.raises(LabError) as refused:
        _build(giving("coredns"), tmp_path)
    assert str(refused.value) == (
        "tool coredns: the disk is full (`go build`: no space left on device). Next: free some space "
        "(`go clean -cache` empties Go's build cache), then run the command again."
    )


def test_too_small_a_disk_is_refused_before_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FEDERATION_SKIP_DISK_CHECK", raising=False)
    free = shutil.disk_usage(tmp_path)._replace(free=3_000_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    go, tools = Go("go", "amd64", (tmp_path / "go-build",)), select(["kubernetes", "etcd"])
    with pytest.raises(LabError) as refused:
        check_disk(go, tools, tmp_path)
    assert str(refused.value) == (
        f"disk of {tmp_path}/go-build: 3.0 GB are free, and building etcd, kubernetes takes up to 4.7 GB. "
        "Next: free some space, or set FEDERATION_SKIP_DISK_CHECK=1 if Go's caches are filled already."
    )
    monkeypatch.setenv("FEDERATION_SKIP_DISK_CHECK", "1")
    check_disk(go, tools, tmp_path)


def test_without_go_nothing_can_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError) as refused:
        find_go("amd64")
    assert str(refused.value) == (
        "go: Go is not on PATH, and tools must be built from source. "
        "Next: install Go 1.21 or newer (https://go.dev/dl), then run the command again."
    )


def test_too_old_a_go_is_refused(fake_go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.19.8")
    with pytest.raises(LabError) as refused:
        find_go("amd64")
    assert str(refused.value) == (
        f"go: {tmp_path}/fake-go/go is go1.19.8, too old to fetch the Go that the tools need. "
        "Next: install Go 1.21 or newer (https://go.dev/dl), then run the command again."
    )


@pytest.mark.parametrize(
    ("said", "version"), [("go1.26.8", (1, 26)), ("go1.9", (1, 9)), ("devel +abc", (999, 0))]
)
def test_the_release_of_go_is_read_from_what_it_says(said: str, version: tuple[int, int]) -> None:
    assert go_version(said) == version


def test_after_a_failure_no_other_tool_is_begun(
    fake_go: FakeGo, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)  # one at a time
    monkeypatch.setenv("FAKE_GO_SAYS", "no good")
    with pytest.raises(LabError):
        build_all(select(["etcd", "coredns", "karmada"]), Store(tmp_path), told.progress)
    assert told.lines == [f"etcd v3.6.14  building (log: {tmp_path}/logs/etcd.log)"]


def test_what_another_process_built_meanwhile_is_not_built_again(
    fake_go: FakeGo, told: Told, tmp_path: Path
) -> None:
    told.progress.expect(1)
    for _ in range(2):
        build_all(select(["etcd"]), Store(tmp_path), told.progress)
    assert told.lines[-1] == "[2/1] etcd v3.6.14  was built by the other process (total 0s)"
    assert len([call for call in fake_go.calls if call.startswith("build")]) == 2  # etcd and etcdctl, once


@pytest.mark.skipif(shutil.which("go") is None, reason="needs Go")
def test_the_real_go_builds_a_program_that_tells_its_version(told: Told, tmp_path: Path) -> None:
    module = tmp_path / "modules" / "hello"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module hello\n\ngo 1.21\n")
    (module / "main.go").write_text("package main\n\nvar version string\n\nfunc main() { print(version) }\n")
    hello = Tool(
        name="hello",
        version="v7",
        group="test",
        programs=("hello", "hi"),
        needs_gb=0,
        compiles=(Compile(binary="hello", links=("hi",), variables={"main.version": "v7"}),),
    )
    store = Store(tmp_path / "cache", modules=tmp_path / "modules")
    build_all([hello], store, told.progress)
    receipt = store.receipt(hello, Origin.BUILD)
    assert receipt is not None
    said = subprocess.run([receipt.programs["hi"]], capture_output=True, text=True, check=True)
    assert said.stderr == "v7"
