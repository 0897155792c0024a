"""etcd with TLS and authentication: servers in containers and of an operator, and their clients."""

from __future__ import annotations

import re

from policy.objects import KubernetesObject
from policy.pods import arguments, flag
from policy.properties import Property
from policy.rule import Context, Finding, Verdicts, each
from policy.rules.across import image_name
from policy.rules.texts import COMMANDS, Value, each_container, lines, plain
from policy.settings import PolicySettings
from policy.stack import Resource

_URLS = ("listen-client-urls", "advertise-client-urls", "listen-peer-urls", "initial-advertise-peer-urls")
_DEMANDED = ("client-cert-auth", "peer-client-cert-auth")
_REFUSED = ("auto-tls", "peer-auto-tls")
_PREFIX = "ETCD_"
_IN_SHELL = re.compile(r"(?:^|[\s;&|])(?:\S*/)?etcd\s+-[^\n;&|]*")
_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_HOST = r"(?:[^\s/@]*@)?(\[[0-9A-Fa-f:]+\]|[^\s/:,\"'\]]+)"
_URL = re.compile(rf"https?://{_HOST}")
_ENDPOINT = re.compile(rf"http://{_HOST}:2379\b")
_SERVERS = re.compile(rf"(?i)etcd[-_]?(?:servers|endpoints)\W+(?:[^\s\"']*,)?http://{_HOST}")
_VARIABLE = re.compile(r"\{[$%]\w+%?\}")
_PLUGIN = re.compile(r"(?m)^\s*etcd(?:\s[^\n{]*)?\{([^}]*)\}")


def servers(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Containers that run etcd (CIS Kubernetes Benchmark 2.2, 2.3, 2.5 and 2.6)."""
    yield from each_container(resource, _server)


def _server(found: KubernetesObject, container: Property) -> Verdicts:
    words = _etcd_arguments(container)
    if words is None:
        return
    variables = dict(_variables(container))
    given = {
        name: variables.get(name) if (value := flag(words, name)) is None else value
        for name in (*_URLS, *_DEMANDED, *_REFUSED)
    }
    for name in _URLS:
        if any(_in_clear(url) for url in (given[name] or "").split(",")):
            yield _wrong(container, name, "has a URL without TLS")
    for name in _DEMANDED:
        if given[name] != "true" and not (found.partial and given[name] is None):
            yield _wrong(container, name, "is not true")
    for name in _REFUSED:
        if given[name] not in (None, "false"):
            yield _wrong(container, name, "takes any certificate")


def _wrong(container: Property, name: str, what: str) -> Finding:
    subject = f"--{name}"
    return Finding(subject, f"{subject!r} of the etcd in {container.path} {what}")


def _etcd_arguments(container: Property) -> list[str] | None:
    """What etcd is started with; None if it is not started."""
    words = arguments(container)
    if words and words[0].rpartition("/")[2] == "etcd":
        return words
    for word in words:
        if found := _IN_SHELL.search(word.replace("\\\n", " ")):
            return re.sub("[\"']", "", found[0]).split()
    return words if image_name(container) == "etcd" and (not words or words[0].startswith("-")) else None


def _variables(container: Property) -> list[tuple[str, str]]:
    """Settings in the environment, by the names of their flags (etcd, "Configuration options")."""
    return [
        (name.removeprefix(_PREFIX).replace("_", "-").lower(), variable.at("value").text())
        for variable in container.at("env").items()
        if (name := variable.at("name").text()).startswith(_PREFIX)
    ]


def _in_clear(url: str) -> bool:
    return url.startswith("http:") and not _local(url)


def _local(url: str) -> bool:
    found = _URL.match(url)
    return found is not None and found[1] in _LOCAL


def operated(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Clusters of coreos' etcd-operator (its doc/user/cluster_tls.md)."""
    clusters = [
        found
        for found in resource.objects
        if (found.group, found.kind) == ("etcd.database.coreos.com", "EtcdCluster") and not found.partial
    ]
    yield from each(clusters, _operated)


def _operated(cluster: KubernetesObject) -> Verdicts:
    tls = cluster.root.at("spec", "TLS")
    needed = (("member", "peerSecret"), ("member", "serverSecret"), ("operatorSecret",))
    if not all(tls.at("static", *keys).text() for keys in needed):
        yield Finding(
            tls.path, f"the etcd of an operator is without TLS for peers, clients or itself ({tls.path!r})"
        )


def clients(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """What talks to etcd: endpoints anywhere, and CoreDNS (its plugin etcd)."""
    yield from each(lines(resource, _about_etcd), _client)


def _about_etcd(key: str) -> bool:
    if key.endswith((".crt", ".key", ".pem")):
        return False
    return key in COMMANDS or key in ("Corefile", "endpoint", "endpoints") or "etcd" in key.lower()


def _client(line: Value) -> Verdicts:
    key, found = line
    text = found.text()
    if not _of_server(key, text):
        for host in dict.fromkeys((*_ENDPOINT.findall(text), *_SERVERS.findall(text))):
            if host not in _LOCAL:
                url = f"http://{host}"
                yield Finding(url, f"etcd is spoken to without TLS at {url!r} ({found.path})")
    blocks = [text] if key == "configBlock" else _PLUGIN.findall(_VARIABLE.sub("variable", text))
    for block in blocks:
        yield from _plugin(block, found.path)


def _of_server(key: str, text: str) -> bool:
    """Whether these are settings of a server, which are looked at as such."""
    return plain(key).endswith("clienturls") or (key in ("command", "args") and "client-urls" in text)


def _plugin(block: str, path: str) -> Verdicts:
    """Of CoreDNS. A certificate of its own is as good as a password: etcd takes its common name for a user."""
    options = {words[0]: words[1:] for line in block.splitlines() if (words := line.split())}
    if all(map(_local, options.get("endpoint", ()))):
        return
    if "tls" not in options:
        yield Finding(path, f"CoreDNS asks etcd without 'tls' ({path!r})")
    if len(options.get("tls", ())) < 2 and "credentials" not in options:
        yield Finding(path, f"CoreDNS asks etcd without 'credentials' or a certificate of its own ({path!r})")
