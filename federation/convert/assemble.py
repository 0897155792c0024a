"""Several files as one topology, or as the part of one that they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from federation.acs_engine import Options
from federation.acs_engine import convert as convert_model
from federation.acs_engine.tree import NotJsonError, parse, text_of
from federation.convert import dns_conf, kubeconfigs
from federation.convert.ini import looks_like_ini
from federation.convert.part import Part
from federation.topology import examine

API_MODEL = "api-model of acs-engine"
FEDERATION = "federation"
DOMAIN = "federation.example.com"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the files do not say.

    Attributes:
        locations: of the api-models in their order; a single one is for all of them.
        names: of their clusters, in the same way.
        federation: its name.
        domain: its zone.
    """

    locations: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    federation: str | None = None
    domain: str | None = None


@dataclass(frozen=True)
class Converted:
    """What came of all files.

    Attributes:
        parts: what came of each.
        topology: that of the whole, or the part of one if no file has a cluster; None if something is refused.
        problems: why it is refused, with the file in front; empty if it is not.
        notes: what the reader should know or do.
    """

    parts: tuple[Part, ...]
    topology: dict[str, Any] | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def convert(files: Sequence[tuple[str, bytes]], wishes: Wishes) -> Converted:
    """All files, each with its name, as one topology. Never raises for what they hold."""
    parts: list[Part] = []
    models = 0
    for source, raw in files:
        part = _part(source, raw, wishes, models)
        models += part.kind == API_MODEL
        parts.append(part)
    problems = [f"{part.source}: {problem}" for part in parts for problem in part.problems]
    problems += _too_many("--location", wishes.locations, models) + _too_many("--name", wishes.names, models)
    notes = [f"{part.source}: {note}" for part in parts for note in part.notes if not part.problems]
    if problems:
        return Converted(tuple(parts), None, tuple(problems), ())
    topology = _topology(parts, wishes, notes)
    if "clusters" in topology:
        _, mistakes = examine(topology)
        problems = [str(mistake) for mistake in mistakes]
    return Converted(tuple(parts), None if problems else topology, tuple(problems), tuple(notes))


def _too_many(option: str, values: Sequence[str], models: int) -> list[str]:
    if len(values) > max(models, 1):
        return [
            f"{option}: is given {len(values)} times for {models} api-models; give it once for each, or once"
        ]
    return []


def _part(source: str, raw: bytes, wishes: Wishes, models: int) -> Part:
    try:
        text = text_of(raw).removeprefix("\ufeff")
    except NotJsonError as error:
        return Part(source=source, problems=(error.cause + (f" (line {error.line})" if error.line else ""),))
    if not text.strip():
        return Part(source=source, problems=("is empty",))
    if looks_like_ini(text):
        return dns_conf.convert(text, source)
    if text.lstrip()[0] in "{[" and not _is_kubeconfig_in_json(text):
        return _model(source, text, wishes, models)
    return kubeconfigs.convert(text, source, federation=wishes.federation)


def _is_kubeconfig_in_json(text: str) -> bool:
    """acs-engine wrote its kubeconfigs as JSON, too."""
    try:
        root = parse(text)
    except NotJsonError:
        return False
    kind = root.get("kind")
    return root.get("contexts") is not None or (kind is not None and kind.value == "Config")


def _model(source: str, text: str, wishes: Wishes, index: int) -> Part:
    location = _each(wishes.locations, index)
    options = Options(
        name=_each(wishes.names, index),
        location=None if location is None else "".join(location.lower().split()),
    )
    done = convert_model(text, source=source, options=options)
    return Part(
        source=source,
        kind=API_MODEL,
        clusters=(done.cluster,) if done.ok else (),
        report=done.report,
        problems=done.problems,
        notes=done.notes,
    )


def _each(values: Sequence[str], index: int) -> str | None:
    if len(values) == 1:
        return values[0]
    return values[index] if index < len(values) else None


def _topology(parts: Sequence[Part], wishes: Wishes, notes: list[str]) -> dict[str, Any]:
    clusters = _once([cluster for part in parts for cluster in part.clusters], notes)
    dns = [section for part in parts for section in part.dns]
    domain = wishes.domain or next((part.domain for part in parts if part.domain), None)
    if not clusters:
        notes.append("no file has a cluster: this is a part of a topology, to be put into yours")
        return {key: value for key, value in {"domain": domain, "dns": dns}.items() if value}
    if wishes.federation is None:
        notes.append(f"the federation is called {FEDERATION}; give its name with --federation")
    if domain is None:
        notes.append(f"the domain is {DOMAIN}, which is nobody's; give yours with --domain")
    whole = {
        "name": wishes.federation or FEDERATION,
        "domain": domain or DOMAIN,
        "clusters": clusters,
        "dns": dns,
    }
    return {key: value for key, value in whole.items() if value}


def _once(clusters: Sequence[dict[str, Any]], notes: list[str]) -> list[dict[str, Any]]:
    """The clusters, each with a name and a resource group of its own: two api-models may well be copies."""
    found: list[dict[str, Any]] = []
    groups: set[str] = set()
    for cluster in clusters:
        name = kubeconfigs.unique(cluster["name"], {each["name"] for each in found})
        if name != cluster["name"]:
            notes.append(f"a second cluster {cluster['name']} is called {name}; names stand once")
        own = {"name": name}
        if (group := cluster.get("resource_group", "").lower()) in groups and group:
            own["resource_group"] = name
        groups.add(own.get("resource_group", group).lower())
        found.append({**cluster, **own})
    return found
