"""Manifests as people keep them, a file or a folder of YAML or JSON, read into plain objects that are fit for an API.

Scalars are understood as kubectl understands them, which is not quite as PyYAML does: `12:30` and `2024-01-01` are
strings. Whether an object makes sense is for the API server to say; here is only what would fail later without a hint
at the file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from federation.errors import FederationError

Manifest = dict[str, Any]

SUFFIXES: Final = (".yaml", ".yml", ".json")
DEEPEST: Final = 100
"""Levels of nesting."""

CLUSTER_SCOPED: Final = frozenset(
    """
    APIService CSIDriver CSINode CertificateSigningRequest Cluster ClusterOverridePolicy ClusterPropagationPolicy
    ClusterResourceBinding ClusterRole ClusterRoleBinding ClusterTaintPolicy CustomResourceDefinition FlowSchema
    IngressClass MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node
    PersistentVolume PriorityClass PriorityLevelConfiguration Remedy ResourceInterpreterCustomization
    ResourceInterpreterWebhookConfiguration RuntimeClass StorageClass ValidatingAdmissionPolicy
    ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment WorkloadRebalancer
    """.split()
)
"""Kinds of Kubernetes and Karmada that have no namespace. Any other kind is taken for one that has."""


class ManifestError(FederationError):
    """Manifests cannot be read, or cannot be put into one federation; `cause` lists all mistakes."""


@dataclass(frozen=True)
class Document:
    """One object.

    Attributes:
        manifest: with `apiVersion`, `kind`, `metadata.name` and, unless the kind has none, `metadata.namespace`.
        source: where it was found, such as "apps/nginx/service.yaml, document 1".
    """

    manifest: Manifest
    source: str

    @property
    def reference(self) -> str:
        """As messages name it, such as "Service default/nginx"."""
        metadata = self.manifest["metadata"]
        place = f"{metadata['namespace']}/" if "namespace" in metadata else ""
        return f"{self.manifest['kind']} {place}{metadata['name']}"


def load(path: str, namespace: str = "default") -> list[Document]:
    """All objects of a file, or of the files right in a folder by name (*.yaml, *.yml, *.json; no subfolders).

    Args:
        path: relative to the working directory; `~` is replaced.
        namespace: for objects that name none.

    Raises:
        ManifestError: with every mistake in every file, each with file and document.
    """
    documents: list[Document] = []
    mistakes: list[str] = []
    for file in _files(path):
        try:
            documents += parse(file.read_text(encoding="utf-8"), str(file), namespace)
        except ManifestError as error:
            mistakes.append(error.cause)
        except UnicodeDecodeError as error:
            mistakes.append(f"{file}: byte {error.start} is not UTF-8")
        except OSError as error:
            mistakes.append(f"{file}: {error.strerror}")
    if mistakes:
        raise ManifestError(path, "; ".join(mistakes), "correct the manifests")
    return documents


def parse(text: str, source: str, namespace: str = "default") -> list[Document]:
    """All objects of a text; JSON if `source` ends in .json, else YAML. A List is taken apart.

    Raises:
        ManifestError: its `cause` lists every mistake with `source` and number of the document.
    """
    documents: list[Document] = []
    mistakes: list[str] = []
    for place, found in _documents(text, source):
        wrong = list(_mistakes(found))
        mistakes += [f"{place}: {mistake}" for mistake in wrong]
        if not wrong:
            documents.append(Document(_placed(found, namespace), place))
    if mistakes:
        raise ManifestError(source, "; ".join(mistakes), "correct the manifest")
    return documents


def _files(path: str) -> list[Path]:
    place = Path(path).expanduser()
    if not place.is_dir():
        return [place]
    files = sorted(file for file in place.iterdir() if file.suffix in SUFFIXES and file.is_file())
    if not files:
        wanted = " or ".join(f"*{suffix}" for suffix in SUFFIXES)
        raise ManifestError(path, f"the folder has no {wanted}", "name a file or folder with manifests")
    return files


def _documents(text: str, source: str) -> Iterator[tuple[str, Any]]:
    """Each object with its place; documents of nothing but comments are none."""
    for number, found in enumerate(_decoded(text, source), start=1):
        place = f"{source}, document {number}"
        if isinstance(found, dict) and found.get("kind") == "List" and isinstance(found.get("items"), list):
            for item, inner in enumerate(found["items"], start=1):
                yield f"{place}, item {item}", inner
        elif found is not None:
            yield place, found


def _decoded(text: str, source: str) -> list[Any]:
    try:
        if source.endswith(".json"):
            return [json.loads(text)]
        return list(yaml.load_all(text, Loader=_Loader))  # which is a SafeLoader
    except json.JSONDecodeError as error:
        cause = f"{source}: line {error.lineno}: {error.msg}"
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        cause = f"{source}: {line}{error.problem}"
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        cause = f"{source}: {error}"
    raise ManifestError(source, " ".join(cause.split()), "correct the manifest")


def _mistakes(found: Any) -> Iterator[str]:
    if not isinstance(found, dict):
        yield f"{type(found).__name__} instead of an object with apiVersion and kind"
        return
    for key in ("apiVersion", "kind"):
        if not _is_text(found.get(key)):
            yield f"{key} is {found.get(key)!r}, not a text"
    metadata = found.get("metadata")
    if not isinstance(metadata, dict) or not _is_text(metadata.get("name")):
        yield "metadata.name is missing; a name that the server makes up cannot be compared"
    elif not _is_text(metadata.get("namespace", "default")):
        yield f"metadata.namespace is {metadata['namespace']!r}, not a text"
    else:
        for key in ("labels", "annotations"):
            yield from _not_text(metadata.get(key), f"metadata.{key}")
    yield from _not_json(found)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _not_text(values: Any, path: str) -> Iterator[str]:
    if values is not None and not isinstance(values, dict):
        yield f"{path} is {values!r}, not keys with values"
    for key, value in values.items() if isinstance(values, dict) else ():
        if not isinstance(value, str):
            yield f"{path}.{key} is {value!r}, not a text; put it in quotes"


def _not_json(value: Any, path: str = "", above: frozenset[int] = frozenset()) -> Iterator[str]:
    """What no JSON has. `above` are the objects that the value lies in."""
    inside = above | {id(value)}
    if id(value) in above or len(above) > DEEPEST:
        yield f"{path[1:60]} contains itself, or is nested deeper than {DEEPEST} levels"
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                yield f"key {key!r} of {path[1:] or 'the object'} is not a text; put it in quotes"
            yield from _not_json(inner, f"{path}.{key}", inside)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _not_json(inner, f"{path}[{number}]", inside)
    elif not _is_scalar(value):
        yield f"{path[1:]} is {value!r}, which JSON does not have"


def _is_scalar(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | int | None)


def _placed(manifest: Manifest, namespace: str) -> Manifest:
    if manifest["kind"] in CLUSTER_SCOPED or "namespace" in manifest["metadata"]:
        return manifest
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Without what YAML 1.1 has and the libraries of Kubernetes do not take: dates, numbers to base 60."""


_PLAIN: Final = {
    "tag:yaml.org,2002:timestamp": None,
    "tag:yaml.org,2002:int": re.compile(r"[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$"),
    "tag:yaml.org,2002:float": re.compile(
        r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))$"
        r"|\.(?:nan|NaN|NAN)$"
    ),
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, old in rules if (rule := _PLAIN.get(tag, old)) is not None]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
