"""P25: charts, files and dynamic resources."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, bad, dynamic, federation, good, resource, secret, unknown

SHA = f"sha256:{'0123456789abcdef' * 4}"
COMMIT = "0123456789" * 4
RAW = "https://raw.githubusercontent.com/x/y"
COREDNS = "https://coredns.github.io/helm"
NO_VERSION = "has no exact version (version)"
HELM = ("helm.sh/v2:Chart", "helm.sh/v3:Chart", "helm.sh/v3:Release", "helm.sh/v4:Chart")
MOVES = "is read from a place where it can change"
UNCHECKED = "is downloaded without a checksum"


def chart(chart: Any, version: Any = "1.45.2", kind: str = "helm.sh/v4:Chart", **more: Any) -> Resource:
    return resource(f"kubernetes:{kind}", chart=chart, version=version, **more)


def source(name: str, place: str, *, why: str = "not in the list") -> str:
    return f"chart {name!r} comes from {place}, which is {why} (chart)"


CASES = [
    good(
        "P25",
        "charts of the list, by version",
        chart("oci://registry.k8s.io/charts/x", "v1.2.3-rc.1+build"),
        chart("coredns", "1.2.3", repositoryOpts={"repo": COREDNS}),
        chart("coredns", "10.20.30", repositoryOpts={"repo": f"{COREDNS}/"}),
        chart("metrics-server", fetchOpts={"repo": "https://kubernetes-sigs.github.io/metrics-server/"}),
        chart("karmada", repo="https://raw.githubusercontent.com/karmada-io/karmada/master/charts"),
    ),
    good("P25", "a chart by digest", chart(f"oci://registry.k8s.io/charts/x@{SHA}", None)),
    good(
        "P25",
        "charts of the program",
        *(
            chart(place, None)
            for place in ("web", "./web", "../web", "/web", "/srv/web", "charts/own/web", "", None)
        ),
        resource("kubernetes:helm.sh/v3:Chart"),
        chart("", None, repositoryOpts={"repo": "https://example.org"}),
    ),
    good("P25", "a chart of something else", resource("my:index:Pie", chart="stable/pie")),
    good(
        "P25",
        "a list of one's own",
        chart("mine/web"),
        chart("https://charts.example/web-1.2.3.tgz"),
        settings={"repositories": ["mine/web", "https://charts.example/*"]},
    ),
    *(
        bad(
            "P25",
            f"the archived repository, {kind}",
            chart("stable/coredns", None, kind=kind),
            says=[
                source("stable/coredns", "stable/coredns", why="archived"),
                f"chart 'stable/coredns' {NO_VERSION}",
            ],
        )
        for kind in HELM
    ),
    *(
        bad(
            "P25",
            f"the archived repository at {place}",
            chart("coredns", repositoryOpts={"repo": place}),
            says=source("coredns", place, why="archived"),
            settings={"repositories": ["*"]},
        )
        for place in (
            "https://kubernetes-charts.storage.googleapis.com",
            "http://kubernetes-charts-incubator.storage.googleapis.com",
            "https://charts.helm.sh/stable",
            "https://charts.helm.sh/incubator",
        )
    ),
    bad(
        "P25",
        "the archived repositories by their names",
        chart("coredns", repo="stable"),
        chart("incubator/coredns"),
        says=[
            source("coredns", "stable/coredns", why="archived"),
            source("incubator/coredns", "incubator/coredns", why="archived"),
        ],
    ),
    bad(
        "P25",
        "repositories that are not in the list",
        chart("oci://ghcr.io/x/web"),
        chart("mine/stable/web", repositoryOpts={"repo": "https://user:word@charts.example/a/?b=c"}),
        chart("mine/web"),
        chart("https://coredns.github.io/helm/coredns-1.2.3.tgz"),
        chart(
            "web",
            repositoryOpts={"repo": "https://charts.example"},
            fetchOpts={"repo": COREDNS},
            repo=COREDNS,
        ),
        chart("web", repo="https://example.org/stable/X/"),
        chart("web", fetchOpts={"repo": "https://example.org"}),
        says=[
            source("oci://ghcr.io/x/web", "oci://ghcr.io/x/web"),
            source("mine/stable/web", "https://charts.example/a/"),
            source("mine/web", "mine/web"),
            source(f"{COREDNS}/coredns-1.2.3.tgz", f"{COREDNS}/coredns-1.2.3.tgz"),
            source("web", "https://charts.example"),
            source("web", "https://example.org/stable/X"),
            source("web", "https://example.org"),
        ],
    ),
    bad(
        "P25",
        "a chart by digest, from elsewhere",
        chart(f"oci://ghcr.io/x/web@{SHA}", None),
        says=source(f"oci://ghcr.io/x/web@{SHA}", "oci://ghcr.io/x/web"),
    ),
    *(
        bad(
            "P25",
            f"version {version!r}",
            chart("coredns", version, repositoryOpts={"repo": COREDNS}),
            says=f"chart 'coredns' {NO_VERSION}",
        )
        for version in (
            None,
            "",
            "1.2",
            "^1.2.3",
            "1.2.x",
            ">=1.2.3",
            "1.2.3 || 2.0.0",
            1.2,
            "1.2.3-",
            "vv1.2.3",
        )
    ),
    *(
        bad(
            "P25",
            f"digest {digest!r}",
            chart(f"oci://registry.k8s.io/x@{digest}", None),
            says=f"chart 'oci://registry.k8s.io/x@{digest}' {NO_VERSION}",
        )
        for digest in (SHA[:-1], f"{SHA}0", f"sha512:{SHA[7:]}")
    ),
    *(
        bad(
            "P25",
            f"a {key} in a secret, which stays one",
            chart(value, None, repo=repo),
            says=[
                f"chart {seen!r} comes from [secret], which is not in the list (chart)",
                f"chart {seen!r} {NO_VERSION}",
            ],
        )
        for key, value, repo, seen in (
            ("chart", secret("web"), "https://a.example", "[secret]"),
            ("repo", "web", secret("https://a.example"), "web"),
        )
    ),
    unknown(
        "P25",
        "the version of a chart",
        chart("mine/web", UNKNOWN),
        paths="version",
        says=source("mine/web", "mine/web"),
    ),
    unknown("P25", "a chart", chart(UNKNOWN), paths=["chart", "chart"]),
    *(
        bad(
            "P25",
            f"a {kind} from elsewhere",
            Resource(f"kubernetes:{kind}", "it", raw={key: f"{RAW}/main/a.yaml"}),
            says=f"'{RAW}/main/a.yaml' {MOVES} ({key})",
        )
        for kind, key in (
            ("yaml:ConfigFile", "file"),
            ("yaml/v2:ConfigFile", "file"),
            ("kustomize:Directory", "directory"),
            ("kustomize/v2:Directory", "directory"),
        )
    ),
    *(
        bad(
            "P25",
            f"a {kind} from elsewhere, one of three",
            resource(
                f"kubernetes:{kind}", files=["a.yaml", f"{RAW}/main/a.yaml?x=y", f"{RAW}/{COMMIT}/a.yaml"]
            ),
            says=f"'{RAW}/main/a.yaml' {MOVES} (files[1])",
        )
        for kind in ("yaml:ConfigGroup", "yaml/v2:ConfigGroup")
    ),
    *(
        bad(
            "P25",
            f"the directory {place}",
            resource("kubernetes:kustomize:Directory", directory=place),
            says=f"{seen!r} {MOVES} (directory)",
        )
        for place, seen in (
            ("github.com/x/y//base?ref=main", "github.com/x/y//base"),
            ("gitlab.com/x/y", "gitlab.com/x/y"),
            ("bitbucket.org/x/y", "bitbucket.org/x/y"),
            ("git@host:x/y", "git@host:x/y"),
            ("git::https://a:b@host/x", "git::https://host/x"),
            ("host/x?ref=main", "host/x"),
            ("git+ssh://git@host/x", "git+ssh://host/x"),
            (f"https://host/x?ref={COMMIT}0", "https://host/x"),
            (f"https://host/x?ref={COMMIT[1:]}", "https://host/x"),
            (f"https://host/x?other={COMMIT}", "https://host/x"),
        )
    ),
    good(
        "P25",
        "commits",
        *(
            resource("kubernetes:kustomize:Directory", directory=place)
            for place in (
                f"https://host/x?ref={COMMIT}",
                f"github.com/x/y//base?a=b&ref={COMMIT}&c=d",
                f"https://cdn.example/x@{COMMIT}/base",
                f"https://host/x/{COMMIT}",
                "./base",
                "github.company/base",
                "vendor/github.com/x/y",
            )
        ),
        resource("kubernetes:yaml:ConfigFile", file=f"{RAW}/{COMMIT}/a.yaml"),
        resource("kubernetes:yaml:ConfigFile", file="manifests/*.yaml", directory="https://host/x"),
        resource("kubernetes:yaml:ConfigFile"),
    ),
    bad(
        "P25",
        "a file in a secret, which stays one",
        resource("kubernetes:yaml:ConfigFile", file=secret(f"{RAW}/main/a.yaml")),
        says=f"'[secret]' {MOVES} (file)",
    ),
    unknown(
        "P25",
        "one file of two",
        resource("kubernetes:yaml:ConfigGroup", files=[UNKNOWN, f"{RAW}/main/a.yaml"]),
        paths="files[0]",
        says=f"'{RAW}/main/a.yaml' {MOVES} (files[1])",
    ),
    good(
        "P25",
        "downloads with a checksum",
        federation("CustomResourceDefinitions", source="https://a.example/crds", digests={"works": "f2e6"}),
        *(
            dynamic("my:File", URL="https://a.example/x", **{key: "0123"})
            for key in ("sha256", "SHA512", "checksum", "digest")
        ),
        dynamic("my:File", url="https://a.example/x", checksums=["0123"]),
        dynamic("my:File", url=f"https://a.example/{COMMIT}/x"),
    ),
    good(
        "P25",
        "what is no download",
        federation("CustomResourceDefinitions", source="/srv/crds", digests={}),
        dynamic("my:File", conversionUrl="https://a.example/x", source=["https://a.example"]),
        resource("my:index:File", url="https://a.example/x"),
    ),
    bad(
        "P25",
        "downloads without a checksum",
        dynamic("my:File", source="https://a:b@a.example/x?sig=y", digests={}, sha256="", checksum=[]),
        dynamic("my:File", Url="http://a.example/x", digest=None),
        says=[f"'https://a.example/x' {UNCHECKED} (source)", f"'http://a.example/x' {UNCHECKED} (Url)"],
    ),
    bad(
        "P25",
        "a download in a secret, which stays one",
        dynamic("my:File", url=secret("https://a.example/x")),
        says=f"'[secret]' {UNCHECKED} (url)",
    ),
    unknown(
        "P25",
        "one download of two",
        dynamic("my:File", url=UNKNOWN, source="https://a.example/x"),
        paths="url",
        says=f"'https://a.example/x' {UNCHECKED} (source)",
    ),
    unknown(
        "P25", "a checksum", dynamic("my:File", url="https://a.example/x", sha256=UNKNOWN), paths="sha256"
    ),
]
