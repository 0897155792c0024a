"""Which container images may run: by digest, and from registries that somebody has chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import partial

from pydantic import Field

from policy.objects import KubernetesObject
from policy.pods import containers, pod_spec
from policy.properties import REDACTED, Property
from policy.rule import Context, Finding, Policy, Severity, Undecided, Verdicts, each
from policy.rules.commands import commands
from policy.rules.reading import shown
from policy.settings import PolicySettings
from policy.stack import DYNAMIC, Resource

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FLAG = re.compile(r"--image[= ]['\"]?([^\s'\"]+)")
_HUB = "docker.io"
_ETCD = "quay.io/coreos/etcd"
"""What etcd-operator runs unless `spec.repository` says otherwise."""
_NO_IMAGES = frozenset({"ClusterOverridePolicy", "ConfigMap", "OverridePolicy", "Secret", "Work"})
"""Kinds in which a key "image" means nothing, or is looked at elsewhere."""


class ImageSettings(PolicySettings):
    """Of P07."""

    registries: tuple[str, ...] = Field(
        ("registry.k8s.io/*", "docker.io/karmada/*", "docker.io/coredns/*", "mcr.microsoft.com/*"),
        description='"registry/repository" that images may come from; * stands for any text',
    )


def images_of_objects(resource: Resource, context: Context[ImageSettings]) -> Verdicts:
    """Images of Kubernetes objects, by digest and from the list (SLSA; AKS deployment safeguards)."""
    registries = context.settings.registries
    yield from each(
        resource.objects,
        lambda found: each(_of_object(found), partial(_judged, found.title, registries)),
    )


def other_images(resource: Resource, context: Context[ImageSettings]) -> Verdicts:
    """Images that dynamic resources, values of Helm charts and commands name."""
    yield from each(_elsewhere(resource), partial(_judged, "it", context.settings.registries))


def overridden_images(resource: Resource, context: Context[ImageSettings]) -> Verdicts:
    """Parts of images that Karmada would put into members (OverridePolicy, `imageOverrider`)."""
    policies = [o for o in resource.objects if o.kind in ("OverridePolicy", "ClusterOverridePolicy")]
    registries = context.settings.registries
    yield from each(
        policies,
        lambda policy: each(
            policy.root.at("spec", "overrideRules").items(), partial(_rule, policy.title, registries)
        ),
    )


def _of_object(found: KubernetesObject) -> Iterator[Property]:
    pod = pod_spec(found)
    if pod:
        yield from (container.at("image") for container in containers(pod))
        yield from (volume.at("image", "reference") for volume in pod.at("volumes").items())
    elif found.kind == "EtcdCluster":
        yield from _etcd(found)
    elif found.kind not in _NO_IMAGES:
        yield from _named_image(found.root)


def _etcd(found: KubernetesObject) -> Iterator[Property]:
    """The operator puts repository and version together itself, so there is no place for a digest."""
    spec = found.root.at("spec")
    repository, version = spec.at("repository").text(), spec.at("version").text()
    if repository or version or not found.partial:
        text = f"{repository or _ETCD}{version and ':v'}{version}"
        yield _composed(text, spec, "repository", "version")


def _composed(text: str, parent: Property, *keys: str) -> Property:
    """A text of several parts, which is a secret if one of them is."""
    return Property(text, parent.path, any(parent.at(key).opened().secret for key in keys))


def _named_image(value: Property) -> Iterator[Property]:
    yield from (leaf for key, leaf in value.leaves() if key == "image")


def _elsewhere(resource: Resource) -> Iterator[Property | Undecided]:
    if resource.type.startswith(DYNAMIC):
        inside = tuple(f"{found.root.path}." for found in resource.objects)
        yield from (i for i in _named_image(resource.props) if not i.path.startswith(inside))
    if resource.type.startswith("kubernetes:helm.sh/"):
        values = resource.props.at("values")
        yield from _named_image(values)
        yield from _in_parts(values)
    for command in commands(resource):
        if isinstance(command, Undecided):
            yield command
        else:
            yield from (Property(i, command.path, command.secret) for i in _FLAG.findall(command.text()))


def _in_parts(values: Property) -> Iterator[Property]:
    """Images of a chart, as most charts want them: registry, repository, tag and digest apart."""
    keys = ("registry", "repository", "tag", "digest")
    registry, repository, tag, digest = (values.at(key).text() for key in keys)
    if repository:
        place = f"{registry}{registry and '/'}{repository}"
        yield _composed(f"{place}{tag and ':'}{tag}{digest and '@'}{digest}", values, *keys)
    for _, value in values.entries():
        yield from _in_parts(value)


def _judged(owner: str, registries: Iterable[str], image: Property | Undecided) -> Verdicts:
    if isinstance(image, Undecided):
        yield image
        return
    text, seen = image.text(), shown(image)
    if text == REDACTED:
        yield Undecided(image.path)
    elif text:
        name, tag, digest = parsed(text)
        if not DIGEST.fullmatch(digest):
            yield Finding(seen, f"{owner} runs {seen!r} without {_lacks(tag)} ({image.path})")
        if not any(fnmatchcase(name, allowed) for allowed in registries):
            source = REDACTED if seen == REDACTED else name
            yield Finding(
                seen,
                f"{owner} runs {seen!r} from {source}, which is not in the list of registries ({image.path})",
                fix="take it from a registry in the policy's `registries`, or review this one and add it there",
            )


def _lacks(tag: str) -> str:
    if not tag:
        return "a digest or a tag, which means the latest"
    return "a digest, whatever is the latest" if tag == "latest" else "a digest"


def parsed(image: str) -> tuple[str, str, str]:
    """Full name, tag and digest of an image, as Docker reads it (github.com/distribution/reference)."""
    place, _, digest = image.partition("@")
    name, colon, tag = place.rpartition(":")
    if not colon or "/" in tag:  # what looked like a tag is a port
        name, tag = place, ""
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = _HUB, name
    if first in (_HUB, "index.docker.io"):
        first, rest = _HUB, rest if "/" in rest else f"library/{rest}"
    return f"{first}/{rest}", tag, digest


def _rule(owner: str, allowed: Iterable[str], rule: Property) -> Verdicts:
    """Components may come in any order, and a repository is judged with the registries beside it."""
    changes = rule.at("overriders", "imageOverrider").items()
    registries = [_value(change).text() for change in changes if change.at("component").text() == "Registry"]
    beside = [registry for registry in registries if registry]
    yield from each(changes, partial(_component, owner, allowed, beside))


def _value(change: Property) -> Property:
    """What the component is afterwards, as far as the change says it."""
    if change.at("operator").text() == "remove":
        return Property(_HUB if change.at("component").text() == "Registry" else "")
    return change.at("value")


def _component(owner: str, allowed: Iterable[str], beside: Iterable[str], change: Property) -> Verdicts:
    component, value = change.at("component").text(), _value(change)
    text, seen = value.text(), shown(value)
    if component == "Tag" and not DIGEST.fullmatch(text):
        yield Finding(seen, f"{owner} gives images the tag {seen!r} in place of a digest ({change.path})")
    if component == "Registry" and not any(fnmatchcase(text, host) for host, _ in _halves(allowed)):
        yield Finding(seen, f"{owner} takes images from {seen!r}, which is not in the list ({change.path})")
    if component == "Repository" and text and not _repository_allowed(allowed, beside, text):
        yield Finding(seen, f"{owner} takes the image {seen!r}, which is not in the list ({change.path})")


def _repository_allowed(allowed: Iterable[str], beside: Iterable[str], repository: str) -> bool:
    if beside:
        names = [f"{registry}/{repository}" for registry in beside]
        return any(fnmatchcase(name, pattern) for name in names for pattern in allowed)
    return any(fnmatchcase(repository, path) for _, path in _halves(allowed))


def _halves(allowed: Iterable[str]) -> list[tuple[str, str]]:
    """Registries and repositories of the list, apart."""
    return [(host, path) for host, _, path in (pattern.partition("/") for pattern in allowed)]


POLICIES = (
    Policy(
        id="P07",
        name="p07-images",
        title="Images by digest, from registries in a list",
        why="A tag can be moved to anything by whoever owns the repository, on all clusters at once.",
        remedy="write the image as registry/repository:tag@sha256:…, which `crane digest` or the registry tells",
        source="SLSA; AKS deployment safeguards; CIS Kubernetes Benchmark 5.5.1",
        seed="kubefed init … --image=xtoph/hyperkube-amd64:xtoph.azuredns.2 (Azure);"
        " image: jkwong/keepalived-cloud-provider:latest (on premises)",
        severity=Severity.HIGH,
        settings=ImageSettings,
        checks=(images_of_objects, other_images, overridden_images),
    ),
)
