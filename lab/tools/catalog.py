"""Which tools the lab has, and how each is built or downloaded: data only, the one place to change a version.

A new version of a built tool also needs its module folder beside this file (go.mod, go.sum) updated.
The Pulumi engine, the Python SDK and the plugins move together: see pyproject.toml.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from lab.errors import NotFoundError
from lab.tools.tool import Compile, Copy, Release, Tool

KUBERNETES = "v1.36.3"
ETCD = "v3.6.14"
COREDNS = "v1.14.7"
KARMADA = "v1.18.2"
PULUMI = "v3.259.0"
PULUMI_KUBERNETES = "4.25.0"
LOCAL_PATH = "v0.0.30"
EXTERNAL_DNS = "v0.21.0"

_GITHUB = "https://github.com"
_PULUMI_SDK = "github.com/pulumi/pulumi/sdk/v3"
_KUBERNETES_PROGRAMS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
)
_KARMADA_PROGRAMS = (
    "karmada-aggregated-apiserver",
    "karmada-controller-manager",
    "karmada-scheduler",
    "karmada-webhook",
    "karmadactl",
)
_PULUMI_SCRIPTS = ("pulumi-language-python-exec", "pulumi-resource-pulumi-python")


def _kubernetes_release(program: str) -> Release:
    url = f"https://dl.k8s.io/release/{KUBERNETES}/bin/linux/{{arch}}/{program}"
    return Release(url=url, checksums=f"{url}.sha256")


def _github_release(repository: str, tag: str, archive: str, checksums: str, *programs: str) -> Release:
    base = f"{_GITHUB}/{repository}/releases/download/{tag}"
    return Release(url=f"{base}/{archive}", checksums=f"{base}/{checksums}", programs=programs)


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="etcd",
        version=ETCD,
        group="lab",
        programs=("etcd", "etcdctl"),
        needs_gb=0.7,
        compiles=(
            Compile(binary="etcd"),
            Compile(binary="etcdctl", package="go.etcd.io/etcd/etcdctl/v3"),
        ),
        releases=(
            _github_release(
                "etcd-io/etcd", ETCD, f"etcd-{ETCD}-linux-{{arch}}.tar.gz", "SHA256SUMS", "etcd", "etcdctl"
            ),
        ),
    ),
    Tool(
        name="kubernetes",
        version=KUBERNETES,
        group="lab",
        programs=_KUBERNETES_PROGRAMS,
        needs_gb=4,
        compiles=(
            Compile(
                binary="hyperkube",
                links=_KUBERNETES_PROGRAMS,
                # Servers refuse clients of an unknown version, and a build without these says v0.0.0.
                variables={
                    "k8s.io/component-base/version.gitVersion": KUBERNETES,
                    "k8s.io/component-base/version.gitMajor": KUBERNETES.removeprefix("v").split(".")[0],
                    "k8s.io/component-base/version.gitMinor": KUBERNETES.split(".")[1],
                    "k8s.io/client-go/pkg/version.gitVersion": KUBERNETES,
                },
            ),
        ),
        releases=tuple(_kubernetes_release(program) for program in _KUBERNETES_PROGRAMS),
    ),
    Tool(
        name="coredns",
        version=COREDNS,
        group="lab",
        programs=("coredns",),
        needs_gb=2.5,
        compiles=(Compile(binary="coredns", package="github.com/coredns/coredns"),),
        releases=(
            _github_release(
                "coredns/coredns",
                COREDNS,
                f"coredns_{COREDNS.removeprefix('v')}_linux_{{arch}}.tgz",
                f"coredns_{COREDNS.removeprefix('v')}_linux_{{arch}}.tgz.sha256",
                "coredns",
            ),
        ),
    ),
    Tool(
        name="local-path-provisioner",
        version=LOCAL_PATH,
        group="lab",
        programs=("local-path-provisioner",),
        needs_gb=1,
        compiles=(
            Compile(
                binary="local-path-provisioner",
                package="github.com/rancher/local-path-provisioner",
                variables={"main.VERSION": LOCAL_PATH},
            ),
        ),
    ),
    Tool(
        name="pulumi",
        version=PULUMI,
        group="pulumi",
        programs=("pulumi", *_PULUMI_SCRIPTS),
        extras=("pulumi-language-python",),  # its Go module is not published under a version
        needs_gb=4,
        compiles=(
            Compile(
                binary="pulumi",
                package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
                tags=("osusergo", "grpcnotrace"),
                variables={f"{_PULUMI_SDK}/go/common/version.Version": PULUMI},
            ),
        ),
        copies=(
            Copy(
                module=_PULUMI_SDK,
                source="python/cmd/pulumi-language-python-exec",
                target="bin/pulumi-language-python-exec",
            ),
            Copy(
                module=_PULUMI_SDK,
                source="python/dist/pulumi-resource-pulumi-python",
                target="bin/pulumi-resource-pulumi-python",
            ),
        ),
        releases=(
            _github_release(
                "pulumi/pulumi",
                PULUMI,
                f"pulumi-{PULUMI}-linux-{{x64}}.tar.gz",
                f"pulumi-{PULUMI.removeprefix('v')}-checksums.txt",
                "pulumi",
                *_PULUMI_SCRIPTS,
                "pulumi-language-python",
            ),
        ),
    ),
    Tool(
        name="pulumi-kubernetes",
        version=PULUMI_KUBERNETES,
        group="pulumi",
        programs=("pulumi-resource-kubernetes",),
        needs_gb=5,
        compiles=(
            Compile(
                binary="pulumi-resource-kubernetes",
                unlisted=(
                    "github.com/pulumi/pulumi-kubernetes/provider/v4",
                    "github.com/pulumi/cloud-ready-checks",
                ),
            ),
        ),
        # Not verified for this very release: Pulumi's provider releases call their list so, and since 2025
        # write SHA-1 sums of "./FILE" into it. Where it is missing, a download fails and auto builds.
        releases=(
            _github_release(
                "pulumi/pulumi-kubernetes",
                f"v{PULUMI_KUBERNETES}",
                f"pulumi-resource-kubernetes-v{PULUMI_KUBERNETES}-linux-{{arch}}.tar.gz",
                f"pulumi-kubernetes_{PULUMI_KUBERNETES}_checksums.txt",
                "pulumi-resource-kubernetes",
            ),
        ),
    ),
    Tool(
        name="karmada",
        version=KARMADA,
        group="karmada",
        programs=_KARMADA_PROGRAMS,
        needs_gb=3,
        compiles=(
            Compile(
                binary="karmada",
                links=_KARMADA_PROGRAMS,
                variables={"github.com/karmada-io/karmada/pkg/version.gitVersion": KARMADA},
            ),
        ),
        copies=(
            Copy(
                module="github.com/karmada-io/karmada",
                source="charts/karmada/_crds",
                target="share/karmada/crds",
            ),
        ),
    ),
    Tool(
        name="external-dns",
        version=EXTERNAL_DNS,
        group="optional",
        programs=("external-dns",),
        needs_gb=3,
        compiles=(
            Compile(
                binary="external-dns",
                package="sigs.k8s.io/external-dns",
                variables={"sigs.k8s.io/external-dns/pkg/apis/externaldns.Version": EXTERNAL_DNS},
            ),
        ),
    ),
)

DEFAULT_GROUPS = ("lab", "pulumi", "karmada")


def select(names: Sequence[str] = ()) -> tuple[Tool, ...]:
    """The tools of these names and groups, in the catalog's order; without names those a lab needs.

    Raises `NotFoundError` for a name that is neither.
    """
    wanted = set(names or DEFAULT_GROUPS)
    known = {tool.name for tool in TOOLS} | {tool.group for tool in TOOLS}
    for name in sorted(wanted - known):
        raise _unknown(name, sorted(known))
    return tuple(tool for tool in TOOLS if wanted & {tool.name, tool.group})


def giving(program: str) -> Tool:
    """The tool that has this program. Raises `NotFoundError`."""
    for tool in TOOLS:
        if program in tool.programs + tool.extras:
            return tool
    raise _unknown(program, sorted(p for tool in TOOLS for p in tool.programs + tool.extras))


def _unknown(name: str, known: Sequence[str]) -> NotFoundError:
    close = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    return NotFoundError(f"tool {name}", "no such tool", f"{meant}`lab tools list` names them all")
