"""Connections that are verified, and etcd that nobody talks to without."""

from __future__ import annotations

import re

from policy.rule import Context, Finding, Policy, Severity, Verdicts, each
from policy.rules.etcd import clients, operated, servers
from policy.rules.texts import Value, lines, plain, values
from policy.settings import PolicySettings
from policy.stack import Resource

_MENTIONS = re.compile(r"(?i)skip[-_]?(tls[-_]?)?verif")
_ENDINGS = ("skiptlsverification", "skiptlsverify", "skipverify")
_TRUE = ("true", "yes", "on")
"""As a text; in the YAML of Kubernetes, the last two are true, too."""
_SAME_COMMAND = r"(?:(?!&&)[^\n;|])*?\s"
_CURL_INSECURE = r"-[0-9aBfgGiIjJlLMnNOpqRsSvVZ#]*k[A-Za-z0-9#]*|--insecure"
_WAYS = {
    "curl -k": re.compile(rf"\bcurl\b{_SAME_COMMAND}(?:{_CURL_INSECURE})(?![\w=-])"),
    "wget --no-check-certificate": re.compile(rf"\bwget\b{_SAME_COMMAND}--no-check-certificate\b"),
    # With a value, it is found as a property is.
    "--insecure-skip-tls-verify": re.compile(r"--(?:kube-)?insecure-skip-tls-verify(?![\w=-])"),
    "--kubelet-insecure-tls": re.compile(r"--kubelet-insecure-tls\b(?!=false)"),
}


def skipped_verification(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Servers that may be anybody, in properties and kubeconfigs and by arguments (Kubernetes, Karmada's Cluster)."""
    yield from each(values(resource, _MENTIONS), _property)
    yield from each(lines(resource), _line)


def _property(value: Value) -> Verdicts:
    key, leaf = value
    name = plain(key)
    if name.endswith("kubeconfig"):
        leaf.text()  # raises if nobody knows yet what it says
    if name.endswith(_ENDINGS) and (leaf.flag() or leaf.text().lower() in _TRUE):
        yield Finding(leaf.path, f"TLS verification is skipped by {leaf.path!r}")


def _line(line: Value) -> Verdicts:
    _, found = line
    text = found.text()
    for way, pattern in _WAYS.items():
        if pattern.search(text):
            yield Finding(way, f"{found.path} skips TLS verification by {way!r}")


POLICIES = (
    Policy(
        id="P03",
        name="p03-tls-verification",
        title="TLS verification is never skipped",
        why="Whoever is between a client and a server would get its credentials, and could answer in its place.",
        remedy="give the authority's certificate (certificate-authority-data, caBundle, --cacert), and tls-server-name"
        " if the name differs",
        source="Kubernetes, kubeconfig v1, Cluster; Karmada API, ClusterSpec.insecureSkipTLSVerification",
        seed="insecure-skip-tls-verify: true (on premises)",
        severity=Severity.CRITICAL,
        checks=(skipped_verification,),
    ),
    Policy(
        id="P09",
        name="p09-etcd-tls",
        title="etcd speaks TLS with clients and peers that it knows",
        why="Whoever reaches etcd would read and write all records of the zone, or a whole control plane.",
        remedy="use https URLs, --client-cert-auth and --peer-client-cert-auth; give CoreDNS `tls` with a certificate"
        " of its own, or `credentials`",
        source="CIS Kubernetes Benchmark 2.1 to 2.7; etcd, Transport security model; CoreDNS, plugin etcd",
        seed='endpoint: "http://etcd-cluster-client.default:2379" (on premises)',
        severity=Severity.CRITICAL,
        checks=(servers, operated, clients),
    ),
)
