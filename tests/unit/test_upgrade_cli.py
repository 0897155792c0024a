"""`fedctl upgrade --check` against a control plane over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from federation.cli.commands import app, upgrade
from federation.dns.live import CLUSTERS
from federation.errors import UnreachableError
from federation.kube import Object, Ref
from federation.upgrade.look import flags_of, image_version, uses_of
from tests.unit.dns_live_fixtures import cluster
from tests.unit.gather_fixtures import WholeApi

DEPLOYMENTS = Ref("apps/v1", "deployments")
STATEFUL_SETS = Ref("apps/v1", "statefulsets")
POLICIES = Ref("policy.karmada.io/v1alpha1", "propagationpolicies")
CRDS = Ref("apiextensions.k8s.io/v1", "customresourcedefinitions")


def workload(name: str, image: str, *flags: str, ready: int = 1) -> Object:
    container = {"name": name, "image": image, "command": [f"/bin/{name}", *flags]}
    return {
        "metadata": {"name": name, "namespace": "federation-system", "generation": 1},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}},
        "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": ready},
    }


class Plane:
    """A healthy control plane, as this project makes it, and what runs `fedctl upgrade`."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.host, self.api, self.folder = WholeApi(), WholeApi(), folder
        stack.callback(self.host.close)
        stack.callback(self.api.close)
        self.runs("1.18.2")
        member = cluster("fc01")
        member["status"]["kubernetesVersion"] = "v1.35.2"
        self.api.put(CLUSTERS, member)

    def runs(self, karmada: str, *flags: str) -> None:
        for name in ("controller-manager", "scheduler", "webhook", "aggregated-apiserver"):
            mine = flags if name == "controller-manager" else ()
            image = f"registry.example/karmada/karmada-{name}:v{karmada}"
            self.host.put(DEPLOYMENTS, workload(f"karmada-{name}", image, *mine))
        self.host.put(DEPLOYMENTS, workload("karmada-apiserver", "registry.k8s.io/kube-apiserver:v1.36.3"))
        self.host.put(STATEFUL_SETS, workload("etcd", "registry.k8s.io/etcd:3.6.14-0"))

    def run(self, *more: str, federation: bool = True, host: bool = True, **topology: Any) -> Any:
        file = self.folder / "topology.json"
        clusters = [{"name": "fc01", "kubeconfig": "fc01.yaml"}]
        file.write_text(
            json.dumps({"name": "fed", "domain": "example.com", "clusters": clusters, **topology})
        )
        options = ["--topology", str(file), "--check"]
        for name, api, given in (("federation", self.api, federation), ("host", self.host, host)):
            if given:
                (self.folder / name).write_text(api.kubeconfig)
                option = "--kubeconfig" if name == "host" else "--federation-kubeconfig"
                options += [option, str(self.folder / name)]
        return CliRunner().invoke(app, ["upgrade", *options, *more])


@pytest.fixture(name="plane")
def plane_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Plane]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:
        yield Plane(stack, tmp_path)


def test_a_plane_as_it_is_wanted_has_nothing_to_upgrade(plane: Plane) -> None:
    done = plane.run()
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "karmada: 1.18.2 runs, 1.18.2 is wanted",
        "kubernetes: 1.36.3 runs, 1.36.3 is wanted",
        "etcd: 3.6.14-0 runs, 3.6.14-0 is wanted",
        "there is nothing to upgrade",
    ]


def test_an_older_plane_has_steps_and_is_fine(plane: Plane) -> None:
    plane.runs("1.17.5")
    done = plane.run()
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[3:5] == [
        "step 1: set control_plane.karmada_version to 1.18.2 and run `pulumi up`",
        "  CRDs and images of 1.18.2",
    ]


def test_findings_come_first_and_are_exit_status_3(plane: Plane) -> None:
    plane.runs("1.17.5", "--cluster-lease-duration=40s", "--v=2")
    plane.host.put(STATEFUL_SETS, workload("etcd", "registry.k8s.io/etcd:3.6.14-0", ready=0))
    plane.api.put(CLUSTERS, cluster("fc02", ready="False"))
    stored = {"storedVersions": ["v1alpha1", "v1alpha2"]}
    plane.api.put(CRDS, {"metadata": {"name": "resourcebindings.work.karmada.io"}, "status": stored})
    plane.api.put(CRDS, {"metadata": {"name": "things.example.com"}, "status": stored})
    done = plane.run()
    assert done.exit_code == 3
    lines = done.stdout.splitlines()
    assert [line.partition(". Next: ")[0] for line in lines if line.startswith("problem: ")] == [
        "problem: control plane: etcd has 0 of 1 pods ready",
        "problem: kind resourcebindings.work.karmada.io: objects may be stored as v1alpha1, v1alpha2",
        "problem: member fc02: is not ready: because",
        "problem: karmada-controller-manager: uses --cluster-lease-duration, which 1.18.2 does not take",
    ]
    assert lines[0].startswith("problem: ")
    assert lines[-1] == "mend the problems before the first step"


def test_another_version_than_the_topologys_can_be_asked_for(plane: Plane) -> None:
    done = plane.run("--to", "v1.19.0", "--json", control_plane={"args": {"karmada-webhook": {"v": "4"}}})
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["running"] == {"karmada": "1.18.2", "kubernetes": "1.36.3", "etcd": "3.6.14-0"}
    assert answer["wanted"]["karmada"] == "1.19.0"
    assert [step["version"] for step in answer["steps"]] == ["1.19.0"]
    assert answer["findings"] == []
    assert answer["members"] == [{"name": "fc01", "kubernetes": "1.35.2", "unready": None}]
    assert answer["notes"] == [
        "Karmada 1.19.0 is not known here, only 1.15, 1.16, 1.17, 1.18: its members are not compared"
    ]


def test_a_flag_of_the_topology_counts_as_in_use(plane: Plane) -> None:
    plane.runs("1.17.5")
    args = {"karmada-controller-manager": {"cluster-lease-duration": "40s"}}
    assert plane.run(control_plane={"args": args}).exit_code == 3


def test_the_end_of_support_of_a_cluster_in_azure_is_noted(
    plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("cluster aks: support of Kubernetes 1.34 ended on 2026-11-30", "cluster aks: has no zones")
    monkeypatch.setattr(upgrade, "advisories", lambda _: lines)
    assert plane.run().stdout.splitlines()[0] == f"note: {lines[0]}"
    assert json.loads(plane.run("--json").stdout)["notes"] == [lines[0]]


def test_a_patch_that_is_not_known_here_is_told_as_such(plane: Plane) -> None:
    plane.host.put(DEPLOYMENTS, workload("karmada-apiserver", "registry.k8s.io/kube-apiserver:v1.34.1"))
    steps = [line for line in plane.run(federation=False).stdout.splitlines() if line.startswith("step")]
    assert steps == [
        "step 1: set control_plane.kubernetes_version to the latest patch of 1.35 and run `pulumi up`",
        "step 2: set control_plane.kubernetes_version to 1.36.3 and run `pulumi up`",
    ]


def test_either_side_alone_tells_what_it_knows(plane: Plane) -> None:
    only_api = plane.run(host=False)
    assert "note: which version of Karmada runs is not known: " in only_api.stdout
    assert "kubernetes: 1.36.3 runs" in only_api.stdout
    only_host = plane.run(federation=False)
    assert only_host.stdout.splitlines()[0] == "karmada: 1.18.2 runs, 1.18.2 is wanted"


def test_an_etcd_that_is_there_already_is_not_stepped(plane: Plane) -> None:
    (plane.folder / "f").write_text("x")
    tls = {"ca": "f", "certificate": "f", "key": "f"}
    etcd = {"servers": ["https://10.0.0.1:2379"], "tls": tls}
    assert (
        "etcd: 3.6.14-0 runs, an etcd of its own is wanted" in plane.run(control_plane={"etcd": etcd}).stdout
    )


@pytest.mark.parametrize(
    ("more", "sides", "message"),
    [
        (
            ("--to", "latest"),
            True,
            "fedctl upgrade: --to latest is no version. Next: write one such as v1.18.2.",
        ),
        (("--to", "1.18"), True, "fedctl upgrade: --to 1.18 is no version. Next: write one such as v1.18.2."),
        (
            (),
            False,
            "fedctl upgrade: it needs --kubeconfig, --federation-kubeconfig or both. Next: add one of them.",
        ),
        (
            ("--kubeconfig", "missing"),
            False,
            "missing: No such file or directory. Next: name a file that can be read.",
        ),
    ],
)
def test_options_that_cannot_be_are_refused(
    plane: Plane, more: tuple[str, ...], sides: bool, message: str
) -> None:
    assert str(plane.run(*more, federation=sides, host=sides).exception) == message


def test_without_check_nothing_is_done(plane: Plane) -> None:
    done = CliRunner().invoke(app, ["upgrade", "--topology", "missing"])
    assert str(done.exception) == (
        "fedctl upgrade: it only looks, and does not upgrade. Next: add --check; the steps are done with `pulumi up`."
    )


def test_a_host_without_a_plane_and_one_that_is_down_are_errors(plane: Plane) -> None:
    done = plane.run(control_plane={"namespace": "elsewhere"})
    assert str(done.exception) == (
        "host cluster: namespace elsewhere has no control plane. "
        "Next: name its host with --kubeconfig and --context."
    )
    plane.host.cut()
    assert isinstance(plane.run().exception, UnreachableError)


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("docker.io/karmada/karmada-webhook:v1.18.2", "1.18.2"),
        ("mirror:5000/etcd:3.6.14-0", "3.6.14-0"),
        ("mirror:5000/etcd:3.6.14-0@sha256:abc", "3.6.14-0"),
        ("mirror/etcd@sha256:abc", None),
        ("mirror/etcd:latest", None),
    ],
)
def test_a_version_is_read_from_an_images_tag(image: str, version: str | None) -> None:
    assert image_version(workload("x", image)) == version


def test_flags_are_read_from_a_command_line() -> None:
    assert [*flags_of(workload("x", "x:1.0.0", "--a=1", "--b-c", "d"))] == ["a", "b-c"]


def test_deprecated_fields_of_policies_are_found() -> None:
    metadata = {"name": "p", "namespace": "default"}
    spec = {"association": True, "failover": {"cluster": {"purgeMode": "Immediately"}, "x": 1}}
    assert [
        (use.where, use.what, use.until)
        for use in uses_of({"metadata": metadata, "spec": spec, "plural": "propagationpolicies"})
    ] == [
        ("propagationpolicy default/p", "spec.association", None),
        ("propagationpolicy default/p", "purgeMode Immediately", (1, 19)),
    ]
    old = {"metadata": {"name": "o"}, "spec": {"targetCluster": {"a": 1}, "overriders": {"b": 1}}}
    assert [use.what for use in uses_of({**old, "plural": "clusteroverridepolicies"})] == [
        "spec.targetCluster",
        "spec.overriders",
    ]
