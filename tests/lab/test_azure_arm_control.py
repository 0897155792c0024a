"""`lab azure` as a user types it: the stand-in starts, keeps what it has, and leaves nothing. No cluster is booted."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.inventory import inventory
from tests.lab.labs import TestLab

pytestmark = pytest.mark.lab

CLIENT = """
    import json, os, sys
    from azure.identity import ClientSecretCredential
    from azure.mgmt.resource.resources import ResourceManagementClient

    environ = json.load(open(sys.argv[1]))
    url, authority = environ["AZURE_AUTHORITY_HOST"], environ["FEDERATION_AZURE_CA"]
    credential = ClientSecretCredential(
        environ["ARM_TENANT_ID"], environ["ARM_CLIENT_ID"], environ["ARM_CLIENT_SECRET"],
        authority=url, disable_instance_discovery=True, connection_verify=authority,
    )
    client = ResourceManagementClient(
        credential, environ["ARM_SUBSCRIPTION_ID"], base_url=url, connection_verify=authority,
        credential_scopes=["https://management.azure.com/.default"],
    )
    for name in sys.argv[2:]:
        client.resource_groups.create_or_update(name, {"location": "westus"})
    print(json.dumps([group.name for group in client.resource_groups.list()]))
"""


@pytest.fixture
def lab(state_root: Path) -> Iterator[TestLab]:
    made = TestLab(f"t-arm-{os.getpid()}"[:20], state_root)
    yield made
    made("down", "--force")
    left = {thing for things in inventory().values() for thing in things if made.name in thing}
    assert left == set()


def _directory(lab: TestLab) -> Path:
    return lab.state_root / lab.name / "azure"


def _groups(lab: TestLab, *wanted: str) -> Any:
    """Make groups, and list all, by the SDK in the fabric."""
    file = _directory(lab) / "environment.json"
    program = textwrap.dedent(CLIENT)
    return json.loads(lab("exec", "--", sys.executable, "-c", program, str(file), *wanted))


def _status(lab: TestLab) -> Any:
    return json.loads(lab("azure", "status", "--json"))


def test_the_stand_in_starts_and_keeps_what_it_has(lab: TestLab) -> None:
    assert "it is not up" in lab.fails("azure", "status")
    assert "up: https://10.98.0.1" in lab("azure", "start")
    assert "nothing to do: it is up" in lab("azure", "start")
    assert _groups(lab, "one", "two") == ["one", "two"]
    assert [row["id"].rsplit("/")[-1] for row in _status(lab)["resources"]] == ["one", "two"]
    settings = (_directory(lab) / "settings.json").read_text()

    assert lab("azure", "stop") == "ended\n"
    assert not (_directory(lab) / "environment.json").exists(), "who finds it must find the server"
    assert _status(lab)["up"] is False
    assert len(_status(lab)["resources"]) == 2
    assert "nothing to do" in lab("azure", "stop")

    lab("azure", "start")
    assert _groups(lab) == ["one", "two"]
    assert (_directory(lab) / "settings.json").read_text() == settings

    lab("azure", "stop", "--purge")
    lab("azure", "start")
    assert _groups(lab) == []


@pytest.mark.long
def test_a_server_that_was_killed_starts_again_with_all_it_had(lab: TestLab) -> None:
    lab("azure", "start")
    _groups(lab, "one")
    pid = json.loads((_directory(lab) / "server.pid").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while _status(lab)["up"] and time.monotonic() < end:
        time.sleep(0.1)
    assert _status(lab)["up"] is False
    assert "up: https://10.98.0.1" in lab("azure", "start")
    assert _groups(lab, "two") == ["one", "two"]


def test_secrets_are_roots_alone_to_read(lab: TestLab) -> None:
    lab("azure", "start")
    _groups(lab, "one")
    directory = _directory(lab)
    secret = json.loads((directory / "environment.json").read_text())["ARM_CLIENT_SECRET"]
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for file in directory.rglob("*"):
        if file.is_file() and secret in file.read_text(errors="replace"):
            assert file.name in ("settings.json", "environment.json")
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    for name in ("server.key", "token.key", "inventory.json", "server.log"):
        assert stat.S_IMODE((directory / name).stat().st_mode) == 0o600, name


def test_a_start_that_fails_says_why(lab: TestLab) -> None:
    lab("azure", "start")
    lab("azure", "stop")
    (_directory(lab) / "settings.json").write_text("{")
    said = lab.fails("azure", "start")
    assert "settings.json can't be read" in said
    assert "run `lab azure stop --purge`" in said
