"""A stack's state without its secrets, for previews without access: what `fedctl snapshot` writes.

It is what `pulumi stack export` prints, without `--show-secrets`, with a placeholder for each secret value, and for
whatever else looks like a key, a token or a kubeconfig. Nothing of it decrypts anything. The same state gives the same
text: resources are in one order, and what only tells when and where the engine ran is left out.
"""

from __future__ import annotations

import base64
import binascii
import heapq
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from federation.errors import FederationError
from federation.offline import REDACTED
from federation.preview.events import SECRET_MARK, SIGNATURE

State = dict[str, Any]

HIDDEN = {SIGNATURE: SECRET_MARK, "plaintext": json.dumps(REDACTED)}
"""What stands for a secret in a snapshot: a secret for the engine still, and the placeholder for everybody."""
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105  (a type)
ENTRIES = ("data", "stringData")
"""Under which it has its secrets."""
VOLATILE = ("created", "modified", "sourcePosition", "stackTrace")
"""Keys of a resource that tell when and on which machine the engine ran."""
KEYS = re.compile(
    r"(?i)pass(word|wd|phrase)|(client|access|shared|account|api|private|secret)_?-?(secret|key|token)|connection_?string"
    r"|(bearer|auth|refresh|id|sas|security)_?-?token|kube_?config|credentials?|secret|token"
)
"""Names under which a text is a secret, whether or not somebody has marked it."""
VARIABLES = re.compile(rf"({KEYS.pattern.removeprefix('(?i)')})$", re.IGNORECASE)
LOOKS = (
    re.compile(r"PRIVATE KEY-----"),
    re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"),  # JSON Web Token
    re.compile(r"client-(key|certificate)-data|current-context[\"']?\s*:"),  # kubeconfig
    re.compile(r"\bv1:[A-Za-z0-9+/=]{12,}:[A-Za-z0-9+/=]{8,}"),  # a ciphertext of the engine
    re.compile(r"\b(gh[pousr]_|github_pat_|glpat-|xox[abpr]-|pul-)[\w-]{10,}"),
    re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"(?i)\b(AccountKey|SharedAccessKey|sig)=[\w%+/=-]{16,}"),  # connection strings, SAS of Azure
    re.compile(r"://[^/\s:@]+:[^/\s:@]+@"),  # a URL with a password
    re.compile(r"(?i)--?[\w-]*pass(word|wd|phrase)[= ][^\s$(]\S*"),  # a command line
)
"""Texts that are secrets by what they look like."""
PUBLIC = re.compile(r"-----BEGIN (CERTIFICATE|PUBLIC KEY)-----")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")


class SnapshotError(FederationError):
    """What should become a snapshot, or be one, is not the state of a stack."""


def redacted(text: str, subject: str) -> str:
    """The snapshot of what `pulumi stack export` has printed.

    Args:
        text: JSON.
        subject: where it came from, for messages.

    Raises `SnapshotError` if it is no state, or if a secret would be left in it.
    """
    deployment, version = opened(text, subject)
    resources = [_resource(each) for each in ordered(deployment["resources"])]
    manifest = {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}
    made = {"version": version, "deployment": {"manifest": manifest, "resources": resources}}
    if left := next(leaks(made), None):
        fix = "report it, with the type of the resource, and write no snapshot of this stack until then"
        raise SnapshotError(subject, f"something like a secret would be left at {left}", fix)
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def opened(text: str, subject: str) -> tuple[State, int]:
    """A state that was exported, and the version of its form. Raises `SnapshotError` if it is none."""
    fix = "make it with `pulumi stack export --stack STACK`, without --show-secrets"
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SnapshotError(subject, f"it is no JSON ({error})", fix) from None
    if not isinstance(found, dict) or not isinstance(found.get("deployment"), dict):
        raise SnapshotError(subject, "it has no deployment, so it is not the state of a stack", fix)
    deployment = found["deployment"]
    resources = deployment.setdefault("resources", [])
    if not isinstance(resources, list) or any("urn" not in each for each in resources):
        raise SnapshotError(subject, "its resources are not those of a state", fix)
    return deployment, int(found.get("version", 3))


def ordered(resources: Sequence[State]) -> list[State]:
    """Each after what it needs, as the engine demands it, and otherwise by URN."""
    place = {
        each["urn"]: number for number, each in enumerate(resources)
    }  # of several, the last one is current
    waits = [{place[urn] for urn in _needs(each) if urn in place} - {n} for n, each in enumerate(resources)]
    later: list[list[int]] = [[] for _ in resources]
    for number, needs in enumerate(waits):
        for need in needs:
            later[need].append(number)
    ready = [(resources[n]["urn"], n) for n, needs in enumerate(waits) if not needs]
    heapq.heapify(ready)
    found = []
    while ready:
        _, number = heapq.heappop(ready)
        found.append(resources[number])
        for after in later[number]:
            waits[after].remove(number)
            if not waits[after]:
                heapq.heappush(ready, (resources[after]["urn"], after))
    return found if len(found) == len(resources) else list(resources)  # a circle: as the engine has it


def _needs(resource: State) -> Iterator[str]:
    yield from (str(resource[key]) for key in ("parent", "deletedWith", "viewOf") if resource.get(key))
    yield str(resource.get("provider", "")).rpartition("::")[0]
    yield from resource.get("dependencies") or ()
    for urns in (resource.get("propertyDependencies") or {}).values():
        yield from urns or ()


def _resource(resource: State) -> State:
    kept = {key: value for key, value in resource.items() if key not in VOLATILE}
    kind = str(resource.get("type", ""))
    sealed = ENTRIES if kind == SECRET else ()
    for part in ("inputs", "outputs"):
        if isinstance(kept.get(part), dict):
            kept[part] = {key: _hidden(key, value, sealed) for key, value in kept[part].items()}
    if kept.get("initErrors"):
        kept["initErrors"] = ["(left out)"]
    return kept


def _hidden(key: str, value: Any, sealed: Sequence[str] = ()) -> Any:
    """A value under its key, without secrets. `sealed` are keys under which all texts are."""
    if isinstance(value, Mapping):
        if is_secret(value):
            return dict(HIDDEN)
        if key == "metadata":
            value = {name: inner for name, inner in value.items() if name != "managedFields"}
        named = isinstance(value.get("name"), str) and isinstance(value.get("value"), str)
        if named and VARIABLES.search(value["name"]):  # of a container
            value = {**value, "value": REDACTED}
        if key in sealed:
            return {
                name: inner if _public(inner) else dict(HIDDEN) if is_secret(inner) else REDACTED
                for name, inner in value.items()
            }
        return {name: _hidden(name, inner, sealed) for name, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(key, inner, sealed) for inner in value]
    if isinstance(value, str) and (_secret_key(key) or looks_secret(value)):
        return REDACTED
    return value


def is_secret(value: Any) -> bool:
    """Whether it is the engine's mark of a secret, encrypted or not."""
    return isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET_MARK


def _public(text: Any) -> bool:
    """Whether what a Secret of Kubernetes has under a key is nothing to hide: a certificate, a public key, nothing."""
    if not isinstance(text, str) or looks_secret(text):
        return False
    return not text or any(PUBLIC.search(each) for each in _layers(text))


def _secret_key(key: str) -> bool:
    return KEYS.fullmatch(key) is not None


def looks_secret(text: str) -> bool:
    """Whether a text, or what is inside it in base64, looks like a key, a token or a kubeconfig."""
    return any(pattern.search(each) for each in _layers(text) for pattern in LOOKS)


def _layers(text: str, depth: int = 2) -> Iterator[str]:
    yield text
    if depth == 0:
        return
    for found in _BASE64.findall(text):
        try:
            inner = base64.b64decode(
                found + "=" * (-len(found) % 4), altchars=b"-_" if "-" in found else None
            )
        except binascii.Error:
            continue
        yield from _layers(inner.decode("utf-8", "replace"), depth - 1)


def leaks(value: Any, path: str = "") -> Iterator[str]:
    """Places of what looks like a secret, or is marked as one and is not `HIDDEN`."""
    if is_secret(value):
        if value != HIDDEN:
            yield path
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaks(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaks(inner, f"{path}[{number}]")
    elif isinstance(value, str) and looks_secret(value):
        yield path
