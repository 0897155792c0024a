"""Whether what was seen is as it should be: pure, one function a check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from federation.dns.query import NXDOMAIN, Answer
from federation.dns.view import View
from federation.errors import FederationError
from federation.verify.result import Result, judged
from federation.verify.scenario import PORT, Scenario, Site

OK = 200


def members(of: Scenario, view: View) -> Result:
    """All members are in the federation, and their API servers answer."""
    what = "all members are ready"
    ready = {member.name for member in view.members if member.ready}
    missing = [site.name for site in of.sites if site.name not in ready]
    if not missing:
        return Result(ok=True, what=what, seen=", ".join(site.name for site in of.sites))
    reasons = "; ".join(problem for problem in view.problems if problem.startswith("member "))
    fix = (
        "see `fedctl status`; a member that is not in the federation joins with `pulumi up`, and one that is drained "
        "counts again after `fedctl undrain`"
    )
    return Result(ok=False, what=what, seen=reasons or f"not ready: {', '.join(missing)}", fix=fix)


def replicas(of: Scenario, ready: Mapping[str, int]) -> Result:
    """Every member runs its share: equal weights differ by one replica at most."""
    counts = {site.name: ready.get(site.name, 0) for site in of.sites}
    elsewhere = sum(count for name, count in ready.items() if name not in counts)
    even = max(counts.values(), default=0) - min(counts.values(), default=0) <= 1
    return judged(
        ok=even and not elsewhere and sum(counts.values()) == of.replicas,
        what=f"{of.replicas} replicas run, divided evenly",
        seen=", ".join(f"{name}: {count}" for name, count in sorted({**counts, **ready}.items())),
        fix=f"see `kubectl get resourcebinding nginx-deployment -n {of.namespace} -o yaml` in the federation API, and "
        "whether the pods in the members run",
    )


def addresses(of: Scenario, found: Mapping[str, tuple[str, ...]]) -> list[Result]:
    """Each member has given the service an address: out of its own pool, and of nobody else."""
    return [_address(site, found.get(site.name, ()), found) for site in of.sites]


def _address(site: Site, own: tuple[str, ...], found: Mapping[str, tuple[str, ...]]) -> Result:
    pool = f" out of {site.pool.network} without {site.pool.router}" if site.pool else ""
    others = {address for name, each in found.items() if name != site.name for address in each}
    wrong = [address for address in own if address in others]
    if site.pool:
        wrong += [address for address in own if ip_address(address) not in site.pool]
    return judged(
        ok=bool(own) and not wrong,
        what=f"{site.name} gives an address{pool}",
        seen=" ".join(own) or "none",
        fix=f"see `kubectl describe service nginx` in {site.name}: its events tell what the load balancer says",
    )


def answer(
    of: Scenario,
    question: tuple[str, str],
    expected: tuple[str, ...],
    found: Answer | FederationError,
    *,
    by: str,
) -> Result:
    """A name answers the addresses of its level, and no longer than the topology's TTL.

    Args:
        of: the scenario.
        question: name and type.
        expected: addresses.
        found: what was answered, or why nothing was.
        by: whom was asked, and how.
    """
    name, kind = question
    what = f"{name} {kind} is {' '.join(expected)} by {by}"
    if isinstance(found, FederationError):
        return Result(ok=False, what=what, seen=found.cause, fix=found.fix)
    seen = str(found) if found.ttl is None else f"{found}, TTL {found.ttl}"
    return judged(
        ok=found.values == expected and found.ttl is not None and found.ttl <= of.ttl,
        what=what,
        seen=seen,
        fix="see `fedctl status`, and the log of the DNS controller",
    )


def absence(question: tuple[str, str], found: Answer | FederationError, *, by: str) -> Result:
    """A name of a service that is gone does not exist."""
    what = f"{question[0]} {question[1]} is gone by {by}"
    if isinstance(found, FederationError):
        return Result(ok=False, what=what, seen=found.cause, fix=found.fix)
    fix = "see the log of the DNS controller; `fedctl records remove` removes the records by hand"
    return judged(
        ok=not found.values and found.rcode in {NXDOMAIN, "NOERROR"}, what=what, seen=str(found), fix=fix
    )


def page(member: str, address: str, found: int | FederationError) -> Result:
    """The service's page comes from an address."""
    what = f"http://{_host(address)}:{PORT} of {member} answers"
    if isinstance(found, FederationError):
        fix = "see whether this machine has a route to the address; without one, leave --http out"
        return Result(ok=False, what=what, seen=found.cause, fix=fix)
    fix = f"see the pods of nginx in {member}"
    return judged(what, ok=found == OK, seen=f"status {found}", fix=fix)


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def running(binding: Mapping[str, Any] | None) -> dict[str, int]:
    """Ready replicas by member, out of a Deployment's `ResourceBinding`; empty if there is none yet."""
    items = ((binding or {}).get("status") or {}).get("aggregatedStatus") or ()
    return {item["clusterName"]: int((item.get("status") or {}).get("readyReplicas") or 0) for item in items}


def given(view: View) -> dict[str, tuple[str, ...]]:
    """Addresses of the one service of a view, by member."""
    return {p.member: p.addresses for each in view.services for p in each.placements if p.addresses}


def leftovers(namespace: str, works: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Objects of a namespace, and it itself, that are still on a member: "MEMBER: KIND NAME", out of its Works."""
    for work in works:
        member = work["metadata"]["namespace"].removeprefix("karmada-es-")
        for manifest in work["spec"]["workload"]["manifests"]:
            kind, metadata = manifest["kind"], manifest["metadata"]
            if metadata.get("namespace") == namespace or (kind, metadata["name"]) == ("Namespace", namespace):
                yield f"{member}: {kind} {metadata['name']}"
