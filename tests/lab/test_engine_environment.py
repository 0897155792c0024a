"""The environment of the engine: what is set, what is linked, and who serves Python programs."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from lab.engine.environment import WRAPPER, engine_environment, kubernetes_plugin, prepare_home
from lab.errors import LabError


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def environment(root: Path, **changes: object) -> dict[str, str]:
    facts: dict[str, object] = {
        "pulumi": root / "engine" / "pulumi",
        "home": root / "home",
        "plugins": {},
        "backend": root / "state",
        "passphrase": "",
        "base": {"PATH": "/usr/bin", "PYTHONDONTWRITEBYTECODE": "1", "KEPT": "yes"},
    }
    return engine_environment(**facts | changes)  # type: ignore[arg-type]


def wrapper(home: Path) -> Path:
    return home / "plugins" / f"language-python-v{version('pulumi')}" / "pulumi-language-python"


def test_the_engine_gets_a_home_a_backend_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    executable(tmp_path / "engine" / "pulumi")
    assert environment(tmp_path) == {
        "PATH": f"{tmp_path}/engine:/usr/bin",
        "KEPT": "yes",
        "PULUMI_HOME": f"{tmp_path}/home",
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "FEDERATION_PYTHON": sys.executable,
    }
    assert (tmp_path / "state").is_dir()


def test_backend_and_passphrase_may_be_left_to_the_caller(tmp_path: Path) -> None:
    executable(tmp_path / "engine" / "pulumi")
    base = {"PULUMI_BACKEND_URL": "s3://states", "PULUMI_CONFIG_PASSPHRASE": "own"}
    found = environment(tmp_path, backend=None, passphrase=None, base=base)
    assert found.items() >= base.items()


def test_a_plugin_is_linked_under_its_version_and_again_changes_nothing(tmp_path: Path) -> None:
    plugins = kubernetes_plugin(executable(tmp_path / "tools" / "pulumi-resource-kubernetes"))
    prepare_home(tmp_path / "home", plugins)
    directory = tmp_path / "home" / "plugins" / f"resource-kubernetes-v{version('pulumi-kubernetes')}"
    assert (
        directory / "pulumi-resource-kubernetes"
    ).resolve() == tmp_path / "tools/pulumi-resource-kubernetes"
    before = sorted((p, p.lstat().st_ino) for p in (tmp_path / "home").rglob("*"))
    prepare_home(tmp_path / "home", plugins)
    assert sorted((p, p.lstat().st_ino) for p in (tmp_path / "home").rglob("*")) == before


def test_a_plugin_that_was_built_elsewhere_takes_the_place_of_the_old(tmp_path: Path) -> None:
    old, new = (executable(tmp_path / name / "greeter") for name in ("old", "new"))
    for path in (old, new):
        prepare_home(tmp_path / "home", {"resource-greeter-v0.1.0": path})
    link = tmp_path / "home/plugins/resource-greeter-v0.1.0/pulumi-resource-greeter"
    assert link.readlink() == new


def test_our_language_host_serves_where_there_is_no_other(tmp_path: Path) -> None:
    prepare_home(tmp_path, {})
    assert wrapper(tmp_path).read_text() == WRAPPER
    assert os.access(wrapper(tmp_path), os.X_OK)


def test_a_real_language_host_on_the_path_is_used_and_ours_again_without_it(tmp_path: Path) -> None:
    executable(tmp_path / "engine" / "pulumi")
    real = executable(tmp_path / "bin" / "pulumi-language-python")
    environment(tmp_path, base={"PATH": str(real.parent)})
    assert wrapper(tmp_path / "home").readlink() == real
    environment(tmp_path)
    assert wrapper(tmp_path / "home").read_text() == WRAPPER
    assert real.read_text() == "#!/bin/sh\n"


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (
            "kubernetes",
            "plugin 'kubernetes': its key has another form. Next: use KIND-NAME-vVERSION.",
        ),
        (
            "resource-greeter-v0.1.0",
            "plugin resource-greeter-v0.1.0: /nowhere is not there. Next: run `lab tools install`.",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_refused(tmp_path: Path, key: str, told: str) -> None:
    with pytest.raises(LabError) as caught:
        prepare_home(tmp_path, {key: Path("/nowhere")})
    assert str(caught.value) == told


def test_an_engine_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError) as caught:
        environment(tmp_path)
    assert str(caught.value) == (
        f"engine {tmp_path}/engine/pulumi: it is not there. Next: run `lab tools install`."
    )
