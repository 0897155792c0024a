"""The federation's zone in a member's cluster DNS: what is written there, and what is left after it."""

from __future__ import annotations

from typing import Any

import pytest

from federation.coredns import member, stub
from federation.coredns.member import Wiring
from federation.errors import ConflictError, RejectedError
from federation.karmada import cleanup
from federation.kube import Object
from tests.unit.kube_fixtures import instant
from tests.unit.member_fixtures import SPEC, FakeApi, kube_system, made
from tests.unit.test_corefile import BLOCK, USUAL

NAMESERVERS = ["10.0.0.2:30053", "10.0.0.1:30053"]
WIRING = Wiring(federation="fed", domain="example.com", nameservers=NAMESERVERS, ttl=30)
AKS = USUAL + "import custom/*.server\n"


def config(text: str, name: str = "coredns", key: str = "Corefile") -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "kube-system"},
        "data": {key: text, "other": "kept"},
    }


def deployment() -> Object:
    metadata = {"name": "coredns", "namespace": "kube-system"}
    template: dict[str, Any] = {"metadata": {"annotations": {}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"template": template},
    }


def api(*objects: Object) -> FakeApi:
    return FakeApi(kube_system(), *objects, name="member fc01")


def data(there: FakeApi, name: str = "coredns") -> Any:
    return made(there, "ConfigMap", name, "kube-system")["data"]


def test_the_block_stands_before_what_was_there() -> None:
    there = api(config(USUAL))
    assert member.wire(there.kube, WIRING) == "kube-system/coredns"
    assert data(there) == {"Corefile": stub.put(USUAL, "fed", BLOCK), "other": "kept"}
    assert member.wired(there.kube, "fed") == BLOCK


def test_a_second_time_nothing_is_written() -> None:
    there = api(config(USUAL))
    member.wire(there.kube, WIRING)
    there.writes.clear()
    member.wire(there.kube, WIRING)
    assert there.writes == []


def test_other_nameservers_take_the_place_of_the_first() -> None:
    there = api(config(USUAL))
    member.wire(there.kube, WIRING)
    member.wire(
        there.kube, Wiring(federation="fed", domain="example.com", nameservers=["10.9.9.9:53"], ttl=5)
    )
    assert data(there)["Corefile"].count("forward . ") == 2  # ours, and that of the cluster
    assert "cache 5\n    forward . 10.9.9.9:53\n" in data(there)["Corefile"]


def test_taking_it_out_restores_the_corefile_and_says_so_once() -> None:
    there = api(config(USUAL))
    member.wire(there.kube, WIRING)
    assert member.unwire(there.kube, "fed") is True
    assert data(there)["Corefile"] == USUAL
    assert member.wired(there.kube, "fed") is None
    assert member.unwire(there.kube, "fed") is False


def test_where_a_corefile_imports_files_of_servers_we_write_one_of_our_own() -> None:
    there = api(config(AKS), config("mine", "coredns-custom", "mine.server"))
    assert member.wire(there.kube, WIRING) == "kube-system/coredns-custom"
    assert data(there)["Corefile"] == AKS
    assert data(there, "coredns-custom") == {
        "federation-fed.server": BLOCK,
        "mine.server": "mine",
        "other": "kept",
    }
    assert member.wired(there.kube, "fed") == BLOCK
    member.unwire(there.kube, "fed")
    assert data(there, "coredns-custom") == {"mine.server": "mine", "other": "kept"}


def test_somebody_elses_change_in_between_is_kept() -> None:
    there = api(config(USUAL))
    # The request that would write finds another version, and the text is read anew.
    there.failures = [None, ConflictError("member fc01", "was changed", "x")]
    there.after(2, lambda: there.put(config("# new\n" + USUAL)))
    member.wire(there.kube, WIRING)
    assert data(there)["Corefile"] == stub.put("# new\n" + USUAL, "fed", BLOCK)


def test_a_write_says_which_version_it_has_seen() -> None:
    there = api(config(USUAL))
    (edit,) = member.removal(wired(there).kube, "fed")
    assert edit.patch == {"metadata": {"resourceVersion": "1"}, "data": {"Corefile": USUAL}}


def wired(there: FakeApi) -> FakeApi:
    member.wire(there.kube, WIRING)
    return there


def test_a_corefile_that_changes_all_the_time_is_given_up() -> None:
    there = api(config(USUAL))
    there.failures = [None, ConflictError("member fc01", "was changed", "x")] * 9
    with pytest.raises(ConflictError):
        member.wire(there.kube, WIRING)


def test_a_coredns_that_does_not_reload_gets_new_pods_each_time() -> None:
    still = USUAL.replace("    reload\n", "")
    there = api(config(still), deployment())
    member.wire(there.kube, WIRING)
    marks = made(there, "Deployment", "coredns", "kube-system")["spec"]["template"]["metadata"]["annotations"]
    first = marks["federation/corefile"]
    member.unwire(there.kube, "fed")
    marks = made(there, "Deployment", "coredns", "kube-system")["spec"]["template"]["metadata"]["annotations"]
    assert marks["federation/corefile"] != first
    assert data(there)["Corefile"] == still


def test_where_there_is_nothing_to_restart_a_warning_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    member.wire(api(config(USUAL.replace("    reload\n", ""))).kube, WIRING)
    assert capsys.readouterr().out == (
        "warning: member fc01: its CoreDNS does not reload by itself. Next: restart its pods.\n"
    )


def test_another_block_for_the_zone_is_refused_as_coredns_would_not_start() -> None:
    there = api(config(BLOCK + USUAL))
    with pytest.raises(RejectedError) as caught:
        member.wire(there.kube, WIRING)
    assert str(caught.value) == (
        "zone example.com in the cluster DNS of member fc01: its Corefile has a block for the zone that is not this "
        "federation's. Next: remove it with `kubectl -n kube-system edit configmap coredns`."
    )
    assert there.writes == []


@pytest.mark.parametrize("objects", [[], [config(USUAL, key="Other")]])
def test_a_cluster_dns_that_is_no_usual_coredns_is_told(objects: list[Object]) -> None:
    with pytest.raises(RejectedError) as caught:
        member.wire(api(*objects).kube, WIRING)
    assert str(caught.value) == (
        "zone example.com in the cluster DNS of member fc01: there is no ConfigMap kube-system/coredns with a "
        "Corefile, so its DNS is not CoreDNS as usual. Next: set wire_members to false, and let its DNS forward the "
        "zone to 10.0.0.2:30053, 10.0.0.1:30053 by hand."
    )


def test_a_clean_up_restores_the_cluster_dns_too() -> None:
    there = wired(api(config(USUAL)))
    steps = cleanup.plan(SPEC, there.kube)
    assert [str(step) for step in steps.actions] == ["restore configmaps kube-system/coredns"]
    cleanup.execute(steps, there.kube, instant(60))
    assert data(there)["Corefile"] == USUAL
