"""A backup is put back: what uses etcd is stopped, keys are replaced, and everything is started again in order.

Every step looks at what is there: a restore that was interrupted is gone on with by the same command, and until then
the plane stays stopped. Members and what runs on them are not touched; they keep what they have while nobody asks them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from federation.backup import keys, plane, store
from federation.backup.archive import Backup
from federation.backup.errors import BackupError
from federation.backup.plan import Plan, plan, refusals
from federation.backup.plane import AGAIN, PARTS, Host, workloads
from federation.deadline import Deadline
from federation.dns.etcd_client import EtcdClient
from federation.errors import NotInTimeError, RejectedError
from federation.karmada import health
from federation.karmada.member import CLUSTERS, not_ready
from federation.kube import Kube, Ref

UNSETTLED = "Ready as of the backup, and Karmada may not have asked yet"


def look(host: Host, backup: Backup) -> Plan:
    """What a restore would do. Changes nothing.

    Raises `BackupError` with all reasons why the backup does not fit, `FederationError` if the plane or its etcd cannot
    be asked.
    """
    plane.check(host)
    with plane.etcd(host) as client:
        store.refuse_alarms(client)
        found = store.snapshot(client, backup.manifest.prefixes).found
    encrypted = keys.encryption(each.value for each in found.values())
    if reasons := refusals(backup.manifest, host.topology, encrypted):
        raise BackupError("backup", f"does not fit: {'; '.join(reasons)}", "mend this, or use another backup")
    return plan(backup, found)


def restore(host: Host, backup: Backup, deadline: Callable[[], Deadline]) -> dict[str, str | None]:
    """Put it back; each member → why it is not Ready, or None if it is.

    Args:
        host: where the plane is; `look` has been asked.
        backup: what to put back.
        deadline: makes one for each part: the stop, the start, and members that become Ready.

    Raises `FederationError`, `BackupError`, `NotInTimeError`.
    """
    host.say(f"{host.subject}: stops; members go on, and names keep their answers")
    plane.stop(host, deadline())
    with plane.etcd(host) as client:
        replace(client, backup, host.say)
    host.say(f"{host.subject}: starts")
    starting, (first, *others) = deadline(), plane.STAGES
    plane.start(host, [first], starting)
    with plane.federation_api(host) as api:
        starting.until("federation API", api.ready, fix=host.again)
        refuse_unreadable(api)
        plane.start(host, others, starting)
        pods = health.Host(host.kube, host.namespace)
        starting.until(host.subject, lambda: health.missing(pods, api, workloads(PARTS)), fix=host.again)
        failover = host.topology.control_plane.failover
        settled = failover.failure_threshold_seconds + failover.status_frequency_seconds
        return members(api, settled, deadline())


def replace(client: EtcdClient, backup: Backup, say: store.Say) -> None:
    """Make etcd's keys those of the backup, and read them again.

    Raises `BackupError` if they are others afterwards.
    """
    prefixes = backup.manifest.prefixes
    store.write(client, plan(backup, store.snapshot(client, prefixes).found).steps, say)
    if left := plan(backup, store.snapshot(client, prefixes).found).steps:
        cause = f"has {len(left)} keys that are not as in the backup, such as {left[0].key}"
        raise BackupError(store.SUBJECT, cause, f"stop whatever else writes to it, and {AGAIN}")


def refuse_unreadable(api: Kube) -> None:
    """Raises `BackupError` if Secrets were encrypted with a key that this API server does not have."""
    try:
        for _ in api.pages(Ref("v1", "secrets")):
            pass
    except RejectedError as error:
        raise BackupError(
            "federation API",
            f"cannot read Secrets of the backup: {error.cause}",
            "give karmada-apiserver the encryption configuration of then, with its key, run `pulumi up --refresh`, and "
            "the same command again",
        ) from None


def members(api: Kube, settled: float, deadline: Deadline) -> dict[str, str | None]:
    """Wait until all members are Ready, or as long as there is time; each → why it is not Ready, or None.

    Args:
        api: the federation API.
        settled: seconds that Karmada takes to notice one that is not. Until then a status may be that of the backup,
            as Karmada writes it when it changes only.
        deadline: of the wait.
    """
    found: dict[str, str | None] = {}
    begun = deadline.left

    def missing() -> str | None:
        found.clear()
        found.update({c["metadata"]["name"]: not_ready(c) for c in api.list(CLUSTERS)})
        wrong = [f"{name}: {reason}" for name, reason in sorted(found.items()) if reason]
        return "; ".join(wrong) or (UNSETTLED if found and early() else None)

    def early() -> bool:
        return begun - deadline.left < settled

    with suppress(NotInTimeError):  # what is returned tells
        deadline.until("members", missing, fix=AGAIN, interval=1)
    return {name: reason or (UNSETTLED if early() else None) for name, reason in found.items()}
