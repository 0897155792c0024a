"""`DnsRecords`: the names of one federated service, in every store of the federation's zone.

The DNS controller keeps the records true from then on. What it does is no drift: see `federation.dns.service.drift`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from components.dynamic.base import Props, Provider, Resource, options, unknown
from federation.deadline import Deadline
from federation.dns import live, provision, service
from federation.dns.backend import Backend
from federation.dns.limits import LimitError
from federation.dns.service import TIMEOUT_SECONDS, ServiceSpec
from federation.dns.store import OPEN_SECONDS as REACH_SECONDS
from federation.dns.store import open_backend, store_of
from federation.dns.view import View
from federation.errors import NotInTimeError, UnreachableError
from federation.kube import Kube
from federation.names import Level

OUTPUTS: Props = {
    "names": None,
    "addresses": None,
    "placements": None,
    "records": None,
    "owner": None,
    "drift": None,
}
SECRETS = ("stores", "federationKubeconfig")
IDENTITY = ("federation", "domain", "namespace", "service")
"""Inputs that make its names."""
OPEN_SECONDS = 15.0
"""For a store that may be gone with its cluster: neither a refresh nor a removal waits long for it."""


class DnsRecordsProvider(Provider):
    """Inputs and outputs are described by `DnsRecordsArgs` and `DnsRecords`; the work is `federation.dns.provision`."""

    compared = ("ttl", "members", *SECRETS)
    replacing = IDENTITY

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Names that are too long are refused in the preview, and a new service's records are shown, all offline."""
        if news.get("stores") == []:
            return CheckResult(news, [CheckFailure("stores", "names no store: leave the resource out")])
        if not _offline(news):
            return CheckResult(news, [])
        spec = ServiceSpec.from_props(news)
        try:
            for provider in _providers(news):
                service.check(spec, provider, service.sketch(spec, {}))
        except LimitError as error:
            return CheckResult(news, [CheckFailure("service", str(error))])
        if not olds:
            _show(spec, service.preview(None, spec, {}, without=_without(news)))
        return CheckResult(news, [])

    def diff(self, id_: str, olds: Props, news: Props) -> DiffResult:
        """New credentials are an update, which keeps them for a later removal; drift is one, too.

        Other names come before the old ones go, so that clients always find one of them; unless a name of one zone
        may be one of the other: then removing the old ones would remove new ones.
        """
        found = super().diff(id_, _bare(olds), _bare(news))
        if found.changes and not found.replaces and _offline(news):
            old, new = ServiceSpec.from_props(olds), ServiceSpec.from_props(news)
            addresses = olds.get("placements") or {}
            _show(new, service.preview(old, new, addresses, without=_without(news)))
        nested = found.replaces == ["domain"] and service.nested(olds["domain"], news["domain"])
        return DiffResult(
            changes=found.changes or bool(olds.get("drift")),
            replaces=found.replaces,
            delete_before_replace=nested,
        )

    def create(self, props: Props) -> CreateResult:
        """Adopts records that bear the federation's mark. Raises `FederationError`."""
        spec = ServiceSpec.from_props(props)
        with _opened(spec, props["stores"]) as backends:
            written = provision.provide(spec, _look(spec, props), backends, Deadline(spec.timeout))
        return CreateResult(spec.name, {**props, **_outputs(spec, written)})

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """As `create`, without a wait where only credentials are new. A store that is left loses the records.

        Raises `FederationError`.
        """
        spec, look = ServiceSpec.from_props(news), _look(ServiceSpec.from_props(news), news)
        left = [each for each in olds["stores"] if _place(each) not in map(_place, news["stores"])]
        settled = all(olds.get(key) == news.get(key) for key in ("ttl", "members")) and not left
        with _opened(spec, news["stores"]) as backends:
            if settled:
                written = provision.write(spec, look, backends)
            else:
                written = provision.provide(spec, look, backends, Deadline(spec.timeout))
            if left:
                _remove({**olds, "stores": left})
                # The old place may have been the new one under another name.
                written = provision.write(spec, look, backends)
        return UpdateResult({**news, **_outputs(spec, written)})

    def read(self, id_: str, props: Props) -> ReadResult:
        """What others have changed. A store or federation API that does not answer has no news."""
        spec = ServiceSpec.from_props(props)
        written = {(r["name"], r["type"]): r["values"] for r in props["records"]}
        try:
            with _opened(spec, props["stores"], seconds=OPEN_SECONDS) as backends:
                found = provision.look_over(spec, _look(spec, props), backends, written)
        except (NotInTimeError, UnreachableError) as error:
            print(f"warning: records of {spec.subject} are as last seen: {error}")
            return ReadResult(id_, props)
        if found.gone:
            return ReadResult("", {})
        for text in found.drift:
            print(f"{spec.subject}: {text}")
        return ReadResult(id_, {**props, "drift": [*found.drift]})

    def delete(self, _id: str, props: Props) -> None:
        """All records of the service that bear the federation's mark; nothing else. What is gone is done.

        A store that does not answer keeps them, with a warning. Raises `FederationError` if one refuses.
        """
        _remove(props)


def _remove(props: Props) -> None:
    spec = ServiceSpec.from_props(props)
    for store in props["stores"]:
        try:
            with _opened(spec, [store], seconds=OPEN_SECONDS) as backends:
                provision.remove(spec, backends[0])
        except (NotInTimeError, UnreachableError) as error:
            print(
                f"warning: {spec.subject}: its records stay, as a store of them does not answer: {error.obj}: "
                f"{error.cause}. Once it does: fedctl records remove {spec.service} --federation {spec.federation} "
                f"--domain {spec.domain} --store FILE"
            )


@contextmanager
def _opened(
    spec: ServiceSpec, stores: Sequence[Props], *, seconds: float = REACH_SECONDS
) -> Iterator[list[Backend]]:
    """All stores, for as long as the block takes."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(open_backend(store_of(each), spec.domain, seconds=seconds)) for each in stores
        ]


def _look(spec: ServiceSpec, props: Props) -> Callable[[], View]:
    plane = Kube.connect(props["federationKubeconfig"], f"federation {spec.federation}")
    return lambda: live.view(plane, only=spec.service)


def _outputs(spec: ServiceSpec, written: provision.Written) -> Props:
    return service.outputs(spec, written.records, written.standing.counting)


def _bare(value: Any) -> Any:
    """Without what is null: for the engine, null and absent are two things inside of lists and maps."""
    if isinstance(value, Mapping):
        return {key: _bare(inner) for key, inner in value.items() if inner is not None}
    return [_bare(inner) for inner in value] if isinstance(value, list) else value


def _offline(props: Props) -> bool:
    """Whether a preview knows what names are made of."""
    return not unknown([props.get(key) for key in (*IDENTITY, "ttl", "members")])


def _show(spec: ServiceSpec, lines: str) -> None:
    """The engine asks twice in an `up`: what the preview has shown is shown once more when it is done."""
    for line in lines.splitlines():
        print(f"{spec.subject}: {line}")


def _providers(props: Props) -> set[str]:
    """Kinds of the stores, as far as they are known."""
    stores = props.get("stores")
    return {"coredns"} if unknown(stores) or not stores else {each["provider"] for each in stores}


def _without(props: Props) -> set[Level]:
    """Levels at which the names are somebody else's in all stores, as far as these are known."""
    stores = props.get("stores")
    if unknown(stores) or not stores:
        return set()
    return set.intersection(*(set(store_of(each).without) for each in stores))


def _place(store: Mapping[str, Any]) -> tuple[Any, ...]:
    """Where a store is, whoever asks it."""
    return store_of(store).place


@dataclass(frozen=True, kw_only=True)
class DnsRecordsArgs:
    """Inputs of `DnsRecords`.

    Attributes:
        federation: its name, and the mark of its records.
        domain: its DNS zone.
        ttl: seconds.
        namespace: of the service.
        service: its name.
        members: `name`, `region` and `zones` of each: names exist for them.
        federation_kubeconfig: of the federation API, as text; becomes a secret.
        stores: as `Store.as_props` has them, at least one; secret.
        timeout: seconds that the service's addresses may take.
    """

    federation: pulumi.Input[str]
    domain: pulumi.Input[str]
    ttl: pulumi.Input[int]
    namespace: pulumi.Input[str]
    service: pulumi.Input[str]
    members: pulumi.Input[Sequence[Mapping[str, Any]]]
    federation_kubeconfig: pulumi.Input[str]
    stores: pulumi.Input[Sequence[Any]]
    timeout: float = TIMEOUT_SECONDS

    def as_props(self) -> Props:
        """The resource's inputs."""
        return {
            "federation": self.federation,
            "domain": self.domain,
            "ttl": self.ttl,
            "namespace": self.namespace,
            "service": self.service,
            "members": self.members,
            "federationKubeconfig": pulumi.Output.secret(self.federation_kubeconfig),
            "stores": pulumi.Output.secret(self.stores),
            "timeoutSeconds": self.timeout,
        }


class DnsRecords(Resource, module="federation", name="DnsRecords"):
    """The names of a federated service of type LoadBalancer. Its id is the global one.

    Attributes:
        names: at all levels, the global one first.
        addresses: those that counted at the last `up`.
        placements: the same by member.
        records: `name`, `type`, `ttl` and `values` of each, as of the last `up`.
        owner: the mark of these records: the federation's name.
        drift: what somebody else has changed, as of the last refresh.
    """

    names: pulumi.Output[list[str]]
    addresses: pulumi.Output[list[str]]
    placements: pulumi.Output[dict[str, list[str]]]
    records: pulumi.Output[list[dict[str, Any]]]
    owner: pulumi.Output[str]
    drift: pulumi.Output[list[str]]

    def __init__(self, name: str, args: DnsRecordsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            DnsRecordsProvider(), name, {**OUTPUTS, **args.as_props()}, options(opts, secrets=SECRETS)
        )
