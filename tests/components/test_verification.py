"""`fedctl verify` at the end of an `up`: its place in the graph, and its command line as a shell understands it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from components.verification import COMMAND
from tests.components.plane_fixtures import Build, build_fixture, unwrapped  # noqa: F401

NAME = "fed-verification"
WALK = {"workloads": [{"path": "apps/nginx"}], "dns": [{"provider": "coredns"}]}


def test_only_a_stack_that_asks_for_it_is_verified(build: Build) -> None:
    assert NAME not in build(topology=WALK).resources
    made = build(topology={**WALK, "verify": True}).resources[NAME]
    assert made.type == "command:local:Command"


def test_it_comes_last_and_again_when_members_or_names_change(build: Build) -> None:
    built = build(topology={**WALK, "verify": True})
    needed = {"fed-members", "service/default/nginx", "default/nginx"}
    needed |= {"fed-coredns-controller-deployment-dns-controller", "fc02-fed-coredns"}
    assert needed <= built.before(NAME)
    topology, servers, members = built.resources[NAME].inputs["triggers"]
    assert json.loads(topology)["name"] == "fed"
    assert servers == "10.99.1.10:30053"
    assert members == {"fc01": "fc01-join-id", "fc02": "fc02-join-id"}


def test_the_shell_gives_fedctl_private_files_and_removes_them(tmp_path: Path) -> None:
    program = tmp_path / ".venv/bin/fedctl"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$@"; stat -c %a "$3"; cat "$3" "$5"; exit 4\n')
    program.chmod(0o755)
    given = {"TOPOLOGY": '{"a": "$b"}', "FEDERATION_KUBECONFIG": "k\n", "NAMESERVERS": "10.0.0.1:53 [::1]:53"}
    done = subprocess.run(
        ["/bin/sh", "-c", COMMAND],
        cwd=tmp_path,
        env={**os.environ, **given, "TMPDIR": str(tmp_path)},
        text=True,
        capture_output=True,
        check=False,
    )
    words, mode, *content = done.stdout.splitlines()
    assert (done.returncode, mode, content) == (4, "600", ['{"a": "$b"}k'])
    assert words.endswith("--nameserver 10.0.0.1:53 --nameserver [::1]:53")
    assert [file.name for file in tmp_path.iterdir()] == [".venv"]
