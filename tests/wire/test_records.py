"""`DnsRecords` in the real dynamic server, against a real etcd and a federation that speaks HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from components.dynamic.records import DnsRecordsProvider
from federation.dns.etcd import EtcdBackend
from federation.dns.etcd_client import encode
from federation.dns.records import Change, RecordSet
from federation.dns.store import Through
from tests.wire.dynamic_fixtures import UNKNOWN, Diff, Made, Remote, Server, refusal, server_fixture  # noqa: F401
from tests.wire.etcd_fixtures import Etcd, client_tls, free_port, running
from tests.wire.records_fixtures import (  # noqa: F401
    EAST,
    GLOBAL,
    US,
    WEST,
    Federated,
    federated_fixture,
    inputs_of,
    store,
)

ALL = {
    GLOBAL: ("10.0.0.2", "10.0.1.2"),
    US: ("10.0.0.2", "10.0.1.2"),
    EAST: ("10.0.0.2",),
    WEST: ("10.0.1.2",),
}
LINES = [
    "nginx.default.fed.svc.east.us 30 IN A 10.0.0.2",
    "nginx.default.fed.svc 30 IN A 10.0.0.2",
    "nginx.default.fed.svc 30 IN A 10.0.1.2",
    "nginx.default.fed.svc.us 30 IN A 10.0.0.2",
    "nginx.default.fed.svc.us 30 IN A 10.0.1.2",
    "nginx.default.fed.svc.west.us 30 IN A 10.0.1.2",
]


@pytest.fixture(scope="module", name="etcd")
def etcd_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    with running(tmp_path_factory.mktemp("etcd")) as etcd:
        yield etcd


@pytest.fixture(name="records")
def records_fixture(server: Server) -> Remote:
    return server.of(DnsRecordsProvider())


@pytest.fixture(name="zone")
def zone_fixture(etcd: Etcd) -> Iterator[EtcdBackend]:
    """What is in the store, which is empty at first."""
    zone = EtcdBackend([etcd.endpoint], "example.com", tls=client_tls())
    client = etcd.client()
    assert client.txn([], [{"request_delete_range": {"key": encode("/"), "range_end": encode("0")}}])
    client.close()
    yield zone
    zone.close()


@pytest.fixture(name="inputs")
def inputs_fixture(federated: Federated, zone: EtcdBackend, etcd: Etcd) -> dict[str, Any]:
    return inputs_of(federated, store(etcd.endpoint), seconds=1)


def answers(zone: EtcdBackend) -> dict[str, tuple[str, ...]]:
    return {name: each.record.values for (name, _), each in zone.read().items()}


def put(zone: EtcdBackend, record: RecordSet, owner: str) -> None:
    seen = zone.read()
    zone.write([Change("update" if record.key in seen else "create", record)], seen, owner=owner)


def test_a_new_services_records_are_shown_without_the_network(
    records: Remote, inputs: dict[str, Any], federated: Federated, server: Server
) -> None:
    federated.plane.stop()
    assert records.check({}, inputs | {"stores": UNKNOWN, "federationKubeconfig": UNKNOWN})
    shown = [line for line in server.stdout.splitlines() if line.startswith("service")]
    assert shown[:2] == [
        "service default/nginx: + nginx.default.fed.svc.east.us 30 IN A (address in fc01)",
        "service default/nginx: + nginx.default.fed.svc 30 IN A (address in fc01)",
    ]
    assert len(shown) == len(LINES)
    records.check(inputs, inputs)
    assert server.stdout.count("service default/nginx") == len(LINES), (
        "one that is there is shown as a difference"
    )


def test_inputs_that_cannot_work_are_refused_in_the_preview(records: Remote, inputs: dict[str, Any]) -> None:
    _, failures = records.check_failures({}, inputs | {"stores": []})
    assert failures == ["stores: names no store: leave the resource out"]
    domain = ".".join(["a" * 60] * 4)
    _, failures = records.check_failures({}, inputs | {"domain": domain})
    assert failures[0].startswith(f"service: records of {domain}: service default/nginx: ")
    assert records.check({}, inputs | {"domain": UNKNOWN})["domain"] == UNKNOWN


def test_records_are_written_and_are_outputs(
    records: Remote, inputs: dict[str, Any], zone: EtcdBackend, server: Server
) -> None:
    made = records.create(inputs)
    assert made.id == GLOBAL
    assert answers(zone) == ALL
    assert {each.owner for each in zone.read().values()} == {"fed"}
    assert made.outs == inputs | {
        "names": [GLOBAL, US, EAST, WEST],
        "addresses": ["10.0.0.2", "10.0.1.2"],
        "placements": {"fc01": ["10.0.0.2"], "fc02": ["10.0.1.2"]},
        "records": [
            {"name": name, "type": "A", "ttl": 30, "values": list(ALL[name])}
            for name in (EAST, GLOBAL, US, WEST)
        ],
        "owner": "fed",
        "drift": [],
    }
    shown = server.stdout.splitlines()[1:]
    assert shown == [f"service default/nginx: coredns: + {line}" for line in LINES]


def test_a_create_that_was_interrupted_goes_on_with_what_is_there(
    records: Remote, inputs: dict[str, Any], zone: EtcdBackend
) -> None:
    put(zone, RecordSet(GLOBAL, "A", 30, ("10.0.0.2",)), "fed")
    records.create(inputs)
    assert answers(zone) == ALL


def test_a_member_without_an_address_is_a_warning(
    records: Remote, inputs: dict[str, Any], zone: EtcdBackend, federated: Federated, server: Server
) -> None:
    federated.addresses(fc01="10.0.0.2", fc02=None)
    made = records.create(inputs)
    assert answers(zone) == dict.fromkeys(ALL, ("10.0.0.2",))
    assert made.outs["placements"] == {"fc01": ["10.0.0.2"]}
    assert (
        "warning: service default/nginx: service default/nginx has no load balancer address on member fc02 yet; its "
        "names answer with the addresses of the others"
    ) in server.stdout


def test_without_an_address_there_is_no_resource(
    records: Remote, inputs: dict[str, Any], zone: EtcdBackend, federated: Federated
) -> None:
    federated.addresses(fc01=None, fc02=None)
    assert refusal(records.create, inputs).startswith(
        "addresses of service default/nginx: not so within 1 s: service default/nginx has no load balancer address on "
        "member fc01 yet; service default/nginx has no load balancer address on member fc02 yet. Next: see what "
    )
    assert answers(zone) == {}


def test_a_record_of_somebody_else_is_named_and_nothing_is_written(
    records: Remote, inputs: dict[str, Any], zone: EtcdBackend
) -> None:
    put(zone, RecordSet(US, "A", 30, ("10.9.9.9",)), "other")
    assert refusal(records.create, inputs) == (
        f"service default/nginx: records of others at its names: {US} A of other in coredns; nothing is changed for "
        "it. Next: remove these records, or rename the service, then run `pulumi up` again."
    )
    assert answers(zone) == {US: ("10.9.9.9",)}


@pytest.fixture(name="made")
def made_fixture(records: Remote, inputs: dict[str, Any]) -> Made:
    return records.create(inputs)


NONE, UPDATE = Diff(changes=False), Diff(changes=True)


CHANGES: list[tuple[dict[str, Any], Diff]] = [
    ({}, NONE),
    ({"timeoutSeconds": 9}, NONE),
    ({"ttl": 60}, UPDATE),
    ({"members": [{"name": "fc01", "region": "eu"}]}, UPDATE),
    ({"federationKubeconfig": "new"}, UPDATE),
    ({"federationKubeconfig": UNKNOWN, "stores": UNKNOWN, "members": UNKNOWN}, UPDATE),
    ({"domain": "example.org"}, Diff(changes=True, replaces=["domain"])),
    ({"domain": "us.example.com"}, Diff(changes=True, replaces=["domain"], delete_before_replace=True)),
    ({"federation": "fed2"}, Diff(changes=True, replaces=["federation"])),
    ({"service": "web", "namespace": "a"}, Diff(changes=True, replaces=["namespace", "service"])),
    ({"domain": UNKNOWN}, UPDATE),
]


def test_only_other_names_are_another_resource(records: Remote, made: Made, inputs: dict[str, Any]) -> None:
    for changes, expected in CHANGES:
        assert records.diff(made.id, made.outs, inputs | changes) == expected, changes
    nulls = {"stores": [each | {"user": None, "through": None} for each in inputs["stores"]]}
    assert records.diff(made.id, made.outs, inputs | nulls) == NONE


def test_a_changed_ttl_is_shown_and_written(
    records: Remote, made: Made, inputs: dict[str, Any], zone: EtcdBackend, server: Server
) -> None:
    news = inputs | {"ttl": 60}
    records.diff(made.id, made.outs, news)
    assert (
        f"service default/nginx: - {LINES[0]}\nservice default/nginx: + {LINES[0].replace('30', '60', 1)}\n"
        in (server.stdout)
    )
    outs = records.update(made.id, made.outs, news)
    assert outs["records"][0]["ttl"] == 60
    assert {each.record.ttl for each in zone.read().values()} == {60}


def test_new_credentials_are_kept_though_all_members_are_down(
    records: Remote, made: Made, inputs: dict[str, Any], zone: EtcdBackend, federated: Federated, etcd: Etcd
) -> None:
    for name in federated.members:
        federated.ready(name, ready=False)
    news = inputs | {"stores": [store(etcd.endpoint) | {"password": "unused"}], "timeoutSeconds": 100}
    assert records.diff(made.id, made.outs, news) == UPDATE
    outs = records.update(made.id, made.outs, news)
    assert outs["stores"] == news["stores"]
    assert answers(zone) == ALL


def test_records_move_with_their_store(
    records: Remote, made: Made, inputs: dict[str, Any], zone: EtcdBackend, etcd: Etcd
) -> None:
    outs = records.update(made.id, made.outs, inputs | {"stores": [store(etcd.endpoint, "/elsewhere")]})
    assert answers(zone) == {}
    elsewhere = EtcdBackend([etcd.endpoint], "example.com", tls=client_tls(), prefix="/elsewhere")
    assert answers(elsewhere) == ALL
    elsewhere.close()
    assert outs["names"] == [GLOBAL, US, EAST, WEST]


def test_a_store_under_another_name_keeps_its_records(
    records: Remote, made: Made, inputs: dict[str, Any], zone: EtcdBackend, etcd: Etcd
) -> None:
    again = store(f"{etcd.endpoint}/")
    records.update(made.id, made.outs, inputs | {"stores": [again]})
    assert answers(zone) == ALL


def test_a_failover_is_no_drift(records: Remote, made: Made, zone: EtcdBackend, federated: Federated) -> None:
    federated.ready("fc02", ready=False)
    for name in (GLOBAL, US, WEST):
        put(zone, RecordSet(name, "A", 30, ("10.0.0.2",)), "fed")
    found = records.read(made.id, made.outs)
    assert (found.id, found.outs) == (made.id, made.outs)


def test_what_somebody_else_has_changed_is_drift_and_put_right(
    records: Remote, made: Made, inputs: dict[str, Any], zone: EtcdBackend, server: Server
) -> None:
    put(zone, RecordSet(WEST, "A", 30, ("10.9.9.9",)), "fed")
    found = records.read(made.id, made.outs)
    text = f"coredns: {WEST} A has 10.9.9.9, which no member has"
    assert found.outs == made.outs | {"drift": [text]}
    assert f"service default/nginx: {text}\n" in server.stdout
    assert records.diff(made.id, found.outs, inputs) == UPDATE
    assert records.update(made.id, found.outs, inputs)["drift"] == []
    assert answers(zone) == ALL


def test_records_that_are_all_gone_are_no_resource_any_more(
    records: Remote, made: Made, zone: EtcdBackend, federated: Federated
) -> None:
    records.delete(made.id, made.outs)
    for name in federated.members:
        federated.ready(name, ready=False)
    assert records.read(made.id, made.outs).id == made.id, "nobody knows whether there should be any"
    for name in federated.members:
        federated.ready(name, ready=True)
    assert records.read(made.id, made.outs).id == ""


def test_a_refresh_without_federation_or_store_has_no_news(
    records: Remote, made: Made, federated: Federated, server: Server
) -> None:
    dead = made.outs | {"stores": [store(f"https://127.0.0.1:{free_port()}")]}
    assert records.read(made.id, dead).outs == dead
    assert "warning: records of service default/nginx are as last seen: " in server.stdout
    federated.plane.stop()
    assert records.read(made.id, made.outs).outs == made.outs


def test_removal_takes_our_records_of_the_service_and_nothing_else(
    records: Remote, made: Made, zone: EtcdBackend, federated: Federated
) -> None:
    put(zone, RecordSet("nginx2.default.fed.svc.example.com", "A", 30, ("10.0.0.7",)), "fed")
    put(zone, RecordSet("nginx.default.fed2.svc.example.com", "A", 30, ("10.0.0.7",)), "fed2")
    federated.plane.stop()  # it may be gone by then
    records.delete(made.id, made.outs)
    assert sorted(answers(zone)) == [
        "nginx.default.fed2.svc.example.com",
        "nginx2.default.fed.svc.example.com",
    ]
    records.delete(made.id, made.outs)


def test_removal_does_not_wait_for_a_store_that_is_gone_and_names_the_command_for_later(
    records: Remote, made: Made, federated: Federated, server: Server, etcd: Etcd, zone: EtcdBackend
) -> None:
    federated.plane.stop()
    way = Through(
        kubeconfig=federated.kubeconfig, namespace="federation-dns", labels={"app": "etcd"}, port=2379
    )
    stores = [
        store(f"https://127.0.0.1:{free_port()}"),
        store("https://etcd", through=way),
        *made.outs["stores"],
    ]
    records.delete(made.id, made.outs | {"stores": stores})
    assert answers(zone) == {}
    told = [line for line in server.stdout.splitlines() if line.startswith("warning")]
    assert len(told) == 2
    for line in told:
        assert line.startswith(
            "warning: service default/nginx: its records stay, as a store of them does not answer: "
        )
        assert line.endswith(
            ". Once it does: fedctl records remove default/nginx --federation fed --domain example.com --store FILE"
        )
