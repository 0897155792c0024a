from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from federation.errors import (
    ConflictError,
    KubeconfigError,
    NotInTimeError,
    RejectedError,
    TopologyError,
    UnreachableError,
)
from federation.karmada import join, rbac, reader
from federation.karmada.member import MemberFacts, MemberSpec
from tests.unit.kube_fixtures import instant
from tests.unit.member_fixtures import LEAVING, REACH, SPEC, UID, World, cluster, kube_system, made


def ensure(world: World, spec: MemberSpec = SPEC, told: list[str] | None = None) -> MemberFacts:
    said = told if told is not None else []
    return join.ensure(spec, REACH, world.plane.kube, instant(60), client=world.client, say=said.append)


def test_a_join_says_what_it_has_found() -> None:
    facts = ensure(World())
    assert facts == MemberFacts(UID, "https://fc01:6443", "v1.36.3", ready=True)
    assert facts.as_props() == {
        "clusterId": UID,
        "endpoint": "https://fc01:6443",
        "version": "v1.36.3",
        "ready": True,
    }


def test_everything_it_makes_bears_the_federations_mark_but_the_shared_namespace() -> None:
    world = World()
    ensure(world)
    kept = {"kube-system", "karmada-cluster"}
    objects = [*world.member.objects.values(), *world.plane.objects.values()]
    for found in objects:
        assert SPEC.owns(found) == (found["metadata"]["name"] not in kept), found
    assert len(objects) == 2 + 9 + 3


def test_the_cluster_says_where_it_is_and_names_no_impersonator() -> None:
    world = World()
    ensure(world)
    found = made(world.plane, "Cluster", "fc01")
    assert found["spec"] == {
        "syncMode": "Push",
        "id": UID,
        "apiEndpoint": "https://fc01:6443",
        "secretRef": {"namespace": "karmada-cluster", "name": "fc01"},
        "region": "us",
        "zones": ["east"],
    }
    assert found["metadata"]["labels"] == {"tier": "gold", **SPEC.object_labels}


def test_karmada_is_given_the_ca_of_the_kubeconfig_and_the_token() -> None:
    world = World()
    ensure(world)
    data = made(world.plane, "Secret", "fc01", "karmada-cluster")["data"]
    assert {key: base64.b64decode(value) for key, value in data.items()} == {
        "caBundle": b"CA",
        "token": b"t1",
    }


def test_who_decides_about_names_is_given_the_members_reader_which_may_change_nothing() -> None:
    world = World()
    ensure(world)
    found = reader.access(made(world.plane, "Secret", "fc01", "karmada-system"))
    assert (found.server, found.ca, found.token) == ("https://fc01:6443", "CA", "r1")
    rules = made(world.member, "ClusterRole", "federation:fed:dns-reader")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert {r for rule in rules for r in rule.get("resources", ())} == {"services", "endpointslices"}
    binding = made(world.member, "ClusterRoleBinding", "federation:fed:dns-reader")
    assert [s["name"] for s in binding["subjects"]] == ["dns-reader"]


def test_readers_are_kept_where_karmada_propagates_nothing_whatever_its_flags() -> None:
    """detector.EventFilter: karmada-system, karmada-cluster and karmada-es-* are reserved."""
    assert SPEC.reader_ref.namespace == "karmada-system"


@pytest.mark.parametrize("data", [None, {}, {"server": "!"}, {"server": "aHR0cHM6Ly94", "token": "dA=="}])
def test_a_secret_that_does_not_tell_how_to_read_a_member_is_named(data: object) -> None:
    with pytest.raises(KubeconfigError) as caught:
        reader.access({"metadata": {"name": "fc01"}, "data": data})
    assert str(caught.value) == (
        "member fc01: Secret karmada-system/fc01 of the federation API does not tell how to read it. "
        "Next: run `pulumi up --refresh`, which writes it anew."
    )


def test_a_second_join_changes_nothing_and_keeps_the_token() -> None:
    world, told = World(), list[str]()
    ensure(world)
    before = str(world.plane.objects)
    ensure(world, told=told)
    assert str(world.plane.objects) == before
    assert not told


def test_a_token_that_is_rejected_is_made_anew_and_karmadas_restart_is_asked_for() -> None:
    world, told = World(), list[str]()
    ensure(world)
    world.valid = {"t2"}
    ensure(world, told=told)
    assert base64.b64decode(made(world.plane, "Secret", "fc01", "karmada-cluster")["data"]["token"]) == b"t2"
    expected = (
        "warning: member fc01: its endpoint, CA or token is another one now. Karmada watches it with the old one "
        "until it is restarted: kubectl rollout restart deploy/karmada-controller-manager in its namespace of the "
        "host cluster"
    )
    assert told == [expected]


def test_a_cluster_that_issues_no_token_is_named_with_what_to_look_at() -> None:
    with pytest.raises(NotInTimeError) as caught:
        ensure(World(tokens=[]))
    assert str(caught.value) == (
        "member fc01: not so within 60 s: its cluster has not issued a token yet. "
        "Next: see whether kube-controller-manager runs on the member, and run the same command again."
    )


def test_the_same_cluster_under_another_name_is_refused_and_nothing_is_made() -> None:
    world = World()
    world.plane.put(cluster("fc09"))
    with pytest.raises(ConflictError) as caught:
        ensure(world)
    assert str(caught.value) == (
        "member fc01: this cluster is in the federation already, as fc09 (both have the id 6c1f). "
        "Next: use one of the names fc09 and fc01 only, or correct a kubeconfig."
    )
    assert not world.member.writes
    assert not world.plane.writes


def test_a_name_that_belongs_to_another_cluster_is_refused() -> None:
    world = World()
    world.plane.put(cluster("fc01", "0000"))
    with pytest.raises(ConflictError) as caught:
        ensure(world)
    assert str(caught.value) == (
        "member fc01: the name belongs to another cluster: that has the id 0000, this one 6c1f. Next: choose another "
        "name, or remove that one: fedctl leave fc01 --federation fed --federation-kubeconfig FILE."
    )


@pytest.mark.parametrize(("name", "id_"), [("fc01", "0000"), ("fc09", UID)])
def test_a_cluster_that_is_leaving_is_waited_for(name: str, id_: str) -> None:
    world = World()
    world.plane.put(cluster(name, id_, leaving=True))
    world.plane.after(3, lambda: world.plane.remove("clusters", name))
    assert ensure(world).ready


def test_a_leave_that_does_not_end_is_named() -> None:
    world = World()
    world.plane.put(cluster("fc01", leaving=True))
    with pytest.raises(NotInTimeError, match="within 60 s: fc01 has not left yet"):
        ensure(world)


def test_a_namespace_that_is_being_removed_on_the_member_is_waited_for() -> None:
    world = World()
    space = rbac.namespace(SPEC)
    world.member.put({**space, "metadata": space["metadata"] | LEAVING})
    world.member.after(9, lambda: world.member.remove("namespaces", "federation-fed"))
    assert ensure(world).ready


@pytest.mark.parametrize("kind", ["Namespace", "ClusterRole", "ClusterRoleBinding"])
def test_what_somebody_else_has_made_is_not_taken(kind: str) -> None:
    world = World()
    manifest = next(o for o in [rbac.namespace(SPEC), *rbac.rights(SPEC)] if o["kind"] == kind)
    name = manifest["metadata"]["name"]
    world.member.put({**manifest, "metadata": {"name": name, "labels": {"app": "theirs"}}})
    with pytest.raises(ConflictError) as caught:
        ensure(world)
    assert str(caught.value) == (
        f"member fc01: {kind.lower()}s {name} is there already, and not of federation fed. "
        "Next: see who has made it; remove it, or give the federation another name."
    )
    assert not SPEC.owns(made(world.member, kind, name))


def test_a_member_that_karmada_does_not_reach_is_asked_from_here_too() -> None:
    with pytest.raises(NotInTimeError) as caught:
        ensure(World(ready=False))
    assert str(caught.value) == (
        "member fc01: not so within 60 s: not reachable (asked from here: it is healthy). Next: see whether the "
        "federation's control plane can reach https://fc01:6443/: kubectl logs deploy/karmada-controller-manager in "
        "its namespace."
    )


def test_a_webhook_that_starts_is_waited_for() -> None:
    world = World()
    starting = RejectedError("federation fed", 'cannot apply: failed calling webhook "x": refused', "mend")
    world.plane.failures = [None, None, starting, starting]
    assert ensure(world).ready


def test_an_aggregated_api_server_that_does_not_start_is_named() -> None:
    world = World()
    down = RejectedError("federation fed", "cannot list clusters: 503 service unavailable", "mend")
    world.plane.failures = [down] * 1000
    with pytest.raises(NotInTimeError) as caught:
        ensure(world)
    assert str(caught.value) == (
        "federation fed: not so within 60 s: cannot list clusters: 503 service unavailable. "
        "Next: see whether karmada-webhook and karmada-aggregated-apiserver run in the host cluster."
    )


def test_an_object_that_is_refused_for_good_ends_the_join() -> None:
    world = World()
    world.plane.failures = [None, RejectedError("federation fed", "cannot apply: zones", "mend it")]
    with pytest.raises(RejectedError, match="cannot apply: zones"):
        ensure(world)


def test_an_unreachable_member_is_named_before_anything_is_made() -> None:
    world = World()
    world.member.failures = [
        UnreachableError("member fc01", "https://fc01:6443 does not answer: refused", "see")
    ]
    with pytest.raises(UnreachableError) as caught:
        ensure(world)
    assert str(caught.value) == "member fc01: https://fc01:6443 does not answer: refused. Next: see."
    assert not world.plane.writes


def test_what_is_no_cluster_is_told_apart() -> None:
    world = World()
    world.member.remove("namespaces", "kube-system")
    with pytest.raises(RejectedError, match="has no namespace kube-system"):
        ensure(world)


def test_a_server_name_that_karmada_cannot_check_is_refused() -> None:
    reach = dataclasses.replace(REACH, tls_server_name="api")
    world = World()
    with pytest.raises(KubeconfigError, match="sets tls-server-name to 'api', which Karmada cannot do"):
        join.ensure(SPEC, reach, world.plane.kube, instant(1), client=world.client)


def test_someone_who_removes_the_cluster_meanwhile_is_noticed() -> None:
    world = World()
    world.plane.reactions.append(
        lambda o: world.plane.remove("clusters", "fc01") if o["kind"] == "Cluster" else None
    )
    with pytest.raises(ConflictError, match="somebody has removed it while it was joining"):
        ensure(world)


def test_a_proxy_of_the_kubeconfig_is_karmadas_too() -> None:
    reach = dataclasses.replace(REACH, proxy_url="http://proxy:3128")
    assert join.cluster_manifest(SPEC, reach, UID)["spec"]["proxyURL"] == "http://proxy:3128"


def test_the_default_rights_hold_no_wildcard_and_no_way_to_more_rights() -> None:
    for rule in rbac.DEFAULT_GRANTS:
        assert not any("*" in value for values in rule.values() for value in values)
        assert "patch" not in rule["verbs"]
        assert not set(rule["verbs"]) & {"escalate", "bind", "impersonate"}
        assert "rbac.authorization.k8s.io" not in rule.get("apiGroups", ())


def test_grants_are_added_and_have_the_default_verbs() -> None:
    grant = {"apiGroups": ["example.com"], "resources": ["widgets"]}
    spec = dataclasses.replace(SPEC, grants=(grant,))
    added = rbac.rules(spec)[len(rbac.DEFAULT_GRANTS) :]
    assert added == [{**grant, "verbs": ["get", "list", "watch", "create", "update", "delete"]}]


@pytest.mark.parametrize("key", ["apiGroups", "resources", "verbs"])
def test_a_wildcard_is_refused(key: str) -> None:
    grant: Mapping[str, Any] = {"apiGroups": ["a"], "resources": ["b"], "verbs": ["get"], key: ["*"]}
    with pytest.raises(TopologyError) as caught:
        ensure(World(), dataclasses.replace(SPEC, grants=(grant,)))
    assert str(caught.value) == (
        f"member fc01: grant {grant} holds '*', which is every right of its kind. "
        "Next: list API groups, resources and verbs in `grants`."
    )


def test_a_spec_of_properties_has_defaults_and_shows_no_secret() -> None:
    props = {"member": "m", "federation": "f", "kubeconfig": "KUBE", "federationKubeconfig": "FED"}
    spec = MemberSpec.from_props({**props, "region": None, "zones": None})
    assert (spec.zones, spec.labels, spec.on_leave, spec.timeout) == ((), {}, "keep", 120.0)
    assert "KUBE" not in repr(spec)
    assert "FED" not in repr(spec)


def test_another_cluster_behind_the_kubeconfig_has_another_id() -> None:
    world = World()
    world.member.put(kube_system("0000"))
    assert ensure(world).cluster_id == "0000"
