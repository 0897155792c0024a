"""The steps of an upgrade, and what is in its way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.karmada.release import HASHES
from federation.topology.models import ETCD, KARMADA, KUBERNETES
from federation.upgrade.findings import upgrade
from federation.upgrade.plan import Member, Parts, Seen, Use, minor, number, steps
from federation.upgrade.releases import ETCD_BRIDGE, RELEASES

NOW = Parts("1.18.2", "1.36.3", "3.6.14-0")


def seen(parts: Parts = NOW, **more: object) -> Seen:
    return Seen(parts=parts, hashes={*HASHES}, **more)  # type: ignore[arg-type]


def path(current: str, wanted: str) -> list[str]:
    return [step.version for step in steps(seen(Parts(karmada=current)), Parts(karmada=wanted))]


@pytest.mark.parametrize(
    ("current", "wanted", "expected"),
    [
        ("1.18.2", "1.18.2", []),
        ("1.18.0", "1.18.2", ["1.18.2"]),
        ("1.17.0", "1.18.2", ["1.18.2"]),
        ("1.15.3", "1.18.2", ["1.16.8", "1.17.5", "1.18.2"]),
        ("1.18.2", "1.20.1", ["1.19", "1.20.1"]),
        ("1.18.2", "1.17.5", []),
        ("1.18.2", "2.0.0", ["2.0.0"]),
    ],
)
def test_karmada_goes_one_minor_version_at_a_time_to_the_latest_patch(
    current: str, wanted: str, expected: list[str]
) -> None:
    assert path(current, wanted) == expected


VERSIONS = st.tuples(st.just(1), st.integers(10, 24), st.integers(0, 9)).map(lambda v: ".".join(map(str, v)))


@given(VERSIONS, VERSIONS)
def test_no_step_skips_a_minor_version_or_goes_back_and_the_last_is_what_is_wanted(a: str, b: str) -> None:
    found = path(a, b)
    whole = [a, *found]
    for before, after in pairwise(whole):
        assert 0 <= minor(after)[1] - minor(before)[1] <= 1
    assert (found[-1:] == [b]) == (number(a) < number(b))


def test_etcd_comes_before_kubernetes_and_that_before_karmada() -> None:
    old = Parts("1.17.5", "1.34.1", "3.5.21-0")
    assert [(step.part, step.version) for step in steps(seen(old), NOW)] == [
        ("etcd", "3.6.14-0"),
        ("kubernetes", "1.35"),
        ("kubernetes", "1.36.3"),
        ("karmada", "1.18.2"),
    ]


def test_a_step_says_what_it_changes() -> None:
    found = steps(seen(Parts("1.16.8", "1.36.3", "3.5.30-0")), NOW)
    assert [(step.key, step.changes) for step in found] == [
        (
            "control_plane.etcd_version",
            ("its data cannot go back to 3.5 without a backup: take one first (`fedctl backup`)",),
        ),
        (
            "control_plane.karmada_version",
            (
                "CRDs and images of 1.17.5",
                "name its CRDs in control_plane.crds: the hash of release 1.17.5 is not known here",
            ),
        ),
        (
            "control_plane.karmada_version",
            (
                "CRDs and images of 1.18.2",
                (
                    "karmada-controller-manager no longer takes --cluster-lease-duration, "
                    "--cluster-lease-renew-interval-fraction"
                ),
                "metrics have the label member_cluster, and no longer cluster and cluster_name",
            ),
        ),
    ]
    assert steps(seen(Parts(karmada="1.18.2")), Parts(karmada="1.19.0"))[0].changes[-1] == (
        "what is new in it is not known here: read its release notes"
    )


def test_what_runs_as_it_is_wanted_has_nothing_to_tell() -> None:
    found = upgrade(
        seen(members=[Member("fc01", "1.35.2")], stored={"works.work.karmada.io": ["v1alpha1"]}), NOW
    )
    assert (found.steps, found.findings, found.notes) == ((), (), ())


def findings(what: Seen, wanted: Parts = NOW) -> list[str]:
    return [str(finding) for finding in upgrade(what, wanted).findings]


def test_members_that_are_not_ready_or_too_old_are_in_the_way() -> None:
    members = [
        Member("a", "1.36.3", "it is dead"),
        Member("b", "1.25.9"),
        Member("c", ""),
        Member("d", "1.26.0"),
    ]
    assert findings(seen(members=members)) == [
        "member a: is not ready: it is dead. Next: bring it back, or let it leave (`fedctl leave`).",
        (
            "member b: its Kubernetes 1.25.9 is older than 1.26, the oldest that Karmada 1.18.2 is tested with. "
            "Next: upgrade the cluster first."
        ),
    ]


def test_a_plane_that_is_not_whole_is_in_the_way() -> None:
    what = seen(
        images={"karmada-webhook": "1.17.5", "karmada-scheduler": "1.18.2"},
        stored={"resourcebindings.work.karmada.io": ["v1alpha1", "v1alpha2"]},
        unhealthy=["etcd has 0 of 1 pods ready"],
    )
    assert findings(what) == [
        (
            "control plane: etcd has 0 of 1 pods ready. Next: mend that first; `fedctl gather` collects its logs."
        ),
        (
            "control plane: its parts have different versions: karmada-scheduler 1.18.2, karmada-webhook 1.17.5. "
            "Next: run `pulumi up` to its end."
        ),
        (
            "kind resourcebindings.work.karmada.io: objects may be stored as v1alpha1, v1alpha2. Next: write all of "
            "them once, and set status.storedVersions of the CRD to the last version."
        ),
    ]


def test_nothing_goes_back() -> None:
    assert findings(seen(), Parts("1.17.5", "1.36.3", "3.5.30-0")) == [
        (
            "Karmada: 1.18.2 runs and 1.17.5 is wanted, and its data has no way back. "
            "Next: set control_plane.karmada_version to 1.18.2."
        ),
        (
            "etcd: 3.6.14-0 runs and 3.5.30-0 is wanted, and its data has no way back. "
            "Next: set control_plane.etcd_version to 3.6.14-0."
        ),
    ]


def test_a_flag_that_a_step_takes_away_is_in_its_way_and_not_later() -> None:
    flags = {"karmada-controller-manager": ["v", "cluster-lease-duration"]}
    assert findings(seen(Parts(karmada="1.17.5"), flags=flags)) == [
        (
            "karmada-controller-manager: uses --cluster-lease-duration, which 1.18.2 does not take. "
            "Next: remove it from control_plane.args."
        )
    ]
    assert findings(seen(flags=flags)) == []


def test_etcd_3_5_needs_a_late_patch_before_3_6() -> None:
    assert findings(seen(Parts(etcd="3.5.21-0"))) == [
        (
            "etcd: 3.5.21-0 cannot become 3.6.14-0 at once: members of the past may come back. "
            f"Next: set control_plane.etcd_version to {ETCD_BRIDGE}-0 first, and run `pulumi up`."
        )
    ]
    assert findings(seen(Parts(etcd=f"{ETCD_BRIDGE}-0"))) == []


def test_deprecated_fields_are_in_the_way_when_their_time_has_come() -> None:
    uses = [
        Use("overridepolicy default/o", "spec.overriders", "spec.overrideRules"),
        Use("propagationpolicy default/p", "purgeMode Graciously", "Gracefully", (1, 19)),
    ]
    first = "overridepolicy default/o: has spec.overriders; it is deprecated. Next: write spec.overrideRules."
    assert findings(seen(uses=uses)) == [first]
    assert upgrade(seen(uses=uses), NOW).notes == (
        "propagationpolicy default/p has purgeMode Graciously, which Karmada 1.19 takes no longer: write Gracefully",
    )
    assert findings(seen(uses=uses), Parts(karmada="1.19.0")) == [
        first,
        (
            "propagationpolicy default/p: has purgeMode Graciously; Karmada 1.19 takes it no longer. "
            "Next: write Gracefully."
        ),
    ]


def test_what_is_not_known_and_what_is_newer_is_noted() -> None:
    found = upgrade(seen(Parts(kubernetes="1.36.3"), members=[Member("a", "1.36.3")]), NOW)
    assert found.notes == (
        "which version of Karmada runs is not known: add --kubeconfig or --federation-kubeconfig",
        "which version of etcd runs is not known: an etcd of its own?",
        "members have Kubernetes 1.36.3: Karmada 1.18 is tested with 1.26 to 1.35",
    )
    assert upgrade(seen(), Parts("1.18.0", None, None)).notes == (
        "Karmada 1.18.2 is newer than 1.18.0, and has its bugs mended",
    )
    assert upgrade(seen(), Parts("1.30.0", None, None)).notes == (
        "Karmada 1.30.0 is not known here, only 1.15, 1.16, 1.17, 1.18: its members are not compared",
    )


def test_the_versions_of_this_project_are_known() -> None:
    assert minor(KARMADA) in RELEASES
    assert upgrade(seen(), Parts(KARMADA, KUBERNETES, ETCD)).findings == ()
    for release in RELEASES.values():
        assert release.oldest < release.newest
