"""P01 and P02."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, bad, dynamic, good, kubernetes, unknown

RBAC = "rbac.authorization.k8s.io/v1"
EVERYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


def binding(
    *groups: str, role: str = "cluster-admin", kind: str = "ClusterRoleBinding", name: str = "it"
) -> Resource:
    return kubernetes(
        f"{RBAC}:{kind}",
        name,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        subjects=[{"kind": "Group", "name": group} for group in groups],
    )


def role(*rules: dict[str, Any], kind: str = "ClusterRole", name: str = "it") -> Resource:
    return kubernetes(f"{RBAC}:{kind}", name, rules=[*rules])


CASES = [
    bad(
        "P01",
        "all service accounts",
        binding("client", "system:serviceaccounts"),
        says="ClusterRoleBinding it gives cluster-admin to 'system:serviceaccounts' (subjects[1])",
    ),
    bad(
        "P01",
        "those of a namespace by a RoleBinding",
        binding("system:serviceaccounts:apps", kind="RoleBinding", name="apps/all"),
        says="RoleBinding apps/all gives cluster-admin to 'system:serviceaccounts:apps' (subjects[0])",
    ),
    *(
        bad(
            "P01",
            f"group {group}",
            binding(group, role="*"),
            says=f"ClusterRoleBinding it gives * to {group!r} (subjects[0])",
        )
        for group in ("system:authenticated", "system:unauthenticated", "system:masters", "system:anonymous")
    ),
    good("P01", "a group of people", binding("operators")),
    good("P01", "a group with a similar name", binding("system:serviceaccounts-of-mine")),
    good("P01", "another role", binding("system:serviceaccounts", role="view")),
    good("P01", "another kind", role(EVERYTHING)),
    unknown(
        "P01",
        "one name of two",
        binding(UNKNOWN, "system:masters"),
        paths="subjects[0].name",
        says="ClusterRoleBinding it gives cluster-admin to 'system:masters' (subjects[1])",
    ),
    unknown("P01", "the role", binding("system:masters", role=UNKNOWN), paths="roleRef.name"),
    bad(
        "P02",
        "everything",
        role({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, EVERYTHING),
        says="ClusterRole it may do everything to everything ('it', rules[1])",
    ),
    bad(
        "P02",
        "in a namespace",
        role(EVERYTHING, kind="Role", name="apps/all"),
        says="Role apps/all may do everything to everything ('apps/all', rules[0])",
    ),
    bad(
        "P02",
        "in a Work of Karmada",
        kubernetes(
            "work.karmada.io/v1alpha1:Work",
            "karmada-es-fc01/role",
            spec={
                "workload": {
                    "manifests": [
                        {
                            "apiVersion": RBAC,
                            "kind": "ClusterRole",
                            "metadata": {"name": "all"},
                            "rules": [EVERYTHING],
                        }
                    ]
                }
            },
        ),
        says="ClusterRole all may do everything to everything ('all', spec.workload.manifests[0].rules[0])",
    ),
    bad(
        "P02",
        "in a manifest of a dynamic resource",
        dynamic("my:Object", manifest={"apiVersion": RBAC, "kind": "ClusterRole", "rules": [EVERYTHING]}),
        says="ClusterRole ? may do everything to everything ('?', manifest.rules[0])",
    ),
    *(good("P02", f"but for {key}", role(EVERYTHING | {key: ["some"]})) for key in EVERYTHING),
    good("P02", "another kind", binding("operators")),
    unknown(
        "P02",
        "the verbs",
        role(EVERYTHING | {"verbs": UNKNOWN}, EVERYTHING),
        paths="rules[0].verbs",
        says="ClusterRole it may do everything to everything ('it', rules[1])",
    ),
]
