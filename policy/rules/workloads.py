"""What pods may do to the node that they run on."""

from __future__ import annotations

from functools import partial

from policy.objects import KubernetesObject
from policy.pods import containers, pod_spec
from policy.properties import Property
from policy.rule import Context, Finding, Policy, Severity, Verdicts, each
from policy.rules.reading import shown
from policy.settings import PolicySettings
from policy.stack import Resource

_OF_PODS = {
    "hostNetwork": "uses the node's network",
    "hostPID": "sees the node's processes",
    "hostIPC": "shares memory with the node's processes",
}
_OF_CONTAINERS = {
    "privileged": "runs a privileged container",
    "allowPrivilegeEscalation": "lets a container gain privileges",
}
_USUAL = frozenset(
    """AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID
    SYS_CHROOT""".split()
)
"""Capabilities that a container has unless it drops them, so adding them after dropping ALL is the better way."""


def privileged_pods(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Pods that leave their sandbox (Pod Security Standards, baseline; gaining privileges as in restricted)."""
    yield from each(resource.objects, _workload)


def privileged_bindings(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Bindings to a role that lets pods be privileged, as distributions name it: "privileged", "psp:privileged"."""
    bindings = [o for o in resource.objects if o.kind in ("ClusterRoleBinding", "RoleBinding")]
    yield from each(bindings, _binding)


def _workload(found: KubernetesObject) -> Verdicts:
    pod = pod_spec(found)
    if pod:
        pod.opened()  # what is not known at all is said once; the same below
        yield from each(_OF_PODS.items(), partial(_flag, found, pod))
        yield from each([pod], partial(_volumes, found))
        yield from each([pod], lambda known: each(containers(known), partial(_container, found)))


def _flag(found: KubernetesObject, parent: Property, item: tuple[str, str]) -> Verdicts:
    key, what = item
    if parent.at(key).flag():
        yield _finding(found, key, what, parent.at(key))


def _volumes(found: KubernetesObject, pod: Property) -> Verdicts:
    yield from each(pod.at("volumes").items(), partial(_volume, found))


def _volume(found: KubernetesObject, volume: Property) -> Verdicts:
    if volume.at("hostPath").exists():
        yield _finding(found, "hostPath", "mounts a path of the node", volume.at("hostPath"))


def _container(found: KubernetesObject, container: Property) -> Verdicts:
    yield from each([container.at("securityContext")], partial(_security, found))
    yield from each([container.at("ports")], lambda ports: each(ports.items(), partial(_port, found)))


def _security(found: KubernetesObject, security: Property) -> Verdicts:
    security.opened()
    yield from each(_OF_CONTAINERS.items(), partial(_flag, found, security))
    added = security.at("capabilities", "add")
    names = [shown(name) for name in added.items() if name.text() and name.text() not in _USUAL]
    if names:
        yield _finding(found, ",".join(names), f"adds capabilities {', '.join(names)}", added)


def _port(found: KubernetesObject, port: Property) -> Verdicts:
    if port.at("hostPort").number():
        yield _finding(found, "hostPort", "opens a port of the node", port.at("hostPort"))


def _binding(found: KubernetesObject) -> Verdicts:
    role = found.root.at("roleRef", "name")
    if role.text().rpartition(":")[2] == "privileged":
        yield _finding(found, "privileged", "lets pods be privileged", role)


def _finding(found: KubernetesObject, cause: str, what: str, where: Property) -> Finding:
    """Its subject names the cause, so that an exception for one lets in no other."""
    subject = f"{found.key} {cause}"
    return Finding(subject, f"{found.title} {what} ({subject!r}, {where.path})")


POLICIES = (
    Policy(
        id="P08",
        name="p08-privileged-pods",
        title="No pods that leave their sandbox",
        why="Whoever gets into such a pod has the node, and with it every other pod there.",
        remedy="remove it, or drop ALL capabilities, add only what it needs, and add an exception with the day it ends",
        source="Pod Security Standards; CIS Kubernetes Benchmark 5.2; NSA/CISA Kubernetes Hardening Guide",
        seed="kubectl create clusterrolebinding kube-keepalived-vip-privileged … --clusterrole=privileged;"
        " hostNetwork: true; privileged: true; hostPath: /dev (on premises)",
        severity=Severity.CRITICAL,
        checks=(privileged_pods, privileged_bindings),
    ),
)
