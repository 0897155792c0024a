"""What a test does with a zone's store inside of a lab's network; the store on stdin, the answer as JSON on stdout.

python -m tests.lab.federation.store_tool put NAME ADDRESS…      write a record set
python -m tests.lab.federation.store_tool as FILE_WITH_PEM       read the zone, write it, read all; by a certificate
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from federation.deadline import Deadline
from federation.dns.records import Change, RecordSet, sorted_values
from federation.dns.store import Store, open_backend, reached
from lab.tools.toolbox import Toolbox

ZONE = "fc-federated.com"
PREFIX = "/skydns/com/fc-federated/"
WORDS = {
    "read the zone": ("get", "--prefix", PREFIX, "--keys-only"),
    "write the zone": ("put", f"{PREFIX}x", "{}"),
    "read everything": ("get", "--prefix", "/", "--keys-only"),
}


def put(store: Store, name: str, *addresses: str) -> bool:
    """Whether there was something to write."""
    record = RecordSet(name, "A", 30, sorted_values(addresses))
    with open_backend(store, ZONE) as backend:
        seen = backend.read()
        if (found := seen.get(record.key)) and found.record == record:
            return False
        backend.write([Change("update" if found else "create", record)], seen, owner="fed")
    return True


def attempts(store: Store, certificate: str) -> dict[str, str]:
    """What etcd says to whoever has the certificate and key of this file; of none, with an empty name."""
    with tempfile.TemporaryDirectory() as folder, reached(store, Deadline(60)) as endpoints:
        ca = Path(folder, "ca")
        ca.write_text(store.ca)
        options = [f"--endpoints={','.join(endpoints)}", f"--cacert={ca}", "--dial-timeout=3s"]
        if certificate:
            options += [f"--cert={certificate}", f"--key={certificate}"]
        return {what: _etcdctl(*options, *words) for what, words in WORDS.items()}


def _etcdctl(*words: str) -> str:
    done = subprocess.run(
        [str(Toolbox().path("etcdctl")), *words], text=True, capture_output=True, timeout=30, check=False
    )
    return "ok" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


if __name__ == "__main__":
    wanted = Store.from_props(json.load(sys.stdin))
    command, *rest = sys.argv[1:]
    print(json.dumps(put(wanted, *rest) if command == "put" else attempts(wanted, *rest)))
