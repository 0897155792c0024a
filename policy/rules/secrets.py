"""Credentials: that nobody can read them, and that long-lived ones are not there at all."""

from __future__ import annotations

import re

from pydantic import Field

from policy.properties import Property
from policy.rule import Context, Finding, Level, Policy, Severity, Verdicts, each
from policy.rules import credentials
from policy.rules.texts import (
    Value,
    commands,
    each_container,
    known,
    leaves,
    lines,
    plain,
    sealed,
    unfolded,
    values,
)
from policy.settings import PolicySettings
from policy.stack import Resource, Stack

PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105  (the name of one)
_NAME_OF_A_SECRET = "kubeconfig.secret"  # noqa: S105  (in a topology: of one in the stack's configuration)
_FOR_THE_OWNER_ONLY = ("0400", "0600", "400", "600")
_SCP = re.compile(r"\bscp\b[^\n;|&]*(kubeconfig|\.kube/config|admin\.conf)")
_VIEW = re.compile(r"\bkubectl\b[^\n;|&]*\bconfig\s+view\b[^\n;|&]*(>|\|\s*tee\b)(?!\s*/dev/|&)")
_PRIVATE_FILE = re.compile(r"\b(umask 0?[07]77|mktemp)\b")
_CLIENT_SECRET = re.compile(r"(?i)client[-_]?secret")
_CLIENT_ID_LINE = re.compile(r"(?im)^\s*client-?id\s*=")
_SECRET_LINE = re.compile(r"(?im)^\s*secret\s*=[ \t]*\S")
_LASTING = re.compile(r"\baz ad sp create-for-rbac\b|\baz ad (sp|app) credential reset\b")
_VARIABLE = r"[\"']?\$[({A-Za-z_]"
_PASSPHRASE_SET = re.compile(rf"\b{PASSPHRASE}=(?!{_VARIABLE})")


class StateSettings(PolicySettings):
    """Of P29."""

    production: bool = Field(False, description="the stack serves users, so that a passphrase is not enough")


def open_credentials(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Credentials that are not marked as secrets, wherever they stand (Pulumi, "Secrets")."""
    data = [
        found.root.at(key)
        for found in resource.objects
        if (found.api, found.kind) == ("v1", "Secret")
        for key in ("data", "stringData")
    ]
    yield from each(data, _data)
    of_secrets = tuple(f"{found.path}." for found in data)
    yield from each((v for v in leaves(resource) if not v[1].path.startswith(of_secrets)), _value)


def _data(data: Property) -> Verdicts:
    """Of a Secret. Its class in Python marks all of it; in a manifest nobody does."""
    if not sealed(data):
        yield from each(data.entries(), _entry)


def _entry(entry: Value) -> Verdicts:
    key, value = entry
    if not sealed(value) and not credentials.public(key, value.text()):
        yield Finding(value.path, f"{value.path!r} of a Secret is not marked as a secret")


def _value(value: Value) -> Verdicts:
    key, leaf = value
    if sealed(leaf) or key == "description":
        return
    if credentials.names_one(key) or plain(key).endswith("kubeconfig"):
        leaf.text()  # raises if nobody knows yet what it says
    for inner, found in unfolded(key, leaf, credentials.MENTIONS):
        what = credentials.described(inner, known(found))
        if what and not found.path.endswith(_NAME_OF_A_SECRET):
            yield Finding(found.path, f"{found.path!r} holds {what} that is not marked as a secret")


def files_for_others(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Files with credentials that others than their owner may read."""
    path, content, mode = (resource.props.at(key) for key in ("path", "content", "mode"))
    if credentials.are_in(content.opened()) and path.exists() and mode.text() not in _FOR_THE_OWNER_ONLY:
        yield Finding(
            "content",
            "'content' has credentials and goes into a file that others may read",
            fix='set mode "0600", or write a kubeconfig that gets credentials by an exec plugin',
        )


def copied_kubeconfigs(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Commands that send a kubeconfig, or write one into a file that others may read."""
    yield from each(commands(resource), _copied)


def _copied(line: Property) -> Verdicts:
    text = line.text()
    what = ""
    if _SCP.search(text):
        what = "scp"
    elif _VIEW.search(text) and not _PRIVATE_FILE.search(text):
        what = "kubectl config view"
    if what:
        yield Finding(
            what,
            f"{line.path} copies a kubeconfig by {what!r}",
            fix="let each machine get a kubeconfig of its own, with an exec plugin in place of credentials",
        )


def service_principals(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Clusters that act as a service principal, which is made with a secret if it is not named (AKS, S1's log)."""
    profile = resource.props.at("servicePrincipalProfile")
    if not resource.is_a("azure-native:containerservice:ManagedCluster") or not profile.exists():
        return
    if profile.at("clientId").text() != "msi" or profile.at("secret").text():
        yield Finding(profile.path, f"the cluster acts with a client secret, by {profile.path!r}")


def client_secrets(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Passwords of applications, however well they are hidden (Microsoft Entra, "Workload identities")."""
    if resource.type.endswith((":ServicePrincipalPassword", ":ApplicationPassword")):
        yield Finding(resource.name, f"{resource.name!r} is a password of an application")
    yield from each(values(resource, _CLIENT_SECRET), _client_secret)
    yield from each_container(resource, lambda _, found: each(found.at("env").items(), _from_secret))
    yield from each(lines(resource), _dns_config)
    yield from each(commands(resource), _lasting)


def _client_secret(value: Value) -> Verdicts:
    key, leaf = value
    if plain(key).endswith("clientsecret") and leaf.text():
        yield Finding(leaf.path, f"{leaf.path!r} is a client secret")


def _from_secret(variable: Property) -> Verdicts:
    source = variable.at("valueFrom")
    if plain(variable.at("name").text()).endswith("clientsecret") and source.exists():
        yield Finding(source.path, f"{source.path!r} is a client secret")


def _dns_config(line: Value) -> Verdicts:
    """The file by which an old federation or a cloud provider got at Azure."""
    text = known(line[1])
    if _CLIENT_ID_LINE.search(text) and _SECRET_LINE.search(text):
        yield Finding(line[1].path, f"{line[1].path!r} has the secret of a service principal")


def _lasting(line: Property) -> Verdicts:
    if found := _LASTING.search(line.text()):
        yield Finding(found[0], f"{line.path} makes a client secret by {found[0]!r}")


def open_passphrase(resource: Resource, _context: Context[StateSettings]) -> Verdicts:
    """The passphrase of a stack's state where everybody can read it."""
    yield from each(leaves(resource), _passphrase)
    yield from each(commands(resource), _passphrase_set)


def _passphrase(value: Value) -> Verdicts:
    key, leaf = value
    if key == PASSPHRASE and not sealed(leaf) and not re.match(_VARIABLE, leaf.text()):
        yield Finding(leaf.path, f"{leaf.path!r} is the passphrase of a stack in clear")


def _passphrase_set(line: Property) -> Verdicts:
    if not sealed(line) and _PASSPHRASE_SET.search(line.text()):
        yield Finding(line.path, f"{line.path!r} sets the passphrase of a stack in clear")


def passphrase_in_production(stack: Stack, context: Context[StateSettings]) -> Verdicts:
    """State that one passphrase opens, which nobody can take back from who has known it (Pulumi, "Secrets")."""
    if context.settings.production and stack.secrets_provider == "passphrase":
        yield Finding("passphrase", "secrets in the state are encrypted with a 'passphrase'")


POLICIES = (
    Policy(
        id="P04",
        name="p04-open-credentials",
        title="Credentials are marked as secrets and stay out of files",
        why="Whoever reads the state, a plan, a log or a file would own what the credentials open.",
        remedy="hand it over as pulumi.Output.secret(…) or from `pulumi config set --secret`, or do without it",
        source="Pulumi, Secrets; Kubernetes, client-go credential plugins",
        seed="token: REDACTED, kubectl config view > fc01-kubeconfig.yml (on premises); scp … kubeconfig (Azure)",
        severity=Severity.CRITICAL,
        checks=(open_credentials, files_for_others, copied_kubeconfigs),
    ),
    Policy(
        id="P06",
        name="p06-client-secrets",
        title="No client secrets of service principals",
        why="They lie in clusters, state and files for years, and work from everywhere.",
        remedy='use a managed identity (clientId "msi"), or a workload identity with a federated credential',
        source="AKS, Use a service principal; Microsoft Entra, Workload identity federation",
        seed='secret = [sp password], az ad sp create-for-rbac -n "http://MyApp" (Azure)',
        severity=Severity.CRITICAL,
        checks=(service_principals, client_secrets),
    ),
    Policy(
        id="P29",
        name="p29-state-encryption",
        title="State is encrypted with a key that can be taken back",
        why="A passphrase that one has seen opens all secrets of all former states.",
        remedy="change to a key of a vault: `pulumi stack change-secrets-provider azurekeyvault://…`",
        source="Pulumi, Secrets providers",
        seed="none has state: files with credentials lie in ICP_HOME/federation (on premises)",
        severity=Severity.MEDIUM,
        level=Level.ADVISORY,
        settings=StateSettings,
        checks=(open_passphrase,),
        stack_checks=(passphrase_in_production,),
    ),
)
