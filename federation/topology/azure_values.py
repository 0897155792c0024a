"""The kinds of values of Azure in a topology: each knows what is wrong with a value, and what to write instead."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from federation.topology import sizes, versions
from federation.topology.fields import Network, mistake


def _matching(pattern: str, cause: str, fix: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise mistake(cause, fix)
        return value

    return AfterValidator(check)


def _schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


def _size(value: str) -> str:
    if value in sizes.SIZES:
        return value
    if sizes.retired(value):
        raise mistake("is retired, and no machine of it can be made", "take one such as 'Standard_D4ds_v5'")
    near = sizes.nearest(value)
    raise mistake(
        "is no size of virtual machines that is known here",
        f"did you mean {near!r}?" if near else "take one such as 'Standard_D4ds_v5'",
    )


def _version(value: str) -> str:
    if not versions.is_version(value):
        raise mistake("is not a version of Kubernetes", f"write one such as {versions.DEFAULT!r}")
    if versions.minor(value) not in versions.ENDS:
        known = ", ".join(map(versions.shown, versions.ENDS))
        raise mistake(f"is not supported by AKS, which has {known}", f"write {versions.nearest(value)!r}")
    return value


def _four(value: Any) -> Any:
    """Of AKS' ranges only those of IPv4 are made here."""
    if not isinstance(value, IPv4Network):
        raise mistake("is of IPv6, which is not supported for AKS", "write one such as '10.20.0.0/16'")
    return value


def _bounded(value: IPv4Network) -> IPv4Network:
    if value.prefixlen == 0:
        raise mistake("is everybody", "name the addresses that operators come from, such as '203.0.113.0/24'")
    return value


def _network_id(value: str) -> str:
    kind = r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+"
    if not re.fullmatch(kind, value, re.IGNORECASE):
        raise mistake(
            "is not the id of a virtual network",
            "take what `az network vnet show --query id` prints",
        )
    return value


def _text(value: Any) -> Any:
    """YAML reads 1.36 as a number, and 1.40 as 1.4."""
    if isinstance(value, float):
        raise mistake("is read as a number, which may lose its last digit", f"put it in quotes: '{value}'")
    return value


_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_POOL = r"[a-z][a-z0-9]{0,7}"
_PREFIX = r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?"
_GROUP = r"[-\w.()]{0,89}[-\w()]"

VmSize = Annotated[str, AfterValidator(_size)]
KubernetesVersion = Annotated[
    str,
    BeforeValidator(_text),
    AfterValidator(_version),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+\.[0-9]+(\.[0-9]+)?$"}),
]
Uuid = Annotated[
    str, _matching(_UUID, "is not an id", "write it as Azure shows it: eight digits, '-', …"), _schema(_UUID)
]
TimeOfDay = Annotated[str, _matching(_TIME, "is not a time", "write one such as '02:30'"), _schema(_TIME)]
PoolName = Annotated[
    str,
    _matching(_POOL, "is not a name of a pool", "use up to 8 lower-case letters and digits, a letter first"),
    _schema(_POOL),
]
"""AKS allows 12 characters; four of them say which machines it has, so that others can be there before it goes."""
DnsPrefix = Annotated[
    str,
    _matching(
        _PREFIX,
        "is not a prefix of AKS",
        "use up to 54 letters, digits and '-', with a letter or a digit at both ends",
    ),
    _schema(_PREFIX),
]
ResourceGroup = Annotated[
    str,
    _matching(
        _GROUP,
        "is not a name of a resource group",
        "use up to 90 letters, digits, '-', '_', '.', '(' and ')'",
    ),
    _schema(_GROUP),
]
TagName = Annotated[
    str, _matching(r"[^<>%&\\?/]{1,512}", "is not a name of a tag", "leave out <, >, %, &, \\, ? and /")
]
TagValue = Annotated[str, _matching(r"[^\0]{0,256}", "is too long", "shorten it to at most 256 characters")]
AksNetwork = Annotated[Network, AfterValidator(_four)]
OperatorNetwork = Annotated[Network, AfterValidator(_four), AfterValidator(_bounded)]
NetworkId = Annotated[str, AfterValidator(_network_id)]
