"""`Volumes` and `Password` in the real dynamic server: what needs no cluster."""

from __future__ import annotations

from typing import Any

from components.dynamic.password import PasswordProvider
from components.dynamic.volumes import VolumesProvider
from tests.wire.dynamic_fixtures import Diff, Server, refusal, server_fixture  # noqa: F401

UPDATE = Diff(changes=True, delete_before_replace=True)
NOTHING = Diff(changes=False, delete_before_replace=True)


def inputs(**changes: Any) -> dict[str, Any]:
    return {"cluster": "fc01", "kubeconfig": "k", "namespace": "federation-dns", "members": 1, **changes}


def test_a_running_etcd_keeps_the_number_of_its_members(server: Server) -> None:
    volumes = server.of(VolumesProvider())
    made = volumes.create(inputs())
    assert volumes.diff(made.id, made.outs, inputs()) == NOTHING
    assert volumes.update(made.id, made.outs, inputs(kubeconfig="renewed")) == inputs(kubeconfig="renewed")
    assert volumes.diff(made.id, made.outs, inputs(members=3)) == UPDATE
    assert refusal(volumes.update, made.id, made.outs, inputs(members=3)) == (
        "etcd in namespace federation-dns of cluster fc01: its members cannot change from 1 to 3 while it runs. Next: "
        "set etcd_members back to 1, or destroy it and make it anew."
    )


def test_a_password_is_long_random_and_made_once(server: Server) -> None:
    password = server.of(PasswordProvider())
    first, second = (password.create({"generation": 0}).outs["value"] for _ in range(2))
    assert len(first) == 43
    assert first != second
    olds = {"generation": 0, "value": first}
    assert password.diff("x", olds, {"generation": 0}) == NOTHING
    assert password.diff("x", olds, {"generation": 1}) == UPDATE
    assert password.update("x", olds, {"generation": 1})["value"] not in {first, second}
