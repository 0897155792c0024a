"""A large federation's facts, and what `fedctl records plan` takes for them.

    python -m bench.names_plan FACTS_FILE

Prints {"seconds", "processor", "bytes"}: from the start of the process to its end, its processor time, and the most
that it held. This program must stay small: a process starts with the size of the one that starts it, and Linux
counts that too (getrusage(2)).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

FEDERATION, DOMAIN, TTL = "fed", "example.com", 30
RUN_SECONDS = 120.0


def facts(members: int, services: int) -> dict[str, Any]:
    """All is well and every record is there: each service on all members, each of them a region and zone of its own."""
    names = [f"m{i:02}" for i in range(members)]
    ours: dict[str, Any] = {
        "federation": FEDERATION,
        "domain": DOMAIN,
        "ttl": TTL,
        "members": [{"name": m, "region": f"r-{m}", "zones": [f"z-{m}"], "ready": True} for m in names],
        "services": [],
        "current": [],
    }
    for number in range(services):
        addresses = {m: f"10.{i}.{number // 256}.{number % 256}" for i, m in enumerate(names)}
        ours["services"].append(_service(number, addresses))
        ours["current"] += _records(number, addresses)
    return ours


def _service(number: int, addresses: dict[str, str]) -> dict[str, Any]:
    placements = [
        {"member": member, "applied": True, "addresses": [address], "readyBackends": 2}
        for member, address in addresses.items()
    ]
    return {"namespace": "default", "name": f"s{number}", "placements": placements}


def _records(number: int, addresses: dict[str, str]) -> list[dict[str, Any]]:
    head = f"s{number}.default.{FEDERATION}.svc"
    found = {f"{head}.{DOMAIN}": sorted(addresses.values())}
    for member, address in addresses.items():
        found[f"{head}.r-{member}.{DOMAIN}"] = found[f"{head}.z-{member}.r-{member}.{DOMAIN}"] = [address]
    return [
        {"name": name, "type": "A", "ttl": TTL, "values": values, "owner": FEDERATION}
        for name, values in found.items()
    ]


def main() -> None:
    """Plan once."""
    fedctl = Path(sys.executable).with_name("fedctl")
    with Path(sys.argv[1]).open("rb") as given:
        start = time.monotonic()
        subprocess.run(
            [str(fedctl), "records", "plan", "--output=json"],
            stdin=given,
            stdout=subprocess.DEVNULL,
            timeout=RUN_SECONDS,
            check=True,
        )
        seconds = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor, held = used.ru_utime + used.ru_stime, used.ru_maxrss << 10  # KiB, on Linux
    print(json.dumps({"seconds": seconds, "processor": processor, "bytes": held}))


if __name__ == "__main__":
    main()
