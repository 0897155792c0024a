"""`python -m lab.azure`: the server, in the foreground. `lab azure start` runs it inside the lab's fabric."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from lab import supplies
from lab.azure.aks import part as aks
from lab.azure.aks.machines import LabMachines
from lab.azure.control import ADDRESS, directory
from lab.azure.dns.dataplane import DataPlane
from lab.azure.dns.publisher import DnsServer
from lab.azure.files import Files
from lab.azure.server import Server
from lab.azure.service import Service
from lab.azure.store import Store
from lab.errors import LabError
from lab.images.source import ImageSource
from lab.lifecycle import Supplies
from lab.state import State
from lab.tools.tool import Source
from lab.tools.toolbox import Toolbox

_log = logging.getLogger("azure")


def main() -> int:
    """Run until SIGTERM or SIGINT. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lab.azure", description=__doc__)
    parser.add_argument("--lab", required=True, help="name of the lab")
    parser.add_argument("--address", default=ADDRESS, help="where to listen; %(default)s if not given")
    given = parser.parse_args()
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        _serve(State(given.lab), given.address, stopping)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(state: State, address: str, stopping: threading.Event) -> None:
    files = Files(directory(state))
    settings = files.load_settings()
    service = Service(settings, store=Store(files.inventory), directory=files.directory)
    server = Server(
        service,
        certificate=files.certificate,
        key=files.key,
        address=address,
        port=443,
        fabric=state.layout(state.require()).fabric,
    )
    nameserver = DnsServer(service.context, DataPlane(files.directory, _coredns(), address))
    nameserver.start()
    clusters = aks.start(service.context, LabMachines(state, _supplies, _say))
    server.start()
    _log.info("up on %s, subscription %s", address, settings.subscription_id)
    stopping.wait()
    _log.info("ending")
    server.stop()
    clusters.stop()
    nameserver.stop()


def _coredns() -> Path:
    return Toolbox().path("coredns")


def _say(subject: str, text: str) -> None:
    _log.info("%s: %s", subject, text)


def _supplies() -> Supplies:
    return supplies.make(_say, Source.AUTO, ImageSource.AUTO)


if __name__ == "__main__":
    sys.exit(main())
