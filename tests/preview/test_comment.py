"""Comments of events that are made by hand: what is told, in which order, and what is left out."""

from __future__ import annotations

from typing import Any

from federation.preview.changes import parse
from federation.preview.comment import render
from federation.preview.summary import summarize
from tests.preview import comment_events as events
from tests.preview.comment_events import AKS, DEPLOYMENT, FEDERATION, JOIN, SECRET, state, step, urn
from tests.preview.comment_fixtures import many, shown

POOL = "azure-native:containerservice:AgentPool"
CLUSTER = urn("federation:azure:AcsCluster", "west")


def section(start: str, *told: Any, **options: Any) -> list[str]:
    """From the line that starts so on, to the next empty one."""
    found = shown(*told, **options)
    place = next(index for index, line in enumerate(found) if line.startswith(start))
    end = found.index("", place) if "" in found[place:] else len(found)
    return found[place:end]


def test_no_change_is_one_line() -> None:
    assert shown(events.same(JOIN, "a"), events.same(JOIN, "b")) == ["**No changes** in `icp`; resources: 2"]


def test_advice_of_policies_alone_is_no_change() -> None:
    advice = events.violation("p23-quality", "advice", level="advisory")
    assert len(shown(events.same(JOIN, "a"), advice, events.diagnostic("a warning", "warning"))) == 1


def test_the_first_line_has_the_counts_worst_first() -> None:
    told = [
        events.create(JOIN, "a"),
        events.create(JOIN, "b"),
        events.update(JOIN, "c", "zones"),
        events.delete(JOIN, "d"),
        events.replacement(JOIN, "e", "member"),
        events.same(JOIN, "f"),
        step("replace", JOIN, "g", unknown=True),
    ]
    assert shown(told[0], *told[1:])[0] == (
        "### `icp`: 1 to replace, 1 to delete, 2 to create, 1 to update, 1 unknown, 1 unchanged"
    )


def test_what_is_destroyed_is_told_by_its_importance() -> None:
    assert section(
        "> [!CAUTION]",
        events.delete(SECRET, "a"),
        events.delete(SECRET, "b"),
        events.delete(JOIN, "fc02-join"),
        events.delete("kubernetes:apps/v1:StatefulSet", "icp-host/etcd"),
        events.delete("azure-native:dns/v20230701:Zone", "zone", protect=True),
        events.delete("federation:karmada:ControlPlane", "icp"),
        events.replacement(AKS, "west-cluster", "location", "dnsPrefix"),
        events.replacement("kubernetes:apps/v1:StatefulSet", "db", "spec.serviceName"),
    ) == [
        "> [!CAUTION]",
        "> **8 destroyed or replaced**",
        (
            "> - replaced: cluster `west-cluster`, because of `dnsPrefix`, `location`; "
            "all that runs in it is lost, volumes too"
        ),
        "> - deleted: control plane `icp`; the federation API goes with all that is declared in it",
        "> - deleted: zone `zone`; no name in it has an answer; **protected, so the engine refuses**",
        "> - deleted: etcd `icp-host/etcd`; what it knows is on its volumes only",
        "> - deleted: member `fc02-join`; what the federation runs in it goes",
        "> - replaced: StatefulSet `db`, because of `spec.serviceName`",
        "> - 2 of other kinds: `Secret (2)`",
    ]


def test_azure_devops_has_no_form_for_a_warning() -> None:
    assert shown(events.delete(SECRET, "a"), platform="azure-devops")[1:5] == [
        "",
        "**1 destroyed or replaced**",
        "",
        "- `Secret`",
    ]


def test_components_and_what_only_remembers_are_no_loss() -> None:
    told = shown(
        events.delete("federation:cluster:ExistingCluster", "fc02"),
        events.delete("pulumi:providers:kubernetes", "fc02"),
        events.delete("pulumi-python:dynamic/federation:ClusterGuard", "fc02-guard"),
    )
    assert not any("destroyed" in line for line in told)


def test_what_an_interrupted_replacement_has_left_behind_is_no_loss_of_a_cluster() -> None:
    told = section("> [!CAUTION]", events.same(AKS, "c"), step("delete-replaced", AKS, "c", old=state({})))
    assert told[2:] == ["> - leftovers deleted: cluster `c`"]


def test_members_and_clusters_are_a_table() -> None:
    cluster = {"location": "westus", "kubernetesVersion": "1.34.2"}
    pool = {"vmSize": "D4s", "count": 3.0}
    assert section(
        "| clusters",
        events.same("federation:azure:AcsCluster", "west"),
        events.create(AKS, "west-cluster", cluster, parent=CLUSTER),
        events.create(POOL, "user", pool, parent=CLUSTER),
        events.create(JOIN, "west-join", {"member": "west", "region": "us", "zones": ["1", "2"]}),
        step("delete", JOIN, "old-join", old=state({"member": "old"})),
        step(
            "update",
            JOIN,
            "fc01-join",
            new=state({"member": "fc01"}),
            old=state({}),
            diffs=["labels", "zones"],
        ),
        events.replacement(JOIN, "fc02-join", "kubeconfig", inputs={"member": "fc02"}),
        events.create(DEPLOYMENT, "coredns", parent=urn("federation:dns:CoreDnsStack", "icp-dns")),
        events.same("federation:dns:CoreDnsStack", "icp-dns"),
        events.same(FEDERATION, "icp"),
        events.create(SECRET, "s", parent=urn(FEDERATION, "icp")),
    ) == [
        "| clusters and other parts | what happens | resources |",
        "|---|---|---|",
        "| cluster `fc01` | changes: labels, zones | 1 updated |",
        "| cluster `fc02` | leaves and joins anew, because of kubeconfig | 1 replaced |",
        "| cluster `old` | leaves | 1 deleted |",
        (
            "| cluster `west` | is made (in westus, Kubernetes 1.34.2); joins (region us, zones 1, 2); "
            "node pool user is made (of D4s, machines: 3) | 3 created |"
        ),
        "| zone `icp-dns` | created: coredns | 1 created |",
        "| federation `icp` | created: s | 1 created |",
    ]


def test_a_part_to_which_much_happens_is_told_in_part() -> None:
    pools = [events.create(POOL, f"pool{n}", parent=CLUSTER) for n in range(6)]
    told = section("| clusters", events.same("federation:azure:AcsCluster", "west"), *pools)
    assert told[2:] == [
        (
            "| cluster `west` | node pool pool0 is made; node pool pool1 is made; node pool pool2 is made; "
            "node pool pool3 is made; and 2 more | 6 created |"
        )
    ]


def test_parents_that_lead_nowhere_or_in_a_circle_are_the_federation() -> None:
    circle = urn(DEPLOYMENT, "a")
    told = section(
        "| clusters", events.create(DEPLOYMENT, "a", parent=circle), events.create(SECRET, "b", parent="x")
    )
    assert told[2:] == ["| federation | created: a; created: b | 2 created |"]


def test_records_are_a_block_that_is_read_as_a_difference() -> None:
    record = {"relativeRecordSetName": "www", "zoneName": "example.com", "recordType": "A", "ttl": 30}
    new = state({**record, "aRecords": [{"ipv4Address": "10.0.0.1"}]})
    assert section("```diff", step("create", "azure-native:dns:RecordSet", "www", new=new)) == [
        "```diff",
        "@@ zone example.com @@",
        "+ www 30 IN A 10.0.0.1",
        "```",
    ]


def test_violations_say_what_is_wrong_and_what_to_do() -> None:
    message = "Images by digest\nDeployment web: nginx has none. Next: name one. [P07, docs/policies.md#p07]"
    assert section(
        "| **policies",
        events.violation("p07-images", message),
        events.violation("other", "a pack of somebody else's"),
        events.violation("silent", ""),
    ) == [
        "| **policies stop this update: 3** | what is wrong | what to do |",
        "|---|---|---|",
        "| `other` | a pack of somebody else's | see the policy |",
        "| `p07-images` | Deployment web: nginx has none | name one. `[P07, docs/policies.md#p07]` |",
        "| `silent` | `web` | see the policy |",
    ]


def test_warnings_and_advice_are_collapsed_and_said_once_for_each_policy() -> None:
    assert shown(
        events.create(JOIN, "a"),
        events.violation("p23-quality", "Quality\nno probe", level="advisory", resource="a"),
        events.violation("p23-quality", "Quality\nno limit", level="advisory", resource="b"),
        events.violation("p24-more", "More\nno more", level="advisory"),
        events.diagnostic("cluster c is REPLACED", "warning"),
    )[-10:] == [
        "",
        "<details><summary>Warnings and advice: 3</summary>",
        "",
        "| | |",
        "|---|---|",
        "| warning | cluster c is REPLACED |",
        "| `p23-quality` | no probe (and 1 more) |",
        "| `p24-more` | no more |",
        "",
        "</details>",
    ]


def test_a_failure_comes_first_and_without_credentials() -> None:
    found = shown(
        events.create(JOIN, "a"), events.diagnostic("cannot log in:\n  password=hunter2\n```\n@octocat")
    )
    assert found[:9] == [
        "### `icp`: the preview FAILED after 1 to create",
        "",
        "**The preview failed**, so there may be more changes than are shown here.",
        "```text",
        "cannot log in:",
        "  password=[secret]",
        "'''",
        "@octocat",
        "```",
    ]


def test_a_traceback_is_cut_in_its_middle() -> None:
    traceback = "Traceback:\n" + "\n".join(f"  line {n}" for n in range(20)) + "\nFederationError: no"
    assert section("```text", events.diagnostic(traceback)) == [
        "```text",
        "Traceback:",
        "…",
        *(f"  line {n}" for n in range(15, 20)),
        "FederationError: no",
        "```",
    ]


def test_a_preview_that_says_nothing_has_failed() -> None:
    (_, heading, _, _, _, text, _) = render([summarize(parse([]))]).splitlines()
    assert heading == "### -: the preview FAILED"
    assert text == "The engine did not come to its end, and said no error. The job's log may tell more."


def test_what_cannot_be_compared_is_named_and_never_a_loss() -> None:
    found = shown(step("replace", AKS, "c", unknown=True), step("update", JOIN, "j", unknown=True))
    assert found == [
        "### `icp`: 2 unknown",
        "",
        "**Cannot be compared without access: 2** (`c`, `j`)",
    ]


def test_all_changes_are_there_by_type_for_whoever_opens_them() -> None:
    assert shown(
        events.update(DEPLOYMENT, "b", "spec.replicas"),
        events.update(DEPLOYMENT, "a", "spec.template.spec.containers[0].image"),
        events.create("pulumi:providers:kubernetes", "fc01"),
    )[-9:] == [
        "",
        "<details><summary>Changes by type: 3</summary>",
        "",
        "| | type | names |",
        "|---|---|---|",
        "| created | `provider kubernetes` | `fc01` |",
        "| updated | `Deployment` (2) | `a`, `b`: `spec.replicas`, `spec.template.spec.containers[0].image` |",
        "",
        "</details>",
    ]


def test_losses_of_a_kind_for_one_reason_are_one_line() -> None:
    told = [events.delete(JOIN, f"fc{n}-join") for n in range(3)]
    assert section("> [!CAUTION]", *told, *events.replacement(JOIN, "fc3-join", "member"))[2:] == [
        "> - replaced: member `fc3-join`, because of `member`; what the federation runs in it goes",
        "> - deleted: member (3) `fc0-join`, `fc1-join`, `fc2-join`; what the federation runs in it goes",
    ]


def test_losses_that_are_not_important_are_one_line() -> None:
    assert section("> [!CAUTION]", *many(4, kinds=3))[2:] == ["> - `Kind00 (2)`, `Kind01`, `Kind02`"]
    assert section("> [!CAUTION]", *many(4, kinds=1), events.delete(JOIN, "fc02-join"))[2:] == [
        "> - deleted: member `fc02-join`; what the federation runs in it goes",
        "> - 4 of other kinds: `Kind00 (4)`",
    ]
