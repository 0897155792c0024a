"""Where a cloud of Azure is: by name, by a host that knows it, and whom to trust there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from federation.azure import cloud as module
from federation.azure.cloud import CLOUDS, Cloud, cloud_of
from federation.errors import FederationError, RejectedError, UnreachableError
from lab.azure.http import Response
from lab.azure.service import Service
from tests.unit.azure_sdk_fixtures import HOST, InProcess

URL = f"https://{HOST}"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What a host has said is remembered for the life of a process."""
    module._asked.cache_clear()
    yield
    module._asked.cache_clear()


def answering(monkeypatch: pytest.MonkeyPatch, answer: Response | Exception) -> list[tuple[str | None, str]]:
    """Metadata hosts give this answer; what sessions are made for."""
    asked = list[tuple[str | None, str]]()

    class Fixed(InProcess):
        def __init__(self) -> None:
            super().__init__(Service(kinds=()))
            self._service = self  # type: ignore[assignment]
            self.operator = None

        def handle(self, *_: Any, **__: Any) -> Response:
            if isinstance(answer, Exception):
                raise answer
            return answer

    def session(ca: str | None, *servers: str) -> requests.Session:
        asked.append((ca, *servers))  # type: ignore[arg-type]
        made = requests.Session()
        made.mount("https://", Fixed())
        return made

    monkeypatch.setattr(module, "session", session)
    return asked


def described(**changes: Any) -> Response:
    document = {
        "name": "AzureStack",
        "authentication": {
            "loginEndpoint": "https://login.local/",
            "audiences": ["https://management.local/"],
        },
        "resourceManager": "https://management.local/",
    }
    return Response.of(200, {**document, **changes})


@pytest.mark.parametrize(
    ("given", "environ", "name"),
    [
        (None, {}, "public"),
        ("usgovernment", {}, "usgovernment"),
        ("China", {"ARM_ENVIRONMENT": "public"}, "china"),
        (None, {"ARM_ENVIRONMENT": "usgovernment"}, "usgovernment"),
        ("AzureCloud", {}, "public"),
        ("AzureUSGovernment", {}, "usgovernment"),
        ("AzureChinaCloud", {}, "china"),
    ],
)
def test_a_cloud_has_a_name(given: str | None, environ: dict[str, str], name: str) -> None:
    assert cloud_of(given, environ=environ) == CLOUDS[name]


def test_clouds_are_where_the_sdk_has_them() -> None:
    from azure.core import AzureClouds  # noqa: PLC0415
    from azure.mgmt.core.tools import get_arm_endpoints  # noqa: PLC0415

    for cloud, sdk in zip(CLOUDS.values(), ("PUBLIC_CLOUD", "US_GOVERNMENT", "CHINA_CLOUD"), strict=True):
        found = get_arm_endpoints(AzureClouds[f"AZURE_{sdk}"])
        assert found["resource_manager"] == f"{cloud.resource_manager}/"
        assert found["credential_scopes"] == [cloud.scope]
        assert cloud.known


def test_a_cloud_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(FederationError) as raised:
        cloud_of("german")
    assert str(raised.value) == (
        "Azure environment german: there is no such cloud. Next: name one of public, usgovernment, china."
    )


@pytest.mark.parametrize("host", [HOST, f"{URL}/", URL])
def test_a_metadata_host_says_where_its_cloud_is(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    service = Service(kinds=())
    session = requests.Session()
    session.mount("https://", InProcess(service))
    monkeypatch.setattr(module, "session", lambda *_: session)
    assert cloud_of(environ={"ARM_METADATA_HOSTNAME": host, "ARM_ENVIRONMENT": "china"}) == Cloud(
        name="AzureStandIn", resource_manager=URL, authority=URL, audience="https://management.azure.com/"
    )


def test_a_metadata_host_is_asked_once_with_the_authority_that_is_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = answering(monkeypatch, described())
    (tmp_path / "ca.crt").write_text("PEM")
    environ = {"ARM_METADATA_HOSTNAME": f"{HOST}:444", "FEDERATION_AZURE_CA": str(tmp_path / "ca.crt")}
    found = cloud_of(environ=environ)
    assert found == cloud_of(environ=environ)
    assert asked == [("PEM", f"{URL}:444")]
    assert (found.ca, found.known) == ("PEM", False)
    assert found.authority == "https://login.local"
    assert found.scope == "https://management.local//.default", "the audience keeps its slash"


def test_an_older_host_answers_with_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    document = described().json()
    answering(monkeypatch, Response.of(200, [document]))
    assert cloud_of(metadata_host=HOST, environ={}).name == "AzureStack"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Response(status=200, body=b"<html>"), "its answer is no JSON"),
        (Response.of(404, {}), "it answers 404 for /metadata/endpoints?api-version=2022-09-01"),
        (described(authentication={}), "its answer lacks authentication.loginEndpoint, "),
        (described(authentication={"loginEndpoint": "https://a", "audiences": []}), "its answer lacks "),
        (Response.of(200, []), "its answer lacks "),
        (Response.of(200, "text"), "its answer lacks "),
        (
            described(resourceManager="http://management.local"),
            "it names http://management.local, which is no https",
        ),
    ],
)
def test_a_host_that_knows_no_cloud_is_refused(
    monkeypatch: pytest.MonkeyPatch, answer: Response, cause: str
) -> None:
    answering(monkeypatch, answer)
    with pytest.raises(RejectedError) as raised:
        cloud_of(metadata_host=HOST, environ={})
    assert str(raised.value).startswith(f"Azure metadata host {URL}: {cause}")


def test_a_host_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, requests.ConnectionError("HTTPSConnectionPool: [Errno 111] Connection refused"))
    with pytest.raises(UnreachableError) as raised:
        cloud_of(metadata_host=HOST, environ={})
    assert str(raised.value) == (
        f"Azure metadata host {URL}: Connection refused. Next: see that ARM_METADATA_HOSTNAME names it, "
        "and FEDERATION_AZURE_CA its authority."
    )


@pytest.mark.parametrize("host", ["http://stack.local", "https://", "ftp://stack.local"])
def test_a_host_without_tls_is_refused(host: str) -> None:
    with pytest.raises(FederationError, match="is no host, and no URL with https"):
        cloud_of(metadata_host=host, environ={})


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    with pytest.raises(FederationError) as raised:
        cloud_of(ca_file=file, environ={})
    assert str(raised.value) == (
        f"FEDERATION_AZURE_CA {file}: cannot be read: No such file or directory. Next: name a file in PEM."
    )
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(FederationError, match="cannot be read: it is no text"):
        cloud_of(ca_file=file, environ={})


def test_what_is_given_wins_over_the_environment(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("A")
    (tmp_path / "b").write_text("B")
    environ = {"FEDERATION_AZURE_CA": str(tmp_path / "a")}
    assert cloud_of(environ=environ).ca == "A"
    assert cloud_of(ca_file=tmp_path / "b", environ=environ).ca == "B"
    assert json.dumps(CLOUDS["public"].ca) == "null", "the table stays as it is"
