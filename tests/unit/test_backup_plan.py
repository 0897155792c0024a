"""What a restore writes and removes, what it leaves alone, and which backups it refuses."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.backup import keys
from federation.backup.archive import Backup
from federation.backup.plan import OPERATIONS, REQUEST_BYTES, Found, Step, plan, refusals, transactions
from tests.unit.backup_fixtures import BACKUP, ENTRIES, ORIGIN, topology


def found(**changes: bytes | None) -> dict[str, Found]:
    """What the backup has, with changes below /registry; double underscores stand for slashes."""
    values: dict[str, bytes | None] = {**ENTRIES}
    values |= {f"/registry/{key.replace('__', '/')}": value for key, value in changes.items()}
    return {key: Found(value, 5) for key, value in values.items() if value is not None}


def test_what_is_there_already_is_nothing_to_do() -> None:
    assert plan(BACKUP, found()).steps == ()


def test_what_differs_is_written_and_what_is_missing_too_and_the_rest_is_removed_last() -> None:
    have = found(deployments__default__web=b"changed", clusterroles__view=None, configmaps__a__new=b"x")
    assert plan(BACKUP, have).steps == (
        Step("/registry/clusterroles/view", b"rules", 0),
        Step("/registry/deployments/default/web", b"web", 5),
        Step("/registry/configmaps/a/new", None, 5),
    )


def test_what_leads_to_this_plane_and_its_members_is_kept() -> None:
    crd = "apiextensions.k8s.io/customresourcedefinitions/works.work.karmada.io"
    have = found(secrets__karmada_cluster__fc01=b"x")
    for path in (crd, "cluster.karmada.io/clusters/fc01", "secrets/karmada-cluster/fc01"):
        have[f"/registry/{path}"] = Found(b"now", 5)
    del have["/registry/secrets/karmada_cluster/fc01"]
    wanted = plan(BACKUP, have)
    assert wanted.steps == ()
    assert [key.removeprefix("/registry/") for key in wanted.kept] == [
        crd,
        "cluster.karmada.io/clusters/fc01",
        "secrets/karmada-cluster/fc01",
    ]


def test_members_and_kinds_that_this_plane_does_not_have_come_back() -> None:
    lost = [key for key in ENTRIES if "clusters/" in key or "karmada-cluster/" in key or "customres" in key]
    have = {key: value for key, value in found().items() if key not in lost}
    assert len(lost) == 3
    assert plan(BACKUP, have).written == tuple(sorted(lost))


def test_a_member_that_the_backup_does_not_know_stays_one_and_is_told() -> None:
    have = found()
    have |= {
        "/registry/cluster.karmada.io/clusters/fc09": Found(b"c", 5),
        "/registry/secrets/karmada-cluster/fc09": Found(b"t", 5),
    }
    wanted = plan(BACKUP, have)
    assert wanted.steps == ()
    assert wanted.strangers == ("fc09",)


def test_what_is_of_the_moment_is_left_alone() -> None:
    have = found()
    have |= {
        "/registry/leases/kube-system/karmada-scheduler": Found(b"leader", 5),
        "/registry/masterleases/10.0.0.1": Found(b"x", 5, leased=True),
        "/registry/things/with-a-lease": Found(b"x", 5, leased=True),
    }
    old = Backup.of(ORIGIN, {**ENTRIES, "/registry/leases/kube-system/karmada-scheduler": b"older"})
    assert plan(old, have).steps == ()


def test_keys_of_others_in_the_same_etcd_are_not_ours() -> None:
    assert plan(BACKUP, found()).steps == ()
    assert keys.path_of("/other/registry/secrets/a/b", ("/registry",)) == "/other/registry/secrets/a/b"
    assert (
        keys.path_of("/registry/aggregated/secrets/a/b", ("/registry", "/registry/aggregated"))
        == "secrets/a/b"
    )


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("secrets/default/a", "secrets"),
        ("services/specs/default/a", "services"),
        ("services/endpoints/default/a", "endpoints"),
        ("work.karmada.io/works/karmada-es-fc01/a", "works.work.karmada.io"),
        ("clusterroles/view", "clusterroles"),
    ],
)
def test_a_key_has_the_resource_that_kubectl_knows(path: str, resource: str) -> None:
    assert keys.resource_of(path) == resource


def test_prefixes_are_those_of_the_servers_flags() -> None:
    assert keys.prefixes(topology().control_plane) == ("/registry",)
    args = {
        "karmada-apiserver": {"etcd-prefix": "fed/"},
        "karmada-aggregated-apiserver": {"etcd-prefix": "/agg"},
    }
    assert keys.prefixes(topology(args=args).control_plane) == ("/fed", "/agg")


steps = st.lists(
    st.builds(
        Step,
        st.integers(0, 10**9).map(str),
        st.none() | st.integers(0, 3 * REQUEST_BYTES // 2).map(bytes),
        st.just(0),
    ),
    max_size=400,
)


@given(steps)
def test_transactions_have_all_steps_in_order_and_each_is_one_that_etcd_takes(
    given_steps: list[Step],
) -> None:
    batches = list(transactions(given_steps))
    assert [step for batch in batches for step in batch] == given_steps
    for batch in batches:
        assert 0 < len(batch) <= OPERATIONS
        assert len(batch) == 1 or sum(step.size for step in batch) <= REQUEST_BYTES


@given(steps)
def test_no_two_transactions_could_be_one(given_steps: list[Step]) -> None:
    batches = list(transactions(given_steps))
    for first, second in itertools.pairwise(batches):
        joined = [*first, second[0]]
        assert len(joined) > OPERATIONS or sum(step.size for step in joined) > REQUEST_BYTES


def manifest(**changes: Any) -> Any:
    return BACKUP.manifest.model_copy(update=changes)


def test_a_backup_of_this_plane_fits() -> None:
    assert refusals(BACKUP.manifest, topology(), ()) == []


@pytest.mark.parametrize(
    ("changes", "plane", "reason"),
    [
        (
            {"federation": "other"},
            {},
            "it is of federation other, and the topology's is fed: use one of that",
        ),
        (
            {},
            {"karmada_version": "1.19.0"},
            (
                "control_plane.karmada_version is 1.19.0, and was 1.18.2: set it to 1.18.2, run `pulumi up`, "
                "and upgrade after the restore"
            ),
        ),
        (
            {},
            {"kubernetes_version": "1.35.1"},
            (
                "control_plane.kubernetes_version is 1.35.1, and was 1.36.3: set it to 1.36.3, run `pulumi up`, "
                "and upgrade after the restore"
            ),
        ),
        (
            {},
            {"api_server": {"service_cidr": "10.112.0.0/12"}},
            (
                "control_plane.api_server.service_cidr is 10.112.0.0/12, and was 10.96.0.0/12: set it back, and run "
                "`pulumi up`"
            ),
        ),
        (
            {},
            {"args": {"karmada-apiserver": {"etcd-prefix": "/fed"}}},
            (
                "the flag etcd-prefix is /fed, /registry, and was /registry: set it back in control_plane.args, "
                "and run `pulumi up`"
            ),
        ),
        (
            {"encrypted": ("k8s:enc:aescbc:v1:key1",)},
            {},
            (
                "it is encrypted (k8s:enc:aescbc:v1:key1), and the plane has nothing that is: give karmada-apiserver "
                "the same encryption configuration, and run `pulumi up`"
            ),
        ),
        ({"counts": {}}, {}, "it has no namespaces and no clusterroles: use another backup"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(
    changes: dict[str, Any], plane: dict[str, Any], reason: str
) -> None:
    assert refusals(manifest(**changes), topology(**plane), ()) == [reason]


def test_a_patch_of_a_version_is_no_other_version() -> None:
    assert refusals(BACKUP.manifest, topology(karmada_version="1.18.9"), ()) == []


def test_encryption_is_told_by_name_and_never_with_a_value() -> None:
    values = [b"k8s:enc:aescbc:v1:key1:\x00\xff:secret", b"k8s\x00\n\x0c", b"k8s:enc:kms:v2:vault:\x01"]
    heads = keys.encryption(values)
    assert heads == ("k8s:enc:aescbc:v1:key1", "k8s:enc:kms:v2:vault")
    assert refusals(manifest(encrypted=heads), topology(), heads) == []
