"""kubefed's `--dns-provider-config` files: `dns.conf` of azure-azuredns, `coredns-provider.conf` of coredns.

Their keys are those of `pkg/dnsprovider/providers/azure/azuredns/azuredns.go` and `…/coredns/coredns.go` of
kubernetes-retired/federation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any

from federation.acs_engine import Line
from federation.acs_engine.confidential import looks_secret
from federation.acs_engine.ledger import Verdict
from federation.acs_engine.values import HIDDEN, shown
from federation.convert.ini import IniError, Setting, settings
from federation.convert.part import Part, refusals

AZURE = "dns.conf of kubefed (azure-azuredns)"
COREDNS = "coredns-provider.conf of kubefed"
_AZURE_KEYS = {"subscription-id", "tenant-id", "client-id", "secret", "resourcegroup"}
_TLS = {"etcd-ca-file": "ca", "etcd-cert-file": "certificate", "etcd-key-file": "key"}
_COREDNS_KEYS = {"etcd-endpoints", "zones", "coredns-endpoints", *_TLS}
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ENTRA = "https://learn.microsoft.com/azure/aks/workload-identity-overview"
_ETCD = "https://etcd.io/docs/latest/op-guide/security/"
_OWN = (
    "or leave this file out and write dns: [{provider: coredns}], and the stack runs CoreDNS and etcd itself"
)

Judged = tuple[Verdict, str, str, str]
"""Verdict, new keys, reason and source."""


def convert(text: str, source: str) -> Part:
    """The section `dns` of a topology that says the same."""
    try:
        every = list(settings(text))
    except IniError as error:
        problem = f"is no INI of kubefed (line {error.line}): a section or key = value should stand there"
        return Part(source=source, problems=(problem,))
    keys = {setting.key.lower() for setting in every}
    if keys & _AZURE_KEYS:
        return _azure(every, source)
    if keys & _COREDNS_KEYS:
        return _coredns(every, source)
    return Part(source=source, problems=("has no key of a DNS provider of kubefed",))


def _last(every: Iterable[Setting]) -> dict[str, Setting]:
    """Settings that count, by key: the last of each in the section Global."""
    return {each.key.lower(): each for each in every if each.section.lower() == "global"}


def _report(every: Sequence[Setting], judge: Callable[[Setting], Judged]) -> tuple[Line, ...]:
    """A line for each setting."""
    last = _last(every)
    lines = []
    for each in every:
        path = f"{each.section}.{each.key}"
        covered = each.key.lower() == "secret" or looks_secret(each.value)
        if covered and each.value:
            said: Judged = ("refused", "", "holds a secret in clear; remove it: the stack needs none", _ENTRA)
        elif each.section.lower() != "global":
            said = ("dropped", "", "kubefed knows the section Global only", "")
        elif last[each.key.lower()] is not each:
            said = ("dropped", "", f"the key stands again in line {last[each.key.lower()].line}", "")
        else:
            said = judge(each)
        old = HIDDEN if covered and each.value else shown(each.value)
        lines.append(Line(path, each.line, old, *said))
    return tuple(lines)


def _azure(every: Sequence[Setting], source: str) -> Part:
    report = _report(every, _judge_azure)
    last = _last(every)
    group = last["resourcegroup"].value if "resourcegroup" in last else ""
    problems = refusals(report)
    if not group:
        problems += ("Global.resourceGroup: is missing; name the resource group of the zone",)
    section = {"provider": "azure", "resource_group": group}
    if "subscription-id" in last and re.fullmatch(_UUID, last["subscription-id"].value):
        section["subscription"] = last["subscription-id"].value
    return Part(
        source=source,
        kind=AZURE,
        dns=() if problems else (section,),
        report=report,
        problems=problems,
        notes=("write create: false under dns if the zone is there already",),
    )


def _judge_azure(setting: Setting) -> Judged:
    key = setting.key.lower()
    if key == "resourcegroup" and setting.value:
        return "kept", f"dns.resource_group: {shown(setting.value)}", "is where the zone is", ""
    if key == "subscription-id" and re.fullmatch(_UUID, setting.value):
        return "kept", f"dns.subscription: {shown(setting.value)}", "is where the zone is", ""
    if key == "subscription-id":
        return "dropped", "", "is no id; the zone is then in the subscription that is logged in to", ""
    if key == "tenant-id":
        return "dropped", "", "the login of the stack's provider knows its tenant", ""
    if key in ("client-id", "secret"):
        reason = "the DNS controller has a workload identity, with rights on the zone only"
        return "dropped", "", reason, _ENTRA
    return "dropped", "", "kubefed knows no such key", ""


def _coredns(every: Sequence[Setting], source: str) -> Part:
    report = _report(every, _judge_coredns)
    last = {key: setting.value for key, setting in _last(every).items()}
    problems = list(refusals(report))
    zones = _words(last.get("zones", ""))
    endpoints = _words(last.get("etcd-endpoints", ""))
    missing = [key for key in _TLS if not last.get(key)]
    if not endpoints:
        problems.append(f"Global.etcd-endpoints: is missing; name the URLs of etcd, {_OWN}")
    elif missing and not problems:
        cause = (
            f"{', '.join(missing)}: needed, as etcd is asked with certificates only; name the files, {_OWN}"
        )
        problems.append(f"Global.{cause}")
    section: dict[str, Any] = {
        "provider": "coredns",
        "endpoints": endpoints,
        "tls": {key: last[old] for old, key in _TLS.items() if last.get(old)},
        "nameservers": [
            _host_port(word) for word in _words(last.get("coredns-endpoints", "")) if _host_port(word)
        ],
    }
    return Part(
        source=source,
        kind=COREDNS,
        dns=() if problems else ({key: value for key, value in section.items() if value},),
        domain=zones[0].rstrip(".") or None if zones and not problems else None,
        report=report,
        problems=tuple(problems),
    )


def _judge_coredns(setting: Setting) -> Judged:
    key, words = setting.key.lower(), _words(setting.value)
    if not words and key in _COREDNS_KEYS:
        return "dropped", "", "says nothing", ""
    if key == "etcd-endpoints":
        return _judge_endpoints(words)
    if key == "zones":
        more = "" if len(words) == 1 else "; a federation has one zone, the first"
        return "kept" if not more else "changed", f"domain: {words[0].rstrip('.')}", f"is the zone{more}", ""
    if key == "coredns-endpoints":
        return _judge_nameservers(words)
    if key in _TLS:
        return "kept", f"dns.tls.{_TLS[key]}: {shown(setting.value)}", "is a file that must be here, too", ""
    return "dropped", "", "kubefed knows no such key", ""


def _judge_endpoints(words: Sequence[str]) -> Judged:
    if any(word.startswith("http://") for word in words):
        fix = f"serve etcd with TLS and write https://…, with {', '.join(_TLS)}; {_OWN}"
        return "refused", "", f"would let everybody who reaches etcd write names; {fix}", _ETCD
    if not all(re.fullmatch(r"https://[^\s/@]+/?", word) for word in words):
        return "refused", "", "is no list of URLs such as https://10.0.0.5:2379", _ETCD
    return "kept", "dns.endpoints", "is the etcd behind CoreDNS", ""


def _judge_nameservers(words: Sequence[str]) -> Judged:
    found = [_host_port(word) for word in words]
    if None in found:
        reason = "members ask a nameserver by its IP address, with a port"
        new = "dns.nameservers" if any(found) else ""
        return "changed" if any(found) else "dropped", new, reason, ""
    same = [*found] == [*words]
    reason = (
        "is where members ask for names"
        if same
        else "is where members ask for names; the port is 53 if left out"
    )
    return "kept" if same else "changed", "dns.nameservers", reason, ""


def _host_port(word: str) -> str | None:
    """An IP address with its port, 53 if there is none; None for anything else."""
    host, colon, port = word.rpartition(":")
    if _ip(word):
        return f"[{word}]:53" if ":" in word else f"{word}:53"
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    usable = colon and re.fullmatch(r"[0-9]{1,5}", port) and 1 <= int(port) <= 65535 and _ip(bare)
    return word if usable and (":" in bare) == (bare != host) else None


def _ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _words(value: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", value) if word]
