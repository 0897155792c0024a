"""P28."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, bad, good, kubernetes, overriding, unknown

PLAIN = "Service 'apps/web' answers everybody by HTTP without TLS (spec.ports[0])"


def service(*ports: dict[str, Any], **spec: Any) -> Resource:
    return kubernetes("v1:Service", "apps/web", spec={"type": "LoadBalancer", "ports": [*ports], **spec})


def ingress(api: str = "networking.k8s.io/v1", **spec: Any) -> Resource:
    return kubernetes(f"{api}:Ingress", "apps/web", spec=spec)


def gateway(*protocols: str, api: str = "gateway.networking.k8s.io/v1:Gateway") -> Resource:
    return kubernetes(api, "apps/way", spec={"listeners": [{"protocol": protocol} for protocol in protocols]})


def override(kind: str, api: str, spec: dict[str, Any]) -> Resource:
    return overriding(f"{api}:{kind}", "/spec", spec)


CASES = [
    bad("P28", "port 80", service({"port": 80.0}), says=PLAIN),
    *(
        bad("P28", f"port {name}", service({"port": 5001.0, "name": name}), says=PLAIN)
        for name in ("http", "web")
    ),
    *(
        bad("P28", f"protocol {name}", service({"port": 5001.0, "appProtocol": name}), says=PLAIN)
        for name in ("h2c", "kubernetes.io/h2c", "kubernetes.io/ws")
    ),
    bad(
        "P28",
        "each port",
        service({"port": 443}, {"port": 80, "protocol": "TCP"}, {"name": "web"}),
        says=[PLAIN.replace("0", "1"), PLAIN.replace("0", "2")],
    ),
    bad("P28", "another port", service({"port": 8080}, {"port": 80}), says=PLAIN, settings={"ports": [8080]}),
    bad(
        "P28",
        "another name",
        service({"name": "plain"}, {"name": "web"}),
        says=PLAIN,
        settings={"names": ["plain"]},
    ),
    good("P28", "with TLS", service({"port": 443, "name": "https"})),
    good("P28", "by UDP", service({"port": 80, "protocol": "UDP"})),
    good("P28", "inside", service({"port": 80}, type="ClusterIP")),
    good("P28", "for some", service({"port": 80}, loadBalancerSourceRanges=["203.0.113.0/24"])),
    good(
        "P28",
        "of an inner class",
        service({"port": 80}, loadBalancerClass="in"),
        settings={"internal_classes": ["in"]},
    ),
    good("P28", "a part of it", override("Service", "v1", {"type": "LoadBalancer", "ports": [{"port": 80}]})),
    good("P28", "another kind", kubernetes("v1:Pod", spec={"type": "LoadBalancer", "ports": [{"port": 80}]})),
    *(
        bad(
            "P28",
            f"an Ingress of {api}",
            ingress(api, rules=[]),
            says="Ingress 'apps/web' has no TLS (spec.tls)",
        )
        for api in ("networking.k8s.io/v1", "extensions/v1beta1")
    ),
    good("P28", "an Ingress with TLS", ingress(tls=[{"secretName": "web"}])),
    good("P28", "a part of an Ingress", override("Ingress", "networking.k8s.io/v1", {"rules": []})),
    good("P28", "an Ingress of something else", ingress("config.openshift.io/v1")),
    good(
        "P28",
        "another kind of that group",
        kubernetes("networking.k8s.io/v1:NetworkPolicy", "apps/web", spec={}),
    ),
    bad(
        "P28",
        "a Gateway",
        gateway("HTTPS", "HTTP"),
        says="Gateway 'apps/way' listens for HTTP without TLS (spec.listeners[1].protocol)",
    ),
    good("P28", "a Gateway with TLS", gateway("HTTPS", "TLS")),
    good("P28", "a Gateway of something else", gateway("HTTP", api="networking.istio.io/v1:Gateway")),
    good("P28", "another kind of its group", gateway("HTTP", api="gateway.networking.k8s.io/v1:HTTPRoute")),
    unknown("P28", "the type", service({"port": 80}, type=UNKNOWN), paths="spec.type"),
    unknown(
        "P28",
        "one port of two",
        service({"port": UNKNOWN}, {"port": 80}),
        paths="spec.ports[0].port",
        says=PLAIN.replace("0", "1"),
    ),
    bad("P28", "a port that has a name", service({"port": UNKNOWN, "name": "http"}), says=PLAIN),
    unknown("P28", "TLS", ingress(tls=UNKNOWN), paths="spec.tls"),
    unknown("P28", "a listener", gateway(UNKNOWN), paths="spec.listeners[0].protocol"),
]
