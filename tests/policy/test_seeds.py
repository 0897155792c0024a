"""The two walk-throughs as programs: the real engine has nothing against them, so that what stops them are policies."""

from __future__ import annotations

from tests.lab.azure_engine_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    azure_fixture,
    cloud_fixture,
    names,
)
from tests.lab.engine_fixtures import (  # noqa: F401
    Engine,
    Project,
    engine_fixture,
    project_fixture,
    stack_fixture,
)
from tests.policy.preview_fixtures import PACK, seed_fixture, violations  # noqa: F401
from tests.wire.azure_arm_wire import Running


def test_the_walk_through_for_azure_is_a_program_that_the_engine_takes(
    cloud: Engine, azure: Running, seed: Project
) -> None:
    said = cloud.does(seed("azure"), "preview")
    assert "69 to create" in said
    assert names(azure) == set()
    assert cloud.processes() == []


def test_the_walk_through_on_premises_is_a_program_that_the_engine_takes(
    engine: Engine, seed: Project
) -> None:
    said = engine.does(seed("icp"), "preview")
    assert "81 to create" in said
    assert engine.processes() == []


def test_violations_are_told_by_policy(engine: Engine, stack: Project, project: Project) -> None:
    greeting, rules = stack("greeting"), project("rules")
    engine.does(greeting, "config", "set", "word", "rude")
    assert violations(engine, greeting, rules) == {
        "polite": ["word is 'rude'; set a kind one, such as 'hello'"]
    }
    assert violations(engine, greeting, rules, level="advisory") == {}
    engine.does(greeting, "config", "set", "word", "hello")
    assert violations(engine, greeting, rules) == {}


WANTED = 25
AZURE_ALONE = """p01 p05 p06 p13 p14 p15 p16 p17 p18 p19 p20 p21 p27""".split()
ICP_ALONE = """p03 p08 p10 p12 p24""".split()
BOTH = """p02 p04 p07 p09 p11 p22 p25 p26""".split()


def test_the_walk_throughs_violate_all_policies_that_are_mandatory(cloud: Engine, seed: Project) -> None:
    azure, icp = (
        {name.partition("-")[0] for name in violations(cloud, seed(one), PACK)} for one in ("azure", "icp")
    )
    assert azure >= {*AZURE_ALONE, *BOTH}
    assert icp >= {*ICP_ALONE, *BOTH}
    assert len(azure | icp) >= WANTED
