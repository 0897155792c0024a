"""`fedctl verify`: whether a federation does what it is for, shown by the walk-through's own workload."""

from __future__ import annotations

import json
import secrets
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from federation.cli import app
from federation.cli.topology import document
from federation.deadline import Deadline
from federation.dns import live, query
from federation.errors import FederationError
from federation.kube import Kube
from federation.kubeconfig import read
from federation.topology import Topology, load
from federation.topology.models import CoreDns
from federation.verify import steps
from federation.verify.result import Result
from federation.verify.run import run
from federation.verify.scenario import IMAGE, Scenario, scenario

FAILED = 4
"""Exit status if something is not as it should be; 1 is an error that kept it from being looked at."""
SECONDS = 180.0
REMOVAL_SECONDS = 120.0
"""For Karmada to take everything back; for nameservers to forget it, a TTL more."""
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@app.command("verify")
def command(  # noqa: PLR0913, PLR0917 - options of a command
    topology: Annotated[Path, typer.Option(help="Pulumi.<stack>.yaml, or a topology alone (YAML or JSON)")],
    federation_kubeconfig: Annotated[
        Path, typer.Option(help="of the federation: pulumi stack output kubeconfig --show-secrets")
    ],
    nameserver: Annotated[
        list[str] | None,
        typer.Option(help="ADDRESS:PORT of one that answers for the zone; may be given more than once"),
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="also get the page from each address")] = False,
    namespace: Annotated[
        str | None, typer.Option(help="must not exist; one of its own for each run if left out")
    ] = None,
    replicas: Annotated[
        int | None, typer.Option(min=1, help="of nginx; two for each member if left out")
    ] = None,
    image: Annotated[str, typer.Option(help="answers GET / on port 80")] = IMAGE,
    keep: Annotated[bool, typer.Option("--keep", help="leave everything there, to be looked at")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="tell what would be done, and do nothing")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    timeout: Annotated[float, typer.Option(help="seconds; the removal has its own")] = SECONDS,
) -> None:
    """Deploy nginx and a LoadBalancer Service, check replicas, addresses and names, and remove it all again.

    Exit status 0 if all is as it should be, 4 if something is not, 1 if it could not be looked at.
    """
    what = load(document(topology))
    servers = _nameservers(what, nameserver or [])
    one = scenario(what, _word(), namespace=namespace, replicas=replicas, image=image)
    if dry_run:
        print("\n".join(_intent(one, servers, http=http, keep=keep)))
        return
    plane = Kube.connect(read(str(federation_kubeconfig)), f"federation {one.federation}")
    for left in steps.earlier(plane):
        _say(f"namespace {left} is of another run; if none is going on: kubectl delete namespace {left}")
    context = steps.Context(
        scenario=one,
        plane=plane,
        look=lambda: live.view(plane, only=one.service),
        nameservers=servers,
        ask=lambda server, name, kind, tcp: query.ask(server, name, kind, tcp=tcp),
        fetch=steps.fetch,
        http=http,
        deadline=Deadline(timeout, progress=_say),
        removal=lambda: Deadline(REMOVAL_SECONDS + one.ttl, progress=_say),
        say=_say,
    )
    with _ended_as_interrupted():
        results = run(context, keep=keep, tell=(lambda result: _say(str(result))) if as_json else print)
    _conclude(one, results, as_json=as_json)


def _conclude(one: Scenario, results: Sequence[Result], *, as_json: bool) -> None:
    failed = sum(not result.ok for result in results)
    if as_json:
        answer: dict[str, Any] = {
            "federation": one.federation,
            "namespace": one.namespace,
            "ok": not failed,
            "checks": [vars(result) for result in results],
        }
        print(json.dumps(answer, indent=2))
    elif failed:
        print(f"federation {one.federation}: {failed} of {len(results)} checks failed")
    else:
        print(f"federation {one.federation} is verified: {len(results)} checks")
    if failed:
        raise typer.Exit(FAILED)


def _nameservers(topology: Topology, given: Sequence[str]) -> tuple[str, ...]:
    """Those of the options, else those of the topology. A federation without names needs none.

    Raises `FederationError` if there are none, or one is no ADDRESS:PORT.
    """
    backends = [backend for backend in topology.dns if isinstance(backend, CoreDns)]
    found = tuple(given) or tuple(server for backend in backends for server in backend.nameservers)
    if not found and topology.dns:
        fix = "add --nameserver ADDRESS:PORT, as `pulumi stack output nameservers` has it"
        raise FederationError("fedctl verify", "the topology names no nameserver", fix)
    for each in found:
        query.endpoint(each)
    return found


def _intent(one: Scenario, servers: Sequence[str], *, http: bool, keep: bool) -> Iterator[str]:
    members = ", ".join(site.name for site in one.sites)
    yield f"would look whether all members are ready: {members}"
    yield f"would create namespace {one.namespace}, Deployment nginx ({one.replicas} replicas), Service nginx"
    yield "would wait for the replicas, divided evenly, and for an address in each member:"
    for site in one.sites:
        pool = (
            f"out of {site.pool.network} without {site.pool.router}" if site.pool else "of its load balancer"
        )
        yield f"  {site.name}: {pool}"
    if servers:
        yield f"would ask {', '.join(servers)}, over UDP and TCP:"
        yield from (f"  {name}: the addresses of {', '.join(each)}" for name, each in one.names().items())
    if http:
        yield "would get the page from each address"
    yield "would leave it there" if keep else "would remove it again"


def _word() -> str:
    """Of letters that make no words."""
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


def _say(text: str) -> None:
    """Progress is not the answer."""
    print(text, file=sys.stderr)


@contextmanager
def _ended_as_interrupted() -> Iterator[None]:
    """Whoever ends us politely, such as Pulumi, wants the removal as much as who presses Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
