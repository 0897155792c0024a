"""The pack's page, schema and list say what the pack is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from federation.cli.commands import app
from federation.errors import FederationError
from policy.pack import POLICIES
from policy.reference import reference
from policy.rule import Level, Severity
from policy.schema import config_schema, settings_schema

ROOT = Path(__file__).parents[2]
CLI = CliRunner()


def test_the_page_is_current() -> None:
    assert (ROOT / "docs/policies.md").read_text() == reference(), "run `make schema`"


def test_the_schema_is_current() -> None:
    shown = json.dumps(config_schema(), indent=2) + "\n"
    assert (ROOT / "policy/config.schema.json").read_text() == shown, "run `make schema`"


def test_there_are_thirty_policies_each_with_all_that_a_reader_needs() -> None:
    assert [policy.id for policy in POLICIES] == [f"P{number:02}" for number in range(1, 31)]
    for policy in POLICIES:
        assert policy.name.startswith(f"{policy.id.lower()}-")
        assert policy.why.endswith(".")
        texts = (policy.title, policy.remedy, policy.source, policy.seed)
        assert all(texts)
        assert not any(text.endswith(".") for text in (policy.title, policy.remedy))
        assert policy.checks or policy.stack_checks


def test_which_are_mandatory_and_which_can_mend() -> None:
    advisory = {policy.id for policy in POLICIES if policy.level is Level.ADVISORY}
    assert advisory == {"P23", "P28", "P29", "P30"}
    assert {policy.id for policy in POLICIES if policy.level is not Level.MANDATORY} == advisory
    assert {policy.id for policy in POLICIES if policy.fix} == {"P22", "P23", "P24"}


def check(config: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(config_schema())
    jsonschema.validate(config, config_schema())


EXCEPTION = {"subject": "x", "reason": "because of a test", "expires": "2027-01-31"}


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"all": "advisory", "$schema": "config.schema.json"},
        {"p01-cluster-admin": "disabled"},
        {
            "p01-cluster-admin": {
                "enforcementLevel": "advisory",
                "exceptions": [{**EXCEPTION, "resource": "y"}],
            }
        },
        {"p01-cluster-admin": {"exceptions": [EXCEPTION]}},
    ],
)
def test_a_configuration_that_fits(config: Any) -> None:
    check(config)


@pytest.mark.parametrize(
    "config",
    [
        {"p99": "advisory"},
        {"all": "severe"},
        {"p01-cluster-admin": "severe"},
        {"p01-cluster-admin": {"enforcementLevel": "severe"}},
        {"p01-cluster-admin": {"unheard": 1}},
        {"p01-cluster-admin": {"exceptions": [{"subject": "x", "expires": "2027-01-31"}]}},
        {"p01-cluster-admin": {"exceptions": [{**EXCEPTION, "reason": "short"}]}},
        {"p01-cluster-admin": {"exceptions": [{**EXCEPTION, "unheard": 1}]}},
    ],
)
def test_a_configuration_that_does_not_fit(config: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check(config)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_settings_are_described_and_refer_to_nothing(policy: Any) -> None:
    schema = settings_schema(policy)
    assert set(schema) == set(policy.settings.model_fields)
    assert all(value["description"] for value in schema.values())
    text = json.dumps(schema)
    assert "$ref" not in text
    assert '"title": "' not in text
    assert policy.settings() == policy.settings.model_validate({}), "its defaults are enough"


def test_the_command_lists_all_of_them() -> None:
    said = CLI.invoke(app, ["policies"]).output
    assert all(policy.id in said for policy in POLICIES)


def test_the_command_shows_one_by_its_id_or_name() -> None:
    for name in ("P22", "p22", "p22-namespaces"):
        said = CLI.invoke(app, ["policies", name]).output
        policy = POLICIES[21]
        for text in (
            policy.title,
            policy.why,
            policy.remedy,
            policy.source,
            policy.seed,
            "exceptions",
            "forbidden",
        ):
            assert text in said
        assert POLICIES[0].title not in said


def test_the_command_prints_json() -> None:
    found = json.loads(CLI.invoke(app, ["policies", "--json"]).output)
    assert [each["id"] for each in found] == [policy.id for policy in POLICIES]
    assert {each["severity"] for each in found} <= {str(severity) for severity in Severity}
    one = json.loads(CLI.invoke(app, ["policies", "p24", "--json"]).output)
    assert (one[0]["mends"], one[0]["level"]) == (True, "mandatory")
    assert set(one[0]) == {
        *("id", "name", "title", "why", "remedy", "source", "seed"),
        *("severity", "level", "mends", "settings"),
    }


def test_the_command_says_which_there_are() -> None:
    result = CLI.invoke(app, ["policies", "P31"])
    assert isinstance(result.exception, FederationError)
    assert str(result.exception) == "policy P31: there is none of that name. Next: name one of P01 to P30."
