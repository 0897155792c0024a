"""What is asked and done in a verification: each step waits until its checks are all ok, or its time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import urllib3
from urllib3.exceptions import HTTPError

from federation.deadline import Deadline
from federation.dns.query import Answer
from federation.dns.view import View
from federation.errors import ConflictError, FederationError, NotInTimeError, UnreachableError
from federation.karmada.member import BINDING_API, MANAGED_BY, WORK_API
from federation.kube import Kube, Ref
from federation.verify import judge
from federation.verify.result import Result, judged
from federation.verify.scenario import PORT, VERIFY_LABEL, Scenario

FETCH_SECONDS = 3.0
AT_ONCE = 8
P = ParamSpec("P")
T = TypeVar("T")
Ask = Callable[[str, str, str, bool], Answer]
"""Nameserver, name, type, whether over TCP."""
Fetch = Callable[[str, str], int]
"""Address and name: the HTTP status of the page."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """All that a step needs.

    Attributes:
        scenario: what is verified.
        plane: the federation API.
        look: asks what is true now of the scenario's service.
        nameservers: "ADDRESS:PORT" of each that answers for the zone; none: names are not asked.
        ask: puts a question to one of them.
        fetch: asks for a page.
        http: whether pages are asked for: not every machine has a route to the addresses.
        deadline: of all steps but the removal.
        removal: a new one for the removal.
        say: is told what is going on.
    """

    scenario: Scenario
    plane: Kube
    look: Callable[[], View]
    nameservers: Sequence[str]
    ask: Ask
    fetch: Fetch
    http: bool
    deadline: Deadline
    removal: Callable[[], Deadline]
    say: Callable[[str], None]


def members(context: Context) -> list[Result]:
    """All members are there, before anything is deployed. They are not waited for."""
    return [judge.members(context.scenario, context.look())]


def deploy(context: Context) -> list[Result]:
    """Create the scenario's objects. Raises `ConflictError` if its namespace exists."""
    of = context.scenario
    for manifest in of.manifests():
        try:
            context.plane.create(manifest)
        except ConflictError:
            if manifest["kind"] != "Namespace":
                raise
            raise ConflictError(
                f"namespace {of.namespace}", "exists already", "name one that does not with --namespace"
            ) from None
    return [Result(ok=True, what="nginx is deployed", seen=f"namespace {of.namespace}")]


def replicas(context: Context) -> list[Result]:
    """Each member runs its share."""
    of = context.scenario
    ref = Ref(BINDING_API, "resourcebindings", "nginx-deployment", of.namespace)
    return _until_ok(
        "replicas",
        lambda: [judge.replicas(of, judge.running(context.plane.get(ref)))],
        context.deadline,
    )


def addresses(context: Context) -> list[Result]:
    """Each member gives an address."""
    return _until_ok(
        "addresses",
        lambda: judge.addresses(context.scenario, judge.given(context.look())),
        context.deadline,
    )


def names(context: Context) -> list[Result]:
    """Each name answers, from each nameserver, over UDP and TCP."""
    of = context.scenario
    expected = of.expected(judge.given(context.look()))

    def check() -> list[Result]:
        return [
            judge.answer(of, question, expected[question], found, by=by)
            for by, question, found in _answers(context, list(expected))
        ]

    return _until_ok("names", check, context.deadline)


def pages(context: Context) -> list[Result]:
    """Each address answers with the page."""
    name, found = next(iter(context.scenario.names())), judge.given(context.look())

    def check() -> list[Result]:
        return [
            judge.page(member, address, _caught(context.fetch, address, name))
            for member, each in sorted(found.items())
            for address in each
        ]

    return _until_ok("pages", check, context.deadline)


def remove(context: Context) -> list[Result]:
    """Remove the namespace if it is of this run, and wait until nothing of it is left on any member."""
    of = context.scenario
    ref = Ref("v1", "namespaces", of.namespace)
    found = context.plane.get(ref)
    if found is None or found["metadata"].get("labels", {}).get(VERIFY_LABEL) != of.run:
        return []
    context.plane.delete(ref, uid=found["metadata"]["uid"])

    def check() -> list[Result]:
        left = [f"{of.namespace} in the federation API"] if context.plane.get(ref) else []
        for site in of.sites:
            works = context.plane.list(Ref(WORK_API, "works", namespace=f"karmada-es-{site.name}"))
            left += judge.leftovers(of.namespace, works)
        return [
            judged(
                ok=not left,
                what="nothing is left of it",
                seen=", ".join(left) or f"namespace {of.namespace} is gone",
                fix=f"see what `kubectl describe namespace {of.namespace}` says in the federation API and the members",
            )
        ]

    return _until_ok("removal", check, context.removal())


def names_gone(context: Context) -> list[Result]:
    """No name of the service answers any more; nameservers may keep answers as long as the TTL."""
    questions = [(name, "A") for name in context.scenario.names()]

    def check() -> list[Result]:
        return [judge.absence(question, found, by=by) for by, question, found in _answers(context, questions)]

    return _until_ok("names", check, context.removal())


def earlier(plane: Kube) -> list[str]:
    """Namespaces that earlier verifications have left, or that of one which still runs."""
    labels = ",".join(f"{key}={value}" for key, value in MANAGED_BY.items())
    found = (namespace["metadata"] for namespace in plane.list(Ref("v1", "namespaces"), labels=labels))
    return sorted(metadata["name"] for metadata in found if VERIFY_LABEL in metadata["labels"])


def fetch(address: str, name: str) -> int:
    """The status of the service's page at an address, asked for by its name. Raises `UnreachableError`."""
    host = f"[{address}]" if ":" in address else address
    try:
        with urllib3.PoolManager(retries=False, timeout=FETCH_SECONDS) as pool:
            return pool.request("GET", f"http://{host}:{PORT}/", headers={"Host": name}).status
    except HTTPError as error:
        raise UnreachableError(
            f"address {address}",
            f"does not answer ({type(error).__name__})",
            "see whether this machine has a route to it",
        ) from None


Answered = tuple[str, tuple[str, str], Answer | FederationError]
"""By whom and how, the question, and what came of it."""


def _answers(context: Context, questions: Sequence[tuple[str, str]]) -> Iterator[Answered]:
    asked = [
        (nameserver, tcp, question)
        for question in questions
        for nameserver in context.nameservers
        for tcp in (False, True)
    ]

    def answer(one: tuple[str, bool, tuple[str, str]]) -> Answer | FederationError:
        nameserver, tcp, (name, kind) = one
        return _caught(context.ask, nameserver, name, kind, tcp)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(answer, asked)
        for (nameserver, tcp, question), each in zip(asked, found, strict=True):
            yield f"{nameserver} over {'TCP' if tcp else 'UDP'}", question, each


def _caught(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | FederationError:
    try:
        return call(*args, **kwargs)
    except FederationError as error:
        return error


def _until_ok(subject: str, check: Callable[[], list[Result]], deadline: Deadline) -> list[Result]:
    """The last results: all ok, or those of the moment when the time was over."""
    last: list[Result] = []

    def wrong() -> str | None:
        last[:] = check()
        failed = [result for result in last if not result.ok]
        return f"{failed[0].what}: {failed[0].seen}" if failed else None

    with suppress(NotInTimeError):  # the results say so
        deadline.until(subject, wrong, fix="", interval=0.5)
    return last
