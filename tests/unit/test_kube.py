"""The client for API servers: what it asks, how it tells what went wrong, and what it leaves behind."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

from federation.errors import (
    ConflictError,
    FederationError,
    ForbiddenError,
    KubeconfigError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from federation.kube import Kube, Ref, plural
from federation.kubeconfig import Access
from tests.unit.api_server_fixtures import Asked, Script, Serve, pair, serve_fixture  # noqa: F401

WEB = Ref("apps/v1", "deployments", "web", "shop")
MANIFEST = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
PATH = "/apis/apps/v1/namespaces/shop/deployments"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(name="api")
def api_fixture(serve: Serve) -> Script:
    return serve()


@pytest.fixture(name="kube")
def kube_fixture(api: Script) -> Kube:
    return Kube(Access(server=api.url, token="t-1"), "cluster fc01")


@pytest.mark.parametrize(
    ("ref", "path"),
    [
        (WEB, f"{PATH}/web"),
        (Ref("v1", "nodes", "n1"), "/api/v1/nodes/n1"),
        (Ref("v1", "pods"), "/api/v1/pods"),
        (Ref("v1", "secrets", "a b", "x?y"), "/api/v1/namespaces/x%3Fy/secrets/a%20b"),
    ],
)
def test_an_address_is_a_path_of_every_api_server(ref: Ref, path: str) -> None:
    assert ref.path == path


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("Deployment", "deployments"),
        ("NetworkPolicy", "networkpolicies"),
        ("Ingress", "ingresses"),
        ("Endpoints", "endpoints"),
        ("StorageClass", "storageclasses"),
    ],
)
def test_a_kinds_resource_is_guessed_as_kubernetes_does(kind: str, resource: str) -> None:
    assert plural(kind) == resource


def test_an_object_is_asked_for_with_the_token(kube: Kube, api: Script) -> None:
    api.says((200, MANIFEST))
    assert kube.get(WEB) == MANIFEST
    assert api.asked == [Asked("GET", f"{PATH}/web", None, "application/json", "Bearer t-1")]


def test_what_is_not_there_is_none_and_gone_and_empty(kube: Kube, api: Script) -> None:
    api.says((404, {"message": "not found"}))
    assert kube.get(WEB) is None
    assert kube.merge(WEB, {"spec": None}) is None
    assert kube.delete(WEB) is False
    assert kube.list(Ref("apps/v1", "deployments")) == []


def test_a_long_list_comes_page_by_page(kube: Kube, api: Script) -> None:
    one, two, three = ({"metadata": {"name": name}} for name in ("a", "b", "c"))
    api.says(
        (200, {"items": [one, two], "metadata": {"continue": "to/ken"}}),
        (200, {"items": [three], "metadata": {}}),
    )
    assert kube.list(Ref("v1", "pods"), labels="app=web") == [one, two, three]
    assert [asked.path for asked in api.asked] == [
        "/api/v1/pods?limit=500&labelSelector=app%3Dweb",
        "/api/v1/pods?limit=500&labelSelector=app%3Dweb&continue=to%2Fken",
    ]


def test_an_apply_says_whose_the_fields_are(kube: Kube, api: Script) -> None:
    kube.apply(MANIFEST, manager="us")
    kube.apply(MANIFEST, manager="us", force=False)
    assert [asked.path for asked in api.asked] == [
        f"{PATH}/web?fieldManager=us&force=true",
        f"{PATH}/web?fieldManager=us&force=false",
    ]
    assert (api.asked[0].method, api.asked[0].content_type) == ("PATCH", "application/apply-patch+yaml")
    assert api.asked[0].body == MANIFEST


def test_what_is_created_goes_to_the_collection_and_a_try_says_that_it_is_one(
    kube: Kube, api: Script
) -> None:
    kube.create(MANIFEST)
    kube.dry_run(MANIFEST)
    assert [(asked.method, asked.path) for asked in api.asked] == [
        ("POST", PATH),
        ("POST", f"{PATH}?dryRun=All"),
    ]


def test_a_deletion_can_be_of_exactly_one_object(kube: Kube, api: Script) -> None:
    assert kube.delete(WEB, uid="u-1", grace=0) is True
    assert api.asked[0].body == {
        "propagationPolicy": "Background",
        "preconditions": {"uid": "u-1"},
        "gracePeriodSeconds": 0,
    }


@pytest.mark.parametrize(
    ("status", "kind", "fix"),
    [
        (401, UnauthorizedError, "get a new kubeconfig; its credentials are wrong or have expired"),
        (403, ForbiddenError, "use a kubeconfig of somebody who may do this"),
        (409, ConflictError, "see who has made or owns the object"),
        (400, RejectedError, "mend what it says"),
        (422, RejectedError, "mend what it says"),
        (500, RejectedError, "mend what it says"),
    ],
)
def test_a_refusal_is_told_with_the_servers_words(
    kube: Kube, api: Script, status: int, kind: type[FederationError], fix: str
) -> None:
    api.says((status, {"kind": "Status", "message": "because"}))
    with pytest.raises(FederationError) as caught:
        kube.apply(MANIFEST, manager="us")
    assert type(caught.value) is kind
    assert str(caught.value) == f"cluster fc01: cannot apply deployments shop/web: because. Next: {fix}."


def test_an_answer_that_is_no_status_is_told_as_far_as_it_helps(kube: Kube, api: Script) -> None:
    api.says((502, "Bad Gateway " * 100))
    with pytest.raises(RejectedError) as caught:
        kube.get(WEB)
    assert (
        caught.value.cause == f"cannot get deployments shop/web: 502 {('Bad Gateway ' * 100)[:200].strip()}"
    )


def test_an_object_for_a_kind_that_is_not_there_is_refused(kube: Kube, api: Script) -> None:
    api.says((404, "404 page not found"))
    with pytest.raises(RejectedError) as caught:
        kube.create(MANIFEST)
    assert str(caught.value) == (
        "cluster fc01: cannot create deployments shop/web: not found. "
        "Next: see whether its kind and namespace are there."
    )


def test_nobody_at_the_address_is_told_with_the_address(serve: Serve) -> None:
    kube = Kube(Access(server="https://127.0.0.1:1"), "cluster fc01")
    with pytest.raises(UnreachableError) as caught:
        kube.get(WEB)
    assert re.fullmatch(
        r"cluster fc01: https://127\.0\.0\.1:1 does not answer: "
        r"Failed to establish a new connection: \[Errno \d+\] Connection refused\. "
        r"Next: see whether it runs and can be reached\.",
        str(caught.value),
    )
    assert "object at 0x" not in str(caught.value)


def test_a_server_that_hangs_is_given_up_in_time(api: Script) -> None:
    api.delay = 1.0
    with pytest.raises(UnreachableError) as caught:
        Kube(Access(server=api.url), "cluster fc01", timeout=0.1).get(WEB)
    assert caught.value.cause == f"{api.url} does not answer: Read timed out. (read timeout=0.1)"
    assert len(api.asked) == 1, "it is not asked again behind the deadline's back"


def test_readiness_is_told_and_never_raised(kube: Kube, api: Script) -> None:
    api.says((200, "ok"), (500, "[-]etcd failed"))
    assert kube.ready() is None
    assert kube.ready() == "cannot get /readyz: 500 [-]etcd failed"
    assert "Connection refused" in str(Kube(Access(server="http://127.0.0.1:1"), "x").ready())


def test_version_and_clock_are_the_servers(kube: Kube, api: Script) -> None:
    api.says((200, {"gitVersion": "v1.36.3"}))
    assert kube.version() == "v1.36.3"
    assert str(kube.date()).endswith("GMT")


def test_a_server_is_known_by_the_authority_of_the_kubeconfig(serve: Serve) -> None:
    ours = pair()
    api = serve(ours)
    assert Kube(Access(server=api.url, ca=ours.certificate), "x").get(WEB) == {}


@pytest.mark.parametrize(
    ("theirs", "trusted", "reason"),
    [
        (pair(), pair(), "self-signed certificate"),
        (expired := pair(days=-1), expired, "certificate has expired"),
        (elsewhere := pair(address="127.0.0.2"), elsewhere, "IP address mismatch"),
    ],
    ids=["another authority", "expired", "another address"],
)
def test_a_server_that_is_not_the_one_is_not_talked_to(
    serve: Serve, theirs: Any, trusted: Any, reason: str
) -> None:
    api = serve(theirs)
    with pytest.raises(UnreachableError) as caught:
        Kube(Access(server=api.url, ca=trusted.certificate, token="t-1"), "cluster fc01").get(WEB)
    assert reason in caught.value.cause
    assert api.asked == [], "it has not seen the token"


def test_a_client_certificate_is_shown_and_leaves_no_file(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pair(), pair()
    api = serve(theirs, clients=ours)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    reach = Access(server=api.url, ca=theirs.certificate, certificate=ours.certificate, key=ours.key)
    assert Kube(reach, "x").get(WEB) == {}
    assert list(folder.iterdir()) == []


def test_a_broken_certificate_leaves_no_file_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    reach = Access(server="https://fc01:6443", certificate=broken, key=pair().key)
    with pytest.raises(KubeconfigError) as caught:
        Kube(reach, "x")
    assert str(caught.value).startswith(
        "kubeconfig: a certificate or key for https://fc01:6443 cannot be used: "
    )
    assert "PRIVATE" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_proxy_of_the_environment_is_used_as_kubectl_does(
    serve: Serve, api: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve()
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8,localhost")
    Kube(Access(server="http://fc01.example:6443"), "x").get(WEB)
    assert [asked.path for asked in proxy.asked] == [f"http://fc01.example:6443{PATH}/web"]


def test_no_proxy_is_used_where_no_proxy_says_so(
    serve: Serve, api: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve()
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    Kube(Access(server=api.url), "x").get(WEB)
    assert (len(api.asked), proxy.asked) == (1, [])


def test_the_proxy_of_the_kubeconfig_goes_before_the_environments(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = serve(), serve()
    monkeypatch.setenv("HTTP_PROXY", other.url)
    Kube(Access(server="http://fc01.example:6443", proxy_url=ours.url), "x").get(WEB)
    assert (len(ours.asked), other.asked) == (1, [])
