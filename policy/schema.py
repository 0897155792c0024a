"""JSON Schemas of the pack's configuration: of each policy, for the engine, and of the whole file, for an editor.

python -m policy.schema > policy/config.schema.json
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from policy.pack import POLICIES
from policy.rule import Level, Policy

LEVEL = {
    "enum": [str(level) for level in Level],
    "description": "what a violation does: mandatory stops the update, remediate mends what it can first",
}


def settings_schema(policy: Policy) -> dict[str, Any]:
    """Properties of a policy's configuration to their schemas, without references."""
    whole = policy.settings.model_json_schema()
    properties = _inlined(whole.get("properties", {}), whole.get("$defs", {}))
    return {key: _quiet(value) for key, value in properties.items()}


def config_schema() -> dict[str, Any]:
    """Of a file for `--policy-pack-config`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of the policy pack",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "$schema": {"type": "string"},
            "all": {**LEVEL, "description": "level of all policies that do not say their own"},
            **{policy.name: _entry(policy) for policy in POLICIES},
        },
    }


def _entry(policy: Policy) -> dict[str, Any]:
    return {
        "description": f"{policy.id}: {policy.title} ({policy.level} by default)",
        "oneOf": [
            LEVEL,
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"enforcementLevel": LEVEL, **settings_schema(policy)},
            },
        ],
    }


def _inlined(value: Any, definitions: Mapping[str, Any]) -> Any:
    """With what `$ref` leads to in its place: the engine reads each policy's schema by itself."""
    if isinstance(value, Mapping):
        if "$ref" in value:
            found = definitions[str(value["$ref"]).rpartition("/")[2]]
            return _inlined({**found, **{k: v for k, v in value.items() if k != "$ref"}}, definitions)
        return {key: _inlined(inner, definitions) for key, inner in value.items()}
    return [_inlined(inner, definitions) for inner in value] if isinstance(value, list) else value


def _quiet(value: Any) -> Any:
    """Without titles that repeat names, at every level; a property of that name stays."""
    if isinstance(value, Mapping):
        return {
            key: {name: _quiet(inner) for name, inner in part.items()}
            if key == "properties"
            else _quiet(part)
            for key, part in value.items()
            if key != "title" or not isinstance(part, str)
        }
    return [_quiet(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    print(json.dumps(config_schema(), indent=2))
