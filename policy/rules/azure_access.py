"""Who may change what in Azure, and who reaches nodes and API servers."""

from __future__ import annotations

import ipaddress
import re
import shlex
from functools import partial

from policy.aks import CLUSTER, pools, wrong
from policy.properties import Property
from policy.rule import Context, Finding, Policy, Severity, Verdicts, each
from policy.settings import PolicySettings
from policy.stack import Resource

ASSIGNMENTS = ("azure-native:authorization:RoleAssignment", "azure:authorization/assignment:Assignment")
RULES, RULE = "azure-native:network:NetworkSecurityGroup", "azure-native:network:SecurityRule"
OWNING = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
DNS = {
    "befefa01-2a29-4197-83a8-272ff33ce314": "DNS Zone Contributor",
    "b12aa53e-6015-4669-85d0-8515ebb3ae7f": "Private DNS Zone Contributor",
}
_ROLES = {key.lower(): name for id_, name in (OWNING | DNS).items() for key in (id_, name)}
# The root, a management group, a subscription, or a resource group; all in lower case.
_WIDE = re.compile(
    r"(/subscriptions/[^/]+(/resourcegroups/[^/]+)?|/providers/microsoft\.management/managementgroups/[^/]+)?/?"
)
# A zone, what is in one, or what a shell knows and we do not.
_ZONE = re.compile(r"(.*/(private)?dnszones/[^/]|\$).*")
_ASSIGNING = re.compile(r"\baz\s+(?:ad\s+sp\s+create-for-rbac|role\s+assignment\s+create)\b([^\n;|&]*)")
_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'])+""")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
SSH_PORT = 22
FEWEST_BITS = 8
"""A range of addresses with a shorter prefix is too large to name somebody, as 0.0.0.0/1 is."""


def roles(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Roles that workloads have on more than they need (Azure, best practices of role-based access control)."""
    if resource.is_a(*ASSIGNMENTS):
        yield from _assigned(resource, resource.props)
    elif resource.is_command:
        texts = [resource.props.at(key) for key in ("create", "update", "command", "script")]
        yield from each(texts, partial(_commanded, resource))


def _assigned(resource: Resource, props: Property) -> Verdicts:
    given = props.at("roleDefinitionName").text() or props.at("roleDefinitionId").text()
    role = _role(given)
    of_people = role in OWNING.values() and props.at("principalType").text().lower() in ("user", "group")
    if role and not of_people:
        yield from _given(resource, role, props.at("scope").text())


def _commanded(resource: Resource, command: Property) -> Verdicts:
    """The same by the command line of Azure; of those that it is given to, it does not say what they are."""
    script = (command.text() or shlex.join(command.texts())).replace("\\\n", " ")
    for arguments in _ASSIGNING.findall(script):
        options = _options(arguments)
        role, *_ = options.get("--role", [""])
        for scope in options.get("--scopes") or options.get("--scope") or [""]:
            yield from _given(resource, _role(role), scope)


def _options(arguments: str) -> dict[str, list[str]]:
    """The values of each option of a command line."""
    found: dict[str, list[str]] = {}
    name = ""
    for quoted in _WORD.findall(arguments):
        word = quoted.replace('"', "").replace("'", "")
        if word.startswith("--"):
            name, _, word = word.partition("=")
        if word:
            found.setdefault(name, []).append(word)
    return found


def _role(given: str) -> str:
    """The name of a role by its name or id, if it is one of those that matter here."""
    return _ROLES.get(given.rpartition("/")[2].lower(), "")


def _given(resource: Resource, role: str, scope: str) -> Verdicts:
    where = scope or "everything"
    if role in OWNING.values() and _WIDE.fullmatch(scope.lower()):
        yield Finding(role, f"{resource.title} makes a workload {role!r} of {where}")
    if role in DNS.values() and not _ZONE.fullmatch(scope.lower()):
        yield Finding(role, f"{resource.title} gives {role!r} on {where}, which is not one zone")


def logins(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """SSH to nodes, addresses of nodes that everybody reaches, and `az aks command` (AKS, manage-ssh-node-access)."""
    if resource.is_a(CLUSTER):
        yield from each((resource.props,), partial(_accounts, resource))
        yield from each((resource.props.at("apiServerAccessProfile"),), partial(_commands, resource))
    for look in (_ssh, _public):
        yield from each(pools(resource), partial(look, resource))


def _accounts(resource: Resource, props: Property) -> Verdicts:
    account = props.at("linuxProfile", "adminUsername")
    if account.text():
        yield wrong(resource, account.path, "makes an account for SSH on every node")
    yield from each(_keys(props), partial(_key, resource))


def _keys(props: Property) -> list[Property]:
    keys = props.at("linuxProfile", "ssh", "publicKeys").items()
    return [key.at("keyData") for key in keys]


def _key(resource: Resource, key: Property) -> Verdicts:
    if key.text():
        yield wrong(resource, key.path, "lets whoever has the key log in on every node")


def _ssh(resource: Resource, pool: Property) -> Verdicts:
    access = pool.at("securityProfile", "sshAccess")
    stated = access.text().lower()
    if stated != "disabled" and (stated or any(key.text() for key in _keys(resource.props))):
        yield wrong(resource, access.path, "is not Disabled")


def _public(resource: Resource, pool: Property) -> Verdicts:
    public = pool.at("enableNodePublicIP")
    if public.flag():
        yield wrong(resource, public.path, "gives each node a public address")


def _commands(resource: Resource, access: Property) -> Verdicts:
    disabled = access.at("disableRunCommand")
    if not disabled.flag():
        yield wrong(resource, disabled.path, "is not true, so `az aks command` runs as cluster-admin")


def ssh_from_everywhere(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Rules of networks that let everybody reach SSH (CIS Microsoft Azure Foundations, networking)."""
    if resource.is_a(RULES):
        yield from each(resource.props.at("securityRules").items(), partial(_rule, resource))
    elif resource.is_a(RULE):
        yield from _rule(resource, resource.props)


def _rule(resource: Resource, rule: Property) -> Verdicts:
    kind = tuple(rule.at(key).text().lower() for key in ("access", "direction", "protocol"))
    ports = [rule.at("destinationPortRange"), *rule.at("destinationPortRanges").items()]
    if kind in (("allow", "inbound", "tcp"), ("allow", "inbound", "*")) and any(map(_has_ssh, ports)):
        sources = [rule.at("sourceAddressPrefix"), *rule.at("sourceAddressPrefixes").items()]
        yield from each(sources, partial(_source, resource))


def _has_ssh(ports: Property) -> bool:
    text = ports.text()
    found = _PORTS.fullmatch(text)
    return text == "*" or bool(found and int(found[1]) <= SSH_PORT <= int(found[2] or found[1]))


def _source(resource: Resource, source: Property) -> Verdicts:
    if everybody(source.text()):
        yield wrong(resource, source.path, f"is {source.text()}, so everybody reaches port {SSH_PORT}")


def everybody(source: str) -> bool:
    """Whether a source of traffic is no choice."""
    try:
        return ipaddress.ip_network(source, strict=False).prefixlen < FEWEST_BITS
    except ValueError:
        return source.lower() in ("*", "internet", "any")


def accounts(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Ways into a cluster around Entra ID (CIS Benchmark for AKS 3.1.1; AKS, local-accounts)."""
    if resource.is_a(CLUSTER):
        paths = (("disableLocalAccounts",), ("aadProfile", "managed"), ("aadProfile", "enableAzureRBAC"))
        yield from each(paths, partial(_on, resource))
        yield from each((("enableRBAC",),), partial(_not_off, resource))


def _on(resource: Resource, path: tuple[str, ...]) -> Verdicts:
    found = resource.props.at(*path)
    if not found.flag():
        yield wrong(resource, found.path, "is not true")


def _not_off(resource: Resource, path: tuple[str, ...]) -> Verdicts:
    found = resource.props.at(*path)
    if found.flag() is False:
        yield wrong(resource, found.path, "is false")


def api_server(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """API servers that everybody reaches (AKS, api-server-authorized-ip-ranges)."""
    if resource.is_a(CLUSTER):
        access = resource.props.at("apiServerAccessProfile")
        if not access.at("enablePrivateCluster").flag():
            yield from _ranges(resource, access)


def _ranges(resource: Resource, access: Property) -> Verdicts:
    ranges = access.at("authorizedIPRanges")
    yield from each(ranges.items(), partial(_range, resource))
    if not ranges.items() and not access.at("enableVnetIntegration").flag():
        yield wrong(resource, ranges.path, "is empty, and neither is it private nor in a network")


def _range(resource: Resource, found: Property) -> Verdicts:
    if everybody(found.text()):
        yield wrong(resource, found.path, f"is {found.text()}, which lets in everybody")


POLICIES = (
    Policy(
        id="P05",
        name="p05-azure-roles",
        title="Workloads have the role that they need, on the resource that they need it on",
        why="Whoever gets into a pod that writes records would own all that the resource group holds.",
        remedy="assign a role for the task, for records DNS Zone Contributor, with the id of the one resource as scope",
        source="Azure, dns-protect-zones-recordsets; Azure, best practices of role-based access control",
        seed='az ad sp create-for-rbac -n "http://MyApp" --role contributor --scopes /subscriptions/… (Azure)',
        severity=Severity.CRITICAL,
        checks=(roles,),
    ),
    Policy(
        id="P14",
        name="p14-ssh",
        title="No SSH to nodes, no public addresses of nodes, no `az aks command`",
        why="Keys outlive whoever had them, and what is done on a node is in no audit log of the cluster.",
        remedy="leave out linuxProfile, set securityProfile.sshAccess to Disabled, enableNodePublicIP to false and"
        " disableRunCommand to true, and let no rule of a network open port 22 to everybody",
        source="AKS, manage-ssh-node-access and access-private-cluster; CIS Microsoft Azure Foundations, networking",
        seed="ssh -i ../../_output/westuscluster1/azureuser_rsa azureuser@<Public-IP-Master-Node> (Azure)",
        checks=(logins, ssh_from_everywhere),
    ),
    Policy(
        id="P17",
        name="p17-local-accounts",
        title="People log in to clusters by Entra ID only",
        why="A local account is the same for all who have it, and cannot be taken from one of them.",
        remedy="set disableLocalAccounts, aadProfile.managed, aadProfile.enableAzureRBAC and enableRBAC to true",
        source="CIS Benchmark for AKS 3.1.1; AKS, manage-local-accounts-managed-azure-ad",
        seed="scp … kubeconfig/kubeconfig.eastus.json azureuser@<IP-MASTER-NODE-FIRST-CLUSTER>:… (Azure)",
        severity=Severity.CRITICAL,
        checks=(accounts,),
    ),
    Policy(
        id="P18",
        name="p18-api-server-access",
        title="API servers are private, in a network, or open to known addresses only",
        why="An API server that everybody reaches is one weakness away from everybody's.",
        remedy="list the addresses that need it in apiServerAccessProfile.authorizedIPRanges, or set"
        " enablePrivateCluster or enableVnetIntegration",
        source="AKS, api-server-authorized-ip-ranges and private-clusters",
        seed="./acs-engine deploy --api-model templates/k8.json … (Azure)",
        checks=(api_server,),
    ),
)
