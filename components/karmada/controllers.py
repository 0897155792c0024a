"""The three controllers of a control plane. Each elects a leader, in the federation API. Pure."""

from __future__ import annotations

from components.karmada.certificates import PlaneCertificates
from components.karmada.plane import (
    CONTROLLER_MANAGER,
    DELEGATED,
    KUBE_CONTROLLER_MANAGER,
    KUBECONFIG,
    SCHEDULER,
    Plane,
    flags,
)
from components.pods import CONFIG, Component, field_value, http, https
from federation.topology.models import Failover

# There from the start; Karmada's own namespace comes later, and who waits for it waits for seconds.
LEASES = "kube-system"
# Namespaces and owned objects are removed by these; the others serve members that pull, of which there are none.
CONTROLLERS = "namespace,garbagecollector,serviceaccount-token,ttl-after-finished,clusterrole-aggregation"
# One client for all controllers: with the default of 20 requests a second its start alone takes 5 s.
REQUESTS_A_SECOND, BURST = 100, 200


def kube_controller_manager(plane: Plane, certificates: PlaneCertificates) -> Component:
    """Removes namespaces and what belongs to removed objects. Runs no workloads, so most of it is switched off."""
    name = KUBE_CONTROLLER_MANAGER
    client, account = certificates.clients[name], certificates.service_account
    port = 10257
    values: dict[str, str | int | bool] = {
        **DELEGATED,
        "bind-address": "0.0.0.0",  # noqa: S104 (in its pod)
        "secure-port": port,
        "client-ca-file": f"{CONFIG}/ca.crt",
        "root-ca-file": f"{CONFIG}/ca.crt",
        "service-account-private-key-file": f"{CONFIG}/sa.key",
        "controllers": CONTROLLERS,
        "use-service-account-credentials": True,
        "leader-elect": True,
        "leader-elect-resource-namespace": LEASES,
        "kube-api-qps": REQUESTS_A_SECOND,
        "kube-api-burst": BURST,
        "profiling": False,
    }
    return Component(
        name=name,
        command=[name, *flags(plane, name, values)],
        ports={"https": port},
        readiness=https("/healthz", port),
        liveness=https("/healthz", port),
        cpu="50m",
        memory="64Mi",
        files={
            "kubeconfig": certificates.kubeconfig(plane.api_url, client),
            "ca.crt": certificates.ca.certificate,
            "sa.key": account.key,
        },
        fingerprints=[client.fingerprint, account.fingerprint],
    )


def controller_manager(plane: Plane, certificates: PlaneCertificates) -> Component:
    """Karmada's controllers: members' health, propagation, failover."""
    name, port = CONTROLLER_MANAGER, 10357
    values: dict[str, str | int | bool] = {
        "kubeconfig": KUBECONFIG,
        "leader-elect-resource-namespace": LEASES,
        "metrics-bind-address": "$(POD_IP):8080",
        "health-probe-bind-address": f"$(POD_IP):{port}",
        # Watching every node and pod of every member serves placements by free capacity only.
        "enable-cluster-resource-modeling": False,
        "kube-api-qps": REQUESTS_A_SECOND,
        "kube-api-burst": BURST,
        # Else what a member's autoscaler decides is set back.
        "controllers": "*,hpaScaleTargetMarker",
        "feature-gates": feature_gates(plane.spec.failover),
        **failover_flags(plane.spec.failover),
    }
    return _karmada(plane, certificates, name, values, port=port, memory="96Mi")


def feature_gates(failover: Failover) -> str:
    """Without the first, preferences that come later do not take a Deployment from the policy that holds it."""
    return "PropagationPolicyPreemption=true" + (",Failover=true" if failover.enabled else "")


def failover_flags(failover: Failover) -> dict[str, str | int | bool]:
    """When a member counts as dead, and what happens then (Karmada: "Cluster failover")."""
    health: dict[str, str | int | bool] = {
        "cluster-status-update-frequency": f"{failover.status_frequency_seconds}s",
        "cluster-failure-threshold": f"{failover.failure_threshold_seconds}s",
        "cluster-success-threshold": f"{failover.success_threshold_seconds}s",
    }
    if not failover.enabled:
        return health
    return health | {
        "enable-no-execute-taint-eviction": True,
        "no-execute-taint-eviction-purge-mode": failover.purge_mode,
        "resource-eviction-rate": f"{failover.eviction_rate:g}",
    }


def scheduler(plane: Plane, certificates: PlaneCertificates) -> Component:
    """Decides which member gets how many replicas."""
    name, port = SCHEDULER, 10351
    values: dict[str, str | int | bool] = {
        "kubeconfig": KUBECONFIG,
        "leader-elect-resource-namespace": LEASES,
        "metrics-bind-address": "$(POD_IP):8080",
        "health-probe-bind-address": f"$(POD_IP):{port}",
        "enable-scheduler-estimator": False,
        "kube-api-qps": REQUESTS_A_SECOND,
        "kube-api-burst": BURST,
    }
    return _karmada(plane, certificates, name, values, port=port, memory="64Mi")


def _karmada(
    plane: Plane,
    certificates: PlaneCertificates,
    name: str,
    values: dict[str, str | int | bool],
    *,
    port: int,
    memory: str,
) -> Component:
    client = certificates.clients[name]
    return Component(
        name=name,
        command=[f"/bin/{name}", *flags(plane, name, values)],
        ports={"health": port, "metrics": 8080},
        readiness=http("/healthz", port),
        liveness=http("/healthz", port),
        cpu="50m",
        memory=memory,
        files={"kubeconfig": certificates.kubeconfig(plane.api_url, client)},
        fingerprints=[client.fingerprint],
        environment={"POD_IP": field_value("status.podIP")},
    )
