"""external-dns, which we are measured against: its programs, on the loopback interface of the lab's network."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

DOMAIN = "external-dns.example"
ETCD, PEER, DNS, METRICS = 21900, 21901, 21953, 21979
"""Ports that nothing else has there."""
NAMESERVER = f"127.0.0.1:{DNS}"
STOP_SECONDS = 10.0
COREFILE = f"""\
{DOMAIN}:{DNS} {{
    bind 127.0.0.1
    etcd {{
        path /skydns
        endpoint http://127.0.0.1:{ETCD}
    }}
}}
"""


def name(service: str) -> str:
    """What it calls a Service."""
    return f"{service}.{DOMAIN}"


@dataclass(frozen=True)
class Command:
    """A program with its variables."""

    argv: tuple[str, ...]
    env: Mapping[str, str]


def commands(program: Callable[[str], Path], kubeconfig: Path, directory: Path) -> tuple[Command, ...]:
    """etcd, CoreDNS without a cache, and external-dns with events and otherwise as it is by default.

    Args:
        program: finds each of them.
        kubeconfig: of the federation API.
        directory: with `COREFILE` in its file Corefile.
    """
    client, peer = (f"http://127.0.0.1:{port}" for port in (ETCD, PEER))
    etcd = (
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",  # as the lab's: the disk is not what is measured
    )
    external_dns = (
        f"--kubeconfig={kubeconfig}",
        "--provider=coredns",
        "--source=service",
        "--service-type-filter=LoadBalancer",
        f"--fqdn-template={{{{.Name}}}}.{DOMAIN}",
        f"--domain-filter={DOMAIN}",
        "--managed-record-types=A",  # Karmada writes a host name beside each address
        "--events",
        f"--metrics-address=127.0.0.1:{METRICS}",
    )
    return (
        Command((str(program("etcd")), *etcd), {}),
        Command((str(program("coredns")), f"-conf={directory / 'Corefile'}"), {}),
        Command((str(program("external-dns")), *external_dns), {"ETCD_URLS": client}),
    )


class ExternalDns:
    """Runs from `with` to its end; what it says is in files of the directory. Parameters as of `commands`."""

    def __init__(self, program: Callable[[str], Path], kubeconfig: Path, directory: Path) -> None:
        self._commands, self._directory = commands(program, kubeconfig, directory), directory
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._directory.mkdir()
        (self._directory / "Corefile").write_text(COREFILE)
        for command in self._commands:
            with (self._directory / f"{Path(command.argv[0]).name}.log").open("wb") as log:
                running = subprocess.Popen(
                    command.argv,
                    env={**os.environ, **command.env},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            self._running.append(running)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for running in reversed(self._running):
            running.kill()
        for running in self._running:
            running.wait(STOP_SECONDS)
        self._running.clear()

    def ended(self) -> str | None:
        """Which program has ended, with its last words; None if all run."""
        for running, command in zip(self._running, self._commands, strict=True):
            if running.poll() is not None:
                program = Path(command.argv[0]).name
                last = (self._directory / f"{program}.log").read_text().strip().rpartition("\n")[2]
                return f"{program} has ended: {last}"
        return None
