"""The catalog: names, groups, and that it agrees with the Go modules beside it."""

from __future__ import annotations

import re

import pytest

from lab.errors import LabError, NotFoundError
from lab.tools.catalog import TOOLS, giving, select
from lab.tools.store import MODULES
from lab.tools.tool import Tool, located, machine

# The module whose version is the tool's; the others get theirs by its requirements.
_MAIN_MODULE = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kubernetes": "k8s.io/kubernetes",
    "coredns": "github.com/coredns/coredns",
    "local-path-provisioner": "github.com/rancher/local-path-provisioner",
    "pulumi": "github.com/pulumi/pulumi/pkg/v3",
    "karmada": "github.com/karmada-io/karmada",
    "external-dns": "sigs.k8s.io/external-dns",
}


def _names(tools: tuple[Tool, ...]) -> list[str]:
    return [tool.name for tool in tools]


def test_without_names_the_tools_of_a_lab_are_meant() -> None:
    assert _names(select()) == [
        "etcd",
        "kubernetes",
        "coredns",
        "local-path-provisioner",
        "pulumi",
        "pulumi-kubernetes",
        "karmada",
    ]


def test_a_group_is_a_name_too_and_nothing_is_meant_twice() -> None:
    assert _names(select(["karmada", "pulumi", "pulumi-kubernetes"])) == [
        "pulumi",
        "pulumi-kubernetes",
        "karmada",
    ]


def test_an_unknown_tool_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NotFoundError) as refused:
        select(["kubernets"])
    assert str(refused.value) == (
        "tool kubernets: no such tool. Next: did you mean kubernetes? `lab tools list` names them all."
    )


def test_an_unknown_tool_like_none_is_refused_without_a_guess() -> None:
    with pytest.raises(NotFoundError) as refused:
        giving("emacs")
    assert str(refused.value) == "tool emacs: no such tool. Next: `lab tools list` names them all."


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_what_is_built_and_what_is_named_have_one_version(tool: Tool) -> None:
    required = (MODULES / tool.name / "go.mod").read_text()
    if tool.name == "pulumi-kubernetes":  # its module has no version tags; its main.go says the version
        assert f'version = "{tool.version}"' in (MODULES / tool.name / "main.go").read_text()
    else:
        assert re.search(rf"\b{_MAIN_MODULE[tool.name]} {tool.version}\b", required)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_program_has_one_maker(tool: Tool) -> None:
    built = {name for c in tool.compiles for name in (c.links or (c.binary,))}
    copied = {c.target.removeprefix("bin/") for c in tool.copies if c.target.startswith("bin/")}
    assert built | copied == set(tool.programs)


def test_releases_are_where_their_projects_put_them() -> None:
    provider = "https://github.com/pulumi/pulumi-kubernetes/releases/download/v4.25.0"
    urls = [located(release.url, "arm64") for tool in TOOLS for release in tool.releases]
    assert urls == [
        "https://github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-arm64.tar.gz",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kube-apiserver",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kube-controller-manager",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kube-scheduler",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubelet",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kube-proxy",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubectl",
        "https://github.com/coredns/coredns/releases/download/v1.14.7/coredns_1.14.7_linux_arm64.tgz",
        "https://github.com/pulumi/pulumi/releases/download/v3.259.0/pulumi-v3.259.0-linux-arm64.tar.gz",
        f"{provider}/pulumi-resource-kubernetes-v4.25.0-linux-arm64.tar.gz",
    ]


def test_pulumi_has_its_own_word_for_amd64() -> None:
    pulumi = giving("pulumi").releases[0]
    assert located(pulumi.url, "amd64").endswith("/pulumi-v3.259.0-linux-x64.tar.gz")
    assert located(pulumi.checksums, "amd64").endswith("/pulumi-3.259.0-checksums.txt")


def test_other_processors_are_refused() -> None:
    assert [machine("x86_64"), machine("aarch64")] == ["amd64", "arm64"]
    with pytest.raises(LabError) as refused:
        machine("riscv64")
    assert str(refused.value) == (
        "processor riscv64: tools exist for x86_64 and aarch64 only. Next: use such a machine."
    )
