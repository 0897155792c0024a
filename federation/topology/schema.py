"""The JSON schema of a topology (draft 2020-12), for editors: of the topology alone, and of a stack file with it."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from federation.topology.models import Topology

KEY = "federation:topology"
"""Where a stack file has its topology, below `config`."""


def schema() -> dict[str, Any]:
    """The schema, with the short forms that models do not show. Equal for equal models, key for key."""
    root = Topology.model_json_schema()
    kinds = root.pop("$defs")
    for kind in kinds.values():
        _add_short_forms(kind["properties"])
    stack_file = {
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": [KEY],
                "properties": {KEY: {"$ref": "#/$defs/Topology"}},
            }
        },
    }
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Topology of a federation, alone or in a stack file",
        "anyOf": [{"$ref": "#/$defs/Topology"}, stack_file],
        "$defs": {**kinds, "Topology": root},
    }


def _add_short_forms(properties: dict[str, Any]) -> None:
    if "items" in properties.get("zones", {}):  # not of a pool, which may have none of its own
        zone = {**properties["zones"]["items"], "description": "short for zones with one entry"}
        properties["zone"] = zone
    if "kubeconfig" in properties:
        long = properties["kubeconfig"]
        properties["kubeconfig"] = {
            "anyOf": [{"type": "string", "description": "short for path"}, {"$ref": long.pop("$ref")}],
            **long,
        }
