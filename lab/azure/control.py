"""Starts and ends the stand-in's server in a lab's fabric, and says how it is."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lab.azure.files import Files, write_private
from lab.azure.store import Store
from lab.deadline import Deadline
from lab.errors import LabError
from lab.layout import Layout
from lab.network import netns
from lab.shell import run
from lab.state import State

ADDRESS = "10.98.0.1"
LINK = "azure0"
UP_SECONDS, DOWN_SECONDS = 60.0, 20.0
_ANSWER_SECONDS = 5.0


def directory(state: State) -> Path:
    """Where the stand-in of a lab keeps its files."""
    return state.directory / "azure"


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process, told from others that get its number later by when it began."""

    pid: int
    began: str

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process of that number, if there is one that has not ended."""
        try:
            # Fields are counted after the name, which may hold anything (proc(5), /proc/pid/stat).
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if words[0] in "ZX" else cls(pid=pid, began=words[19])


@dataclass(frozen=True)
class Control:
    """The stand-in of one lab."""

    state: State
    layout: Layout

    @property
    def files(self) -> Files:
        """Its files."""
        return Files(directory(self.state))

    def process(self) -> Process | None:
        """The server's process, if it runs."""
        try:
            noted = Process(**json.loads(self.files.pid.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return noted if Process.of(noted.pid) == noted else None

    # Start

    def start(self) -> bool:
        """Start it, unless it is up, and wait until it answers. Returns whether anything had to be done.

        The caller holds the lab's lock. Raises `LabError`.
        """
        if self.process() is not None and self._silence() is None and self.files.environment.exists():
            return False
        self._end()
        files = self.files
        files.make()
        settings = files.load_settings()
        files.ensure_certificates(ADDRESS)
        self._link()
        self._spawn()
        Deadline(UP_SECONDS).until(
            "stand-in for Azure", self._not_up, fix=f"see what it says in {files.log}, and start it again"
        )
        _write_kubelogin(files)
        files.write_environment(settings, ADDRESS)  # last: who sees it finds the server up
        return True

    def _link(self) -> None:
        """The address, on an interface of the fabric that leads nowhere; clusters reach it by their routers.

        A bridge without ports: not every kernel has the type `dummy`.
        """
        fabric = self.layout.fabric
        links = json.loads(run(["ip", "-n", fabric, "-json", "link"]).stdout)
        if LINK not in {link["ifname"] for link in links}:
            run(["ip", "-n", fabric, "link", "add", LINK, "type", "bridge"])
        run(["ip", "-n", fabric, "addr", "replace", f"{ADDRESS}/32", "dev", LINK])
        run(["ip", "-n", fabric, "link", "set", LINK, "up"])

    def _spawn(self) -> None:
        files = self.files
        program = [sys.executable, "-Pu", "-m", "lab.azure", "--lab", self.state.lab]
        with os.fdopen(os.open(files.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            started = subprocess.Popen(
                netns.enter(self.layout.fabric, *program),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": _python_path()},
            )
        process = Process.of(started.pid)  # nsenter becomes the program, so it stays the same process
        if process is not None:
            write_private(files.pid, json.dumps(vars(process)).encode())

    def _not_up(self) -> str | None:
        if self.process() is None:
            raise LabError(
                "stand-in for Azure",
                f"its server ended: {self._last_words()}",
                "mend that and start it again",
            )
        return self._silence()

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.files.log.read_text(errors="replace").strip().splitlines()
            if lines:
                return lines[-1]
        return "it said nothing"

    # End

    def stop(self, *, purge: bool = False) -> bool:
        """End it. Its inventory stays for the next start, unless `purge`. Returns whether it was up.

        Clusters that it has booted stay up, like those of the lab itself; `lab down` removes them.
        """
        was_up = self.process() is not None
        self._end()
        if netns.exists(self.layout.fabric):
            run(["ip", "-n", self.layout.fabric, "link", "delete", LINK], check=False)
        if purge:
            shutil.rmtree(self.files.directory, ignore_errors=True)
        return was_up

    def _end(self) -> None:
        """Politely first: the nameserver ends with the server, and the inventory is whole at any moment."""
        self.files.environment.unlink(missing_ok=True)
        process = self.process()
        if process is not None:
            _signal(process, signal.SIGTERM)
            try:
                Deadline(DOWN_SECONDS).until(
                    "stand-in for Azure", lambda: _still(process), fix="it is killed"
                )
            except LabError:
                _signal(process, signal.SIGKILL)
                Deadline(DOWN_SECONDS).until(
                    "stand-in for Azure", lambda: _still(process), fix=f"see process {process.pid}"
                )
        self.files.pid.unlink(missing_ok=True)

    # Status

    def inventory(self) -> list[dict[str, Any]]:
        """Its resources, oldest first: `id`, `type`, `state`. Asks the server, or the file when it is not up."""
        if self.process() is not None:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError, KeyError):
                found: list[dict[str, Any]] = self._ask("/standin/inventory", self._token())["value"]
                return found
        if not self.files.inventory.exists():
            return []
        return [
            {"id": e.id, "type": e.type, "state": e.properties.get("provisioningState")}
            for e in Store(self.files.inventory, writes=False).all()
        ]

    def _silence(self) -> str | None:
        """Why it does not answer; None when it does."""
        try:
            self._ask("/standin/health")
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"it does not answer ({error})"
        return None

    def _token(self) -> str:
        settings = self.files.load_settings()
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "scope": "https://management.azure.com/.default",
        }
        answer = self._ask(f"/{settings.tenant_id}/oauth2/v2.0/token", form=form)
        return str(answer["access_token"])

    def _ask(self, path: str, token: str = "", *, form: dict[str, str] | None = None) -> Any:
        """One request from within the fabric. Raises `OSError`, `HTTPException`, `ValueError`."""
        context = ssl.create_default_context(cafile=str(self.files.authority))
        raw = netns.connect(self.layout.fabric, ADDRESS, 443, _ANSWER_SECONDS)
        connection = http.client.HTTPConnection(ADDRESS, 443)
        with raw, context.wrap_socket(raw, server_hostname=ADDRESS) as secure:
            connection.sock = secure
            connection.request(
                "GET" if form is None else "POST",
                path,
                body=None if form is None else urlencode(form),
                headers={"Authorization": f"Bearer {token}"} if token else {},
            )
            answer = connection.getresponse()
            body = answer.read()
            if answer.status >= 300:
                raise ValueError(f"status {answer.status}")
            return json.loads(body)


def _still(process: Process) -> str | None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)  # if it is a child of ours, as in tests
    return "it still runs" if Process.of(process.pid) == process else None


def _signal(process: Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)


def _python_path() -> str:
    """So that the server's Python finds this very package."""
    return os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))


def _write_kubelogin(files: Files) -> None:
    files.programs.mkdir(exist_ok=True)
    program = files.programs / "kubelogin"
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH={shlex.quote(_python_path())} "
        f'exec {shlex.quote(sys.executable)} -P -m lab.azure.kubelogin "$@"\n'
    )
    program.chmod(0o755)
