"""Services of Kubernetes: whom they answer."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from pydantic import Field

from policy.objects import KubernetesObject
from policy.properties import Property
from policy.rules.across import Signs, known_any
from policy.settings import PolicySettings
from policy.stack import Resource

INTERNAL_ANNOTATIONS = (
    "cloud.google.com/load-balancer-type",
    "networking.gke.io/load-balancer-type",
    "service.beta.kubernetes.io/aws-load-balancer-internal",
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
    "service.beta.kubernetes.io/azure-load-balancer-internal",
)
INTERNAL_VALUES = frozenset({"internal", "true", "0.0.0.0/0"})
"""What these annotations say of an internal load balancer; the last is AWS's first spelling."""
RANGE_ANNOTATIONS = (
    "service.beta.kubernetes.io/azure-allowed-ip-ranges",
    "service.beta.kubernetes.io/load-balancer-source-ranges",
)


class ServiceSettings(PolicySettings):
    """Of policies on Services."""

    internal_classes: tuple[str, ...] = Field(
        (), description="values of loadBalancerClass whose addresses are reached from inside only"
    )


def services(resource: Resource) -> Iterator[KubernetesObject]:
    """All Services in it."""
    return (found for found in resource.objects if (found.api, found.kind) == ("v1", "Service"))


def balanced(service: KubernetesObject) -> bool:
    """Whether it gets an address of its own."""
    return service.root.at("spec", "type").text() == "LoadBalancer"


def closed(service: KubernetesObject, settings: ServiceSettings) -> bool:
    """Whether its address is reached from inside or from named ranges only."""
    ways: Signs = (
        lambda: _annotated(service),
        lambda: _private(service),
        lambda: _restricted(service),
        lambda: service.root.at("spec", "loadBalancerClass").text() in settings.internal_classes,
    )
    return known_any(ways, lambda way: way())


def _annotation(service: KubernetesObject, key: str) -> Property:
    return service.root.at("metadata", "annotations", key)


def _annotated(service: KubernetesObject) -> bool:
    return known_any(
        INTERNAL_ANNOTATIONS, lambda key: _annotation(service, key).text().lower() in INTERNAL_VALUES
    )


def _private(service: KubernetesObject) -> bool:
    """Whether it asks for a private address (RFC 1918, RFC 4193)."""
    try:
        return ip_address(service.root.at("spec", "loadBalancerIP").text()).is_private
    except ValueError:
        return False


def _restricted(service: KubernetesObject) -> bool:
    """Whether ranges are named, and none of them is everything."""
    ranges = service.root.at("spec", "loadBalancerSourceRanges").texts()
    for key in RANGE_ANNOTATIONS:
        ranges += [part for part in _annotation(service, key).text().split(",") if part]
    return bool(ranges) and not any(part.strip().endswith("/0") for part in ranges)
