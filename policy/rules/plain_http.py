"""What users reach without TLS."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from policy.objects import KubernetesObject
from policy.properties import Property
from policy.rule import Context, Finding, Level, Policy, Severity, Verdicts, each
from policy.rules.across import Signs, known_any
from policy.rules.services import ServiceSettings, balanced, closed, services
from policy.stack import Resource

INGRESS_GROUPS = ("networking.k8s.io", "extensions")


class PlainHttpSettings(ServiceSettings):
    """Of P28."""

    ports: tuple[int, ...] = Field((80,), description="ports of HTTP without TLS")
    names: tuple[str, ...] = Field(
        ("http", "web", "h2c", "kubernetes.io/h2c", "kubernetes.io/ws"),
        description="names and application protocols of ports that say the same",
    )


def plain_services(resource: Resource, context: Context[PlainHttpSettings]) -> Verdicts:
    """Services that answer everybody by HTTP without TLS."""
    whole = (service for service in services(resource) if not service.partial)
    yield from each(whole, partial(_service, context.settings))


def _service(settings: PlainHttpSettings, service: KubernetesObject) -> Verdicts:
    if not balanced(service) or closed(service, settings):
        return
    yield from each(service.root.at("spec", "ports").items(), partial(_port, settings, service))


def _port(settings: PlainHttpSettings, service: KubernetesObject, port: Property) -> Verdicts:
    signs: Signs = (
        lambda: port.at("port").number() in settings.ports,
        lambda: port.at("name").text() in settings.names,
        lambda: port.at("appProtocol").text() in settings.names,
    )
    if port.at("protocol").text() != "UDP" and known_any(signs, lambda sign: sign()):
        text = f"Service {service.key!r} answers everybody by HTTP without TLS ({port.path})"
        yield Finding(service.key, text)


def plain_ways_in(resource: Resource, _context: Context[PlainHttpSettings]) -> Verdicts:
    """Ingresses without TLS, and listeners of Gateways for plain HTTP."""
    ingresses = [o for o in resource.objects if o.kind == "Ingress" and o.group in INGRESS_GROUPS]
    yield from each(ingresses, _ingress)
    gateways = [o for o in resource.objects if (o.group, o.kind) == ("gateway.networking.k8s.io", "Gateway")]
    yield from each(
        gateways, lambda one: each(one.root.at("spec", "listeners").items(), partial(_listener, one))
    )


def _ingress(ingress: KubernetesObject) -> Verdicts:
    tls = ingress.root.at("spec", "tls")
    if not ingress.partial and not tls.items():
        yield Finding(ingress.key, f"Ingress {ingress.key!r} has no TLS ({tls.path})")


def _listener(gateway: KubernetesObject, listener: Property) -> Verdicts:
    protocol = listener.at("protocol")
    if protocol.text() == "HTTP":
        yield Finding(gateway.key, f"Gateway {gateway.key!r} listens for HTTP without TLS ({protocol.path})")


POLICIES = (
    Policy(
        id="P28",
        name="p28-plain-http",
        title="What the public reaches has TLS",
        why="Whoever is on the way reads and changes what users and services say to each other.",
        remedy="serve it with TLS (a Gateway's listener of protocol HTTPS, an Ingress' tls), or make it internal",
        source="NSA/CISA Kubernetes Hardening Guide, encryption in transit; Gateway API, TLS",
        seed="kubectl expose deployment nginx --port=80 --type=LoadBalancer (on premises)",
        severity=Severity.MEDIUM,
        level=Level.ADVISORY,
        settings=PlainHttpSettings,
        checks=(plain_services, plain_ways_in),
    ),
)
