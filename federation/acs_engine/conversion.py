"""An api-model of acs-engine as a cluster of a topology, with a line for every value of the file.

The rules are those of AKS as it is now: Azure runs the control plane, pools are scale sets, identities are managed,
and nothing in clear is a secret. Only Kubernetes is converted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from federation.acs_engine import sources as at
from federation.acs_engine.cluster import (
    administrators_of,
    login_of,
    network_of,
    prefix_of,
    tags_of,
    tier_of,
    version_of,
)
from federation.acs_engine.confidential import hidden, looks_secret, secret
from federation.acs_engine.ledger import Ledger, Line
from federation.acs_engine.pools import Asked, pools_of
from federation.acs_engine.rules import decide
from federation.acs_engine.tree import Leaf, Node, NotJsonError, leaves, parse
from federation.acs_engine.values import HIDDEN
from federation.errors import FederationError
from federation.topology.regions import REGIONS, ZONES

VERSIONS = ("vlabs", "2016-03-30", "2016-09-30", "2017-01-31", "2017-07-01")
"""Of api-models that describe masters and agents (acs-engine: `pkg/api`)."""
HOSTED = ("2017-08-31", "2018-03-31", "2018-08-01-preview")
"""Of those without masters, which were AKS' first (acs-engine: `pkg/api/agentPoolOnlyApi`)."""
LONGEST_NAME = 48
_TYPE = "properties.orchestratorProfile.orchestratorType"


class ApiModelError(FederationError):
    """An api-model file cannot be read, or is not converted."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the file does not say.

    Attributes:
        name: of the cluster in the federation; the DNS prefix if left out.
        location: Azure region, as acs-engine's `--location`; that of the file if left out.
        needs_location: false where the location stands elsewhere.
    """

    name: str | None = None
    location: str | None = None
    needs_location: bool = True


@dataclass(frozen=True)
class Conversion:
    """What came of one file.

    Attributes:
        source: its name.
        cluster: keys of one cluster of a topology; empty if the file is refused.
        report: a line for each value of the file, in its order.
        problems: why the file is refused; empty if it is not.
        notes: what the reader should know or do.
    """

    source: str
    cluster: dict[str, Any]
    report: tuple[Line, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the file was converted."""
        return not self.problems


def convert(document: object, *, source: str = "api-model", options: Options | None = None) -> Conversion:
    """The conversion of a text, bytes, or a document that was parsed before. Never raises for what it is given."""
    try:
        root = parse(document)
    except (NotJsonError, RecursionError) as error:
        cause, line = (
            (error.cause, error.line) if isinstance(error, NotJsonError) else ("is nested too deep", None)
        )
        return Conversion(source, {}, (), (f"{cause} (line {line})" if line else cause,))
    every = tuple(leaves(root))
    ledger = Ledger()
    covered = _confidential(every, ledger)
    readable = _readable(root, ledger)
    cluster = _cluster(root, options or Options(), ledger) if readable else {}
    for leaf in every:
        if not readable:
            ledger.drop(leaf.node, "nothing of this file is converted")
        elif leaf.node not in ledger.said:
            decide(leaf, root, ledger)
    report = tuple(_line(leaf, covered, ledger) for leaf in every)
    problems = [
        f"{line.place}: {line.reason}" for line in report if line.verdict == "refused"
    ] + ledger.problems
    if problems:  # notes may have values of the file
        return Conversion(source, {}, report, tuple(problems))
    return Conversion(source, cluster, report, (), tuple(ledger.notes))


def _confidential(every: Sequence[Leaf], ledger: Ledger) -> set[Node]:
    """Refuse secrets, drop what does not count; the nodes that are not shown."""
    covered = set()
    for leaf in every:
        if secret(leaf.loc, leaf.node.value) or any(_is_secret_key(part) for part in leaf.loc):
            reason = "holds a secret in clear; remove it (and change it, as it was in a file): the stack needs none"
            ledger.refuse(leaf.node, reason, at.IDENTITY)
            covered.add(leaf.node)
        elif hidden(leaf.loc) and leaf.node.value not in (None, ""):
            covered.add(leaf.node)
        if leaf.again is not None:
            where = f" in line {leaf.again}" if leaf.again else ""
            ledger.drop(leaf.node, f"the key stands again{where}, and the last one counts", at.ACS)
    return covered


def _is_secret_key(part: str | int) -> bool:
    return isinstance(part, str) and looks_secret(part)


def _line(leaf: Leaf, covered: set[Node], ledger: Ledger) -> Line:
    """The line about a leaf; a key that looks like a secret is not shown either."""
    loc = tuple(HIDDEN if _is_secret_key(part) else part for part in leaf.loc)
    return ledger.line(Leaf(loc, leaf.node, leaf.again), leaf.node in covered)


def _readable(root: Node, ledger: Ledger) -> bool:
    """Whether the document is an api-model of a version and for an orchestrator that are known."""
    properties = root.get("properties")
    if root.fields is None or properties is None or properties.fields is None:
        ledger.problems.append("is no api-model of acs-engine: it has no properties")
        return False
    version = root.get("apiVersion")
    if version is None or version.value not in (*VERSIONS, *HOSTED):
        ledger.refuse_at(version, "apiVersion", f"is not one of {', '.join((*VERSIONS, *HOSTED))}")
    hosted = properties.get("masterProfile") is None and properties.get("dnsPrefix") is not None
    return _kubernetes(properties, hosted, ledger)


def _kubernetes(properties: Node, hosted: bool, ledger: Ledger) -> bool:
    orchestrator = properties.get("orchestratorProfile")
    kind = orchestrator.get("orchestratorType") if orchestrator is not None else None
    if kind is None:
        if not hosted:
            ledger.problems.append(f"{_TYPE}: is missing; write Kubernetes")
        return hosted
    if isinstance(kind.value, str) and kind.value.lower() == "kubernetes":
        ledger.keep(kind, "kind: aks", "AKS is Kubernetes")
        return True
    ledger.refuse_at(kind, _TYPE, "only Kubernetes is converted; move the workloads to Kubernetes first")
    return False


def _cluster(root: Node, options: Options, ledger: Ledger) -> dict[str, Any]:
    properties = root.get("properties") or root
    location = _location(root, options, ledger)
    there = zones_of(location)
    prefix = prefix_of(properties, ledger)
    tier, zonal = tier_of(properties, bool(there), ledger)
    if zonal and there is not None and not there:
        ledger.notes.append(
            f"{location} has no availability zones: nodes are in one data centre, as they were"
        )
    login_of(properties, ledger)
    keys = {
        "name": _name(prefix, options, ledger),
        "kind": "aks",
        "location": location,
        "kubernetes_version": version_of(properties, ledger),
        "resource_group": prefix,
        "dns_prefix": prefix,
        "tier": tier,
        **pools_of(properties, Asked(there, zonal), ledger),
        **network_of(properties, ledger),
        "administrators": administrators_of(properties, ledger),
        "tags": tags_of(root, ledger),
    }
    return {key: value for key, value in keys.items() if value}


def zones_of(location: str | None) -> tuple[str, ...] | None:
    """The zones of an Azure region; None if there is no such region."""
    if location not in REGIONS:
        return None
    return ZONES if REGIONS[location] else ()


def _location(root: Node, options: Options, ledger: Ledger) -> str | None:
    node = root.get("location")
    written = node.value if node is not None and isinstance(node.value, str) else ""
    plain = "".join(written.lower().split())
    if options.location is not None:
        if plain == options.location:
            ledger.keep(node, f"location: {options.location}", "is the same")
        else:
            ledger.change(node, f"location: {options.location}", "what is given beside the file wins")
        return options.location
    if plain and re.fullmatch(r"[a-z0-9]{1,40}", plain) is None:
        ledger.refuse(node, "is no Azure region, such as westus")
        return None
    if plain:
        say = ledger.keep if plain == written else ledger.change
        say(node, f"location: {plain}", "is written without spaces and in lower case")
        return plain
    if options.needs_location:
        ledger.problems.append("location: is missing; give it as you gave it to acs-engine, with --location")
    return None


def _name(prefix: str, options: Options, ledger: Ledger) -> str:
    name = options.name or prefix.lower()
    if len(name) > LONGEST_NAME and options.name is None:
        cause = f"has more than the {LONGEST_NAME} characters of a cluster's name; give one with --name"
        ledger.problems.append(f"properties.masterProfile.dnsPrefix: {cause}")
    return name
