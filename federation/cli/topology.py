"""`fedctl validate` and `fedctl schema`: what is wrong with a stack's topology, before anything is asked of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from federation.cli import app
from federation.errors import TopologyError
from federation.topology import Mistake, MistakesError, Topology, examine
from federation.topology.schema import KEY, schema


@app.command("validate")
def validate(
    file: Annotated[Path, typer.Argument(help="Pulumi.<stack>.yaml, or a topology alone (YAML or JSON)")],
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Check a topology: all mistakes at once, or what it says with all defaults."""
    topology, mistakes = examine(document(file))
    if as_json:
        print(_machine(topology, mistakes))
        sys.exit(0 if topology else 1)
    if topology is None:
        raise MistakesError(mistakes)
    print(_summary(topology))


@app.command("schema")
def print_schema() -> None:
    """Print the JSON schema of a topology, with which an editor completes its keys."""
    print(text_of_schema(), end="")


def text_of_schema() -> str:
    """The schema as the file `topology.schema.json` has it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def document(file: Path) -> Any:
    """The topology in a file. Raises `TopologyError` if there is none, or the file cannot be read."""
    try:
        found = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # safe
    except OSError as error:
        raise TopologyError(
            str(file), f"cannot be read: {error.strerror}", "name a file that is there"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise TopologyError(str(file), f"is not YAML{where}", "correct it there") from None
    if not isinstance(found, dict) or "config" not in found:
        return found
    config = found["config"]
    if not isinstance(config, dict) or KEY not in config:
        raise TopologyError(str(file), f"has no {KEY} in its config", "add it; see Pulumi.icp.yaml")
    return config[KEY]


def _machine(topology: Topology | None, mistakes: tuple[Mistake, ...]) -> str:
    answer = {
        "valid": topology is not None,
        "mistakes": [vars(mistake) for mistake in mistakes],
        "topology": topology.model_dump(mode="json") if topology else None,
    }
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _summary(topology: Topology) -> str:
    """What a stack with it would be, key by key, without what is empty."""
    count = len(topology.members)
    title = f"# {topology.name}: {count} member{'s' * (count != 1)}, control plane in {topology.host_cluster.name}"
    whole = _filled(topology.model_dump(mode="json"))
    return f"{title}\n{yaml.safe_dump(whole, sort_keys=False, allow_unicode=True).rstrip()}"


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(v) for key, v in value.items() if v not in (None, [], {})}
    return [_filled(v) for v in value] if isinstance(value, list) else value
