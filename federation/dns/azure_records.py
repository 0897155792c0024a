"""Record sets as Azure DNS and Azure Private DNS have them, in both directions; over the models of their SDKs, which
name everything alike.

The mark of a federation is an entry of a set's metadata:

    "metadata": {"federation-owner": "fed"}

Other entries are somebody's notes: they stay when we change a set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from federation.dns.records import RecordSet, Stored, sorted_values

OWNER = "federation-owner"
"""Key of the metadata that says which federation a record set belongs to."""
APEX = "@"
"""The relative name of the zone's own name."""
_ALIAS = "alias of "
_LISTS = ("a", "aaaa", "caa", "mx", "ns", "ptr", "srv", "txt")
_SINGLES = ("cname", "soa")
_NAMES = ("cname", "nsdname", "ptrdname", "exchange", "target")  # fields that are domain names


def relative(name: str, zone: str) -> str:
    """A name as Azure has it: without the zone. Raises `ValueError` for one that is not in the zone."""
    if name == zone:
        return APEX
    if not name.endswith(f".{zone}"):
        raise ValueError(f"{name} is not in zone {zone}")
    return name.removesuffix(f".{zone}")


def absolute(name: str, zone: str) -> str:
    """The reverse of `relative`."""
    return zone if name == APEX else f"{name}.{zone}".lower()


def stored(found: Any, zone: str) -> Stored:
    """A record set as we have it.

    An alias has no records of its own: it says which resource it follows. Where that is gone, it says nothing.
    """
    kind = str(found.type).rpartition("/")[2].upper()
    record = RecordSet(absolute(str(found.name), zone), kind, int(found.ttl or 0), _values(found))
    metadata = dict(found.metadata or {})
    owner = next((text for key, text in metadata.items() if key.lower() == OWNER), None)
    return Stored(record, owner or None, _version(str(found.etag), _notes(metadata)))


def is_alias(seen: Stored) -> bool:
    """Whether a set that `stored` has made follows a resource, and has no records of its own."""
    return any(value.startswith(_ALIAS) for value in seen.record.values)


def etag(seen: Stored) -> str:
    """The precondition of a write to a set that `stored` has made."""
    return str(json.loads(seen.version)[0])


def notes(seen: Stored) -> Mapping[str, str]:
    """The metadata of a set that `stored` has made, but for the mark."""
    return dict(json.loads(seen.version)[1])


def body(models: ModuleType, record: RecordSet, owner: str, seen: Stored | None) -> Any:
    """A record set as one of the SDKs sends it.

    Args:
        models: of the SDK.
        record: with addresses: type A or AAAA.
        owner: the federation.
        seen: the set that it replaces; None: it is new.
    """
    made: dict[str, Any] = {"ttl": record.ttl, "metadata": {**(notes(seen) if seen else {}), OWNER: owner}}
    if record.type == "A":
        made["a_records"] = [models.ARecord(ipv4_address=value) for value in record.values]
    else:
        made["aaaa_records"] = [models.AaaaRecord(ipv6_address=value) for value in record.values]
    return models.RecordSet(**made)


def _version(etag: str, notes: Mapping[str, str]) -> str:
    return json.dumps([etag, notes], sort_keys=True)


def _notes(metadata: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in metadata.items() if key.lower() != OWNER}


def _values(found: Any) -> tuple[str, ...]:
    target = getattr(found, "target_resource", None)
    if target is not None and target.id:
        return (f"{_ALIAS}{target.id}",)
    records = [record for kind in _LISTS for record in getattr(found, f"{kind}_records", None) or ()]
    records += [record for kind in _SINGLES if (record := getattr(found, f"{kind}_record", None))]
    return sorted_values(_text(record) for record in records)


def _text(record: Any) -> str:
    """A record's fields in their order; names as they are here, texts as one."""
    fields: dict[str, Any] = record.as_dict()
    parts = []
    for key, value in fields.items():
        if isinstance(value, list):
            parts.append("".join(map(str, value)))
        else:
            parts.append(str(value).lower().removesuffix(".") if key.lower() in _NAMES else str(value))
    return " ".join(parts)
