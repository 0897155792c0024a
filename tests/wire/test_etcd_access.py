"""The users of the zone's etcd, on a real one: made once, resumed anywhere, and no more than they should be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from federation.dns import etcd_access
from federation.dns.etcd import EtcdBackend
from federation.dns.etcd_access import Passwords
from federation.dns.etcd_client import EtcdClient
from federation.dns.records import Change, RecordSet
from federation.errors import ForbiddenError, UnauthorizedError, UnreachableError
from tests.wire.etcd_fixtures import Etcd, client_tls, running

WANT = etcd_access.wanted("example.com")
PASSWORDS = Passwords("r1", "w1")
NGINX = RecordSet("nginx.example.com", "A", 30, ("10.0.0.2",))


@pytest.fixture
def etcd(tmp_path: Path) -> Iterator[Etcd]:
    with running(tmp_path) as etcd:
        yield etcd


def backend(etcd: Etcd, zone: str, password: str) -> EtcdBackend:
    return EtcdBackend([etcd.endpoint], zone, tls=client_tls(), user="writer", password=password)


def test_afterwards_the_writer_writes_its_zone_and_nobody_else_anything(etcd: Etcd) -> None:
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    with closing(backend(etcd, "example.com", "w1")) as zone:
        zone.write([Change("create", NGINX)], zone.read(), owner="fed")
        assert [stored.record for stored in zone.read().values()] == [NGINX]
    with closing(backend(etcd, "example.org", "w1")) as other, pytest.raises(ForbiddenError):
        other.read()
    with closing(etcd.client()) as nobody, pytest.raises(UnauthorizedError):
        nobody.range("/", "0")


def test_a_second_time_nothing_is_missing(etcd: Etcd) -> None:
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    assert etcd_access.missing(etcd.client, WANT, PASSWORDS) == []
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    assert etcd_access.missing(etcd.client, WANT, PASSWORDS) == []


def test_an_interrupted_run_is_resumed_at_any_step(tmp_path: Path) -> None:
    nothing = etcd_access.Rights({}, {})
    every = etcd_access.steps(nothing, WANT, Passwords("lost", "lost"))
    assert len(every) == 13
    for done in (0, 4, 9, 13):
        folder = tmp_path / str(done)
        folder.mkdir()
        with running(folder) as etcd:
            with closing(etcd.client()) as client:
                for step in every[:done]:
                    client.call(step.path, step.body)
            etcd_access.ensure(etcd.client, WANT, PASSWORDS)
            assert etcd_access.missing(etcd.client, WANT, PASSWORDS) == [], f"after {done} steps"


def test_new_passwords_replace_the_old_ones(etcd: Etcd) -> None:
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    etcd_access.ensure(etcd.client, WANT, Passwords("r2", "w2", former_root="r1"))
    assert etcd_access.missing(etcd.client, WANT, Passwords("r2", "w2")) == []
    for user, old in (("root", "r1"), ("writer", "w1")):
        assert not etcd_access.accepted(etcd.client, user, old)


def test_another_zone_takes_the_rights_of_the_first_away(etcd: Etcd) -> None:
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    etcd_access.ensure(etcd.client, etcd_access.wanted("example.org"), PASSWORDS)
    with closing(backend(etcd, "example.com", "w1")) as first, pytest.raises(ForbiddenError):
        first.read()
    with closing(backend(etcd, "example.org", "w1")) as second:
        assert second.read() == {}


def test_what_somebody_has_removed_is_told_and_made_again(etcd: Etcd) -> None:
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    with closing(root(etcd)) as client:
        client.call("auth/user/delete", {"name": "coredns"})
        client.user_change_password("writer", "guessed")
    told = ["auth/user/add", "auth/user/grant", "password of writer"]
    assert etcd_access.missing(etcd.client, WANT, PASSWORDS) == told
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    assert etcd_access.missing(etcd.client, WANT, PASSWORDS) == []


def test_users_of_others_stay(etcd: Etcd) -> None:
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    with closing(root(etcd)) as client:
        client.user_add("backup", "b")
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    assert etcd_access.accepted(etcd.client, "backup", "b")


def test_an_etcd_whose_root_is_somebody_else_is_refused(etcd: Etcd) -> None:
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    with pytest.raises(UnauthorizedError) as caught:
        etcd_access.ensure(etcd.client, WANT, Passwords("other", "w1"))
    assert str(caught.value) == (
        "etcd of the zone: its users are on, and root has another password than this stack knows. Next: see the Secret "
        "etcd-users beside it for the password, or remove the namespace and run `pulumi up` again."
    )


def test_before_the_first_run_users_are_off(etcd: Etcd) -> None:
    assert etcd_access.missing(etcd.client, WANT, PASSWORDS) == ["users are off"]


def test_the_reader_has_no_password_to_guess(etcd: Etcd) -> None:
    etcd_access.ensure(etcd.client, WANT, PASSWORDS)
    with closing(etcd.client("coredns", "")) as client, pytest.raises(UnreachableError) as caught:
        client.range("/skydns/com/example/", "/skydns/com/example0")
    assert "password was given for no password user" in caught.value.cause


def root(etcd: Etcd) -> EtcdClient:
    return etcd.client("root", "r1")
