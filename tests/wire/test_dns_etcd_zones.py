"""Random zones on a real etcd: keys of others stay byte for byte, and a deleted service leaves no key of ours."""

from __future__ import annotations

import json
import random
from pathlib import Path

from federation.dns.etcd import EtcdBackend
from federation.dns.etcd_client import EtcdClient, encode
from federation.dns.facts import Current, Facts, Member, Placement, ServiceFacts
from federation.dns.reconcile import reconcile
from federation.dns.skydns import label
from tests.wire.etcd_fixtures import client_tls, running

ZONES = 60
MEMBERS = (
    Member(name="fc01", region="us", zones=("east",), ready=True),
    Member(name="fc02", region="us", zones=("west",), ready=True),
)
VALUES = (
    '{"host":"10.9.9.9"}',
    '{"host":"10.9.9.9","owner":"other","ttl":30}',
    '{"host":"www.example.org"}',
    '{"text":"heritage=external-dns"}',
    "not JSON",
)


def facts(current: tuple[Current, ...], *services: ServiceFacts) -> Facts:
    return Facts(federation="fed", domain="example.com", members=MEMBERS, services=services, current=current)


def nginx(chance: random.Random, *, deleted: bool = False) -> ServiceFacts:
    placements = tuple(
        Placement(
            member=member.name,
            applied=chance.random() < 0.9,
            addresses=(f"10.0.{number}.{chance.randint(2, 5)}", f"2001:db8::{number}:{chance.randint(2, 5)}"),
            ready_backends=chance.randint(0, 3),
        )
        for number, member in enumerate(MEMBERS)
    )
    return ServiceFacts(namespace="default", name="nginx", deleted=deleted, placements=placements)


def somebody_elses_keys(chance: random.Random) -> dict[str, str]:
    """In the zone, beside it, and at names that begin or end as ours do."""
    zones = ["com/example", "com/example-2", "com/example2", "com/examples/nginx", "com"]
    names = ["nginx", "nginx2", "nginx-2", "web", "nginx/www"]
    return {
        f"/skydns/{chance.choice(zones)}/{chance.choice(['svc', 'us/svc', 'us/east/svc'])}/fed/default/"
        f"{chance.choice(names)}{chance.choice(['', '/x1', '/1a2b3c4d', '/' + label('10.9.9.9')])}": chance.choice(
            VALUES
        )
        for _ in range(chance.randint(0, 6))
    }


def dump(client: EtcdClient) -> dict[str, bytes]:
    return {key: value for key, value, _ in client.range("/", "0").entries}


def mine(keys: dict[str, bytes]) -> set[str]:
    return {key for key, text in keys.items() if b'"owner":"fed"' in text}


def test_others_keys_stay_and_a_deleted_service_leaves_none(tmp_path: Path) -> None:
    written = 0
    with running(tmp_path) as etcd:
        client = etcd.client()
        backend = EtcdBackend([etcd.endpoint], "example.com", tls=client_tls())
        for seed in range(ZONES):
            chance = random.Random(seed)
            theirs = {key: text.encode() for key, text in somebody_elses_keys(chance).items()}
            clean = {"request_delete_range": {"key": encode("/"), "range_end": encode("0")}}
            client.txn([], [clean])
            client.txn(
                [],
                [{"request_put": {"key": encode(k), "value": encode(v.decode())}} for k, v in theirs.items()],
            )
            for _ in range(3):
                service = nginx(chance)
                result = reconcile(backend, lambda current: facts(current, service), owner="fed")  # noqa: B023
                written += result.written
                keys = dump(client)
                assert theirs.items() <= keys.items(), seed
                assert {json.loads(keys[key])["host"] for key in mine(keys)} == {
                    value for record in result.plan.records for value in record.values
                }, seed
            gone = nginx(chance, deleted=True)
            reconcile(backend, lambda current: facts(current, gone), owner="fed")  # noqa: B023
            assert dump(client) == theirs, seed
        backend.close()
        client.close()
    assert written > ZONES
