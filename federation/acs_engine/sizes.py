"""What to take in the place of a VM size that is gone, or will be.

Sizes that are still made, and what follows those that are announced to go, are in `federation.topology.sizes`. Here
are the ones that were gone before, and other names of the same machines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from federation.topology.sizes import SIZES, Size

MAY_2028 = "https://azure.microsoft.com/updates?id=485569"
NOVEMBER_2028 = "https://azure.microsoft.com/updates?id=500682"
GONE = "https://learn.microsoft.com/azure/virtual-machines/sizes/retirement/retired-sizes-list"
PREMIUM = "https://learn.microsoft.com/azure/virtual-machines/premium-storage-performance"

# Number of a size to its vCPUs, and the series that takes its place, from the pages of the series.
_OLD_A = {0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 2, 6: 4, 7: 8, 8: 8, 9: 16, 10: 8, 11: 16}
_MEMORY = (5, 6, 7)  # of the old A: 7 GiB for each vCPU


@dataclass(frozen=True)
class Choice:
    """The size to take.

    Attributes:
        size: its name.
        reason: why it is not the one that was asked for; empty if it is.
        source: where that can be read.
    """

    size: str
    reason: str = ""
    source: str = ""


def choose(name: str) -> Choice | None:
    """The size for what a file says: the same, or one with as many vCPUs or the next more; None if it is not known."""
    plain = _plain(name)
    known = SIZES.get(plain)
    if known is not None:
        return _known(name, known)
    if (premium := SIZES.get(_with_premium_disks(plain))) is not None and premium.successor is None:
        return Choice(premium.name, "is the same machine with premium disks, as nodes have them", PREMIUM)
    hit = re.fullmatch(r"(Standard|Basic)_([A-Z]+)(\d+)([a-z]*)(_v\d)?", plain)
    found = _gone(hit[2], int(hit[3]), hit[5] or "") if hit else None
    if found is None:
        return None
    template, cpus = found
    return _choice("is retired: no machine of it can be made", GONE, _next(template, cpus), cpus)


def _known(name: str, size: Size) -> Choice:
    if size.successor is None or size.retires is None:
        same = name == size.name
        return Choice(size.name, "" if same else "is how Azure writes it", "" if same else GONE)
    source = MAY_2028 if size.retires.month == 5 else NOVEMBER_2028
    cause = f"is retired on {size.retires}: its machines are stopped for good then"
    return _choice(cause, source, size.successor, size.cpus)


def _choice(cause: str, source: str, size: str, before: int) -> Choice:
    cpus = SIZES[size].cpus
    more = "" if cpus == before else f"; the next size has {cpus} vCPUs, it had {before}"
    return Choice(size, cause + more, source)


def _plain(name: str) -> str:
    """As Azure writes it, without the marks of a discount and of vCPUs that are switched off."""
    text = re.sub(r"_promo$", "", name.strip(), flags=re.IGNORECASE)
    text = re.sub(r"(?<=\d)-\d+", "", text)
    folded = {known.lower(): known for known in SIZES}
    return folded.get(text.lower(), text)


def _with_premium_disks(name: str) -> str:
    return re.sub(r"^(Standard_[DE]\d+[ad]{0,2})(_v[345])$", r"\1s\2", name)


def _gone(series: str, number: int, version: str) -> tuple[str, int] | None:
    """The series to take, and how many vCPUs the size had."""
    if series == "A" and version == "" and number in _OLD_A:
        return "Standard_E{}ds_v6" if number in _MEMORY else "Standard_D{}ds_v6", _OLD_A[number]
    if series in ("NC", "NV", "ND") and version in ("", "_v2", "_v3", "_v4"):
        return "Standard_NC{}as_T4_v3", number
    return ("Standard_D{}lds_v6", number) if series == "H" and version == "" else None


def _next(template: str, cpus: int) -> str:
    """The size of a series with as many vCPUs, or the next more; the largest if there is none."""
    ladder = [n for n in range(1, 200) if template.format(n) in SIZES]
    return template.format(next((n for n in ladder if n >= cpus), ladder[-1]))
