"""`fedctl records remove`: clean up by hand what a store still holds that did not answer when a service went."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from federation.cli.records import records
from federation.dns import provision
from federation.dns.records import RecordSet
from federation.dns.service import ServiceSpec
from federation.dns.store import AnyStore, open_backend, store_of
from federation.errors import FederationError
from federation.names import Service

FORM = (
    "give JSON with endpoints, ca, certificate, key and, if etcd has users, user and password; or with provider "
    "azure, subscription, resourceGroup and zone"
)


@records.command("remove")
def command(
    service: Annotated[str, typer.Argument(metavar="NAMESPACE/SERVICE", help="whose records to remove")],
    federation: Annotated[str, typer.Option(help="the federation's name, which is the mark of its records")],
    domain: Annotated[str, typer.Option(help="its DNS zone")],
    store: Annotated[
        Path, typer.Option(help="JSON: how to reach the store, or a list of several; - is the standard input")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="change nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Remove all records of a service that bear the federation's mark, and nothing else.

    While the service is in the federation, the DNS controller writes them again.
    """
    spec = _spec(service, federation.lower(), domain.lower().removesuffix("."))
    found: list[RecordSet] = []
    for each in load_stores(store):
        with open_backend(each, spec.domain) as backend:
            found += provision.remove(spec, backend, dry_run=dry_run)
    if as_json:
        entries = [{"name": r.name, "type": r.type, "values": list(r.values)} for r in found]
        print(json.dumps({"removed": entries, "done": not dry_run}))
        return
    for record in found:
        print(
            f"{'would remove' if dry_run else 'removed'} {record.name} {record.type} {' '.join(record.values)}"
        )
    if not found:
        print("nothing to do")


def load_stores(path: Path) -> list[AnyStore]:
    """The stores in a file. Raises `FederationError` if it cannot be read or is none."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.expanduser().read_text()
        document: Any = json.loads(text)
        return [store_of(each) for each in (document if isinstance(document, list) else [document])]
    except OSError as error:
        raise FederationError(f"store {path}", str(error.strerror), "name a file that can be read") from None
    except KeyError as error:
        raise FederationError(f"store {path}", f"has no {error.args[0]}", FORM) from None
    except (ValueError, TypeError, AttributeError):  # its content may be secret: it is not shown
        raise FederationError(f"store {path}", "is not the JSON of a store", FORM) from None


def _spec(service: str, federation: str, domain: str) -> ServiceSpec:
    namespace, _, name = service.partition("/")
    if not namespace or not name or "/" in name:
        raise FederationError(f"service {service}", "is not NAMESPACE/SERVICE", "write it as default/nginx")
    ttl = 1  # nothing is written
    spec = ServiceSpec(
        federation=federation, domain=domain, ttl=ttl, service=Service(namespace, name), members=()
    )
    try:
        spec.gone(())
    except ValidationError as error:
        wrong = " and ".join(str(each["loc"][0]) for each in error.errors())
        raise FederationError(
            "fedctl records remove", f"{wrong} cannot be in a DNS name", "correct it"
        ) from None
    return spec
