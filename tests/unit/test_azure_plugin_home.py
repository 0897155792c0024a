"""Where the plugin is used, and how `lab exec` leads programs to the stand-in for Azure."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from lab.cli import inside
from lab.engine.environment import AZURE_WRAPPER, engine_environment
from lab.errors import LabError
from lab.state import State

PLACE = "plugins/resource-azure-native-v3.29.0/pulumi-resource-azure-native"


def executable(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def prepared(root: Path, **base: str) -> Path:
    """The plugin in an engine's home."""
    home = root / "home"
    engine_environment(
        pulumi=executable(root / "engine" / "pulumi"),
        home=home,
        plugins={},
        backend=None,
        passphrase=None,
        base={"PATH": "/usr/bin", **base},
    )
    return home / PLACE


def test_where_there_is_no_real_plugin_the_stand_in_takes_its_place(tmp_path: Path) -> None:
    found = prepared(tmp_path, HOME=str(tmp_path / "nobody"))
    assert found.read_text() == AZURE_WRAPPER
    assert 'exec "${FEDERATION_PYTHON:-python3}" -P -u -m lab.azure.plugin "$@"' in AZURE_WRAPPER
    assert found.stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize("where", ["path", "home", "pulumi_home"])
def test_a_real_plugin_is_taken_wherever_it_is(tmp_path: Path, where: str) -> None:
    places = {
        "path": tmp_path / "bin" / "pulumi-resource-azure-native",
        "home": tmp_path / "user" / ".pulumi" / PLACE,
        "pulumi_home": tmp_path / "own" / PLACE,
    }
    real = executable(places[where])
    found = prepared(
        tmp_path, PATH=str(tmp_path / "bin"), HOME=str(tmp_path / "user"), PULUMI_HOME=str(tmp_path / "own")
    )
    assert found.is_symlink()
    assert found.readlink() == real


def test_a_stand_in_in_another_home_is_no_real_plugin_and_gives_way_to_one(tmp_path: Path) -> None:
    executable(tmp_path / "own" / PLACE, AZURE_WRAPPER)
    assert not prepared(tmp_path, PULUMI_HOME=str(tmp_path / "own")).is_symlink()
    executable(tmp_path / "bin" / "pulumi-resource-azure-native")
    assert prepared(tmp_path, PATH=str(tmp_path / "bin")).is_symlink()
    (tmp_path / "bin" / "pulumi-resource-azure-native").unlink()
    assert not prepared(tmp_path).is_symlink(), "the real one is gone again"


def test_lab_exec_adds_the_variables_of_a_stand_in_that_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDERATION_STATE", str(tmp_path))
    here = State("test")
    assert here.directory.is_relative_to(tmp_path)
    base = {"PATH": "/usr/bin", "KEPT": "yes", "ARM_TENANT_ID": "real"}
    assert inside._with_azure(here, base) == base
    file = here.directory / "azure" / "environment.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"ARM_TENANT_ID": "t", "PATH_PREPEND": "/stand-in/bin"}))
    assert inside._with_azure(here, base) == {
        "PATH": f"/stand-in/bin{os.pathsep}/usr/bin",
        "KEPT": "yes",
        "ARM_TENANT_ID": "t",
    }
    file.write_text("{")
    with pytest.raises(LabError, match="can't be read"):
        inside._with_azure(here, base)
