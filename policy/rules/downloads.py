"""What is fetched while a stack is made: exactly what somebody has looked at, from where they expect it."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import partial

from pydantic import Field

from policy.properties import Property
from policy.rule import Context, Finding, Policy, Severity, Verdicts, each
from policy.rules.shell_downloads import downloads_of_commands
from policy.rules.sources import archived, pinned, plain
from policy.settings import PolicySettings
from policy.stack import DYNAMIC, Resource

_VERSION = re.compile(r"v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")
_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_FILES = {
    "kubernetes:yaml:ConfigFile": "file",
    "kubernetes:yaml:ConfigGroup": "files",
    "kubernetes:yaml/v2:ConfigFile": "file",
    "kubernetes:yaml/v2:ConfigGroup": "files",
    "kubernetes:kustomize:Directory": "directory",
    "kubernetes:kustomize/v2:Directory": "directory",
}
_REMOTE = re.compile(r"git::|git@|[a-z+]+://|(github|gitlab|bitbucket)\.(com|org)/")
_CHECKSUMS = frozenset({"checksum", "checksums", "digest", "digests", "sha256", "sha512"})


class DownloadSettings(PolicySettings):
    """Of P25."""

    repositories: tuple[str, ...] = Field(
        (
            "oci://registry.k8s.io/*",
            "https://kubernetes-sigs.github.io/*",
            "https://coredns.github.io/helm",
            "https://raw.githubusercontent.com/karmada-io/karmada/*",
        ),
        description="URLs of repositories that charts may come from; * stands for any text",
    )


def charts(resource: Resource, context: Context[DownloadSettings]) -> Verdicts:
    """Helm charts have an exact version and come from the list (OpenSSF Scorecard, pinned dependencies).

    A chart in a directory of the program is a part of it, and is not looked at.
    """
    if resource.type.startswith("kubernetes:helm.sh/"):
        yield from each((_source, _version), lambda look: look(resource.props, context.settings.repositories))


def _source(props: Property, repositories: tuple[str, ...]) -> Verdicts:
    place, chart = _place(props), plain(props.at("chart"))
    if archived(place.text()):
        yield Finding(chart, f"chart {chart!r} comes from {plain(place)}, which is archived (chart)")
    elif place.text() and not any(fnmatchcase(place.text(), allowed) for allowed in repositories):
        yield Finding(chart, f"chart {chart!r} comes from {plain(place)}, which is not in the list (chart)")


def _version(props: Property, _repositories: tuple[str, ...]) -> Verdicts:
    by_digest = _DIGEST.fullmatch(props.at("chart").text())
    if _place(props).text() and not by_digest and not _VERSION.fullmatch(props.at("version").text()):
        chart = plain(props.at("chart"))
        yield Finding(chart, f"chart {chart!r} has no exact version (version)")


def _place(props: Property) -> Property:
    """Where a chart comes from: a URL, or "alias/name"; empty for one that is a directory of the program."""
    chart = props.at("chart")
    options = (props.at("repositoryOpts", "repo"), props.at("fetchOpts", "repo"), props.at("repo"))
    repository = next((option for option in options if option.text()), Property(""))
    secret = chart.opened().secret or repository.opened().secret
    return Property(_joined(repository.text(), chart.text()), secret=secret)


def _joined(repository: str, chart: str) -> str:
    if not chart or "://" in chart:
        return chart.partition("@")[0]
    if repository:
        return repository.rstrip("/") if "://" in repository else f"{repository}/{chart}"
    alias, slash, name = chart.partition("/")
    return chart if slash and "/" not in name and alias not in ("", ".", "..") else ""


def remote_files(resource: Resource, _context: Context[DownloadSettings]) -> Verdicts:
    """Manifests that the Kubernetes provider reads from elsewhere; it knows no checksums, so only commits do."""
    if resource.type in _FILES:
        value = resource.props.at(_FILES[resource.type])
        yield from each([value, *value.items()], _remote)


def _remote(value: Property) -> Verdicts:
    text = value.text()
    if (_REMOTE.match(text) or "?ref=" in text) and not pinned(text):
        seen = plain(value)
        yield Finding(seen, f"{seen!r} is read from a place where it can change ({value.path})")


def downloads_of_dynamic_resources(resource: Resource, _context: Context[DownloadSettings]) -> Verdicts:
    """A resource that fetches something says what it must be."""
    if resource.type.startswith(DYNAMIC):
        entries = resource.props.entries()
        sources = [value for key, value in entries if key.lower() in ("source", "url")]
        sums = [value for key, value in entries if key.lower() in _CHECKSUMS]
        yield from each(sources, partial(_download, sums))


def _download(sums: list[Property], source: Property) -> Verdicts:
    text = source.text()
    if text.startswith(("http://", "https://")) and not pinned(text) and not any(map(_filled, sums)):
        seen = plain(source)
        yield Finding(seen, f"{seen!r} is downloaded without a checksum ({source.path})")


def _filled(value: Property) -> bool:
    return bool(value.text() or value.items() or value.entries())


POLICIES = (
    Policy(
        id="P25",
        name="p25-downloads",
        title="Downloads by version, commit or checksum, from where they are expected",
        why="What is fetched by a name that can be moved is other people's choice of the day, run with our rights.",
        remedy="name an exact version, a commit or a checksum, and a repository in the policy's `repositories`",
        source="OpenSSF Scorecard, Pinned-Dependencies; SLSA",
        seed="helm install --name coredns … stable/coredns; git clone …/k8s-onpremise-federation; curl -LO …"
        "/kubernetes-client-linux-amd64.tar.gz (on premises)",
        severity=Severity.HIGH,
        settings=DownloadSettings,
        checks=(charts, remote_files, downloads_of_dynamic_resources, downloads_of_commands),
    ),
)
