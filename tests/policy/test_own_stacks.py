"""The checkout's own stacks, by the real engine with the pack: nothing mandatory, and all advice has its reason."""

from __future__ import annotations

import pytest

from tests.lab.azure_engine_fixtures import azure_fixture, cloud_fixture  # noqa: F401  pytest finds them so
from tests.lab.engine_fixtures import Engine, Project, engine_fixture  # noqa: F401
from tests.policy.preview_fixtures import PACK, own_fixture, told  # noqa: F401

# Each call of the engine has a limit of its own; beside tests with clusters it takes five times as long.
pytestmark = pytest.mark.timeout(900)

EXPLAINED = ("excused until ", "not decided, as these values are known after the update only: ")


@pytest.mark.parametrize("name", ["westus", "icp"])
def test_a_stack_of_the_checkout_violates_nothing_and_all_advice_is_explained(
    cloud: Engine, own: Project, name: str
) -> None:
    said = told(cloud, own(name), PACK)
    assert said.mandatory == {}
    texts = [text for texts in said.advisory.values() for text in texts]
    assert [text for text in texts if not text.startswith(EXPLAINED)] == []
    assert texts, "the exceptions of policy/config.json are said"
