"""The sizes of virtual machines that pools of AKS can have: vCPUs, memory, local disk, and when they are retired.

Sources: the pages of the series in "Sizes for virtual machines in Azure", and "Retired Azure VM size series" (Azure
documentation, June and April 2026). A series that is new since then must be added here.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date

_MAY_2028 = date(2028, 5, 1)  # Azure update 485569
_NOVEMBER_2028 = date(2028, 11, 15)  # Azure update 500682

# Series (`#` stands for the number), its numbers (`number:vCPUs` where they differ), and per vCPU: GiB of memory and
# GiB of the temporary disk that an operating system can lie on; 0 where there is none, or only raw NVMe (from v6 on).
_SERIES = """
D#s_v3       2,4,8,16,32,48,64                     4     8
D#s_v4       2,4,8,16,32,48,64                     4     0
D#ds_v4      2,4,8,16,32,48,64                     4     37.5
D#as_v4      2,4,8,16,32,48,64,96                  4     8
D#s_v5       2,4,8,16,32,48,64,96                  4     0
D#ds_v5      2,4,8,16,32,48,64,96                  4     37.5
D#as_v5      2,4,8,16,32,48,64,96                  4     0
D#ads_v5     2,4,8,16,32,48,64,96                  4     37.5
D#ls_v5      2,4,8,16,32,48,64,96                  2     0
D#lds_v5     2,4,8,16,32,48,64,96                  2     37.5
D#ps_v5      2,4,8,16,32,48,64                     4     0
D#pds_v5     2,4,8,16,32,48,64                     4     37.5
D#s_v6       2,4,8,16,32,48,64,96,128,192          4     0
D#ds_v6      2,4,8,16,32,48,64,96,128,192          4     0
D#as_v6      2,4,8,16,32,48,64,96                  4     0
D#ads_v6     2,4,8,16,32,48,64,96                  4     0
D#ls_v6      2,4,8,16,32,48,64,96,128              2     0
D#lds_v6     2,4,8,16,32,48,64,96,128              2     0
D#als_v6     2,4,8,16,32,48,64,96                  2     0
D#alds_v6    2,4,8,16,32,48,64,96                  2     0
D#ps_v6      2,4,8,16,32,48,64,96                  4     0
D#pds_v6     2,4,8,16,32,48,64,96                  4     0
E#s_v3       2,4,8,16,20,32,48,64                  8     16
E#s_v4       2,4,8,16,20,32,48,64                  8     0
E#ds_v4      2,4,8,16,20,32,48,64                  8     37.5
E#as_v4      2,4,8,16,20,32,48,64,96               8     16
E#s_v5       2,4,8,16,20,32,48,64,96               8     0
E#ds_v5      2,4,8,16,20,32,48,64,96               8     37.5
E#as_v5      2,4,8,16,20,32,48,64,96               8     0
E#ads_v5     2,4,8,16,20,32,48,64,96               8     37.5
E#s_v6       2,4,8,16,20,32,48,64,96,128           8     0
E#ds_v6      2,4,8,16,20,32,48,64,96,128           8     0
E#as_v6      2,4,8,16,20,32,48,64,96               8     0
E#ads_v6     2,4,8,16,20,32,48,64,96               8     0
F#as_v6      2,4,8,16,32,48,64                     4     0
F#als_v6     2,4,8,16,32,48,64                     2     0
F#ams_v6     2,4,8,16,32,48,64                     8     0
L#s_v3       8,16,32,48,64,80                      8     10
L#as_v3      8,16,32,48,64,80                      8     10
B#s_v2       2,4,8,16,32                           4     0
B#ls_v2      2                                     2     0
B#ts_v2      2                                     0.5   0
B#as_v2      2,4,8,16,32                           4     0
NC#as_T4_v3  4,8,16,64                             7     44
"""
# The same of those that are announced to go, with the series that takes their place.
_RETIRING = {
    _MAY_2028: """
D#           1:1,2:2,3:4,4:8                       3.5   0     D#ds_v6
D#           11:2,12:4,13:8,14:16                  7     0     E#ds_v6
DS#          1:1,2:2,3:4,4:8                       3.5   0     D#ds_v6
DS#          11:2,12:4,13:8,14:16                  7     0     E#ds_v6
D#_v2        1:1,2:2,3:4,4:8,5:16                  3.5   0     D#ds_v6
D#_v2        11:2,12:4,13:8,14:16,15:20            7     0     E#ds_v6
DS#_v2       1:1,2:2,3:4,4:8,5:16                  3.5   0     D#ds_v6
DS#_v2       11:2,12:4,13:8,14:16,15:20            7     0     E#ds_v6
L#s          4,8,16,32                             8     0     L#s_v3
""",
    _NOVEMBER_2028: """
A#_v2        1,2,4,8                               2     0     D#ds_v6
A#m_v2       2,4,8                                 8     0     E#ds_v6
B#s          1,2                                   2     0     B#s_v2
B#ms         1,2,4,8,12,16,20                      4     0     B#s_v2
F#           1,2,4,8,16                            2     0     D#lds_v6
F#s          1,2,4,8,16                            2     0     D#lds_v6
F#s_v2       2,4,8,16,32,48,64,72                  2     8     D#lds_v6
G#           1:2,2:4,3:8,4:16,5:32                 14    0     E#ds_v6
GS#          1:2,2:4,3:8,4:16,5:32                 14    0     E#ds_v6
L#s_v2       8,16,32,48,64,80                      8     10    L#s_v3
""",
}
_RETIRED = (
    "A# Basic:A# NC# NC#_v2 NC#s_v2 NC#s_v3 NC#rs_v3 ND# ND#s NV# NV#_v2 NV#s_v2 NV#s_v3 NV#as_v4 H# H#m H#r"
)
OS_DISK = 128
"""GiB of a node's operating system disk, as AKS has it by default."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """One size.

    Attributes:
        name: such as "Standard_D4ds_v5".
        series: such as "Dds_v5"; quotas are given for each.
        cpus: virtual processors.
        memory: GiB.
        disk: GiB of a temporary disk that the operating system can lie on.
        retires: the day on which its machines are stopped for good, if that is announced.
        successor: size to take instead.
    """

    name: str
    series: str
    cpus: int
    memory: float
    disk: float
    retires: date | None = None
    successor: str | None = None

    @property
    def holds_system(self) -> bool:
        """Whether the operating system fits on the local disk: faster, and nothing to pay for."""
        return self.disk >= OS_DISK

    @property
    def burstable(self) -> bool:
        """Whether it is throttled after a while of work."""
        return self.series.startswith("B")


def _rows(table: str, retires: date | None = None) -> dict[str, Size]:
    found = {}
    for line in table.strip().splitlines():
        template, numbers, memory, disk, *successor = line.split()
        for number, cpus in (_number(entry) for entry in numbers.split(",")):
            name = _named(template, number)
            found[name] = Size(
                name=name,
                series=template.replace("#", ""),
                cpus=cpus,
                memory=cpus * float(memory),
                disk=cpus * float(disk),
                retires=retires,
                successor=_fitting(successor[0], cpus) if successor else None,
            )
    return found


def _number(entry: str) -> tuple[int, int]:
    number, _, cpus = entry.partition(":")
    return int(number), int(cpus or number)


def _named(template: str, number: int) -> str:
    return "Standard_" + template.replace("#", str(number))


def _fitting(template: str, cpus: int) -> str:
    """Of the series, with as many vCPUs or the next more; the largest if none has as many."""
    line = next(row for row in _SERIES.split("\n") if row.split()[:1] == [template])
    numbers = [int(number) for number in line.split()[1].split(",")]
    return _named(template, next((n for n in numbers if n >= cpus), numbers[-1]))


SIZES: dict[str, Size] = _rows(_SERIES)
for _day, _table in _RETIRING.items():
    SIZES |= _rows(_table, _day)


def retired(name: str) -> bool:
    """Whether no machine of that size can be made any more."""
    plain = "".join(
        "#" if char.isdigit() else char for char in name.partition("_v")[0].removeprefix("Standard_")
    )
    plain = plain.replace("##", "#") + ("_v" + name.partition("_v")[2] if "_v" in name else "")
    return plain.replace("Basic_", "Basic:") in _RETIRED.split()


def nearest(name: str) -> str | None:
    """The size that somebody may have meant, such as "Standard_D4ds_v5" for "D4ds_v5" or "standard_d4dsv5"."""
    folded = {_folded(known): known for known in SIZES}
    if (exact := folded.get(_folded(name))) is not None:
        return exact
    found = difflib.get_close_matches(_folded(name)[:99], sorted(folded), n=1, cutoff=0.8)
    return folded[found[0]] if found else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "").replace("-", "").removeprefix("standard")
