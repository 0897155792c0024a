"""A control plane on an etcd that is there already."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pulumi
import pytest
from pulumi.runtime import set_mocks

from components.karmada.certificates import PlaneCertificates, PlaneCertificatesArgs
from federation.etcd_files import EtcdFiles
from tests.components.plane_fixtures import Build, Built, build_fixture, open_texts  # noqa: F401
from tests.unit.test_etcd_files import pair

SERVERS = ["https://10.0.0.5:2379", "https://10.0.0.6:2379"]
API_SERVERS = ("karmada-apiserver", "karmada-aggregated-apiserver")


@pytest.fixture(name="folder", scope="module")
def folder_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("etcd")
    for name in ("ca", "client", "next"):
        pair(folder, name)
    return folder


@pytest.fixture(name="external")
def external_fixture(build: Build, folder: Path) -> Built:
    return build(etcd=settings(folder))


def settings(folder: Path, client: str = "client") -> dict[str, object]:
    files = {"ca": "ca.crt", "certificate": f"{client}.crt", "key": f"{client}.key"}
    return {"servers": SERVERS, "tls": {key: str(folder / name) for key, name in files.items()}}


def test_no_etcd_and_nothing_of_it_is_made(external: Built) -> None:
    assert [name for name in external.resources if "etcd" in name] == []
    assert external.resources["fed-host"].inputs["storage"] is False


def test_both_api_servers_reach_it_with_the_files_that_are_named(external: Built, folder: Path) -> None:
    for component in API_SERVERS:
        flags, files = external.flags(component), external.files(component)
        assert flags["etcd-servers"] == ",".join(SERVERS)
        for flag, file in (("cafile", "ca.crt"), ("certfile", "client.crt"), ("keyfile", "client.key")):
            name = flags[f"etcd-{flag}"].removeprefix("/etc/federation/")
            assert files[name] == (folder / file).read_text()


def test_the_key_is_a_secret_in_every_input(external: Built, folder: Path) -> None:
    key = (folder / "client.key").read_text()
    forms = (key, b64encode(key.encode()).decode())
    texts = {(n, text) for n, r in external.resources.items() for text in open_texts(r.inputs)}
    assert {name for name, text in texts if any(form in text for form in forms)} == set()


@pytest.mark.parametrize("component", API_SERVERS)
def test_the_key_is_a_secret_by_itself_whatever_it_stands_beside(folder: Path, component: str) -> None:
    files = EtcdFiles("ca", "certificate", (folder / "client.key").read_text())
    args = PlaneCertificatesArgs(
        federation="fed",
        namespace="fed",
        cluster_domain="cluster.local",
        etcd_members=1,
        etcd_files=files,
        days=365,
        renew_before_days=60,
    )
    found: list[bool] = []
    set_mocks(Built(), preview=True)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[None]:
        key = PlaneCertificates("pki", args).etcd_clients[component].key
        return pulumi.Output.from_input(key.is_secret()).apply(found.append)

    program()
    assert found == [True]


def test_another_certificate_rolls_the_api_servers_and_no_other_part(
    build: Build, external: Built, folder: Path
) -> None:
    changed = build(etcd=settings(folder, "next"))
    rolled = {
        name
        for name in external.of_kind("deployment")
        if external.workload(name)["spec"]["template"] != changed.workload(name)["spec"]["template"]
    }
    assert rolled == set(API_SERVERS)


def test_the_api_server_starts_at_once(external: Built) -> None:
    assert "fed-etcd" not in external.resources
    assert "fed-host-deployment-karmada-apiserver" in external.before("fed-api")
