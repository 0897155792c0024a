"""P11."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import (
    UNKNOWN,
    azure,
    bad,
    dynamic,
    federation,
    good,
    kubernetes,
    overriding,
    resource,
    secret,
    unknown,
)

AZURE = "service.beta.kubernetes.io/azure"
AWS = "service.beta.kubernetes.io/aws-load-balancer"
OPEN = "Service 'karmada-system/api' of a control plane or of DNS has a load balancer for everybody"
ON_NODES = "is open on every node of its cluster, for whoever reaches one"
ASKS = "'it' asks for a Service that is open on every node"


def service(name: str = "apps/web", *ports: dict[str, Any], **spec: Any) -> Resource:
    metadata = {key: spec.pop(key) for key in ("labels", "annotations") if key in spec}
    return kubernetes("v1:Service", name, metadata=metadata, spec={"ports": [*ports], **spec})


def api(**more: Any) -> Resource:
    """A load balancer of a control plane."""
    return service("karmada-system/api", **{"type": "LoadBalancer", **more})


def web(**port: Any) -> Resource:
    """A load balancer of users'."""
    return service("apps/web", {"port": 80}, port, type="LoadBalancer")


def override(path: str, value: Any) -> Resource:
    return overriding("v1:Service", path, value)


CHANGE = "spec.overrideRules[0].overriders.plaintext[0].spec"
CASES = [
    bad(
        "P11",
        "a port on all nodes",
        service(type="NodePort"),
        says=f"Service 'apps/web' {ON_NODES} (spec.type)",
    ),
    bad(
        "P11",
        "a port on all nodes by an override",
        override("/spec/type", "NodePort"),
        says=f"Service 'apps/west' {ON_NODES} ({CHANGE}.type)",
    ),
    good("P11", "no type", service()),
    good(
        "P11",
        "a node port of a load balancer",
        service("apps/web", {"port": 80, "nodePort": 30080}, type="LoadBalancer"),
    ),
    good("P11", "another kind", kubernetes("v1:Pod", spec={"type": "NodePort"})),
    good(
        "P11",
        "a Service of something else",
        kubernetes("serving.knative.dev/v1:Service", spec={"type": "NodePort"}),
    ),
    bad(
        "P11",
        "addresses of others",
        service(externalIPs=["192.0.2.1"]),
        says="Service 'apps/web' takes traffic of addresses that it names itself (spec.externalIPs)",
    ),
    good("P11", "no address of others", service(externalIPs=[])),
    bad("P11", "an API server for everybody", api(), says=OPEN),
    *(
        bad(
            "P11",
            f"in {name}",
            service(f"{name}/api", type="LoadBalancer"),
            says=OPEN.replace("karmada-system", name),
        )
        for name in ("kube-public", "karmada-es", "federation-dns", "cert-system")
    ),
    *(
        bad("P11", f"port {port}", web(port=port), says=OPEN.replace("karmada-system/api", "apps/web"))
        for port in (53.0, 2379.0, 2380.0, 5443.0, 6443.0)
    ),
    bad("P11", "its pods' port", web(targetPort=6443), says=OPEN.replace("karmada-system/api", "apps/web")),
    bad(
        "P11",
        "its label",
        service(type="LoadBalancer", labels={"app.kubernetes.io/part-of": "federation"}),
        says=OPEN.replace("karmada-system/api", "apps/web"),
    ),
    good("P11", "another label", service(type="LoadBalancer", labels={"app.kubernetes.io/part-of": "shop"})),
    good("P11", "a Service of users", web(port=443, targetPort="https")),
    good("P11", "an API server inside its cluster", api(type="ClusterIP")),
    good(
        "P11",
        "an override that makes a load balancer",
        override("/spec", {"type": "LoadBalancer", "ports": [{"port": 53}]}),
    ),
    bad(
        "P11",
        "other namespaces",
        api(),
        service("shop/web", type="LoadBalancer"),
        says=OPEN.replace("karmada-system/api", "shop/web"),
        settings={"infrastructure_namespaces": ["shop"]},
    ),
    bad(
        "P11",
        "other ports",
        web(port=53),
        web(port=8080),
        says=OPEN.replace("karmada-system/api", "apps/web"),
        settings={"infrastructure_ports": [8080]},
    ),
    *(
        good("P11", f"internal by {key}: {value}", api(annotations={key: value}))
        for key, value in (
            (f"{AZURE}-load-balancer-internal", "true"),
            (f"{AZURE}-load-balancer-internal", "True"),
            ("networking.gke.io/load-balancer-type", "Internal"),
            ("cloud.google.com/load-balancer-type", "Internal"),
            (f"{AWS}-internal", "0.0.0.0/0"),
            (f"{AWS}-scheme", "internal"),
        )
    ),
    bad(
        "P11",
        "internal, but not so",
        api(annotations={f"{AZURE}-load-balancer-internal": "false"}),
        says=OPEN,
    ),
    good("P11", "a private address", api(loadBalancerIP="10.0.0.5")),
    bad("P11", "a public address", api(loadBalancerIP="8.8.8.8"), says=OPEN),
    good("P11", "some ranges", api(loadBalancerSourceRanges=["203.0.113.0/24", "2001:db8::/48"])),
    bad(
        "P11", "some ranges and all", api(loadBalancerSourceRanges=["203.0.113.0/24", "0.0.0.0/0"]), says=OPEN
    ),
    bad("P11", "no range", api(loadBalancerSourceRanges=[]), says=OPEN),
    *(
        good("P11", f"ranges in {key}", api(annotations={key: "203.0.113.21/32,203.0.113.22/32"}))
        for key in (f"{AZURE}-allowed-ip-ranges", "service.beta.kubernetes.io/load-balancer-source-ranges")
    ),
    bad(
        "P11",
        "all in an annotation",
        api(annotations={f"{AZURE}-allowed-ip-ranges": "203.0.113.21/32,::/0 , "}),
        says=OPEN,
    ),
    bad("P11", "nothing in an annotation", api(annotations={f"{AZURE}-allowed-ip-ranges": ","}), says=OPEN),
    good(
        "P11",
        "an internal class",
        api(loadBalancerClass="example.com/inside"),
        settings={"internal_classes": ["example.com/inside"]},
    ),
    bad("P11", "another class", api(loadBalancerClass="example.com/inside"), says=OPEN),
    bad(
        "P11",
        "values of a chart",
        resource("kubernetes:helm.sh/v3:Release", values={"serviceType": "NodePort"}),
        resource("kubernetes:helm.sh/v4:Chart", values={"api": [{"service": {"type": "NodePort"}}]}),
        says=[f"{ASKS} (values.serviceType)", f"{ASKS} (values.api[0].service.type)"],
    ),
    bad(
        "P11",
        "values in a text",
        dynamic("seed:File", text='isClusterService: false\nserviceType: "NodePort"\nmiddleware:\n'),
        says=f"{ASKS} (text)",
    ),
    *(
        bad("P11", f"command {n}", resource(f"command:{kind}:Command", create=text), says=f"{ASKS} (create)")
        for n, (kind, text) in enumerate(
            (
                ("local", "kubefed init fed --api-server-service-type='NodePort' --dns-provider=coredns"),
                ("remote", secret("kubectl expose deployment nginx --port=80 --type=NodePort")),
                ("local", "kubectl create service x --type  nodeport"),
                ("local", 'kubectl apply -f - <<< \'{"spec": {"type":"NodePort"}}\''),
            )
        )
    ),
    good(
        "P11",
        "another type",
        resource("command:local:Command", create="kubectl expose x --type=LoadBalancer"),
    ),
    good("P11", "a word that starts alike", resource("command:local:Command", create="--type=NodePorts")),
    good("P11", "the word alone", resource("command:local:Command", create="echo NodePort")),
    good("P11", "in one of ours", federation("Host", text="serviceType: NodePort")),
    good("P11", "in another resource", azure("x:Y", text="serviceType: NodePort")),
    good("P11", "in a ConfigMap", kubernetes("v1:ConfigMap", data={"values": "serviceType: NodePort"})),
    bad(
        "P11",
        "a manifest in a dynamic resource",
        dynamic("my:Object", manifest={"apiVersion": "v1", "kind": "Service", "spec": {"type": "NodePort"}}),
        says=f"Service 'default/?' {ON_NODES} (manifest.spec.type)",
    ),
    unknown("P11", "the type", service(type=UNKNOWN), paths=["spec.type", "spec.type"]),
    unknown(
        "P11", "the ranges", api(loadBalancerSourceRanges=UNKNOWN), paths="spec.loadBalancerSourceRanges"
    ),
    unknown("P11", "the address", api(loadBalancerIP=UNKNOWN), paths="spec.loadBalancerIP"),
    good(
        "P11",
        "the address of an internal one",
        api(loadBalancerIP=UNKNOWN, loadBalancerSourceRanges=["10.0.0.0/8"]),
    ),
    bad(
        "P11",
        "its label is not known",
        service("kube-x/web", type="LoadBalancer", labels=UNKNOWN),
        says=OPEN.replace("karmada-system/api", "kube-x/web"),
    ),
    unknown(
        "P11",
        "a part of a command",
        resource("command:local:Command", create=UNKNOWN, delete="--type=NodePort"),
        paths="create",
        says=f"{ASKS} (delete)",
    ),
]
