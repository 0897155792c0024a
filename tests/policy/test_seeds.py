"""The two walk-throughs as programs, line by line: the engine takes them, and the pack refuses them."""

from __future__ import annotations

import pytest

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
from tests.policy.preview_fixtures import PACK, Told, seed_fixture, told  # noqa: F401
from tests.wire.azure_arm_wire import Running

# Each call of the engine has a limit of its own; beside tests with clusters it takes five times as long.
pytestmark = pytest.mark.timeout(900)

WANTED = 25
AZURE_ALONE = "p01 p05 p06 p13 p14 p15 p16 p17 p18 p19 p20 p21 p27".split()
ON_PREMISES_ALONE = "p03 p08 p10 p12 p24".split()
BOTH = "p02 p04 p07 p09 p11 p22 p25 p26".split()


def test_the_walk_throughs_violate_every_policy_that_is_mandatory(
    cloud: Engine, azure: Running, seed: Project
) -> None:
    of_azure, on_premises = (
        {name.partition("-")[0] for name in told(cloud, seed(one), PACK).mandatory}
        for one in ("azure", "icp")
    )
    assert of_azure >= {*AZURE_ALONE, *BOTH}
    assert on_premises >= {*ON_PREMISES_ALONE, *BOTH}
    assert len(of_azure | on_premises) >= WANTED
    assert names(azure) == set()
    assert cloud.processes() == []


def test_what_a_pack_says_is_told_by_policy(engine: Engine, stack: Project, project: Project) -> None:
    greeting, rules = stack("greeting"), project("rules")
    engine.does(greeting, "config", "set", "word", "rude")
    assert told(engine, greeting, rules) == Told(
        {"polite": ["word is 'rude'; set a kind one, such as 'hello'"]}, {}
    )
    engine.does(greeting, "config", "set", "word", "hello")
    assert told(engine, greeting, rules) == Told({}, {})
