"""docs/policies.md, from the pack.

python -m policy.reference > docs/policies.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from policy.pack import POLICIES
from policy.retirements import AVAILABILITY_SETS, FEATURES, SIZES, VERSIONS, WARNING_DAYS
from policy.rule import Policy
from policy.rules.kubernetes_versions import UPGRADE_DAYS
from policy.schema import settings_schema

CONFIG = Path(__file__).with_name("config.json")
SHOWN = 6
"""So many of a list of defaults are shown."""
_START = """\
# Policies

The pack `policy/` looks at every change before it is made: `make preview`, `make demo` and CI run with it, and so does
any `pulumi preview --policy-pack policy` or `pulumi up --policy-pack policy`. A violation of a mandatory policy stops
the update. `make policy-state STACK=westus` checks what is deployed, without a change. `fedctl policies` lists what
stands here.

This page is made from the pack: `make schema`.

## What is said, and when

- **Violations** name the resource, what is wrong, how to mend it, and the policy.
- **Values that are known after the update only** are never a violation. Each policy says once, as advice, which ones it
  could not decide on; the update itself checks them before it makes the resource.
- **Exceptions** are said once, as advice, with their reason and their last day. The day after it they are violations.
- Secrets are never printed.

## Configuration

`policy/config.json` holds for every run; `--policy-pack-config FILE` changes it for one. The keys are the policies'
names, and `policy/config.schema.json` is the schema of both files:

```json
{
  "$schema": "config.schema.json",
  "p23-workload-quality": "disabled",
  "p22-namespaces": {
    "enforcementLevel": "remediate",
    "exceptions": [
      {"subject": "default/*", "reason": "the walk-through's names contain it", "expires": "2027-05-31"}
    ]
  }
}
```

Levels are `mandatory`, `advisory`, `disabled` and, where a policy can mend resources itself, `remediate`: it then
changes what the program asks for, shows that in the preview, and what is left is mandatory. The variable
`FEDERATION_POLICY_TODAY` holds another day to check for: `FEDERATION_POLICY_TODAY=2027-06-01 make preview` shows what
will have expired or retired by then.

"""


def reference() -> str:
    """The whole page."""
    sections = (line for policy in POLICIES for line in _section(policy))
    return _START + "\n".join((*_table(), "", *sections, *_exceptions(), *_calendar())) + "\n"


def _table() -> Iterator[str]:
    yield "## All of them"
    yield ""
    yield "| | policy | level | mends |"
    yield "|---|---|---|---|"
    for policy in POLICIES:
        anchor = f"[{policy.id}](#{policy.id.lower()})"
        yield f"| {anchor} | {policy.title} | {policy.level} | {'yes' if policy.fix else ''} |"


def _section(policy: Policy) -> Iterator[str]:
    yield f"## {policy.id}"
    yield ""
    yield f"**{policy.title}.** {policy.why}"
    yield ""
    yield f"- name: `{policy.name}`, {policy.level}, severity {policy.severity}"
    yield f"- remedy: {policy.remedy}"
    yield f"- source: {policy.source}"
    yield f"- the walk-through had: {policy.seed}"
    settings = {key: value for key, value in settings_schema(policy).items() if key != "exceptions"}
    for key, value in settings.items():
        yield f"- setting `{key}`: {value.get('description', '')}{_default(policy, key)}"
    yield ""


def _calendar() -> Iterator[str]:
    yield "## The calendar"
    yield ""
    yield f"What P15, P16 and P27 know to be retired: advice from {WARNING_DAYS} days before the last day on"
    yield f"(P16: {UPGRADE_DAYS}), and mandatory after it. Their setting `retirements` adds to it."
    yield ""
    yield "| last day | what | instead | source |"
    yield "|---|---|---|---|"
    for entry in sorted(
        (AVAILABILITY_SETS, *FEATURES, *SIZES, *VERSIONS), key=lambda entry: (entry.date, entry.what)
    ):
        yield f"| {entry.date} | {entry.what} | {entry.successor} | {entry.source} |"


def _exceptions() -> Iterator[str]:
    yield "## Exceptions of this project's stacks"
    yield ""
    yield "What `westus` and `icp` do nonetheless, as `policy/config.json` has it. They violate no mandatory policy,"
    yield "and all advice about them is one of these, or a value that is known after the update only."
    yield ""
    yield "| policy | what | in | why | last day |"
    yield "|---|---|---|---|---|"
    config = json.loads(CONFIG.read_text())
    for policy in POLICIES:
        entry = config.get(policy.name)
        given = (
            policy.settings.model_validate({"exceptions": entry["exceptions"]})
            if entry
            else policy.settings()
        )
        for each in given.exceptions:
            where = "" if each.resource == "*" else f"`{each.resource}`"
            yield f"| {policy.id} | `{each.subject}` | {where} | {each.reason} | {each.expires} |"
    yield ""


def _default(policy: Policy, key: str) -> str:
    value: Any = getattr(policy.settings(), key)
    if isinstance(value, bool):
        return f" (default `{str(value).lower()}`)"
    if isinstance(value, tuple | frozenset | list):
        known = [f"`{each}`" for each in value if isinstance(each, str | int)]
        more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
        return f" (default {', '.join(known[:SHOWN])}{more})" if known else ""
    return f" (default `{value}`)" if isinstance(value, str | int | float) else ""


if __name__ == "__main__":
    print(reference(), end="")
