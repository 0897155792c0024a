"""An etcd as a backup sees it: all keys as of one revision, and transactions that write only what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from federation.backup import keys
from federation.backup.errors import BackupError
from federation.backup.plan import Found, Step, operations, transactions
from federation.dns.etcd_client import EtcdClient
from federation.errors import RejectedError

SUBJECT = "etcd of the federation"
PAGE = 500
"""Keys in one answer, as API servers read them; an answer may be large, as a value may be 1.5 MiB."""
_COMPACTED = "required revision has been compacted"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Snapshot:
    """All keys of some prefixes.

    Attributes:
        revision: of the store, at which all of them are.
        found: by key.
    """

    revision: int
    found: Mapping[str, Found]

    @property
    def lasting(self) -> dict[str, bytes]:
        """Key to value, without what goes by itself."""
        return {key: each.value for key, each in self.found.items() if not each.leased}


def snapshot(client: EtcdClient, prefixes: Sequence[str], *, page: int = PAGE) -> Snapshot:
    """All keys below the prefixes.

    Raises as `EtcdClient` does, and `BackupError` if etcd has forgotten the revision meanwhile: API servers have it
    forget what is older than five to ten minutes.
    """
    revision, found = 0, dict[str, Found]()
    for prefix in prefixes:
        start, end = f"{prefix}/".encode(), f"{prefix}0".encode()  # "0" follows "/"
        more = True
        while more:
            answer = _range(client, start, end, page, revision)
            revision = revision or int(answer["header"]["revision"])
            entries = answer.get("kvs", [])
            found |= {keys.decoded(each["key"]).decode(): _found(each) for each in entries}
            more = bool(answer.get("more"))
            start = keys.decoded(entries[-1]["key"]) + b"\0" if entries else end
    return Snapshot(revision, found)


def _range(client: EtcdClient, start: bytes, end: bytes, page: int, revision: int) -> dict[str, Any]:
    question = {
        "key": keys.encoded(start),
        "range_end": keys.encoded(end),
        "limit": page,
        "revision": revision,
    }
    try:
        return client.call("kv/range", question)
    except RejectedError as error:
        if _COMPACTED not in error.cause:
            raise
        raise BackupError(
            SUBJECT,
            f"has forgotten revision {revision}, which was being read",
            "run it again; the way to it is slow",
        ) from None


def _found(entry: Mapping[str, str]) -> Found:
    """Numbers of 64 bits are texts in JSON, and empty fields are left out (protobuf's JSON mapping)."""
    value, leased = keys.decoded(entry.get("value", "")), int(entry.get("lease", 0)) != 0
    return Found(value, int(entry["mod_revision"]), leased)


def write(client: EtcdClient, steps: Sequence[Step], say: Say) -> None:
    """Do the steps, each only where the key is still as it was seen.

    Raises as `EtcdClient` does, and `BackupError` if somebody else writes; what was done until then stays.
    """
    done = 0
    for batch in transactions(steps):
        if not client.txn(*operations(batch)):
            raise BackupError(
                SUBJECT,
                f"a key of {batch[0].key} to {batch[-1].key} was written by somebody else",
                "stop whatever else writes to this etcd, and run the same command again",
            )
        done += len(batch)
        say(f"etcd: {done} of {len(steps)} keys are done")


def version(client: EtcdClient) -> str:
    """Of the member that answers, such as "3.6.14"."""
    return str(client.call("maintenance/status", {}).get("version", "unknown"))


def refuse_alarms(client: EtcdClient) -> None:
    """Raises `BackupError` if etcd takes no writes."""
    alarms = client.call("maintenance/alarm", {"action": "GET"}).get("alarms", [])
    if names := sorted({str(each.get("alarm", "NONE")) for each in alarms}):
        raise BackupError(
            SUBJECT,
            f"has the alarm {', '.join(names)}, and takes no writes",
            "compact and defragment it, disarm the alarm (etcdctl alarm disarm), and run the same command again",
        )
