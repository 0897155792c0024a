"""The reference of a topology's keys, `docs/topology.md`, out of the schema.

    python -m federation.topology.reference > docs/topology.md    (`make schema` does it)

Pure: equal models give an equal page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from federation.topology.schema import schema

Schema = Mapping[str, Any]

LEAD = """\
# Topology: the configuration of a stack

<!-- Written by `make schema` out of federation/topology; edit there. -->

`federation:topology` in the stack file is all that a stack is told. Three keys are enough: `name`, `domain` and
`clusters`.

```yaml
config:
  federation:topology:
    name: fc-federated-cluster
    domain: fc-federated.com
    clusters:
      - {name: fc01, kubeconfig: ~/fc01.yaml, region: us, zone: east}
      - {name: fc02, kubeconfig: ~/fc02.yaml, region: us, zone: west}
```

`fedctl validate FILE` tells all mistakes at once, each with its place, the value and what to write instead; without
mistakes it prints the topology with every default filled in. An editor completes the keys from `topology.schema.json`.

`zone: east` is short for `zones: [east]`, and a `kubeconfig` that is a text is its `path`.
"""
SECTIONS = {
    "Topology": "The whole",
    "ExistingCluster": "A cluster that is there",
    "AksCluster": "A cluster in Azure",
    "SystemPool": "System pool",
    "UserPool": "User pools",
    "Maintenance": "Maintenance window",
    "KubeconfigRef": "Where a kubeconfig is",
    "Grant": "More rights on a member",
    "VipPool": "Virtual IPs",
    "ControlPlane": "Control plane",
    "Etcd": "Its etcd",
    "EtcdTls": "Files for an etcd",
    "ApiServer": "Its API server",
    "Failover": "Failover",
    "Images": "Images",
    "Workload": "Workloads",
    "Preferences": "Division of replicas",
    "ClusterPreference": "A cluster's share",
    "CoreDns": "Names on CoreDNS",
    "AzureDns": "Names in Azure DNS",
    "ParentZone": "The zone above",
    "Controllers": "Processes of this project in the clusters",
}
NO_DEFAULT = "required"


def page() -> str:
    """The page, in Markdown."""
    kinds = schema()["$defs"]
    parts = [LEAD, *("\n".join(_section(kinds, name)) for name in SECTIONS)]
    return "\n".join(parts)


def _section(kinds: Mapping[str, Schema], name: str) -> Iterator[str]:
    kind = kinds[name]
    yield f"## {SECTIONS[name]}\n"
    more = (
        " It has all keys of a cluster that is there, but `kubeconfig`, and:" if name == "AksCluster" else ""
    )
    yield f"{_one_line(kind['description'])}{more}\n"
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for key, found in kind["properties"].items():
        if key == "zone" and "zones" in kind["properties"]:
            continue  # the short form, which the lead tells
        if name == "AksCluster" and kinds["ExistingCluster"]["properties"].get(key) == found:
            continue
        yield f"| `{key}` | {_value(found)} | {_default(found, key in kind.get('required', ()))} | {_meaning(found)} |"
    yield ""


def _value(found: Schema) -> str:
    if "$ref" in found:
        name = found["$ref"].rpartition("/")[2]
        title = SECTIONS[name]
        return f"[{title[0].lower()}{title[1:]}](#{title.lower().replace(' ', '-').replace(chr(39), '')})"
    options = found.get("anyOf") or found.get("oneOf")
    if options:
        kinds = [_value(option) for option in options if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "const" in found:
        return f"`{found['const']}`"
    if "enum" in found:
        return _choice([str(value) for value in found["enum"]])
    return _plain(found)


def _choice(values: list[str]) -> str:
    shown = [f"`{value}`" for value in values[:8]]
    return ", ".join(shown) + (
        f" or one of {len(values) - len(shown)} more" if len(values) > len(shown) else ""
    )


def _plain(found: Schema) -> str:
    if found["type"] == "array":
        return f"list: {_value(found['items'])}"
    if found["type"] == "object":
        inner = found.get("additionalProperties")
        return (
            f"map to {_value(inner)}"
            if isinstance(inner, Mapping) and inner.get("type") != "object"
            else "map"
        )
    if found["type"] in {"integer", "number"}:
        low, high = found.get("minimum"), found.get("maximum")
        return "number" + (
            f", {low} to {high}" if high is not None else f" from {low}" if low is not None else ""
        )
    return {"string": "text", "boolean": "`true`, `false`"}[found["type"]]


def _default(found: Schema, needed: bool) -> str:
    if needed or "default" not in found:
        return NO_DEFAULT if needed else ""
    default = found["default"]
    if default is None or default in ([], {}) or isinstance(default, dict):
        return ""
    if isinstance(default, list):
        return f"`{', '.join(default)}`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _meaning(found: Schema) -> str:
    return _one_line(found.get("description", "")).replace("|", r"\|").replace("<", "&lt;")


def _one_line(text: str) -> str:
    """Without what only those who change the models look up."""
    return re.sub(r" \(seed [^)]*\)", "", " ".join(text.split()))


if __name__ == "__main__":
    print(page(), end="")
