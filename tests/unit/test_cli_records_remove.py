from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from federation.cli import records_remove as command
from federation.cli.commands import app
from federation.dns.memory import MemoryBackend
from federation.dns.records import RecordSet
from federation.dns.store import Store
from federation.errors import FederationError

STORE = {
    "provider": "coredns",
    "endpoints": ["https://etcd:2379"],
    "ca": "C",
    "certificate": "c",
    "key": "SECRET",
}
GLOBAL = RecordSet("nginx.default.fed.svc.example.com", "A", 30, ("10.0.0.2", "10.0.1.2"))
OTHERS = [
    (RecordSet("nginx2.default.fed.svc.example.com", "A", 30, ("10.0.0.7",)), "fed"),
    (RecordSet("nginx.default.fed.svc.us.example.com", "A", 30, ("10.0.0.7",)), "other"),
]


@pytest.fixture(name="zones")
def zones_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[MemoryBackend]:
    """What is behind the stores of the file `store`, in turn."""
    zones = [MemoryBackend([(GLOBAL, "fed"), *OTHERS]), MemoryBackend()]
    left = list(zones)

    @contextmanager
    def opened(store: Store, domain: str) -> Iterator[MemoryBackend]:
        assert (store.endpoints, domain) == (("https://etcd:2379",), "example.com")
        yield left.pop(0)

    monkeypatch.setattr(command, "open_backend", opened)
    monkeypatch.chdir(tmp_path)
    Path("store").write_text(json.dumps([STORE, STORE]))
    return zones


def run(*more: str, service: str = "default/nginx", stdin: str = "") -> Any:
    argv = ["records", "remove", service, "--federation", "fed", "--domain", "Example.com.", *more]
    return CliRunner().invoke(app, argv, input=stdin, catch_exceptions=False)


def test_our_records_of_the_service_are_removed_from_all_stores(zones: list[MemoryBackend]) -> None:
    done = run("--store", "store")
    assert (done.exit_code, done.stdout) == (0, f"removed {GLOBAL.name} A 10.0.0.2 10.0.1.2\n")
    assert {record.record for record in zones[0].read().values()} == {record for record, _ in OTHERS}


def test_a_dry_run_changes_nothing(zones: list[MemoryBackend]) -> None:
    assert run("--store", "store", "--dry-run").stdout == f"would remove {GLOBAL.name} A 10.0.0.2 10.0.1.2\n"
    assert len(zones[0].read()) == 3


def test_what_was_removed_can_be_read_by_programs(zones: list[MemoryBackend]) -> None:
    assert json.loads(run("--store", "store", "--json").stdout) == {
        "removed": [{"name": GLOBAL.name, "type": "A", "values": ["10.0.0.2", "10.0.1.2"]}],
        "done": True,
    }


def test_the_store_may_come_from_a_pipe(zones: list[MemoryBackend]) -> None:
    done = run("--store", "-", "--dry-run", service="default/web", stdin=json.dumps(STORE))
    assert done.stdout == "nothing to do\n"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{", "is not the JSON of a store"),
        ('"SECRET"', "is not the JSON of a store"),
        ("3", "is not the JSON of a store"),
        ('{"provider": "SECRET"}', "is not the JSON of a store"),
        ('{"provider": "azure", "key": "SECRET"}', "has no subscription"),
        ('{"key": "SECRET"}', "has no endpoints"),
    ],
)
def test_a_file_that_is_no_store_is_refused_and_not_shown(
    zones: list[MemoryBackend], text: str, cause: str
) -> None:
    Path("store").write_text(text)
    with pytest.raises(FederationError) as raised:
        run("--store", "store")
    assert str(raised.value) == (
        f"store store: {cause}. Next: give JSON with endpoints, ca, certificate, key and, if etcd has users, user and "
        "password; or with provider azure, subscription, resourceGroup and zone."
    )


def test_a_file_that_is_not_there_is_named(zones: list[MemoryBackend]) -> None:
    with pytest.raises(FederationError) as raised:
        run("--store", "none")
    assert str(raised.value) == "store none: No such file or directory. Next: name a file that can be read."


@pytest.mark.parametrize("text", ["nginx", "/nginx", "default/", "a/b/c"])
def test_a_service_has_a_namespace(zones: list[MemoryBackend], text: str) -> None:
    with pytest.raises(FederationError) as raised:
        run("--store", "store", service=text)
    assert str(raised.value) == f"service {text}: is not NAMESPACE/SERVICE. Next: write it as default/nginx."


def test_what_cannot_be_in_a_name_is_refused(zones: list[MemoryBackend]) -> None:
    with pytest.raises(FederationError) as raised:
        run("--store", "store", "--federation", "a.b", "--domain", "exa mple")
    assert str(raised.value) == (
        "fedctl records remove: federation and domain cannot be in a DNS name. Next: correct it."
    )
