"""What is secret in objects and texts is taken out, and what it was is told. Pure.

Three nets, as none is whole: objects by their kind and the names of their keys; texts by the form of what is secret
(PEM, JSON Web Tokens, headers, URLs, `name=value`); and every value that a Secret is known to hold, wherever it stands.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from federation.gather.words import is_secret, is_secret_variable

GONE = "[redacted]"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SHORTEST = 8
"""Characters of a known value that is looked for everywhere; a shorter one is in too many words."""
PUBLIC = {"ca.crt", "tls.crt", "caBundle", "server", "namespace", "ca", "certificate", "user", "username"}
"""Keys of Secrets whose values are no secrets."""

_KIND = r"(?:[A-Z0-9]+ )*PRIVATE KEY-----"
_PEM = re.compile(rf"-----BEGIN {_KIND}.*?(?:-----END {_KIND}|\Z)", re.DOTALL)
_PEM_END = re.compile(rf"(?<![\w+/=])(?:[A-Za-z0-9+/=]{{16,}}\s+){{0,60}}-----END {_KIND}")
_PACKED_PEM = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]*={0,2}")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,3}")
_PACKED_JWT = re.compile(r"\bZXlK[A-Za-z0-9+/]{20,}={0,2}")
_BOOTSTRAP = re.compile(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b")
_HEADER = re.compile(r"\b(Bearer|Basic|SharedAccessSignature)(\s+|%20)[^\s\"',;]{4,}", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"(authorization\\?[\"']?\s*[:=]\s*\\?[\"'\[]?)[^\"'\n\r]+", re.IGNORECASE)
_USERINFO = re.compile(r"(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,20}://)[^/\s\"'<>]+@", re.IGNORECASE)
_NAME = r"(?<![\w.])[A-Za-z_][\w.-]{0,99}"  # from a word's beginning only, which keeps long texts cheap
_QUOTED = r"\\\"(?:[^\"\\]|\\[^\"])*\\\"|\"(?:[^\"\\]|\\.)*\"|'[^']*'"
_PAIR = re.compile(rf"((?:\\?[\"'])?({_NAME})(?:\\?[\"'])?\s*[:=]\s*)({_QUOTED}|[^\s,;&\"'{{}}\[\]]+)")
_LINE = re.compile(rf"^([ \t-]*[\"']?({_NAME})[\"']?[ \t]*[:=][ \t]*)(\S.*)$", re.MULTILINE)
_BLOCK = re.compile(
    rf"^([ \t-]*)[\"']?({_NAME})[\"']?:[ \t]*[|>][-+0-9]*[ \t]*\n((?:\1[ \t]+.*(?:\n|\Z)|[ \t]*\n)+)",
    re.MULTILINE,
)
_OPTION = re.compile(rf"((?<![\w-])--?({_NAME})[ \t]+)([^\s-][^\s]*)")
_USER = re.compile(r"(--?u(?:ser)?(?:=|[ \t]+)[\"']?[^\s:\"']+:)[^\s\"']+")
_VARIABLE = re.compile(
    rf"(name[\"']?:[ \t]*[\"']?({_NAME})[\"']?\s*,?\s*[\"']?value[\"']?:[ \t]*)({_QUOTED}|[^\s,}}]+)"
)


def clean(value: Any) -> Any:
    """A plain value (JSON) with what is secret in it replaced; the shape stays."""
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Sequence):
        return _sequence(value)
    return value


def _mapping(found: Mapping[str, Any]) -> dict[str, Any]:
    hidden = {"data", "stringData"} if found.get("kind") == "Secret" else set()
    variable = isinstance(found.get("name"), str) and is_secret_variable(found["name"])
    done: dict[str, Any] = {}
    for key, value in found.items():
        if key == "managedFields":
            continue  # long, and nobody's
        name = text(str(key))
        if key in hidden and isinstance(value, Mapping):
            done[name] = dict.fromkeys(map(str, value), GONE)
        elif key == LAST_APPLIED or (variable and key == "value") or _holds(str(key), value):
            done[name] = [GONE] * len(value) if isinstance(value, list) else GONE
        else:
            done[name] = clean(value)
    return done


def _holds(key: str, value: Any) -> bool:
    """Whether it is the secret itself, and not an object that tells where one is."""
    if isinstance(value, list):
        return is_secret(key) and all(isinstance(each, str) for each in value)
    return is_secret(key) and isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _sequence(found: Sequence[Any]) -> list[Any]:
    """Of a command line, `--token` makes the next word secret."""
    done: list[Any] = []
    for index, value in enumerate(found):
        before = found[index - 1] if index else None
        option = isinstance(before, str) and before.startswith("-") and "=" not in before
        secret = option and isinstance(value, str) and not value.startswith("-") and is_secret(str(before))
        done.append(GONE if secret else clean(value))
    return done


def text(found: str) -> str:
    """A text, such as a log or a file in a ConfigMap."""
    found = _PEM_END.sub(f"{GONE} private key", _PEM.sub(f"{GONE} private key", found))
    found = _PACKED_PEM.sub(_packed, found)
    for form in (_JWT, _PACKED_JWT, _BOOTSTRAP):
        found = form.sub(f"{GONE} token", found)
    found = _HEADER.sub(rf"\1\2{GONE}", _AUTHORIZATION.sub(rf"\1{GONE}", found))
    found = _USER.sub(rf"\1{GONE}", _USERINFO.sub(rf"\1{GONE}@", found))
    found = _BLOCK.sub(_block, found)
    found = _VARIABLE.sub(lambda hit: f"{hit[1]}{GONE}" if is_secret_variable(hit[2]) else hit[0], found)
    for form in (_LINE, _OPTION, _PAIR):
        found = form.sub(_if_secret, found)
    return found


def _if_secret(hit: re.Match[str]) -> str:
    name, value = hit[2], hit[3].strip("\"'")
    plain = value in {"true", "false"} or (
        name.endswith("kubeconfig") and value.startswith("/")
    )  # where one is
    return hit[0] if plain or not is_secret(name) or value.startswith(GONE) else f"{hit[1]}{GONE}"


def _block(hit: re.Match[str]) -> str:
    end = "\n" if hit[3].endswith("\n") else ""
    return f"{hit[1]}{hit[2]}: {GONE}{end}" if is_secret(hit[2]) else hit[0]


def _packed(hit: re.Match[str]) -> str:
    """PEM in base64 stays if it is certificates alone."""
    try:
        inside = base64.b64decode(hit[0] + "=" * (-len(hit[0]) % 4)).decode()
    except (binascii.Error, ValueError):
        return GONE
    return GONE if "PRIVATE" in inside else hit[0]


def known(secrets: Iterable[Mapping[str, Any]]) -> set[str]:
    """The values that these Secrets hold, in every form in which they may stand elsewhere."""
    found: set[str] = set()
    for secret in secrets:
        for key, packed in (secret.get("data") or {}).items():
            if key not in PUBLIC:
                found |= _forms(str(packed))
    return {value for value in found if len(value) >= SHORTEST}


def _forms(packed: str) -> set[str]:
    try:
        value = base64.b64decode(packed).decode()
    except (binascii.Error, ValueError):
        return {packed}
    if "-----BEGIN" in value:
        keys = _PEM.findall(value)
        lines = {line for key in keys for line in key.splitlines() if not line.startswith("-----")}
        return lines | ({packed} if keys else set())
    value = value.strip()
    inside = {*in_document(value)}
    if "\n" not in value and ("://" not in value or "@" in value):
        inside.add(value)
    return {packed, *inside, *(base64.b64encode(each.encode()).decode() for each in inside)}


def in_document(value: str) -> Iterable[str]:
    """Values under names of secrets in a text that is YAML or JSON, such as a kubeconfig."""
    return _leaves(_document(value))


def _document(value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        return None


def _leaves(found: Any, *, secret: bool = False) -> Iterable[str]:
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from _leaves(value, secret=is_secret(str(key)))
    elif isinstance(found, list):
        for value in found:
            yield from _leaves(value, secret=secret)
    elif secret and isinstance(found, str):
        yield found


def scrub(found: Any, values: Sequence[str]) -> Any:
    """A plain value without these texts; `values` has the longest first, as one may hold another."""
    if isinstance(found, Mapping):
        return {scrub(key, values): scrub(value, values) for key, value in found.items()}
    if isinstance(found, list):
        return [scrub(value, values) for value in found]
    if isinstance(found, str):
        for value in values:
            if value in found:
                found = found.replace(value, GONE)
    return found
