"""The backend on a real etcd: transactions, users, tokens, and what is told when it does not work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from federation.dns.backend import ForeignError, StaleError
from federation.dns.etcd import EtcdBackend, Snapshot
from federation.dns.etcd_client import EtcdClient, EtcdTls, encode
from federation.dns.records import Change, RecordSet
from federation.errors import ForbiddenError, RejectedError, UnauthorizedError, UnreachableError
from tests.wire.etcd_fixtures import Etcd, client_tls, enable_users, free_port, running

NGINX = RecordSet("nginx.example.com", "A", 30, ("10.0.0.2", "10.0.1.2"))
LESS = RecordSet("nginx.example.com", "A", 30, ("10.0.0.2",))
SIX = RecordSet("nginx.example.com", "AAAA", 30, ("2001:db8::2",))
OTHER = RecordSet("nginx2.example.com", "A", 30, ("10.0.0.3",))
BELOW = RecordSet("www.nginx.example.com", "A", 30, ("10.0.0.4",))


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    with running(tmp_path_factory.mktemp("etcd")) as etcd:
        yield etcd


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    """With users, whose tokens live two seconds."""
    with running(tmp_path_factory.mktemp("guarded"), "--auth-token-ttl=2") as etcd:
        enable_users(etcd)
        yield etcd


@pytest.fixture
def backend(etcd: Etcd) -> Iterator[EtcdBackend]:
    clean(etcd)
    backend = EtcdBackend([etcd.endpoint], "example.com", tls=client_tls())
    yield backend
    backend.close()


def clean(etcd: Etcd) -> None:
    client = etcd.client()
    delete = {"request_delete_range": {"key": encode("/"), "range_end": encode("0")}}
    assert client.txn([], [delete])
    client.close()


def put(etcd: Etcd, key: str, value: str) -> None:
    client = etcd.client()
    assert client.txn([], [{"request_put": {"key": encode(key), "value": encode(value)}}])
    client.close()


def dump(etcd: Etcd) -> dict[str, bytes]:
    client = etcd.client()
    found = client.range("/", "0", page=3)  # several pages
    client.close()
    return {key: value for key, value, _ in found.entries}


def records(backend: EtcdBackend) -> list[RecordSet]:
    return [each.record for each in backend.read().values()]


def create(*wanted: RecordSet) -> list[Change]:
    return [Change("create", record) for record in wanted]


def test_what_is_written_is_read_and_what_is_deleted_leaves_no_key(etcd: Etcd, backend: EtcdBackend) -> None:
    backend.write(create(NGINX, SIX, OTHER, BELOW), backend.read(), owner="fed")
    assert records(backend) == [NGINX, SIX, OTHER, BELOW]
    assert {each.owner for each in backend.read().values()} == {"fed"}
    backend.write([Change("update", LESS), Change("delete", SIX)], backend.read(), owner="fed")
    assert records(backend) == [LESS, OTHER, BELOW]
    assert len(dump(etcd)) == 3
    backend.write([Change("delete", each) for each in records(backend)], backend.read(), owner="fed")
    assert dump(etcd) == {}


def test_many_names_need_several_transactions(etcd: Etcd, backend: EtcdBackend) -> None:
    wanted = [RecordSet(f"{'a.' * (n % 3)}n{n}.example.com", "A", 30, NGINX.values) for n in range(150)]
    wanted += [
        RecordSet(f"{'a.' * (1 - n % 2)}a.n{n}.example.com", "AAAA", 30, SIX.values) for n in range(90)
    ]
    backend.write(create(*wanted), backend.read(), owner="fed")
    assert records(backend) == sorted(wanted, key=lambda record: record.key)
    assert len(dump(etcd)) == 150 * 2 + 90


def test_a_name_with_more_addresses_than_a_transaction_takes_is_refused(backend: EtcdBackend) -> None:
    many = RecordSet("big.example.com", "A", 30, tuple(f"10.0.0.{n}" for n in range(127)))
    with pytest.raises(RejectedError) as raised:
        backend.write(create(many), backend.read(), owner="fed")
    assert str(raised.value) == (
        "record big.example.com: its change takes 129 operations; etcd takes 128 at once. "
        "Next: let fewer addresses stand at one name."
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("nginx/dad5edd8", '{"host":"10.0.0.9","owner":"fed"}'),  # one address more
        ("nginx", '{"host":"10.0.0.9"}'),  # exactly at the name
        ("nginx/x1", '{"text":"of somebody else"}'),
    ],
)
def test_what_comes_between_reading_and_writing_stops_the_write(
    etcd: Etcd, backend: EtcdBackend, key: str, value: str
) -> None:
    seen = backend.read()
    put(etcd, f"/skydns/com/example/{key}", value)
    before = dump(etcd)
    with pytest.raises(StaleError) as raised:
        backend.write(create(NGINX), seen, owner="fed")
    assert str(raised.value) == (
        "records of nginx.example.com in coredns: somebody else has changed them. Next: try again."
    )
    assert dump(etcd) == before


def test_what_goes_between_reading_and_writing_stops_the_write(backend: EtcdBackend) -> None:
    backend.write(create(NGINX), backend.read(), owner="fed")
    seen = backend.read()
    backend.write([Change("delete", NGINX)], seen, owner="fed")
    with pytest.raises(StaleError):
        backend.write([Change("update", LESS)], seen, owner="fed")
    assert records(backend) == []


def test_a_neighbour_whose_name_begins_the_same_disturbs_nobody(etcd: Etcd, backend: EtcdBackend) -> None:
    seen = backend.read()
    put(etcd, "/skydns/com/example/nginx2/x1", '{"host":"10.0.0.9"}')
    put(etcd, "/skydns/com/example-2/nginx", '{"host":"10.0.0.9"}')
    put(etcd, "/skydns/com/example2/nginx", '{"host":"10.0.0.9"}')
    foreign = dump(etcd)
    backend.write(create(NGINX), seen, owner="fed")
    backend.write([Change("delete", NGINX)], backend.read(), owner="fed")
    assert dump(etcd) == foreign
    assert {name for name, _ in backend.read()} == {"nginx2.example.com", "x1.nginx2.example.com"}


def test_a_foreign_record_at_the_name_stays(etcd: Etcd, backend: EtcdBackend) -> None:
    put(etcd, "/skydns/com/example/nginx/1a2b3c4d", '{"host":"10.0.0.9"}')
    with pytest.raises(ForeignError) as raised:
        backend.write([Change("update", NGINX)], backend.read(), owner="fed")
    assert str(raised.value) == (
        "record nginx.example.com A in coredns: it bears nobody's mark (10.0.0.9). "
        "Next: remove it, or rename the service."
    )
    assert list(dump(etcd)) == ["/skydns/com/example/nginx/1a2b3c4d"]


def test_a_part_of_what_was_read_is_enough_to_write(backend: EtcdBackend) -> None:
    backend.write(create(NGINX, OTHER), backend.read(), owner="fed")
    part = {key: each for key, each in backend.read().items() if key == NGINX.key}
    backend.write([Change("update", LESS)], part, owner="fed")
    assert records(backend) == [LESS, OTHER]


def test_writers_at_once_lose_no_update(etcd: Etcd, backend: EtcdBackend) -> None:
    """Each adds an address of its own again and again; with a lost update one would be missing."""
    backend.write(create(LESS), backend.read(), owner="fed")
    lost = list[BaseException]()

    def work(writer: int) -> None:
        mine = EtcdBackend([etcd.endpoint], "example.com", tls=client_tls())
        for number in range(20):
            while True:
                seen = mine.read()
                values = (*seen[LESS.key].record.values, f"10.{writer}.1.{number}")
                change = Change("update", RecordSet(*LESS.key, 30, tuple(sorted(values))))
                try:
                    mine.write([change], seen, owner="fed")
                except StaleError:
                    continue
                except BaseException as error:  # noqa: BLE001  # told below, by the test itself
                    lost.append(error)
                break
        mine.close()

    threads = [Thread(target=work, args=(writer,)) for writer in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert lost == []
    assert len(records(backend)[0].values) == 1 + 2 * 20


def test_a_client_without_a_certificate_is_refused(etcd: Etcd) -> None:
    """With TLS 1.3 it learns so after its own handshake: by an alert, or by the end of the connection."""
    client = EtcdClient([etcd.endpoint], tls=EtcdTls(client_tls().ca))
    with pytest.raises(UnreachableError, match=r"EOF occurred|certificate required|Connection reset"):
        client.range("/a", "/b")
    client.close()
    with_one = etcd.client()
    assert with_one.range("/a", "/b").entries == ()
    with_one.close()


def test_a_member_of_another_authority_is_not_trusted(
    etcd: Etcd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither the environment's bundle nor the one that comes with requests is asked."""
    (tmp_path / "ca").write_text(client_tls().ca)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca"))
    own = client_tls()
    other = EtcdTls(own.certificate, own.certificate, own.key)
    client = EtcdClient([etcd.endpoint], tls=other)
    with pytest.raises(UnreachableError, match="certificate verify failed"):
        client.range("/a", "/b")
    client.close()


def test_nobody_at_any_endpoint_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")  # not asked
    ports = [free_port(), free_port()]
    backend = EtcdBackend([f"https://127.0.0.1:{port}" for port in ports], "example.com", tls=client_tls())
    start = time.monotonic()
    with pytest.raises(UnreachableError) as raised:
        backend.read()
    assert time.monotonic() - start < 3
    first, second = (f"https://127.0.0.1:{port}" for port in ports)
    assert str(raised.value) == (
        f"etcd {first}, {second}: {first}: Connection refused; {second}: Connection refused. Next: see that one of "
        "its members runs and is reachable from here, and that authority and certificate fit."
    )
    backend.close()


def test_a_second_endpoint_answers_for_the_first(etcd: Etcd) -> None:
    dead = f"https://127.0.0.1:{free_port()}"
    backend = EtcdBackend([dead, etcd.endpoint], "example.com", tls=client_tls())
    assert isinstance(backend.read(), Snapshot)
    backend.close()


def test_the_writer_writes_with_a_token_that_is_renewed(guarded: Etcd) -> None:
    backend = EtcdBackend(
        [guarded.endpoint], "example.com", tls=client_tls(), user="writer", password="writer-password"
    )
    seen = backend.read()
    time.sleep(4)  # the token lives two seconds; etcd looks every second
    backend.write(create(NGINX), seen, owner="fed")
    assert records(backend) == [NGINX]
    backend.close()


def test_a_change_of_users_does_not_stop_the_others(guarded: Etcd) -> None:
    root, writer = guarded.client("root", "root-password"), guarded.client("writer", "writer-password")
    before = writer.range("/skydns/com/example/", "/skydns/com/example0")
    root.user_add("somebody", "else")
    root.user_change_password("somebody", "other")
    assert writer.range("/skydns/com/example/", "/skydns/com/example0") == before
    somebody = guarded.client("somebody", "other")
    with pytest.raises(ForbiddenError):
        somebody.range("/skydns/com/example/", "/skydns/com/example0")
    for client in (root, writer, somebody):
        client.close()


def test_the_reader_cannot_write(guarded: Etcd) -> None:
    backend = EtcdBackend(
        [guarded.endpoint], "example.com", tls=client_tls(), user="reader", password="reader-password"
    )
    with pytest.raises(ForbiddenError) as raised:
        backend.write(create(OTHER), backend.read(), owner="fed")
    assert str(raised.value) == (
        f"etcd {guarded.endpoint}: etcdserver: permission denied. Next: let the user's role reach the keys of the zone."
    )
    backend.close()


@pytest.mark.parametrize(
    ("user", "password", "cause"),
    [
        ("writer", "wrong", "etcdserver: authentication failed, invalid user ID or password"),
        ("nobody", "wrong", "etcdserver: authentication failed, invalid user ID or password"),
        (None, None, "etcdserver: user name is empty"),
    ],
)
def test_who_is_no_user_is_told_so(guarded: Etcd, user: str | None, password: str | None, cause: str) -> None:
    client = guarded.client(user, password)
    with pytest.raises(UnauthorizedError) as raised:
        client.range("/skydns/com/example/", "/skydns/com/example0")
    assert str(raised.value) == (
        f"etcd {guarded.endpoint}: {cause}. Next: give the name and password of one of its users."
    )
    client.close()


def test_a_writer_of_one_zone_does_not_see_another(guarded: Etcd) -> None:
    backend = EtcdBackend(
        [guarded.endpoint], "example.org", tls=client_tls(), user="writer", password="writer-password"
    )
    with pytest.raises(ForbiddenError):
        backend.read()
    backend.close()
