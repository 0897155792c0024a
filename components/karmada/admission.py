"""The admission webhooks that the federation API asks for Karmada's own kinds. Pure.

Which kinds, operations and paths there are is given by Karmada's webhook server (`cmd/webhook/app/webhook.go`).
`karmadactl init`, the chart and the operator leave out the check of ClusterTaintPolicies; here it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

MADE = ("CREATE",)
WRITTEN = ("CREATE", "UPDATE")
LABEL_OF_PROTECTED = "resourcetemplate.karmada.io/deletion-protected"


@dataclass(frozen=True)
class Hook:
    """One row: what is checked, when, and whether by cluster or by namespace."""

    group: str
    resource: str
    kind: str
    scope: str = "Namespaced"
    operations: Sequence[str] = WRITTEN
    seconds: int = 3
    label: str | None = None
    side_effects: str = "None"


POLICY, WORK, CONFIG = "policy.karmada.io", "work.karmada.io", "config.karmada.io"
NETWORKING, AUTOSCALING = "networking.karmada.io", "autoscaling.karmada.io"
MUTATING = (
    Hook(POLICY, "propagationpolicies", "propagationpolicy"),
    Hook(POLICY, "clusterpropagationpolicies", "clusterpropagationpolicy", "Cluster"),
    Hook(POLICY, "overridepolicies", "overridepolicy"),
    Hook(WORK, "resourcebindings", "resourcebinding", operations=MADE),
    Hook(WORK, "clusterresourcebindings", "clusterresourcebinding", "Cluster", operations=MADE),
    Hook(WORK, "works", "work"),
    Hook(AUTOSCALING, "federatedhpas", "federatedhpa"),
    Hook(NETWORKING, "multiclusterservices", "multiclusterservice"),
)
VALIDATING = (
    Hook(POLICY, "propagationpolicies", "propagationpolicy"),
    Hook(POLICY, "clusterpropagationpolicies", "clusterpropagationpolicy", "Cluster"),
    Hook(POLICY, "overridepolicies", "overridepolicy"),
    Hook(POLICY, "clusteroverridepolicies", "clusteroverridepolicy", "Cluster"),
    Hook(POLICY, "federatedresourcequotas", "federatedresourcequota"),
    Hook(POLICY, "clustertaintpolicies", "clustertaintpolicy", "Cluster"),
    Hook(
        CONFIG,
        "resourceinterpreterwebhookconfigurations",
        "resourceinterpreterwebhookconfiguration",
        "Cluster",
    ),
    # It runs the scripts that it is given.
    Hook(
        CONFIG, "resourceinterpretercustomizations", "resourceinterpretercustomization", "Cluster", seconds=10
    ),
    Hook(NETWORKING, "multiclusteringresses", "multiclusteringress"),
    Hook(NETWORKING, "multiclusterservices", "multiclusterservice"),
    Hook(AUTOSCALING, "federatedhpas", "federatedhpa"),
    Hook(AUTOSCALING, "cronfederatedhpas", "cronfederatedhpa"),
    Hook(WORK, "resourcebindings", "resourcebinding", side_effects="NoneOnDryRun"),
    Hook("*", "*", "resourcedeletionprotection", "*", operations=("DELETE",), label=LABEL_OF_PROTECTED),
)


def configurations(url: str, ca_bundle: pulumi.Input[str]) -> list[dict[str, Any]]:
    """Both configurations.

    Args:
        url: of the webhook server, without a path.
        ca_bundle: PEM in base64.
    """
    return [
        _configuration("MutatingWebhookConfiguration", MUTATING, f"{url}/mutate", ca_bundle),
        _configuration("ValidatingWebhookConfiguration", VALIDATING, f"{url}/validate", ca_bundle),
    ]


def _configuration(
    kind: str, hooks: Sequence[Hook], url: str, ca_bundle: pulumi.Input[str]
) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "karmada"},
        "webhooks": [_webhook(hook, url, ca_bundle) for hook in hooks],
    }


def _webhook(hook: Hook, url: str, ca_bundle: pulumi.Input[str]) -> dict[str, Any]:
    webhook: dict[str, Any] = {
        "name": f"{hook.kind}.karmada.io",
        "rules": [
            {
                "operations": list(hook.operations),
                "apiGroups": [hook.group],
                "apiVersions": ["*"],
                "resources": [hook.resource],
                "scope": hook.scope,
            }
        ],
        "clientConfig": {"url": f"{url}-{hook.kind}", "caBundle": ca_bundle},
        "failurePolicy": "Fail",
        "sideEffects": hook.side_effects,
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": hook.seconds,
    }
    if hook.label:
        webhook["objectSelector"] = {"matchExpressions": [{"key": hook.label, "operator": "Exists"}]}
    return webhook
