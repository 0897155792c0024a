"""P08."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, bad, deployment, good, kubernetes, overriding, secret, unknown

RBAC = "rbac.authorization.k8s.io/v1"
POD = "spec.template.spec"
USUAL = """AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID
SYS_CHROOT""".split()


def says(what: str, where: str, *, kind: str = "Deployment", name: str = "apps/web") -> str:
    """The cause is the last key of the place, but for capabilities, which are named, and for roles."""
    cause = where.rpartition(".")[2]
    if cause == "add":
        cause = what.removeprefix("adds capabilities ").replace(", ", ",")
    subject = f"{name} {'privileged' if cause == 'name' else cause}"
    return f"{kind} {name} {what} ({subject!r}, {where})"


def secured(**context: Any) -> Resource:
    return deployment({"name": "web", "securityContext": context})


def binding(role: Any, kind: str = "ClusterRoleBinding", name: str = "it") -> Resource:
    return kubernetes(f"{RBAC}:{kind}", name, roleRef={"kind": "ClusterRole", "name": role})


def override(path: str, value: Any) -> Resource:
    return overriding("apps/v1:DaemonSet", path, value, name="apps/host", operator="add")


CASES = [
    bad(
        "P08",
        "the DaemonSet of the walk-through",
        deployment(
            {"name": "vip", "securityContext": {"privileged": True}},
            kind="DaemonSet",
            name="kube-system/kube-keepalived-vip",
            hostNetwork=True,
            volumes=[{"name": "none", "emptyDir": {}}, {"name": "dev", "hostPath": {"path": "/dev"}}],
        ),
        says=[
            says(what, f"{POD}.{where}", kind="DaemonSet", name="kube-system/kube-keepalived-vip")
            for what, where in (
                ("uses the node's network", "hostNetwork"),
                ("mounts a path of the node", "volumes[1].hostPath"),
                ("runs a privileged container", "containers[0].securityContext.privileged"),
            )
        ],
    ),
    bad(
        "P08",
        "the node's processes and memory",
        deployment(hostPID=True, hostIPC=True),
        says=[
            says("sees the node's processes", f"{POD}.hostPID"),
            says("shares memory with the node's processes", f"{POD}.hostIPC"),
        ],
    ),
    bad(
        "P08",
        "further containers",
        deployment(
            {"name": "web"},
            initContainers=[{"securityContext": {"privileged": True}}],
            ephemeralContainers=[{"securityContext": {"privileged": True}}],
        ),
        says=[
            says("runs a privileged container", f"{POD}.initContainers[0].securityContext.privileged"),
            says("runs a privileged container", f"{POD}.ephemeralContainers[0].securityContext.privileged"),
        ],
    ),
    bad(
        "P08",
        "more privileges",
        secured(allowPrivilegeEscalation=True),
        says=says(
            "lets a container gain privileges",
            f"{POD}.containers[0].securityContext.allowPrivilegeEscalation",
        ),
    ),
    bad(
        "P08",
        "capabilities beyond the usual",
        secured(capabilities={"drop": ["ALL"], "add": ["NET_ADMIN", *USUAL, "NET_RAW"]}),
        says=says(
            "adds capabilities NET_ADMIN, NET_RAW", f"{POD}.containers[0].securityContext.capabilities.add"
        ),
    ),
    bad(
        "P08",
        "a capability in a secret, which stays one",
        secured(capabilities={"add": [secret("NET_ADMIN"), "ALL"]}),
        says=says("adds capabilities [secret], ALL", f"{POD}.containers[0].securityContext.capabilities.add"),
    ),
    bad(
        "P08",
        "a port of the node",
        deployment({"ports": [{"containerPort": 80}, {"containerPort": 80, "hostPort": 1}]}),
        says=says("opens a port of the node", f"{POD}.containers[0].ports[1].hostPort"),
    ),
    bad(
        "P08",
        "a change of an OverridePolicy",
        override("/spec/template/spec/hostNetwork", True),
        says=says(
            "uses the node's network",
            f"spec.overrideRules[0].overriders.plaintext[0].{POD}.hostNetwork",
            kind="DaemonSet",
            name="apps/host",
        ),
    ),
    *(
        bad(
            "P08",
            f"a {kind} to {role}",
            binding(role, kind, name),
            says=says("lets pods be privileged", "roleRef.name", kind=kind, name=name),
        )
        for role, kind, name in (
            ("privileged", "ClusterRoleBinding", "kube-keepalived-vip-privileged"),
            ("system:openshift:scc:privileged", "RoleBinding", "apps/web"),
        )
    ),
    good(
        "P08",
        "a pod in its sandbox",
        deployment(
            {
                "name": "web",
                "securityContext": {
                    "privileged": False,
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL", "NET_ADMIN"], "add": [*USUAL, ""]},
                },
                "ports": [{"containerPort": 80, "hostPort": 0}, {"hostPort": "none"}],
            },
            hostNetwork=False,
            hostPID=False,
            hostIPC=None,
            volumes=[{"name": "none", "emptyDir": {}}],
        ),
    ),
    good(
        "P08",
        "what makes no pods",
        kubernetes("my.example/v1:Web", spec={"template": {"spec": {"hostPID": True}}}),
    ),
    good("P08", "another role", binding("unprivileged"), binding("privileged:not"), binding("view")),
    good(
        "P08",
        "a role of that name",
        kubernetes(f"{RBAC}:ClusterRole", "privileged", roleRef={"name": "privileged"}),
    ),
    unknown(
        "P08",
        "one flag of two of a pod, and each part of a container",
        deployment(
            {
                "securityContext": {
                    "privileged": UNKNOWN,
                    "allowPrivilegeEscalation": True,
                    "capabilities": {"add": [UNKNOWN]},
                },
                "ports": [{"hostPort": UNKNOWN}, {"hostPort": 80}],
            },
            {"securityContext": {"privileged": True}},
            hostNetwork=UNKNOWN,
            hostPID=True,
            volumes=[{"hostPath": UNKNOWN}, {"hostPath": {}}],
        ),
        paths=[
            f"{POD}.{where}"
            for where in (
                "hostNetwork",
                "volumes[0].hostPath",
                "containers[0].securityContext.privileged",
                "containers[0].securityContext.capabilities.add[0]",
                "containers[0].ports[0].hostPort",
            )
        ],
        says=[
            says(what, f"{POD}.{where}")
            for what, where in (
                ("sees the node's processes", "hostPID"),
                ("mounts a path of the node", "volumes[1].hostPath"),
                (
                    "lets a container gain privileges",
                    "containers[0].securityContext.allowPrivilegeEscalation",
                ),
                ("opens a port of the node", "containers[0].ports[1].hostPort"),
                ("runs a privileged container", "containers[1].securityContext.privileged"),
            )
        ],
    ),
    unknown(
        "P08",
        "lists of a pod",
        deployment(
            {"ports": UNKNOWN, "securityContext": {"capabilities": UNKNOWN}},
            {"securityContext": UNKNOWN},
            volumes=UNKNOWN,
        ),
        paths=[
            f"{POD}.volumes",
            f"{POD}.containers[0].securityContext.capabilities",
            f"{POD}.containers[0].ports",
            f"{POD}.containers[1].securityContext",
        ],
    ),
    unknown(
        "P08",
        "a pod, said once",
        kubernetes("apps/v1:Deployment", spec={"template": {"spec": UNKNOWN}}),
        paths=POD,
    ),
    unknown(
        "P08",
        "the role of a binding",
        binding(UNKNOWN),
        binding("privileged"),
        paths="roleRef.name",
        says=says("lets pods be privileged", "roleRef.name", kind="ClusterRoleBinding", name="it"),
    ),
]
