"""The kinds of values in a topology: each knows what is wrong with a value, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from federation.topology.regions import REGIONS, nearest

COMPONENTS = (
    "etcd",
    "karmada-apiserver",
    "kube-controller-manager",
    "karmada-aggregated-apiserver",
    "karmada-controller-manager",
    "karmada-scheduler",
    "karmada-webhook",
)
"""The parts of a control plane, as images, resources and arguments are given for."""

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_VALUE = r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
_NAMES_TOGETHER = 253  # characters of a DNS name (RFC 1035, 2.3.4, without the trailing dot)


def mistake(cause: str, fix: str, *, key: str | None = None) -> PydanticCustomError:
    """A mistake as validators raise it.

    Args:
        cause: what is wrong; the value stands before it.
        fix: what to write instead.
        key: for a mistake of a whole section, the key in it that is to blame.
    """
    return PydanticCustomError("mistake", "{cause}; {fix}", {"cause": cause, "fix": fix, "key": key or ""})


def _label(limit: int) -> Callable[[str], str]:
    """A DNS label (RFC 1123, 2.1) of at most so many characters, in lower case as Kubernetes wants it."""

    def check(value: str) -> str:
        if len(value) > limit:
            raise mistake(f"has {len(value)} characters", f"shorten it to at most {limit}")
        if not re.fullmatch(_LABEL, value):
            better = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
            raise mistake(
                "is not a DNS label (RFC 1123)",
                f"write {better!r}" if better else "use lower-case letters, digits and '-'",
            )
        return value

    return check


def _labels(value: str) -> bool:
    parts = value.split(".")
    return len(value) <= _NAMES_TOGETHER and all(len(p) <= 63 and re.fullmatch(_LABEL, p) for p in parts)


def _domain(value: str) -> str:
    """A zone, in lower case and without the trailing dot: both spellings mean the same (RFC 4343, RFC 1035)."""
    plain = value.lower().removesuffix(".")
    if not _labels(plain) or plain.rpartition(".")[2].isdigit():
        raise mistake("is not a DNS name", "write one such as 'fc-federated.com'")
    return plain


def _host(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        pass
    plain = value.lower().removesuffix(".")
    if not _labels(plain) or plain.rpartition(".")[2].isdigit():
        raise mistake("is neither an address nor a DNS name", "write it without scheme, port and path")
    return plain


def _address(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise mistake("is not an IP address", "write one such as '10.0.0.53'") from None


def _host_port(value: str) -> str:
    """An IP address and a port: a resolver that is asked by its name would have to ask itself for it first."""
    host, colon, port = value.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ip_address(bare)
    except ValueError:
        address = None
    digits = re.fullmatch(r"[0-9]{1,5}", port)
    bracketed = bare != host
    if not colon or not digits or not 1 <= int(port) <= 65535 or address is None:
        raise mistake("is not an address with a port", "write one such as '10.0.0.53:53' or '[fd00::53]:53'")
    if bracketed != (address.version == 6):
        raise mistake("is not an address with a port", "write '[…]' around an IPv6 address, and only there")
    return f"[{address}]:{int(port)}" if bracketed else f"{address}:{int(port)}"


def _network(value: Any) -> Any:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    if not isinstance(value, str) or "/" not in value:
        raise mistake("is not an address range", "write one such as '10.0.0.0/16'")
    try:
        return ip_network(value)
    except ValueError:
        pass
    try:
        whole = ip_network(value, strict=False)
    except ValueError:
        raise mistake("is not an address range", "write one such as '10.0.0.0/16'") from None
    raise mistake("has bits behind its mask", f"write {str(whole)!r}")


def _ports(value: str) -> str:
    first, dash, last = value.partition("-")
    # Digits are counted first: a longer text is no port, and costs nothing to refuse.
    if not dash or not all(re.fullmatch(r"[0-9]{1,5}", part) for part in (first, last)):
        raise mistake("is not a range of ports", "write one such as '32500-32767'")
    if not 1 <= int(first) <= int(last) <= 65535:
        raise mistake("is not a range of ports", "let it rise, within 1 and 65535")
    return value


def _location(value: str) -> str:
    if value not in REGIONS:
        near = nearest(value)
        raise mistake(
            "is no Azure region",
            f"did you mean {near!r}?" if near else "take a name from `az account list-locations`",
        )
    return value


def _component(value: str) -> str:
    if value not in COMPONENTS:
        raise mistake("is no component of the control plane", "name one of " + ", ".join(COMPONENTS))
    return value


def _matching(pattern: str, cause: str, fix: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise mistake(cause, fix)
        return value

    return check


def _label_key(value: str) -> str:
    """A label's key: an optional DNS name, a slash, and a name (Kubernetes: "Labels and Selectors")."""
    prefix, slash, name = value.rpartition("/")
    if not name or len(name) > 63 or not re.fullmatch(_LABEL_VALUE, name) or (slash and not _labels(prefix)):
        raise mistake("is not a label's key", "write one such as 'tier' or 'example.com/tier'")
    return value


def _schema(pattern: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", **more})


Name = Annotated[str, AfterValidator(_label(48)), _schema(_LABEL, maxLength=48)]
"""Of a cluster or a federation. Objects are called after it with more around it, hence no 63 characters."""
Label = Annotated[str, AfterValidator(_label(63)), _schema(_LABEL, maxLength=63)]
"""A part of a DNS name, and for that also valid as a label's value."""
Domain = Annotated[str, AfterValidator(_domain)]
Host = Annotated[str, AfterValidator(_host)]
Address = Annotated[str, AfterValidator(_address)]
HostPort = Annotated[str, AfterValidator(_host_port)]
"""An IP address with a port, such as "10.0.0.53:53" or "[fd00::53]:53"."""
Location = Annotated[
    str, AfterValidator(_location), WithJsonSchema({"type": "string", "enum": sorted(REGIONS)})
]
Network = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(_network),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-fA-F.:]+/[0-9]+$", "examples": ["10.0.0.0/16"]}),
]
PortRange = Annotated[str, AfterValidator(_ports), _schema("[0-9]+-[0-9]+")]
Component = Annotated[
    str, AfterValidator(_component), WithJsonSchema({"type": "string", "enum": list(COMPONENTS)})
]
LabelKey = Annotated[str, AfterValidator(_label_key)]
LabelValue = Annotated[
    str,
    AfterValidator(
        _matching(
            r"(?=.{0,63}\Z)" + _LABEL_VALUE,
            "is not a label's value",
            "use up to 63 letters, digits, '-', '_' and '.', with a letter or a digit at both ends",
        )
    ),
]
Quantity = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?",
            "is not an amount",
            "write one such as '10Gi' or '250m'",
        )
    ),
    _schema(r"[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?"),
]
"""An amount as Kubernetes writes it, such as "10Gi" or "250m"."""
Version = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[0-9]+\.[0-9]+\.[0-9]+([-+.][0-9A-Za-z.-]+)?",
            "is not a version",
            "write all three numbers and no 'v', such as '1.18.2'",
        )
    ),
    _schema(r"[0-9]+\.[0-9]+\.[0-9]+.*"),
]
HttpsUrl = Annotated[
    str,
    AfterValidator(
        _matching(
            r"https://[^\s/@]+/?", "is not the URL of a server", "write one such as 'https://10.0.0.5:2379'"
        )
    ),
    _schema("https://.*"),
]
Right = Annotated[
    str,
    AfterValidator(
        _matching(r"[^*\s]*", "would grant more than is known today", "name what is needed, without '*'")
    ),
    _schema(r"[^*\s]*"),
]
"""An API group, resource or verb of a rule."""
FilePath = Annotated[str, Field(min_length=1)]
