"""`pulumi new` by the real engine: with the small program of the folder `template`, and with the whole checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from federation.topology import examine
from release.project import ROOT, project
from tests.lab.engine_fixtures import Engine, engine_fixture  # noqa: F401  a fixture
from tests.release.program_fixtures import (
    Topology,
    consumer_fixture,  # noqa: F401  a fixture
    kubeconfig_fixture,  # noqa: F401  a fixture
    planned,
    topology_fixture,  # noqa: F401  a fixture
    use_this_environment,
    without_environment,
)
from tests.unit.test_architecture import tracked

TEMPLATE = ROOT / "template"
NEW = ("--name", "shop", "--yes", "--generate-only", "--offline")


def copy_checkout(target: Path) -> None:
    """All files under version control."""
    for file in tracked():
        place = target / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)


def new(engine: Engine, source: Path, target: Path) -> str:
    """A project made of a template, without what needs a package index; what the engine says."""
    target.mkdir()
    return engine.does(target, "new", str(source), *NEW)


def files(folder: Path) -> set[str]:
    """All files below a folder, but for what Python leaves."""
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file() and f.suffix != ".pyc"}


def test_the_program_of_the_template_is_that_of_the_checkout() -> None:
    assert (TEMPLATE / "__main__.py").read_text() == (ROOT / "__main__.py").read_text()
    for manifest in (TEMPLATE / "apps").rglob("*.yaml"):
        assert manifest.read_text() == (ROOT / manifest.relative_to(TEMPLATE)).read_text()


def test_the_stack_of_the_template_has_no_mistakes() -> None:
    settings = yaml.safe_load((TEMPLATE / "Pulumi.dev.yaml").read_text())
    assert examine(settings["config"]["federation:topology"])[1] == ()


@pytest.mark.timeout(900)
def test_a_project_made_of_the_template_plans_a_federation_as_the_package_does(
    engine: Engine, tmp_path: Path, kubeconfig: Path, topology: Callable[..., Topology], consumer: Path
) -> None:
    made = tmp_path / "shop"
    said = new(engine, TEMPLATE, made)
    assert "2. .venv/bin/fedctl validate Pulumi.dev.yaml" in said
    assert files(made) == files(TEMPLATE)
    settings = yaml.safe_load((made / "Pulumi.yaml").read_text())
    assert settings["name"] == "shop"
    assert "template" not in settings
    use_this_environment(made / "Pulumi.yaml")
    config = {"federation:topology": topology(path=str(kubeconfig))}
    (made / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    engine.does(made, "stack", "init", "dev")
    stack, other = ("pulumi:pulumi:Stack", "shop-dev"), ("pulumi:pulumi:Stack", "consumer-dev")
    alone = planned(engine, made)
    assert len(alone) > 100
    assert alone - {stack} == planned(without_environment(engine), consumer) - {other}


@pytest.mark.timeout(900)
def test_the_whole_checkout_is_a_template_too(engine: Engine, tmp_path: Path) -> None:
    checkout, made = tmp_path / "checkout", tmp_path / "shop"
    copy_checkout(checkout)
    said = new(engine, checkout, made)
    assert "1. make venv" in said
    assert files(made) == files(checkout)
    settings = yaml.safe_load((made / "Pulumi.yaml").read_text())
    assert settings["name"] == "shop"
    assert settings["runtime"]["options"]["virtualenv"] == ".venv"
    changed = {name for name in files(made) if (made / name).read_bytes() != (checkout / name).read_bytes()}
    assert changed == {"Pulumi.yaml", "template/Pulumi.yaml"}, "nothing else looks like a placeholder"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_project_made_of_the_template_runs_on_the_wheel_alone(
    engine: Engine, tmp_path: Path, kubeconfig: Path, topology: Callable[..., Topology]
) -> None:
    checkout, made, site = tmp_path / "checkout", tmp_path / "shop", tmp_path / "site"
    copy_checkout(checkout)
    wheel = [*("wheel", "--quiet", "--no-deps", "--no-build-isolation"), "--wheel-dir", "dist", "."]
    subprocess.run([sys.executable, "-m", "pip", *wheel], cwd=checkout, check=True, timeout=300)
    (file,) = (checkout / "dist").iterdir()
    assert file.name == f"k8s_federation-{project()['version']}-py3-none-any.whl"
    shutil.unpack_archive(file, site, "zip")
    new(engine, TEMPLATE, made)
    program = made / "__main__.py"
    where = f"import components\nassert components.__file__.startswith({str(site)!r})\n"
    program.write_text(program.read_text().replace("import pulumi\n", f"import pulumi\n{where}", 1))
    use_this_environment(made / "Pulumi.yaml")
    config = {"federation:topology": topology(path=str(kubeconfig))}
    (made / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    engine.does(made, "stack", "init", "dev")
    on_the_wheel = replace(engine, env={**engine.env, "PYTHONPATH": str(site)})
    assert len(planned(on_the_wheel, made)) > 100
