"""VM sizes: how many vCPUs, of which family, and whether they would do for a system pool.

The names follow one scheme (learn.microsoft.com, "Azure virtual machine sizes naming conventions"), so the table is of
series and not of sizes. Memory is that of the series' plain size, 4 GiB for each vCPU in D, 8 in E, 2 in F.
"""

from __future__ import annotations

import re

from lab.azure.http import ArmError

_SIZE = re.compile(
    r"Standard_(?P<series>[A-Z]+?)S?(?P<cpus>\d+)(?:-\d+)?(?P<features>[a-z]*)(?:_v(?P<version>\d))?"
)
_CPUS = {
    "B": {1, 2, 4, 8, 12, 16, 20, 32},
    "D": {2, 4, 8, 16, 20, 32, 48, 64, 96},
    "E": {2, 4, 8, 16, 20, 32, 48, 64, 96},
    "F": {2, 4, 8, 16, 32, 48, 64, 72},
    "L": {8, 16, 32, 48, 64, 80},
}
_VERSIONS: dict[str, set[str | None]] = {
    "B": {None, "2"},
    "D": {"3", "4", "5", "6"},
    "E": {"3", "4", "5", "6"},
    "F": {None, "2", "6"},
    "L": {"2", "3"},
}
_OLD = {
    f"Standard_D{s}{number}_v2": cpus
    for s in ("", "S")
    for number, cpus in ((1, 1), (2, 2), (3, 4), (4, 8), (5, 16))
}
EXAMPLES = ("Standard_D2s_v5", "Standard_D4s_v5", "Standard_D4ds_v5", "Standard_D8s_v5", "Standard_E4s_v5")


def cpus(size: str) -> int | None:
    """How many vCPUs a size has; None for one that does not exist."""
    if size in _OLD:
        return _OLD[size]
    match = _SIZE.fullmatch(size)
    if match is None or match["series"] not in _CPUS:
        return None
    count, series = int(match["cpus"]), match["series"]
    return count if count in _CPUS[series] and match["version"] in _VERSIONS[series] else None


def family(size: str) -> str:
    """The name of the quota that it counts for, such as `standardDSv5Family`."""
    words = re.sub(r"\d+", "", size.removeprefix("Standard_").split("_")[0], count=1)
    version = size.rpartition("_")[2] if size.count("_") > 1 else ""
    return f"standard{words.upper()}{version}Family"


def require(size: str, location: str, *, system: bool) -> int:
    """The vCPUs of a size. Raises the `ArmError` (400) of one that is not to be had, or too small for a system pool."""
    found = cpus(size)
    if found is None:
        raise ArmError(
            400,
            "BadRequest",
            f"The VM size of {size} is not allowed in your subscription in location '{location}'. The available VM "
            f"sizes are of the series B, D, E, F and L, such as {', '.join(EXAMPLES)}. For more details about VM "
            "sizes, please visit https://aka.ms/aks/quotas-skus-regions",
        )
    if system and (found < 2 or "B1" in size):
        raise ArmError(
            400,
            "SystemPoolSkuTooLow",
            f"The VM SKU {size} is not supported for system node pools: they need at least 2 vCPUs and 4 GB of memory. "
            "For more details, please visit https://aka.ms/aks/system-node-pools",
        )
    return found
