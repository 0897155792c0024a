"""`DnsRecords` as clients see it: what a real CoreDNS answers out of a real etcd, over UDP and TCP."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.dynamic.records import DnsRecordsProvider
from federation.coredns import corefile
from federation.deadline import Deadline
from federation.dns.query import Answer, ask
from federation.errors import UnreachableError
from lab.tools.toolbox import Toolbox
from tests.wire.dynamic_fixtures import Remote, Server, server_fixture  # noqa: F401
from tests.wire.etcd_fixtures import Etcd, client_tls, free_port, running
from tests.wire.records_fixtures import (  # noqa: F401
    EAST,
    GLOBAL,
    US,
    WEST,
    Federated,
    federated_fixture,
    inputs_of,
    store,
)

NAMES = (GLOBAL, US, EAST, WEST)
BOTH = ("10.0.0.2", "10.0.1.2")


@pytest.fixture(name="etcd")
def etcd_fixture(tmp_path: Path) -> Iterator[Etcd]:
    folder = tmp_path / "etcd"
    folder.mkdir()
    with running(folder) as etcd:
        yield etcd


@pytest.fixture(name="nameserver")
def nameserver_fixture(etcd: Etcd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The product's Corefile, but for its ports."""
    for name in ("DNS_PORT", "HEALTH_PORT", "READY_PORT", "METRICS_PORT"):
        monkeypatch.setattr(corefile, name, free_port())
    tls, files = client_tls(), {name: tmp_path / name for name in ("ca", "certificate", "key")}
    for name, path in files.items():
        path.write_text(getattr(tls, name))
    text = corefile.server(
        "example.com",
        endpoints=[etcd.endpoint],
        prefix="/skydns",
        **{name: str(path) for name, path in files.items()},
    )
    (tmp_path / "Corefile").write_text(text)
    nameserver = f"127.0.0.1:{corefile.DNS_PORT}"
    command = [str(Toolbox().path("coredns")), "-conf", str(tmp_path / "Corefile")]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            Deadline(60).until("CoreDNS", lambda: _silent(nameserver), fix=f"read {tmp_path / 'log'}")
            yield nameserver
        finally:
            process.kill()


def _silent(nameserver: str) -> str | None:
    try:
        return None if ask(nameserver, "example.com", "NS").values else "it does not know its zone yet"
    except UnreachableError as error:
        return error.cause


@pytest.fixture(name="inputs")
def inputs_fixture(federated: Federated, etcd: Etcd) -> dict[str, Any]:
    return inputs_of(federated, store(etcd.endpoint), seconds=5)


def answers(nameserver: str) -> dict[str, tuple[str, ...]]:
    """The same over both ways."""
    found = {name: [ask(nameserver, name, tcp=tcp) for tcp in (False, True)] for name in NAMES}
    for udp, tcp in found.values():
        assert udp == tcp
        assert udp == Answer("NOERROR", udp.values, 30, authoritative=True)
    return {name: udp.values for name, (udp, _) in found.items()}


def test_all_levels_answer_and_forget(
    server: Server, nameserver: str, inputs: dict[str, Any], federated: Federated
) -> None:
    records: Remote = server.of(DnsRecordsProvider())
    made = records.create(inputs)
    assert answers(nameserver) == {GLOBAL: BOTH, US: BOTH, EAST: BOTH[:1], WEST: BOTH[1:]}
    federated.ready("fc02", ready=False)
    records.update(made.id, made.outs, inputs)
    assert answers(nameserver) == dict.fromkeys(NAMES, BOTH[:1])
    records.delete(made.id, made.outs)
    for name in NAMES:
        for tcp in (False, True):
            assert ask(nameserver, name, tcp=tcp).rcode == "NXDOMAIN"


def test_a_name_out_of_the_zone_is_refused(nameserver: str) -> None:
    assert ask(nameserver, "www.example.org").rcode == "REFUSED"
