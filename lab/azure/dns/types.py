"""The types of record sets: their properties in ARM, what a record may hold, and how it is written in a zone file."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab.azure.dns.names import is_domain_name

Properties = Mapping[str, Any]
LONGEST_TXT_STRING, LONGEST_TXT_SET = 255, 4096
SMALLEST_TTL, LARGEST_TTL = 1, 2_147_483_647


class BadRecordError(Exception):
    """A record that can't be: the message is a sentence for the client."""


@dataclass(frozen=True, kw_only=True)
class RecordType:
    """One type.

    Attributes:
        key: the property with the records in Azure DNS; Azure Private DNS spells it `private_key`.
        fields: the properties of a record and what checks each, in the order they have in a zone file.
        single: whether the set has one record and no list: CNAME and SOA.
        alias: whether a set may point to a resource instead of having records.
    """

    name: str
    key: str
    private_key: str
    fields: Mapping[str, Callable[[Any], str]]
    single: bool = False
    alias: bool = False

    def records(self, properties: Properties) -> list[Properties]:
        """The records of a set, in either spelling."""
        found = _value(properties, self.key)
        if found is None:
            return []
        return [found] if self.single else list(found)

    def rdata(self, properties: Properties) -> list[str]:
        """The records of a set as a zone file has them. Raises `BadRecordError`."""
        return [self._line(record) for record in self.records(properties)]

    def check(self, properties: Properties) -> None:
        """Raise `BadRecordError` when one of a set's records can't be, or the set is too large for its type."""
        lines = self.rdata(properties)
        if len(set(lines)) != len(lines):
            raise BadRecordError(f"The {self.name} record set has the same record twice.")
        if (
            self.name == "TXT"
            and (size := sum(len(s) for s in _strings(self.records(properties)))) > LONGEST_TXT_SET
        ):
            raise BadRecordError(f"The TXT record set has {size} characters and may have {LONGEST_TXT_SET}.")

    def _line(self, record: Properties) -> str:
        return " ".join(check(_value(record, field)) for field, check in self.fields.items())


def _value(properties: Properties, key: str) -> Any:
    """A property, in whatever case: the two services differ in nothing else."""
    if key in properties:
        return properties[key]
    return next((v for k, v in properties.items() if k.lower() == key.lower()), None)


def _strings(records: list[Properties]) -> Iterator[str]:
    for record in records:
        yield from record.get("value") or ()


def _ipv4(value: Any) -> str:
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError:
        raise BadRecordError(f"The value '{value}' is no IPv4 address.") from None


def _ipv6(value: Any) -> str:
    try:
        return str(ipaddress.IPv6Address(value))
    except ValueError:
        raise BadRecordError(f"The value '{value}' is no IPv6 address.") from None


def _domain(value: Any) -> str:
    if not isinstance(value, str) or not is_domain_name(value):
        raise BadRecordError(f"The domain name '{value}' is invalid.")
    return f"{value.removesuffix('.')}."


def _exchange(value: Any) -> str:
    return (
        "." if value == "." else _domain(value)
    )  # a null MX or SRV: there is no such service (RFC 7505, 2782)


def _number(largest: int) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
            raise BadRecordError(f"The value '{value}' is no whole number from 0 to {largest}.")
        return str(value)

    return check


def _tag(value: Any) -> str:
    if value not in ("issue", "issuewild", "iodef"):
        raise BadRecordError(f"The CAA tag '{value}' is not 'issue', 'issuewild' or 'iodef'.")
    return str(value)


def quoted(text: str) -> str:
    """A character string of a zone file: what is no printable ASCII is written as `\\DDD`, byte by byte."""
    plain = (
        f"\\{chr(b)}" if b in b'"\\' else chr(b) if 0x20 <= b < 0x7F else f"\\{b:03d}" for b in text.encode()
    )
    return '"' + "".join(plain) + '"'


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadRecordError(f"The value '{value}' is no text.")
    if len(value.encode()) > LONGEST_TXT_STRING * 4:
        raise BadRecordError("The value of a CAA record is too long.")
    return quoted(value)


def _texts(value: Any) -> str:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        raise BadRecordError("A TXT record has no list of texts.")
    for text in value:
        if len(text.encode()) > LONGEST_TXT_STRING:
            raise BadRecordError(
                f"A string of a TXT record has {len(text.encode())} bytes and may have {LONGEST_TXT_STRING}."
            )
    return " ".join(quoted(text) for text in value)


_U8, _U16, _U31 = _number(255), _number(65_535), _number(LARGEST_TTL)

TYPES: Mapping[str, RecordType] = {
    kind.name: kind
    for kind in (
        RecordType(
            name="A", key="ARecords", private_key="aRecords", fields={"ipv4Address": _ipv4}, alias=True
        ),
        RecordType(
            name="AAAA",
            key="AAAARecords",
            private_key="aaaaRecords",
            fields={"ipv6Address": _ipv6},
            alias=True,
        ),
        RecordType(
            name="CAA",
            key="caaRecords",
            private_key="caaRecords",
            fields={"flags": _U8, "tag": _tag, "value": _text},
        ),
        RecordType(
            name="CNAME",
            key="CNAMERecord",
            private_key="cnameRecord",
            fields={"cname": _domain},
            single=True,
            alias=True,
        ),
        RecordType(
            name="MX",
            key="MXRecords",
            private_key="mxRecords",
            fields={"preference": _U16, "exchange": _exchange},
        ),
        RecordType(name="NS", key="NSRecords", private_key="nsRecords", fields={"nsdname": _domain}),
        RecordType(name="PTR", key="PTRRecords", private_key="ptrRecords", fields={"ptrdname": _domain}),
        RecordType(
            name="SOA",
            key="SOARecord",
            private_key="soaRecord",
            fields={
                "host": _domain,
                "email": _domain,
                "serialNumber": _number(2**32 - 1),
                "refreshTime": _U31,
                "retryTime": _U31,
                "expireTime": _U31,
                "minimumTTL": _U31,
            },
            single=True,
        ),
        RecordType(
            name="SRV",
            key="SRVRecords",
            private_key="srvRecords",
            fields={"priority": _U16, "weight": _U16, "port": _U16, "target": _exchange},
        ),
        RecordType(name="TXT", key="TXTRecords", private_key="txtRecords", fields={"value": _texts}),
    )
}
PUBLIC = tuple(TYPES)
PRIVATE = tuple(name for name in TYPES if name not in ("CAA", "NS"))
"""Azure Private DNS has no CAA sets, and nothing is delegated from its zones."""
