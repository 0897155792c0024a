"""`fedctl validate` and `fedctl schema`, and the schema that lies in the repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from federation.cli.commands import app
from federation.errors import TopologyError
from federation.topology import MistakesError, schema
from federation.topology.models import Topology

ROOT = Path(__file__).parents[2]
TOPOLOGY = {
    "name": "fed",
    "domain": "fc-federated.com.",
    "clusters": [{"name": "fc01", "kubeconfig": "fc01.yaml", "region": "us", "zone": "east"}],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Pulumi.icp.yaml"


def fedctl(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("document", [TOPOLOGY, {"config": {"federation:topology": TOPOLOGY}}])
def test_a_topology_is_shown_with_its_defaults(file: Path, document: Any) -> None:
    file.write_text(yaml.safe_dump(document))
    done = fedctl("validate", file)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "# fed: 1 member, control plane in fc01"
    shown = yaml.safe_load(done.stdout)
    assert shown["domain"] == "fc-federated.com"
    assert shown["clusters"][0]["kubeconfig"] == {"path": "fc01.yaml"}
    assert shown["control_plane"]["etcd"] == {"members": 1, "storage": "10Gi", "persistent": True}


def test_mistakes_are_the_error(file: Path) -> None:
    file.write_text(yaml.safe_dump({**TOPOLOGY, "host": "x"}))
    error = fedctl("validate", file).exception
    assert isinstance(error, MistakesError)
    assert [m.path for m in error.mistakes] == ["host"]
    assert str(error) == (
        "topology: a mistake\n"
        "  host: 'x' is not among the clusters; name one of fc01\n"
        "Next: correct the stack's federation:topology and look with `fedctl validate FILE`."
    )


def test_programs_learn_the_same(file: Path) -> None:
    file.write_text(yaml.safe_dump({**TOPOLOGY, "host": "x"}))
    done = fedctl("validate", "--json", file)
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {
        "valid": False,
        "mistakes": [
            {"path": "host", "value": "'x'", "cause": "is not among the clusters", "fix": "name one of fc01"}
        ],
        "topology": None,
    }
    file.write_text(yaml.safe_dump(TOPOLOGY))
    done = fedctl("validate", "--json", file)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["topology"]["ttl"] == 30


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("a: ]", "{}: is not YAML (line 1). Next: correct it there."),
        ("a: \x00", "{}: is not YAML. Next: correct it there."),
        ("config: {}", "{}: has no federation:topology in its config. Next: add it; see Pulumi.icp.yaml."),
        (None, "{}: cannot be read: No such file or directory. Next: name a file that is there."),
    ],
)
def test_a_file_that_is_none_is_one_line(file: Path, text: str | None, cause: str) -> None:
    if text is not None:
        file.write_text(text)
    error = fedctl("validate", file).exception
    assert isinstance(error, TopologyError)
    assert str(error) == cause.format(file)


def test_the_schema_in_the_repository_is_that_of_the_models() -> None:
    assert (ROOT / "topology.schema.json").read_text() == fedctl("schema").stdout, "run `make schema`"


def test_the_schema_is_for_a_topology_and_for_a_stack_file() -> None:
    found = schema()
    alone, in_a_stack = found["anyOf"]
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert alone == {"$ref": "#/$defs/Topology"}
    assert in_a_stack["properties"]["config"]["properties"] == {"federation:topology": alone}


def test_the_schema_knows_the_short_forms() -> None:
    kinds = schema()["$defs"]
    existing = kinds["ExistingCluster"]
    assert "kind" not in existing["required"]
    assert existing["properties"]["zone"]["type"] == "string"
    assert [sorted(form) for form in existing["properties"]["kubeconfig"]["anyOf"]] == [
        ["description", "type"],
        ["$ref"],
    ]
    assert kinds["Topology"]["required"] == ["name", "domain", "clusters"]


def test_every_reference_in_the_schema_leads_somewhere_and_every_section_is_closed() -> None:
    found = schema()
    for part in _parts(found):
        if "$ref" in part:
            assert part["$ref"].removeprefix("#/$defs/") in found["$defs"]
    for kind in found["$defs"].values():
        assert kind["additionalProperties"] is False


def test_every_key_of_the_models_is_in_the_schema() -> None:
    kinds = schema()["$defs"]
    assert kinds["Topology"]["properties"].keys() == Topology.model_fields.keys()
    assert kinds["ControlPlane"]["properties"].keys() == type(_plane()).model_fields.keys()


def _plane() -> Any:
    return Topology.model_fields["control_plane"].default


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)
