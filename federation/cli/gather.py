"""`fedctl gather`: a support bundle of a federation, without secrets."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from federation.cli import app
from federation.cli.reach import FEDERATION_KUBECONFIG, STORE, kubeconfig_text
from federation.cli.status import examine
from federation.cli.topology import document
from federation.dns import zonefile
from federation.dns.live import CLUSTERS
from federation.dns.records import RecordSet
from federation.errors import FederationError
from federation.gather import cluster, plane
from federation.gather.bundle import Bundle
from federation.gather.parts import Failure, Files, Part, collect
from federation.kube import Kube, Object
from federation.topology import Topology, load
from federation.topology.models import ControlPlane, CoreDns
from federation.vip.shared import NAMESPACE as VIPS_NAMESPACE

OUTPUT = Path("federation-bundle.tar.gz")
_LIBRARIES = (
    "k8s-federation",
    "pulumi",
    "pulumi-kubernetes",
    "pulumi-azure-native",
    "cryptography",
    "urllib3",
)


@app.command("gather")
def command(  # noqa: PLR0913, PLR0917 - options of a command
    federation_kubeconfig: Annotated[Path, FEDERATION_KUBECONFIG],
    kubeconfig: Annotated[
        Path | None,
        typer.Option(help="of the host cluster; without it, the control plane's pods are left out"),
    ] = None,
    context: Annotated[str | None, typer.Option(help="in that file; its current one by default")] = None,
    topology: Annotated[
        Path | None, typer.Option(help="Pulumi.<stack>.yaml, or a topology alone (YAML or JSON); for names")
    ] = None,
    store: Annotated[Path | None, STORE] = None,
    output: Annotated[Path, typer.Option(help="the bundle; one that is there is replaced")] = OUTPUT,
    since: Annotated[str, typer.Option(help="how far logs go back: 30m, 1h, 2d")] = "1h",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="tell what would be asked, and ask nothing")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Collect what helps to find a fault in one file, with everything secret taken out. Nothing is changed.

    Versions, the topology, status, members, policies, bindings, works, events, pods, logs, ends of certificates, names
    and records. What cannot be collected is named in the bundle and does not stop the rest. Only you can read the file.

    Exit status 0 if it is written, whatever it lacks; 1 if it cannot be.
    """
    if store and not topology:
        raise FederationError("fedctl gather", "--store needs --topology", "name the stack's file")
    source = Source(
        federation=kubeconfig_text(federation_kubeconfig),
        host=kubeconfig_text(kubeconfig) if kubeconfig else None,
        context=context,
        topology=load(document(topology)) if topology else None,
        store=store,
        since=cluster.seconds(since),
    )
    bundle = Bundle()
    for text in filter(None, (source.federation, source.host)):
        bundle.learn_text(text)
    if dry_run:
        _intent([*parts(source, bundle, members=None)], output, as_json=as_json)
        return
    failures = collect([*parts(source, bundle, members=_members(source))], bundle, say=_say)
    bundle.add("failures.json", [vars(failure) for failure in failures])
    size = bundle.write(output)
    _result(output, bundle, failures, size, as_json=as_json)


@dataclass(frozen=True, repr=False)
class Source:
    """What is asked.

    Attributes:
        federation: kubeconfig of the federation API, as text.
        host: kubeconfig of the host cluster, as text, and `context` in it.
        topology: the stack's.
        store: a file that tells how to reach the store of the records.
        since: how far logs go back, in seconds.
    """

    federation: str
    host: str | None
    context: str | None
    topology: Topology | None
    store: Path | None
    since: int

    @property
    def plane(self) -> Kube:
        """The federation API. Raises `KubeconfigError`."""
        return Kube.connect(self.federation, "federation API")

    @property
    def namespaces(self) -> set[str]:
        """Where parts of the federation run, in any cluster."""
        control = self.topology.control_plane if self.topology else ControlPlane()
        stores = self.topology.dns if self.topology else ()
        return {control.namespace, VIPS_NAMESPACE, *(backend.namespace for backend in stores)}


def parts(source: Source, bundle: Bundle, *, members: Sequence[Object] | None) -> Iterator[Part]:
    """All parts.

    Args:
        source: what is asked.
        bundle: learns what is secret.
        members: `Cluster` objects, a part for each; None if they are not known: one part stands for all.
    """
    yield Part("versions", "versions of this program and its libraries", _versions)
    if source.topology:
        yield Part("topology", "the topology", lambda: _topology(source))
    yield Part("federation", "the federation API", lambda: plane.api(source.plane, bundle))
    yield Part("placement", "members, policies, bindings and works", lambda: plane.placement(source.plane))
    yield Part("status", "status, names and records", lambda: _status(source))
    yield Part("certificates", "ends of certificates", lambda: _certificates(source, bundle))
    if source.host:
        yield Part("host", "pods, logs and events of the host cluster", lambda: _host(source, bundle))
    if members is None:
        yield Part("members", "pods of the federation on each member", lambda: iter(()))
    for found in members or ():
        name = found["metadata"]["name"]
        yield Part(
            f"members/{name}",
            f"pods of the federation on member {name}",
            partial(_member, source, found, bundle),
        )


def _members(source: Source) -> list[Object]:
    """Its `Cluster` objects; none if the federation API does not answer, which its own part tells."""
    try:
        return source.plane.list(CLUSTERS)
    except FederationError:
        return []


def _versions() -> Files:
    libraries = {name: version(name) for name in _LIBRARIES}
    yield "fedctl.json", {"python": platform.python_version(), "system": platform.system(), **libraries}


def _topology(source: Source) -> Files:
    if source.topology:
        yield "topology.json", source.topology.model_dump(mode="json")


def _certificates(source: Source, bundle: Bundle) -> Files:
    return plane.expiry(source.plane, source.federation, bundle)


def _host(source: Source, bundle: Bundle) -> Files:
    kube = Kube.connect(source.host or "", "host cluster", context=source.context)
    return cluster.whole(kube, source.namespaces, source.since, bundle)


def _member(source: Source, found: Object, bundle: Bundle) -> Files:
    return plane.member(source.plane, found, source.namespaces, source.since, bundle)


def _status(source: Source) -> Files:
    """As `fedctl status` has it; with the topology also the records as they should be."""
    wanted = source.topology
    servers = [s for b in (wanted.dns if wanted else ()) if isinstance(b, CoreDns) for s in b.nameservers]
    status = examine(source.plane, wanted, store=source.store, nameservers=servers)
    yield "status.json", status.as_json()
    if wanted:
        records = [RecordSet(name.name, name.type, wanted.ttl, name.values) for name in status.names]
        yield "records.zone", zonefile.render(records, wanted.domain, wanted.ttl)


def _intent(found: Sequence[Part], output: Path, *, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps({"bundle": str(output), "parts": {part.name: part.what for part in found}}, indent=2)
        )
        return
    for part in found:
        print(f"would ask for {part.what}")
    print(f"would write {output}")


def _result(output: Path, bundle: Bundle, failures: Sequence[Failure], size: int, *, as_json: bool) -> None:
    failed = [vars(failure) for failure in failures]
    if as_json:
        answer = {"bundle": str(output), "bytes": size, "files": len(bundle.files), "failures": failed}
        print(json.dumps(answer | {"leftOut": bundle.left_out}, indent=2))
        return
    for failure in failures:
        print(f"not whole: {failure.part}: {failure.why}")
    if bundle.left_out:
        print(f"no room for {len(bundle.left_out)} files: see left-out.txt in it")
    print(f"{output}: {len(bundle.files)} files, {size >> 10} KiB")


def _say(text: str) -> None:
    """Progress is for people, and leaves the standard output to what is asked for."""
    print(text, file=sys.stderr, flush=True)
