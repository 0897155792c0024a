"""The nameserver: a CoreDNS with a zone file for each zone. It ends with this process, however that ends.

CoreDNS looks every second whether files came, went, or have another serial (plugin `auto`). What is in none of the
zones is refused, as by Azure's servers: a second server block that knows nothing answers it, on a loopback address.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from lab.azure.dns.zonefile import ServedZone, differ, next_serial, render, serial_of
from lab.deadline import Deadline
from lab.errors import LabError

REFUSER = "127.53.53.53"
_SUFFIX = ".zone"
_QUESTION = bytes.fromhex("0001 0000 0001 0000 0000 0000 00 0002 0001")
"""For the NS records of the root: it is refused, and that is an answer."""
_STOP_SECONDS, _AGAIN_SECONDS = 5.0, 1.0


class DataPlane:
    """A nameserver on one address, UDP and TCP.

    Args:
        directory: for zone files, the Corefile and the log; zone files of an earlier server are taken over.
        coredns: the program; it needs the plugins auto, forward, loadbalance and template.
        address: where it listens.
    """

    def __init__(self, directory: Path, coredns: Path, address: str, port: int = 53) -> None:
        self._directory, self._coredns = directory, coredns
        self.address, self.port = address, port
        self.zones = directory / "zones"
        self.wait_seconds = 15.0
        self._serials: dict[str, int] = {}
        """The highest of each zone: one that is made anew within a second must not have the serial that it had."""
        self._written: dict[str, ServedZone] = {}
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    # The files

    def sync(self, zones: Iterable[ServedZone]) -> list[str]:
        """Make the zone files say this; answers follow within a second or so. Returns the names of zones that changed.

        To be called by one thread at a time.
        """
        self.zones.mkdir(parents=True, exist_ok=True)
        wanted = {zone.name.lower(): zone for zone in zones}
        changed = [name for name, zone in wanted.items() if self._write(name, zone)]
        for file in self.zones.glob(f"*{_SUFFIX}"):
            if (name := file.name.removesuffix(_SUFFIX)) not in wanted:
                file.unlink()
                changed.append(name)
        return changed

    def _write(self, name: str, zone: ServedZone) -> bool:
        file = self.zones / f"{name}{_SUFFIX}"
        there = file.exists()
        if there and self._written.get(name) is zone:
            return False
        before = file.read_text() if there else ""
        last = max(serial_of(before), self._serials.get(name, 0))
        changed = differ(before, render(zone, last))
        if changed:
            serial = self._serials[name] = next_serial(last, time.time())
            draft = self._directory / "zone.draft"  # not beside the others, where CoreDNS would find it
            draft.write_text(render(zone, serial))
            draft.replace(file)
        self._written[name] = zone
        return changed

    # The process

    def start(self) -> None:
        """Start it and wait until it answers. Raises `LabError` when it can't run."""
        self.zones.mkdir(parents=True, exist_ok=True)
        (self._directory / "Corefile").write_text(self._corefile())
        self._stopping.clear()
        self._keeper = threading.Thread(target=self._keep, name="coredns", daemon=True)
        self._keeper.start()
        try:
            Deadline(self.wait_seconds).until(
                f"nameserver {self.address}:{self.port}",
                self._silence,
                fix=f"see {self._directory / 'coredns.log'}",
                interval=0.05,
            )
        except LabError:
            self.stop()
            raise

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join(_STOP_SECONDS * 2)
            self._keeper = None

    @property
    def pid(self) -> int | None:
        """The process while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _corefile(self) -> str:
        upstream = f"{REFUSER}:{self.port}"
        return f"""\
.:{self.port} {{
    bind {self.address}
    errors
    loadbalance
    auto {{
        directory {self.zones} ^(.*)\\{_SUFFIX}$ {{1}}
        reload 1s
    }}
    forward . {upstream} {{
        max_fails 0
    }}
}}
.:{self.port} {{
    bind {REFUSER}
    template ANY ANY {{
        rcode REFUSED
    }}
}}
"""

    def _keep(self) -> None:
        """Run it until it shall stop, and again when it ends by itself.

        The kernel ends the child when the *thread* that started it ends: so this one stays for as long as the child.
        """
        while not self._stopping.is_set():
            began = time.monotonic()
            with (self._directory / "coredns.log").open("ab") as log:
                self._process = subprocess.Popen(
                    [
                        _setpriv(), "--pdeathsig", "SIGKILL", "--",
                        str(self._coredns), "-conf", str(self._directory / "Corefile"),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )  # fmt: skip
            while self._process.poll() is None and not self._stopping.wait(0.1):
                pass
            _end(self._process)
            self._stopping.wait(max(0.0, began + _AGAIN_SECONDS - time.monotonic()))

    def _silence(self) -> str | None:
        """Why it does not answer yet."""
        if self.pid is None:
            return "the process does not run"
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as tcp:
                tcp.settimeout(0.5)
                tcp.connect((self.address, self.port))
            with socket.socket(family, socket.SOCK_DGRAM) as udp:
                udp.settimeout(0.5)
                udp.connect((self.address, self.port))
                udp.send(_QUESTION)
                udp.recv(512)
        except OSError as error:
            return f"it does not answer yet: {error}"
        return None


def _setpriv() -> str:
    found = shutil.which("setpriv")
    if found is None:
        raise LabError("setpriv", "the program is not installed", "install util-linux")
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
