"""What clusters open to the outside."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import partial

from pydantic import Field

from policy.objects import KubernetesObject
from policy.properties import Property
from policy.rule import Context, Finding, Policy, Severity, Verdicts, each
from policy.rules.across import Signs, known_any
from policy.rules.services import ServiceSettings, balanced, closed, services
from policy.stack import DYNAMIC, FEDERATION, Resource

NODE_PORT = "NodePort"
_ASKED = re.compile(rf"type[\"']?[\s:=]+[\"']?{NODE_PORT}\b", re.IGNORECASE)
"""In values of charts, in manifests and in command lines: `serviceType: "NodePort"`, `--type=NodePort`."""
PART_OF = "app.kubernetes.io/part-of"


class ExposureSettings(ServiceSettings):
    """Of P11."""

    infrastructure_namespaces: tuple[str, ...] = Field(
        ("kube-*", "karmada-*", "federation-*", "*-system"),
        description="namespaces of control planes and of DNS; * stands for any text",
    )
    infrastructure_ports: tuple[int, ...] = Field(
        (53, 2379, 2380, 5443, 6443), description="ports of DNS, etcd and API servers"
    )


def exposed_services(resource: Resource, context: Context[ExposureSettings]) -> Verdicts:
    """Services that are open on every node, that take foreign addresses, or that open a control plane to everybody."""
    looks = (_node_port, _external, _open)
    for look in looks:
        yield from each(services(resource), partial(look, context.settings))


def _node_port(_settings: ExposureSettings, service: KubernetesObject) -> Verdicts:
    kind = service.root.at("spec", "type")
    if kind.text() == NODE_PORT:
        yield Finding(
            service.key,
            f"Service {service.key!r} is open on every node of its cluster, for whoever reaches one ({kind.path})",
        )


def _external(_settings: ExposureSettings, service: KubernetesObject) -> Verdicts:
    addresses = service.root.at("spec", "externalIPs")
    if addresses.items():
        text = f"Service {service.key!r} takes traffic of addresses that it names itself ({addresses.path})"
        yield Finding(
            service.key, text, fix="give it type LoadBalancer: with externalIPs, any tenant takes any address"
        )


def _open(settings: ExposureSettings, service: KubernetesObject) -> Verdicts:
    if service.partial or not balanced(service) or not _infrastructure(service, settings):
        return
    if not closed(service, settings):
        text = f"Service {service.key!r} of a control plane or of DNS has a load balancer for everybody"
        yield Finding(service.key, text, fix="make it internal, or name spec.loadBalancerSourceRanges")


def _infrastructure(service: KubernetesObject, settings: ExposureSettings) -> bool:
    """Whether it is part of a control plane or of DNS: by its label, its namespace or a port."""
    signs: Signs = (
        lambda: service.root.at("metadata", "labels", PART_OF).text() == "federation",
        lambda: any(fnmatchcase(service.namespace, name) for name in settings.infrastructure_namespaces),
        lambda: any(
            port.at(key).number() in settings.infrastructure_ports
            for port in service.root.at("spec", "ports").items()
            for key in ("port", "targetPort")
        ),
    )
    return known_any(signs, lambda sign: sign())


def asked_for_node_ports(resource: Resource, _context: Context[ExposureSettings]) -> Verdicts:
    """Values of Helm charts, and texts of commands and of foreign dynamic resources, that ask for type NodePort."""
    if _scripted(resource):
        yield from each(resource.props.leaves(), partial(_asked, resource))


def _scripted(resource: Resource) -> bool:
    foreign = resource.type.startswith(DYNAMIC) and not resource.type.startswith(FEDERATION)
    tool = resource.type.startswith("kubernetes:helm.sh/") or resource.is_command
    return tool or (foreign and not resource.objects)


def _asked(resource: Resource, leaf: tuple[str, Property]) -> Verdicts:
    key, value = leaf
    if _ASKED.search(f"{key}: {value.text()}"):
        yield Finding(
            resource.name, f"{resource.name!r} asks for a Service that is open on every node ({value.path})"
        )


POLICIES = (
    Policy(
        id="P11",
        name="p11-exposure",
        title="No NodePort, and control planes and DNS are not open to everybody",
        why="A port on every node passes by load balancers, source ranges and the rules that are made for them.",
        remedy="give the Service type ClusterIP or LoadBalancer, internal or with loadBalancerSourceRanges",
        source="NSA/CISA Kubernetes Hardening Guide, network separation; CVE-2020-8554 (external IPs)",
        seed='serviceType: "NodePort" and --api-server-service-type=NodePort (on premises)',
        severity=Severity.HIGH,
        settings=ExposureSettings,
        checks=(exposed_services, asked_for_node_ports),
    ),
)
