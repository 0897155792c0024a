"""A pod's own cluster: address, authority, and a token that is read again before it expires."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.controllers.incluster import RENEW_SECONDS, access, connect
from federation.errors import KubeconfigError
from tests.unit.api_server_fixtures import pair


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    (tmp_path / "token").write_text("t-1\n")
    (tmp_path / "ca.crt").write_text(pair().certificate)
    return tmp_path


def test_the_service_account_is_the_identity(account: Path) -> None:
    found = access(account)
    assert (found.server, found.token) == ("https://10.96.0.1:443", "t-1")


def test_an_ipv6_address_has_brackets(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    assert access(account).server == "https://[fd00::1]:443"


def test_outside_of_a_pod_there_is_no_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(KubeconfigError) as error:
        access(tmp_path)
    assert str(error.value) == (
        "service account: its token or the cluster's address is not there. Next: run this in a pod."
    )


def test_a_client_is_used_again_until_its_token_may_have_been_renewed(account: Path) -> None:
    now = [0.0]
    current = connect(account, clock=lambda: now[0])
    first = current()
    now[0] = RENEW_SECONDS - 1
    assert current() is first
    now[0] = RENEW_SECONDS
    assert current() is not first
