"""What the language host answers about a project, without an engine."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import language_pb2 as rpc

from lab.engine.toolchain import REAL_HOST
from tests.wire.language_host_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    SOON,
    Host,
    host_fixture,
    program,
    start_fixture,
)


def wheel(directory: Path, name: str, number: str) -> Path:
    """The smallest package pip installs without a network."""
    path = directory / f"{name}-{number}-py3-none-any.whl"
    info = f"{name}-{number}.dist-info"
    with ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def refusal(host: Host, info: rpc.ProgramInfo) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        host.stub.GetRequiredPackages(rpc.GetRequiredPackagesRequest(info=info), timeout=SOON)
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    return str(caught.value.details())


def test_handshake_is_answered_and_the_version_is_that_of_the_sdk(host: Host) -> None:
    host.stub.Handshake(rpc.LanguageHandshakeRequest(engine_address="127.0.0.1:2"), timeout=SOON)
    assert host.stub.GetPluginInfo(Empty(), timeout=SOON).version == version("pulumi")


def test_required_packages_are_those_the_installed_sdks_name(host: Host, tmp_path: Path) -> None:
    request = rpc.GetRequiredPackagesRequest(info=program(tmp_path, virtualenv=sys.prefix))
    found = host.stub.GetRequiredPackages(request, timeout=SOON).packages
    assert ("kubernetes", "resource", f"v{version('pulumi-kubernetes')}") in {
        (p.name, p.kind, p.version) for p in found
    }
    assert "policy" not in {p.name for p in found}


def test_dependencies_leave_out_what_others_brought_in_unless_asked(host: Host, tmp_path: Path) -> None:
    info = program(tmp_path, virtualenv=sys.prefix)

    def names(*, transitive: bool) -> set[str]:
        request = rpc.GetProgramDependenciesRequest(info=info, transitiveDependencies=transitive)
        return {d.name for d in host.stub.GetProgramDependencies(request, timeout=SOON).dependencies}

    assert "grpcio" in names(transitive=True)
    assert "grpcio" not in names(transitive=False)


def test_a_missing_virtual_environment_is_an_error_that_says_how_to_make_it(
    host: Host, tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    assert refusal(host, program(tmp_path, virtualenv="venv")) == (
        f"option 'virtualenv' in Pulumi.yaml: it is 'venv', but {venv} doesn't exist. "
        f"Next: run `pulumi install`, or by hand `python3 -m venv {venv}` and "
        f"`{venv}/bin/python -m pip install -r requirements.txt`."
    )


def test_a_directory_without_python_is_no_virtual_environment(host: Host, tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "PulumiPolicy.yaml").touch()
    told = refusal(host, program(tmp_path, virtualenv="venv"))
    assert told.startswith(
        f"option 'virtualenv' in PulumiPolicy.yaml: it is 'venv', but {tmp_path}/venv doesn't appear to be a "
        "virtual environment. Next: run `pulumi install`, or by hand"
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"toolchain": "uv"},
            "toolchain 'uv': this language host knows only pip with a virtualenv. Next: " + REAL_HOST + ".",
        ),
        (
            {"virtualenv": 3},
            "option 'virtualenv' in Pulumi.yaml: it is 3.0, not a string. Next: put it in quotes.",
        ),
        (
            {"typechecker": "pytype"},
            "typechecker 'pytype': it is not known. Next: use mypy or pyright, or leave it out.",
        ),
    ],
)
def test_an_option_that_cannot_be_served_is_refused(
    host: Host, tmp_path: Path, options: dict[str, object], told: str
) -> None:
    assert refusal(host, program(tmp_path, **options)) == told


def test_about_names_the_interpreter_of_the_virtual_environment(host: Host, tmp_path: Path) -> None:
    request = rpc.AboutRequest(info=program(tmp_path, virtualenv=sys.prefix))
    about = host.stub.About(request, timeout=SOON)
    assert (about.executable, about.version) == (f"{sys.prefix}/bin/python", platform.python_version())


def test_about_works_without_a_project(host: Host) -> None:
    assert host.stub.About(rpc.AboutRequest(), timeout=SOON).version.startswith("3.")


def test_a_new_project_is_asked_for_the_options_it_lacks(host: Host) -> None:
    options = Struct()
    options.update({"toolchain": "pip"})

    def prompts(info: rpc.ProgramInfo) -> list[tuple[str, str]]:
        answer = host.stub.RuntimeOptionsPrompts(rpc.RuntimeOptionsRequest(info=info), timeout=SOON)
        return [(p.key, p.default.stringValue) for p in answer.prompts]

    assert prompts(rpc.ProgramInfo()) == [("toolchain", "pip"), ("virtualenv", "venv")]
    assert prompts(rpc.ProgramInfo(options=options)) == [("virtualenv", "venv")]


def test_packing_is_unimplemented(host: Host) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        host.stub.Pack(rpc.PackRequest(), timeout=SOON)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_installing_makes_the_virtual_environment_and_installs_into_it(host: Host, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"./{wheel(tmp_path, 'thing', '1.0').name}\n")
    info = program(tmp_path, virtualenv="venv")
    answers = host.stub.InstallDependencies(rpc.InstallDependenciesRequest(info=info), timeout=180)
    assert "Successfully installed thing-1.0" in b"".join(a.stdout for a in answers).decode()
    request = rpc.GetProgramDependenciesRequest(info=info)
    found = host.stub.GetProgramDependencies(request, timeout=SOON).dependencies
    assert ("thing", "1.0") in {(d.name, d.version) for d in found}


def test_an_installation_that_fails_shows_what_pip_said(host: Host, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("./nothing.whl\n")
    info = program(tmp_path, virtualenv=sys.prefix)
    answers = host.stub.InstallDependencies(rpc.InstallDependenciesRequest(info=info), timeout=180)
    said: list[bytes] = []
    with pytest.raises(grpc.RpcError) as caught:
        said.extend(answer.stderr for answer in answers)
    assert "nothing.whl" in b"".join(said).decode()
    assert str(caught.value.details()).endswith("exit code 1. Next: see its output above.")
