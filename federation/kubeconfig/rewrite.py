"""kubeconfigs made of others: everything inside, one context only, many clusters in one."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from federation.errors import KubeconfigError
from federation.kubeconfig.access import content
from federation.kubeconfig.document import WHAT, Picked, Section, dump, named, parse, pick, text_of

# Falsy values are left out. What `pick` refuses is kept, so that it still is refused, not silently mended.
_CLUSTER = ("server", "tls-server-name", "proxy-url", "disable-compression", "insecure-skip-tls-verify")
_USER = (
    "token",
    "exec",
    "as",
    "as-uid",
    "as-groups",
    "as-user-extra",
    "username",
    "password",
    "auth-provider",
)
_CREATE = "see where the cluster's kubeconfig is, and name that in the topology"


def read(path: str, *, context: str | None = None) -> str:
    """The kubeconfig in a file, with one context (the current one by default) and everything inside.

    Args:
        path: `~` and `$VARIABLES` are replaced. Several paths with colons between them, as in $KUBECONFIG, are
            looked through for the context.
        context: name of the context.

    Raises `KubeconfigError` if it cannot be read or used.
    """
    places = [Path(place).expanduser() for place in _expanded(path).split(os.pathsep) if place]
    errors: list[KubeconfigError] = []
    for place in places:
        try:
            return minify(_text(place), context, base=place.parent.absolute())
        except KubeconfigError as error:
            errors.append(KubeconfigError(f"{error.obj} of {place}", error.cause, error.fix))
    raise errors[0] if errors else KubeconfigError(f"kubeconfig {path}", "it is empty as a path", _CREATE)


def inline(text: str, base: Path) -> str:
    """The same file with certificates and keys inside, for all its contexts.

    As `kubectl config view --flatten`, a token's file stays a file, as somebody renews it; its path becomes absolute.
    """
    config = parse(text)
    parts = {
        "clusters": {
            name: _cluster(name, c, base) for name, c in named(config, "clusters", "cluster").items()
        },
        "contexts": named(config, "contexts", "context"),
        "users": {name: _user(name, u, base) for name, u in named(config, "users", "user").items()},
    }
    return _dump(parts, config.get("current-context"))


def minify(text: str, context: str | None = None, *, base: Path | None = None) -> str:
    """One context (the current one by default) with what it leads to, and everything inside; keys in fixed order.

    Args:
        text: a kubeconfig.
        context: name of the context.
        base: the folder that paths in it are relative to; without it, relative ones are refused.

    Raises `KubeconfigError`.
    """
    picked = pick(text, context)
    return _config({picked.name: picked}, picked.name, base)


def merge(files: Mapping[str, str], *, current: str | None = None) -> str:
    """One file with a context for each cluster; context, cluster and user are all called as the cluster is.

    What they were called in their files does not matter, so that no two of them clash.

    Args:
        files: name of the cluster to the text of its kubeconfig, whose current context counts.
        current: the context that becomes the current one, by default the first.

    Raises `KubeconfigError`, telling which cluster's file is wrong.
    """
    picked = {}
    for name, text in files.items():
        try:
            picked[name] = pick(text)
        except KubeconfigError as error:
            raise KubeconfigError(f"cluster {name}, {error.obj}", error.cause, error.fix) from None
    return _config(picked, current or next(iter(picked), None), None)


def _config(contexts: Mapping[str, Picked], current: str | None, base: Path | None) -> str:
    """A file in which all parts of a context have one name."""
    parts: dict[str, dict[str, Section]] = {"clusters": {}, "contexts": {}, "users": {}}
    for name, picked in contexts.items():
        parts["clusters"][name] = _cluster(picked.subject, picked.cluster, base)
        parts["users"][name] = _user(picked.subject, picked.user, base)
        namespace = {"namespace": picked.namespace} if picked.namespace else {}
        parts["contexts"][name] = {"cluster": name, **namespace, "user": name}
    return _dump(parts, current)


def _dump(parts: Mapping[str, Mapping[str, Section]], current: object) -> str:
    lists = {
        plural: [{"name": name, plural.removesuffix("s"): section} for name, section in sections.items()]
        for plural, sections in parts.items()
    }
    return dump({"apiVersion": "v1", "kind": "Config", **lists, "current-context": current or ""})


def _cluster(subject: str, section: Section, base: Path | None) -> Section:
    return _some(section, _CLUSTER) | _data(subject, section, "certificate-authority", base)


def _user(subject: str, section: Section, base: Path | None) -> Section:
    user = _some(section, _USER)
    for key in ("client-certificate", "client-key"):
        user |= _data(subject, section, key, base)
    if path := text_of(subject, section, "tokenFile"):
        user["tokenFile"] = str((base or Path()) / path)
    if isinstance(plugin := user.get("exec"), dict) and base is not None:
        user["exec"] = {**plugin, "command": _program(plugin.get("command"), base)}
    return user


def _some(section: Section, keys: tuple[str, ...]) -> Section:
    return {key: section[key] for key in keys if section.get(key)}


def _data(subject: str, section: Section, key: str, base: Path | None) -> Section:
    text = content(subject, section, key, base=base)
    return {f"{key}-data": base64.b64encode(text.encode()).decode()} if text else {}


def _program(command: Any, base: Path) -> Any:
    """As client-go: a name is looked for on PATH, a relative path starts at the kubeconfig."""
    return str(base / command) if isinstance(command, str) and os.sep in command else command


def _expanded(path: str) -> str:
    whole = os.path.expandvars(path)
    if unset := re.search(r"\$\{?(\w+)", whole):
        fix = f"export {unset[1]}, or name the file itself"
        raise KubeconfigError(f"kubeconfig {path}", f"the environment has no variable {unset[1]}", fix)
    return whole


def _text(place: Path) -> str:
    try:
        return place.read_text()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise KubeconfigError(WHAT, f"it cannot be read: {reason}", _CREATE) from None
