"""The agent of a gateway node: runs keepalived with the addresses of `vip-configmap` while the node can serve.

It watches the ConfigMap through the API, as a mounted one is a minute late. While the API server does not answer, all
stays as it is; after a restart of the container keepalived starts with the last configuration.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from federation.controllers import incluster
from federation.controllers.child import Child
from federation.controllers.mirror import Mirror
from federation.controllers.process import Process
from federation.errors import FederationError
from federation.kube import Object, Ref
from federation.vip import shared
from federation.vip.health import Verdict
from federation.vip.keepalived import Instance, render
from federation.vip.shared import Shared

CHECK_SECONDS = 1.0
TURN_SECONDS = 1.0
SIOCGIFADDR = 0x8915  # linux/sockios.h


@dataclass(frozen=True)
class Settings:
    """The configuration file and the pod's environment.

    Attributes:
        namespace: of `vip-configmap`.
        router_id: VRRP router id.
        interface: None for the one that has the node's address.
        healthz: URL of kube-proxy's health; see `federation.vip.health`.
        directory: writable, for the files of keepalived.
        program: keepalived.
        node: this node's name.
        address: this node's InternalIP.
    """

    namespace: str
    router_id: int
    interface: str | None
    healthz: str
    directory: Path
    program: str
    node: str
    address: str

    @classmethod
    def of(cls, config: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
        """From the parsed file and the downward API. Raises `FederationError`."""
        try:
            return cls(
                namespace=config["namespace"],
                router_id=config["routerId"],
                interface=config["interface"],
                healthz=config["healthz"],
                directory=Path(config["directory"]),
                program=config.get("program", "keepalived"),
                node=environment["NODE_NAME"],
                address=environment["NODE_ADDRESS"],
            )
        except KeyError as error:
            raise FederationError(
                "configuration of the keepalived agent", f"has no {error}", "run pulumi up again"
            ) from None

    @property
    def health_file(self) -> Path:
        """What keepalived tracks; see `HealthFile`."""
        return self.directory / "health"

    @property
    def file(self) -> Path:
        """keepalived's configuration."""
        return self.directory / "keepalived.conf"


def main(config: Mapping[str, Any], process: Process) -> None:
    """Run until the process shall stop; the node then gives its addresses to another one. Raises `FederationError`."""
    settings = Settings.of(config, os.environ)
    health = HealthFile(settings.health_file, process)
    changed = threading.Event()
    mirror = Mirror(
        incluster.connect(),
        Ref("v1", "configmaps", namespace=settings.namespace),
        lambda found: _shared(found, process),
        changed=changed,
    )
    mirror.start(process)
    threading.Thread(target=_check, args=(settings, health, process), name="health", daemon=True).start()
    with Child(_command(settings), process) as child:
        agent = Agent(settings, settings.interface or interface_of(settings.address), child)
        agent.resume()
        while not process.stop.is_set():
            process.health.beat()
            problem = agent.turn(mirror.items().get(f"{settings.namespace}/{shared.NAME}"))
            process.health.ready(problem or health.problem)
            _wait(changed, process)


def _wait(changed: threading.Event, process: Process) -> None:
    """Until something changes, the process shall stop, or a turn is due anyway."""
    for _ in range(int(TURN_SECONDS / 0.1)):
        if changed.wait(0.1) or process.stop.is_set():
            break
    changed.clear()


def _shared(found: Object, process: Process) -> Shared | None:
    if found["metadata"]["name"] != shared.NAME:
        return None
    try:
        return Shared.of(found.get("data") or {})
    except (KeyError, TypeError, ValueError) as error:
        process.log.warning("vip-configmap cannot be read; all stays as it is", error=repr(error))
        return None


class Agent:
    """Brings keepalived to what the controller says.

    Args:
        settings: of this node.
        interface: for the addresses.
        child: keepalived.
    """

    def __init__(self, settings: Settings, interface: str, child: Child) -> None:
        self._settings, self._interface, self._child = settings, interface, child

    def resume(self) -> None:
        """Start with the configuration that the container before this one had, if there was one."""
        if self._settings.file.exists():
            self._child.start()

    def turn(self, wanted: Shared | None) -> str | None:
        """Do what is to do; why keepalived does not run, or None.

        Args:
            wanted: None if it is not known, at the start or because somebody has broken it.
        """
        if wanted is not None and self._settings.node not in {g.name for g in wanted.gateways}:
            self._child.stop()
            self._settings.file.unlink(missing_ok=True)
            return f"node {self._settings.node} is no gateway"
        if wanted is not None:
            self._configure(wanted)
        if not self._settings.file.exists():
            return f"there is no ConfigMap {self._settings.namespace}/{shared.NAME} yet"
        return None if self._child.start() else "keepalived does not run"

    def _configure(self, wanted: Shared) -> None:
        text = render(
            Instance(
                me=self._settings.node,
                gateways=wanted.gateways,
                interface=self._interface,
                router_id=self._settings.router_id,
                addresses=tuple(wanted.held),
                health=str(self._settings.health_file),
            )
        )
        file = self._settings.file
        if file.exists() and file.read_text() == text:
            return
        part = file.with_suffix(".part")
        part.write_text(text)
        part.replace(file)
        self._child.reload()


def _command(settings: Settings) -> list[str]:
    """Only the VRRP part of keepalived, in the foreground, with all of its files in the one directory."""
    return [
        settings.program,
        "--dont-fork",
        "--log-console",
        "--vrrp",
        f"--use-file={settings.file}",
        f"--pid={settings.directory}/keepalived.pid",
        f"--vrrp_pid={settings.directory}/vrrp.pid",
    ]


class HealthFile:
    """Tells keepalived by a file, "0" or "1", whether this node can serve; it looks when the file changes.

    Args:
        path: of the file.
        process: whose log says when the verdict changes.
    """

    def __init__(self, path: Path, process: Process) -> None:
        self._path, self._process, self._verdict = path, process, Verdict()
        self._write()

    @property
    def problem(self) -> str | None:
        """Why this node holds no virtual IP, or None."""
        return None if self._verdict.healthy else "kube-proxy on this node does not say that it is well"

    def heard(self, *, well: bool) -> None:
        """One more answer of kube-proxy."""
        before, self._verdict = self._verdict, self._verdict.after(well=well)
        if before.healthy != self._verdict.healthy:
            self._write()
            self._process.log.warning("health", healthy=self._verdict.healthy)

    def _write(self) -> None:
        self._path.write_text("0\n" if self._verdict.healthy else "1\n")


def _check(settings: Settings, health: HealthFile, process: Process) -> None:
    """Ask kube-proxy each second."""
    pool = urllib3.PoolManager(retries=False, timeout=CHECK_SECONDS)
    while not process.stop.is_set():
        try:
            health.heard(well=pool.request("GET", settings.healthz).status == 200)
        except urllib3.exceptions.HTTPError:
            health.heard(well=False)
        process.stop.wait(CHECK_SECONDS)


def interface_of(address: str) -> str:
    """The name of the interface that has an IPv4 address as its first. Raises `FederationError`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(asker, SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue  # it has no IPv4 address
            if socket.inet_ntoa(answer[20:24]) == address:
                return name
    raise FederationError(
        f"node with {address}", "no network interface has this address first", "set vips.interface"
    )
