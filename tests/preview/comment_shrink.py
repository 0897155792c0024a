"""Recorded events, made small: what comments are made of, and none of the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from federation.preview.changes import parse
from federation.preview.events import opened, read

INPUTS = (
    "member region zones location kubernetesVersion vmSize count"
    " federation domain namespace service ttl members"
    " zoneName relativeRecordSetName recordType aRecords nsRecords targetResource"
).split()
POLICY = ("resourceUrn", "message", "policyName", "policyPackName", "enforcementLevel", "severity")
OUTPUTS = ("placements", "records")
SAME = 6
"""So many resources that stay the same are kept, beside those that others are in."""


def shrunk(lines: Iterable[str], *, stack: str, name: str, project: Path) -> str:
    """The events as lines, with another name for the stack, and for the project's folder."""
    told = list(lines)
    needed = _needed(told)
    events = [small for event in read(told) if (small := _small(event, needed))]
    text = "".join(
        json.dumps(event, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
        for event in events
    )
    text = text.replace(str(project), "/project").replace(stack, name)
    return re.sub(r'(urn:pulumi:[\w-]+::[\w-]+::)[^"]*\$', r"\1", text)  # types that a resource is inside of


def _needed(lines: list[str]) -> set[str]:
    """URNs of what changes, of all that it is in, and of some that stay the same."""
    changes = {change.urn: change for change in parse(lines).changes}
    kept = {urn for urn, change in changes.items() if change.op != "same"}
    todo = list(kept)
    while todo:
        change = changes.get(todo.pop())
        parent = ((change.new or change.old or {}) if change else {}).get("parent", "")
        if parent and parent not in kept:
            kept.add(parent)
            todo.append(parent)
    return kept | set([urn for urn in changes if urn not in kept][:SAME])


def _small(event: Mapping[str, Any], needed: set[str]) -> dict[str, Any] | None:
    """None for what no comment needs."""
    if "summaryEvent" in event:
        return {"summaryEvent": {"resourceChanges": event["summaryEvent"].get("resourceChanges")}}
    if "policyEvent" in event:
        return {"policyEvent": {key: event["policyEvent"].get(key) for key in POLICY}}
    if "diagnosticEvent" in event:
        told = event["diagnosticEvent"]
        keep = told.get("severity") in ("error", "warning")
        return {"diagnosticEvent": {key: told[key] for key in ("message", "severity")}} if keep else None
    if "resourcePreEvent" in event and event["resourcePreEvent"]["metadata"]["urn"] in needed:
        return {"resourcePreEvent": {"metadata": _step(event["resourcePreEvent"]["metadata"])}}
    return None


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: step[key] for key in ("op", "urn", "type")}
    kept |= {key: step[key] for key in ("keys", "diffs", "detailedDiff") if step.get(key)}
    if step["op"] == "update" and not (step.get("diffs") or step.get("detailedDiff")):
        kept["diffs"] = list(_different(step))
    for side in ("new",) if step["op"] == "same" else ("old", "new"):
        if step.get(side):
            kept[side] = _state(step[side], bare=step["op"] == "same")
    return kept


def _different(step: Mapping[str, Any]) -> Iterator[str]:
    """What a reader would find by the inputs, of which not all are kept."""
    old, new = (opened(step[side]["inputs"]) for side in ("old", "new"))
    yield from sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k) and k != "__provider")


def _state(state: Mapping[str, Any], *, bare: bool) -> dict[str, Any]:
    kept: dict[str, Any] = {"parent": state.get("parent") or ""}
    if state.get("protect"):
        kept["protect"] = True
    if bare:
        return kept
    for part, keys in (("inputs", INPUTS), ("outputs", OUTPUTS)):
        if found := {key: state[part][key] for key in keys if key in (state.get(part) or {})}:
            kept[part] = found
    return kept
