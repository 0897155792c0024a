"""What the policy pack adds to a preview of 200 resources: `python -m bench.policy_speed`.

The resources are files that the Kubernetes plugin renders, so no cluster is needed. Previews with and without the pack
take turns, as a machine is not equally fast at all times.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from lab.engine.environment import engine_environment, kubernetes_plugin
from lab.tools.toolbox import Toolbox

ROOT = Path(__file__).parents[1]
RESOURCES = 200
ROUNDS = 5
GOAL = 3.0
SECONDS = 120.0

PROJECT = """\
name: many
runtime:
  name: python
  options:
    virtualenv: "{venv}"
"""
PROGRAM = '''\
"""Applications of four objects each, as they should be."""

import pulumi
import pulumi_kubernetes as k8s

files = k8s.Provider("files", render_yaml_to_directory="manifests")
opts = pulumi.ResourceOptions(provider=files)
for number in range({applications}):
    name = f"app-{{number}}"
    labels, metadata = {{"app": name}}, {{"name": name, "namespace": name}}
    k8s.core.v1.Namespace(
        name, metadata={{"name": name, "labels": {{"pod-security.kubernetes.io/enforce": "restricted"}}}}, opts=opts
    )
    probe = {{"http_get": {{"path": "/", "port": 8080}}}}
    k8s.apps.v1.Deployment(
        name,
        metadata=metadata,
        spec={{
            "replicas": 2,
            "selector": {{"match_labels": labels}},
            "template": {{
                "metadata": {{"labels": labels}},
                "spec": {{
                    "topology_spread_constraints": [
                        {{
                            "max_skew": 1,
                            "topology_key": "kubernetes.io/hostname",
                            "when_unsatisfiable": "ScheduleAnyway",
                            "label_selector": {{"match_labels": labels}},
                        }}
                    ],
                    "containers": [
                        {{
                            "name": "web",
                            "image": "registry.k8s.io/app@sha256:" + "0" * 64,
                            "args": ["--port=8080", f"--name={{name}}"],
                            "ports": [{{"container_port": 8080}}],
                            "resources": {{
                                "requests": {{"cpu": "50m", "memory": "64Mi"}},
                                "limits": {{"memory": "64Mi"}},
                            }},
                            "readiness_probe": probe,
                            "liveness_probe": probe,
                        }}
                    ],
                }},
            }},
        }},
        opts=opts,
    )
    k8s.core.v1.Service(name, metadata=metadata, spec={{"selector": labels, "ports": [{{"port": 8080}}]}}, opts=opts)
    k8s.policy.v1.PodDisruptionBudget(
        name, metadata=metadata, spec={{"max_unavailable": 1, "selector": {{"match_labels": labels}}}}, opts=opts
    )
'''


def project(folder: Path) -> dict[str, str]:
    """Write the program, make its stack, and return the engine's environment."""
    tools = Toolbox()
    (folder / "program").mkdir()
    (folder / "program" / "Pulumi.yaml").write_text(PROJECT.format(venv=sys.prefix))
    (folder / "program" / "__main__.py").write_text(PROGRAM.format(applications=RESOURCES // 4))
    env = engine_environment(
        pulumi=tools.path("pulumi"),
        home=folder / "home",
        plugins=kubernetes_plugin(tools.path("pulumi-resource-kubernetes")),
        backend=folder / "state",
        passphrase="bench",  # noqa: S106  (of a stack that is thrown away)
        base=os.environ,
    )
    _engine(folder, env, "stack", "init", "bench")
    return env


def _engine(folder: Path, env: Mapping[str, str], *words: str) -> float:
    """Seconds of a call of the engine, which must succeed."""
    argv = [str(Toolbox().path("pulumi")), *words, "--non-interactive", "--color=never"]
    start = time.monotonic()
    subprocess.run(
        argv, cwd=folder / "program", env=env, check=True, timeout=SECONDS, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - start


def measure(folder: Path, rounds: int = ROUNDS) -> tuple[list[float], list[float]]:
    """Seconds of previews without and with the pack, by turns."""
    env = project(folder)
    without, checked = list[float](), list[float]()
    for _ in range(rounds):
        without.append(_engine(folder, env, "preview"))
        checked.append(_engine(folder, env, "preview", "--policy-pack", str(ROOT / "policy")))
    return without, checked


def added(without: Sequence[float], checked: Sequence[float]) -> float:
    """Seconds that the pack adds: the median over the rounds."""
    return median(b - a for a, b in zip(without, checked, strict=True))


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="k8s-federation-bench-") as directory:
        without, checked = measure(Path(directory))
    print(f"preview of {RESOURCES} resources   {median(without):5.1f} s   (median of {len(without)})")
    print(f"with the policy pack       {median(checked):5.1f} s")
    print(f"added                      {added(without, checked):5.1f} s   (goal: at most {GOAL:g} s)")


if __name__ == "__main__":
    main()
