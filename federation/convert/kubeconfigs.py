"""A kubeconfig, of one cluster or of many, as clusters that are there already. Nothing of its credentials is copied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from federation.acs_engine import Line
from federation.acs_engine.confidential import looks_secret
from federation.acs_engine.values import HIDDEN, shown
from federation.convert.part import Part, refusals
from federation.errors import KubeconfigError
from federation.kubeconfig.document import Section, named, parse, refuse_unsafe

KIND = "kubeconfig"
LONGEST_NAME = 48
_TLS = "https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/"


def is_kubeconfig(config: object) -> bool:
    """Whether a document has what only a kubeconfig has."""
    return isinstance(config, Mapping) and (
        config.get("kind") == "Config" or {"clusters", "contexts"} <= config.keys()
    )


def convert(text: str, source: str, *, federation: str | None = None) -> Part:
    """One cluster for each context.

    Args:
        text: of the file.
        source: its name, which the topology refers to.
        federation: a context of this name is kubefed's own API, not a cluster.
    """
    try:
        config = parse(text)
    except KubeconfigError as error:
        return Part(source=source, problems=(error.cause,))
    if not is_kubeconfig(config):
        return Part(source=source, problems=("is no file that this command knows",))
    contexts = named(config, "contexts", "context")
    if not contexts:
        return Part(source=source, kind=KIND, problems=("has no contexts",))
    names = _names([name for name in contexts if name != federation])
    report = tuple(_lines(config, contexts, names))
    problems = refusals(report)
    clusters = tuple(
        {"name": names[context], "kubeconfig": {"path": source, "context": context}} for context in names
    )
    note = "give each cluster its region and zone: the DNS names of services have them"
    return Part(
        source=source,
        kind=KIND,
        clusters=() if problems else clusters,
        report=report,
        problems=problems,
        notes=(note,),
    )


def _names(contexts: list[str]) -> dict[str, str]:
    """Context to the name of its cluster: a DNS label, each once."""
    found: dict[str, str] = {}
    for context in contexts:
        found[context] = unique(label(context), set(found.values()))
    return found


def label(text: str) -> str:
    """The DNS label (RFC 1123) that is nearest to a text, such as "fc01-icp-context" for "fc01.icp-context"."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:LONGEST_NAME].strip("-") or "cluster"


def unique(name: str, taken: set[str]) -> str:
    """The name, or the name with the first number that makes it one that is not taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name[: LONGEST_NAME - len(str(number)) - 1].rstrip('-')}-{number}"
    return free


def _lines(config: Section, contexts: Mapping[str, Section], names: Mapping[str, str]) -> Iterator[Line]:
    clusters = named(config, "clusters", "cluster")
    users = named(config, "users", "user")
    for index, (context, section) in enumerate(contexts.items()):
        path = f"contexts[{index}]"
        if context not in names:
            yield Line(
                f"{path}.name", None, shown(context), "dropped", "", "is kubefed's own API, not a cluster"
            )
            continue
        if (wrong := _wrong(context, section, clusters, users)) is not None:
            yield Line(f"{path}.name", None, shown(context), "refused", "", wrong, _TLS)
            continue
        same = names[context] == context
        new = f"clusters: name {names[context]}, kubeconfig.context {shown(context)}"
        reason = "is a DNS label, as names of clusters are" if same else "names of clusters are DNS labels"
        yield Line(f"{path}.name", None, shown(context), "kept" if same else "changed", new, reason)
        if section.get("namespace"):
            reason = "manifests name their namespaces, or workloads do"
            yield Line(f"{path}.namespace", None, _plain(section["namespace"]), "dropped", "", reason)
    reason = "credentials stay in the file; nothing of them is copied"
    yield Line("users", None, HIDDEN, "kept", "kubeconfig.path", reason)
    if config.get("current-context"):
        reason = "the first cluster is the host; write host: to name another"
        yield Line("current-context", None, _plain(config["current-context"]), "dropped", "", reason)


def _plain(value: Any) -> str:
    return shown(value) if isinstance(value, str) else "(no text)"


def _wrong(
    context: str, section: Section, clusters: Mapping[str, Section], users: Mapping[str, Section]
) -> str | None:
    """Why the context must not be used, with what to do."""
    cluster = _named(clusters, section.get("cluster"))
    if cluster is None:
        return "names a cluster that is not in the file; get the file from the cluster's owner anew"
    if looks_secret(str(cluster.get("server"))):
        return "its server's URL holds a secret; write the URL without it"
    try:
        refuse_unsafe(context, cluster, _named(users, section.get("user")) or {})
    except KubeconfigError as error:
        return f"{error.cause}; {error.fix}"
    return None


def _named(sections: Mapping[str, Section], name: object) -> Section | None:
    return sections.get(name) if isinstance(name, str) else None
