"""A kubeconfig's text as data: read tolerantly, picked from strictly.

The format is that of `k8s.io/client-go/tools/clientcmd/api/v1`: three lists of named entries, and a current context.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from federation.errors import KubeconfigError

Section = dict[str, Any]

# Bindings of libyaml, ten times as fast, where PyYAML was built with it.
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

WHAT = "kubeconfig"
_REPEAT = "get the file from the cluster's owner anew"


@dataclass(frozen=True)
class Picked:
    """One context with what it leads to.

    Attributes:
        name: of the context.
        cluster: server, authorities and so on.
        user: credentials; empty for somebody anonymous.
        namespace: that commands use by default, if it says.
    """

    name: str
    cluster: Section
    user: Section
    namespace: str | None = None

    @property
    def subject(self) -> str:
        """How messages call it."""
        return _subject(self.name)


def pick(text: str, context: str | None = None) -> Picked:
    """What a context, by default the current one, leads to.

    Raises `KubeconfigError` if the text is no kubeconfig, or the context or what it leads to is not there, or must
    not be used: see `refuse_unsafe`.
    """
    config = parse(text)
    contexts = named(config, "contexts", "context")
    wanted = context or config.get("current-context") or _only(contexts)
    if not isinstance(wanted, str) or wanted not in contexts:
        raise KubeconfigError(WHAT, f"no context {_short(wanted)}", _one_of(contexts))
    section = contexts[wanted]
    cluster = _entry(config, "clusters", "cluster", section.get("cluster"), wanted)
    user = _entry(config, "users", "user", section["user"], wanted) if section.get("user") else {}
    namespace = section.get("namespace")
    refuse_unsafe(wanted, cluster, user)
    return Picked(wanted, cluster, user, namespace if isinstance(namespace, str) else None)


def refuse_unsafe(context: str, cluster: Section, user: Section) -> None:
    """Raises `KubeconfigError` for what would give credentials to whoever answers, or is no longer supported."""
    subject = _subject(context)
    server = cluster.get("server")
    if not isinstance(server, str) or not server.startswith(("https://", "http://")):
        raise KubeconfigError(subject, "its cluster has no server's URL", _REPEAT)
    # In clear text only to this machine, as `kubectl proxy` serves it.
    if server.startswith("http://") and not server.startswith(("http://127.0.0.1:", "http://localhost:")):
        raise KubeconfigError(subject, f"{_short(server)} is not encrypted", "use its https:// address")
    if cluster.get("insecure-skip-tls-verify"):
        raise KubeconfigError(
            subject,
            "insecure-skip-tls-verify would hand its credentials to whoever answers",
            "remove it, and give the cluster's CA as certificate-authority-data; if the certificate "
            "has another name than the server's address, give that as tls-server-name",
        )
    if user.get("username") or user.get("password"):
        raise KubeconfigError(
            subject,
            "API servers take no passwords since Kubernetes 1.19",
            "use a client certificate, a token or an exec plug-in",
        )
    if user.get("auth-provider"):
        raise KubeconfigError(
            subject,
            "clients have no auth-provider since Kubernetes 1.26",
            "use the exec plug-in of its provider, such as kubelogin or gke-gcloud-auth-plugin",
        )


def text_of(subject: str, section: Section, key: str) -> str | None:
    """A value that must be text, None if it is missing or empty. `subject` is for the message."""
    value = section.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise KubeconfigError(subject, f"{key} is not a text", _REPEAT)
    return value


def dump(config: Mapping[str, Any]) -> str:
    """YAML with keys in the given order: equal configurations give equal text."""
    return str(yaml.dump(dict(config), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1 << 20))


def parse(text: str) -> Section:
    """The whole file. Raises `KubeconfigError` if it is no mapping in YAML."""
    try:
        config = yaml.load(text, Loader=Loader)  # noqa: S506  # a safe loader either way
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise KubeconfigError(WHAT, f"it is not YAML{where}", _REPEAT) from None
    if not isinstance(config, dict):
        raise KubeconfigError(WHAT, "it holds no clusters, users and contexts", _REPEAT)
    return config


def named(config: Section, plural: str, singular: str) -> dict[str, Section]:
    """The entries of a list by name; the first one of a name counts, as for kubectl. Broken ones are left out."""
    entries = config.get(plural)
    found: dict[str, Section] = {}
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            section = entry.get(singular)
            found.setdefault(entry["name"], section if isinstance(section, dict) else {})
    return found


def _entry(config: Section, plural: str, singular: str, name: object, context: str) -> Section:
    entries = named(config, plural, singular)
    if not isinstance(name, str) or name not in entries:
        cause = f"names the {singular} {_short(name)}, which is not in the file"
        raise KubeconfigError(_subject(context), cause, _REPEAT)
    return entries[name]


def _only(contexts: dict[str, Section]) -> str | None:
    return next(iter(contexts)) if len(contexts) == 1 else None


def _one_of(names: Mapping[str, object]) -> str:
    return "name one of " + ", ".join(map(_plain, sorted(names))) if names else _REPEAT


def _short(value: object) -> str:
    return repr(value[:99]) if isinstance(value, str) else "of no name"


def _subject(context: str) -> str:
    return f"{WHAT}, context {_plain(context)}"


def _plain(name: str) -> str:
    """As it is, unless that would spoil a line."""
    return name if name.isprintable() else repr(name)
