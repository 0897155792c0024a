"""A backup is taken: etcd is read, nothing is stopped and nothing is changed."""

from __future__ import annotations

from datetime import UTC, datetime

from federation.backup import keys, plane, store
from federation.backup.archive import Backup, Origin, Versions
from federation.backup.errors import BackupError
from federation.backup.plane import Host


def take(host: Host, *, now: datetime) -> Backup:
    """All that a restore would put back, as of one revision.

    Raises `FederationError` if the plane or its etcd cannot be asked, `BackupError` if there is nothing in it.
    """
    plane.check(host)
    spec = host.topology.control_plane
    prefixes = keys.prefixes(spec)
    with plane.etcd(host) as client:
        seen, version = store.snapshot(client, prefixes), store.version(client)
    lasting = {
        key: value
        for key, value in seen.lasting.items()
        if keys.owner_of(keys.path_of(key, prefixes)) is not keys.Owner.NOBODY
    }
    if not lasting:
        cause = f"its etcd has no keys below {', '.join(prefixes)}"
        raise BackupError(
            host.subject, cause, "see whether the federation API answers, and restore an older backup"
        )
    origin = Origin(
        federation=host.topology.name,
        namespace=host.namespace,
        taken=now.astimezone(UTC).replace(microsecond=0),
        revision=seen.revision,
        prefixes=prefixes,
        versions=Versions(karmada=spec.karmada_version, kubernetes=spec.kubernetes_version, etcd=version),
        service_cidr=str(spec.api_server.service_cidr),
    )
    return Backup.of(origin, lasting)
