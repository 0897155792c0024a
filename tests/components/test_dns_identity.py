"""Who the DNS controller is in the federation API."""

from __future__ import annotations

from components.dns_identity import USER, rights


def test_the_controller_may_read_what_names_depend_on_and_nothing_else() -> None:
    roles = {m["kind"]: m for m in rights() if m["kind"] in {"ClusterRole", "Role"}}
    read = {
        (g, r) for rule in roles["ClusterRole"]["rules"] for g in rule["apiGroups"] for r in rule["resources"]
    }
    assert read == {
        ("cluster.karmada.io", "clusters"),
        ("work.karmada.io", "resourcebindings"),
        ("", "services"),
    }
    verbs = {verb for role in roles.values() for rule in role["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}


def test_it_may_read_secrets_only_where_the_members_readers_are() -> None:
    role = next(m for m in rights() if m["kind"] == "Role")
    assert role["metadata"]["namespace"] == "karmada-system"
    assert [rule["resources"] for rule in role["rules"]] == [["secrets"]]


def test_every_right_is_bound_to_the_user_of_its_certificate() -> None:
    bindings = {m["kind"]: m for m in rights() if m["kind"].endswith("Binding")}
    assert bindings.keys() == {"ClusterRoleBinding", "RoleBinding"}
    for kind, binding in bindings.items():
        assert binding["roleRef"]["kind"] == kind.removesuffix("Binding")
        assert [s["name"] for s in binding["subjects"]] == [USER]
