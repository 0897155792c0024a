"""Records what the golden comments are made of: events of the real engine, of both stacks in a lab.

    .venv/bin/python -m tests.preview.record_comments icp westus [--raw FOLDER]

Each stack is deployed, changed in its files, previewed with the policy pack, and removed; that takes minutes. With
--raw, the events are also kept as they are. What is written is what comments need, in a few KB (`comment_shrink`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from lab.paths import cache_dir
from lab.tools.toolbox import Toolbox
from tests.lab.labs import TestLab, booted
from tests.lab.stacks import ROOT, Stack
from tests.policy.preview_fixtures import PACK, STREAM
from tests.preview.comment_shrink import shrunk

GOLDEN = Path(__file__).with_name("golden_comments")
THREE = """\
clusters:
  - {name: fc01, region: us, zone: east, vips: 10.250.0.0/24}
  - {name: fc02, region: us, zone: west, vips: 10.250.1.0/24}
  - {name: fc03, region: us, zone: north, vips: 10.250.2.0/24}
images: [workload, federation, edge]
"""
ONE = """\
clusters:
  - {name: onprem, region: us, zone: north, vips: 10.250.2.0/24}
images: [workload, federation, edge]
"""
Save = Callable[[str, Stack, str], None]


def icp(root: Path, save: Save) -> None:
    """The walk-through on premises."""
    with booted(root, "t-rec", THREE) as lab, _stack(lab, root, "icp") as stack:
        stack.up()
        save("no-change", stack, "preview")
        deployment = stack.directory / "apps" / "nginx" / "deployment.yaml"
        kept = deployment.read_text()
        deployment.write_text(kept.replace("replicas: 4", "replicas: 6"))
        with _for_once(stack) as topology:
            topology["clusters"][1]["labels"] = {"tier": "gold"}
            save("small-change", stack, "preview")
        careless = "image: docker.io/someone/nginx:latest\n        envFrom: []"
        changed = kept.replace("image: docker.io/library/nginx:stable", careless)
        deployment.write_text(
            changed.replace("      containers:", "      hostNetwork: true\n      containers:")
        )
        save("policy-violation", stack, "preview")
        deployment.write_text(kept)
        with _for_once(stack) as topology:
            more = {"region": "us", "zone": "north", "vips": {"cidr": "10.250.2.0/24"}}
            kubeconfig = {"path": "$KUBECONFIG", "context": "fc03"}
            topology["clusters"].append({"name": "fc03", "kubeconfig": kubeconfig, **more})
            save("member-added", stack, "preview")
        with _for_once(stack) as topology:
            topology["workloads"].append({"path": "apps/missing"})
            save("engine-failure", stack, "preview")
        save("destroy", stack, "destroy --preview-only")


def westus(root: Path, save: Save) -> None:
    """The walk-through in Azure, on the stand-in."""
    with booted(root, "t-reca", ONE) as lab:
        lab("azure", "start")
        with _stack(lab, root, "westus") as stack:
            for part in (*stack.topology["clusters"], *stack.topology["dns"]):
                part["protect"] = False
            stack.write()
            stack.up()
            with _for_once(stack) as topology:
                topology["clusters"][1]["location"] = "eastus2"
                save("region-replaced", stack, "preview")


@contextmanager
def _stack(lab: TestLab, root: Path, name: str) -> Iterator[Stack]:
    settings = yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text())
    topology = settings["config"]["federation:topology"]
    topology["control_plane"] = {"crds": str(Toolbox().share("karmada", "crds"))}
    made = Stack(lab, root / f"{name}-project", topology)
    try:
        yield made
    finally:
        made.destroy()
        made.remove()


@contextmanager
def _for_once(stack: Stack) -> Iterator[dict[str, Any]]:
    """A topology to be changed for one preview."""
    kept = yaml.safe_dump(stack.topology)
    yield stack.topology
    stack.topology = yaml.safe_load(kept)
    stack.write()


def main(stacks: list[str], raw: Annotated[Path | None, typer.Option()] = None) -> None:
    """Record previews of these stacks."""
    place = cache_dir().parent
    place.mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="k8s-federation-test-", dir=place))

    def save(kind: str, case: str, stack: Stack, words: str) -> None:
        stack.write()
        options = ["--json"] if words.startswith("destroy") else ["--json", "--policy-pack", str(PACK)]
        done = stack.run(*words.split(), *options)
        print(f"{case}: exit status {done.returncode}, {done.stdout.count(chr(10))} lines", flush=True)
        if raw:
            (raw / f"{case}.jsonl").write_text(done.stdout)
            (raw / f"{case}.stderr").write_text(done.stderr)
        small = shrunk(done.stdout.splitlines(), stack=stack.name, name=kind, project=stack.directory)
        (GOLDEN / f"{case}.jsonl").write_text(small)

    os.environ[STREAM] = "true"
    try:
        for kind in stacks:
            {"icp": icp, "westus": westus}[kind](root, partial(save, kind))
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    typer.run(main)
