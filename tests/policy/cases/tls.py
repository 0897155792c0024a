"""P03."""

from __future__ import annotations

import json
from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import (
    UNKNOWN,
    Case,
    bad,
    deployment,
    good,
    kubernetes,
    resource,
    secret,
    unknown,
)
from tests.policy.cases.credentials import command, encoded, thing

KUBECONFIG = """\
apiVersion: v1
clusters:
- cluster:
    insecure-skip-tls-verify: true
    server: https://10.11.12.1:8001
  name: fc01.icp
- cluster:
    insecure-skip-tls-verify: false
    server: https://10.11.12.2:8001
  name: fc02.icp
kind: Config
"""
SKIPPED = "clusters[0].cluster.insecure-skip-tls-verify"
CLUSTER = "cluster.karmada.io/v1alpha1:Cluster"


def skipped(path: str) -> str:
    return f"TLS verification is skipped by {path!r}"


def skips(way: str, path: str = "create") -> str:
    return f"{path} skips TLS verification by {way!r}"


def work(**manifest: Any) -> Resource:
    return kubernetes(
        "work.karmada.io/v1alpha1:Work", "es/work", spec={"workload": {"manifests": [manifest]}}
    )


def override(path: str, value: Any, **selected: str) -> Resource:
    return kubernetes(
        "policy.karmada.io/v1alpha1:ClusterOverridePolicy",
        "change",
        spec={
            "resourceSelectors": [selected],
            "overrideRules": [{"overriders": {"plaintext": [{"path": path, "value": value}]}}],
        },
    )


CASES: list[Case] = [
    *(
        bad("P03", f"a kubeconfig {title}", found, says=skipped(f"{path}.{SKIPPED}"))
        for title, found, path in (
            ("of a provider", resource("pulumi:providers:kubernetes", kubeconfig=KUBECONFIG), "kubeconfig"),
            ("that is a secret", thing(kubeconfig=secret(KUBECONFIG)), "kubeconfig"),
            (
                "in base64",
                kubernetes("v1:Secret", "apps/a", data={"it": encoded(KUBECONFIG)}),
                "data.it",
            ),
            (
                "in JSON",
                kubernetes(
                    "v1:ConfigMap",
                    "apps/a",
                    data={"it": json.dumps({"clusters": [{"cluster": {"insecure-skip-tls-verify": True}}]})},
                ),
                "data.it",
            ),
            (
                "as an object",
                thing(it={"clusters": [{"cluster": {"insecure-skip-tls-verify": True}}]}),
                "it",
            ),
        )
    ),
    good("P03", "a kubeconfig with a certificate", thing(kubeconfig=KUBECONFIG.replace("true", "false"))),
    unknown(
        "P03",
        "one kubeconfig of two",
        thing(kubeconfig=UNKNOWN, federationKubeconfig=KUBECONFIG, it=UNKNOWN),
        paths="kubeconfig",
        says=skipped(f"federationKubeconfig.{SKIPPED}"),
    ),
    bad(
        "P03",
        "a member of Karmada",
        kubernetes(CLUSTER, "fc01", spec={"insecureSkipTLSVerification": True}),
        says=skipped("spec.insecureSkipTLSVerification"),
    ),
    bad(
        "P03",
        "an APIService in a Work",
        work(apiVersion="apiregistration.k8s.io/v1", kind="APIService", spec={"insecureSkipTLSVerify": True}),
        says=skipped("spec.workload.manifests[0].spec.insecureSkipTLSVerify"),
    ),
    bad(
        "P03",
        "what an OverridePolicy changes",
        override("/spec/insecureSkipTLSVerify", True, apiVersion="my.org/v1", kind="It"),
        says=skipped("spec.overrideRules[0].overriders.plaintext[0].spec.insecureSkipTLSVerify"),
    ),
    *(
        bad("P03", f"{key} is {value!r}", thing(**{key: value}), says=skipped(key))
        for key in ("skipTlsVerify", "insecureSkipVerify", "insecure_skip_tls_verify")
        for value in (True, "True", "yes", "on")
    ),
    *(
        good("P03", f"verified with {title}", found)
        for title, found in (
            ("false", kubernetes(CLUSTER, "fc01", spec={"insecureSkipTLSVerification": False})),
            ("the text false", thing(skipTlsVerify="false")),
            ("another key", thing(skipTlsVerifyReason=True, skip=True)),
        )
    ),
    unknown("P03", "a flag", thing(skipTlsVerify=UNKNOWN), paths="skipTlsVerify"),
    *(
        bad("P03", f"a command: {line}", command(line), says=skips(way))
        for line, way in (
            ("curl -k https://it", "curl -k"),
            ("curl -fsSk https://it", "curl -k"),
            ("curl https://it -kL", "curl -k"),
            ("curl --insecure https://it", "curl -k"),
            ("ls && curl 'https://it?a=b&c' -k", "curl -k"),
            ("curl -sS \\\n -k https://it", "curl -k"),
            ("wget -q --no-check-certificate https://it", "wget --no-check-certificate"),
            ("kubectl --insecure-skip-tls-verify get pods", "--insecure-skip-tls-verify"),
            ("helm --kube-insecure-skip-tls-verify ls", "--insecure-skip-tls-verify"),
        )
    ),
    *(
        good("P03", f"a command: {line}", command(line))
        for line in (
            "curl -LO https://it",
            "curl -okubectl https://it",
            "curl --insecure-not https://it",
            "curl https://it; tar -k",
            "curl https://it | tar -k",
            "curl https://it && tar -k",
            "curl https://it\ntar -k",
            "curl -K=it https://it",
            "wget https://it && it --no-check-certificate",
            "kubectl --insecure-skip-tls-verify=false get pods",
            "it --insecure-skip-tls-verify-reason",
        )
    ),
    bad(
        "P03",
        "a command with a value",
        command("kubectl config set-cluster fc01 --insecure-skip-tls-verify=true"),
        says=skipped("create.insecure-skip-tls-verify"),
    ),
    *(
        bad(
            "P03",
            f"a container with {word}",
            deployment({"args": ["--it", word]}),
            says=skips("--kubelet-insecure-tls", "spec.template.spec.containers[0].args"),
        )
        for word in ("--kubelet-insecure-tls", "--kubelet-insecure-tls=true")
    ),
    good("P03", "a container that verifies", deployment({"args": ["--kubelet-insecure-tls=false"]})),
    bad(
        "P03",
        "words of a chart",
        resource("kubernetes:helm.sh/v3:Release", values={"args": ["curl", "-k", "https://it"]}),
        says=skips("curl -k", "values.args"),
    ),
    unknown(
        "P03",
        "a word of a container",
        deployment({"args": [UNKNOWN, "--kubelet-insecure-tls"], "image": UNKNOWN}),
        paths="spec.template.spec.containers[0].args[0]",
        says=skips("--kubelet-insecure-tls", "spec.template.spec.containers[0].args"),
    ),
]
