"""The calendar of what Azure retires, and when: data, and how to look it up.

Sources: pages of the Azure documentation as of August 2026, issues of github.com/Azure/AKS ("AKS#…"), and Azure updates
(azure.microsoft.com/updates?id=…). What is announced later must be added here, or in the settings of a policy.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

from pydantic import Field

from policy.settings import PolicySettings, Strict

WARNING_DAYS = 180
"""A finding is advice from this many days before the last day on."""


class Retirement(Strict):
    """Something that Azure takes away."""

    what: str = Field(description="its name, as messages and exceptions have it", min_length=1)
    pattern: str = Field(
        description="the end of a property's path, and its value, such as networkProfile.networkPlugin=kubenet;"
        " * stands for any text, # for a number, and case does not matter",
        pattern="^[^=]+=.+$",
    )
    date: datetime.date = Field(description="the last day on which it is supported, such as 2028-03-31")
    source: str = Field(description="where that is announced", min_length=1)
    successor: str = Field(description="what to move to", min_length=1)

    @property
    def told(self) -> str:
        """The end of a sentence about its support."""
        return f"{self.date} ({self.source}); take {self.successor}"

    def concerns(self, path: str) -> bool:
        """Whether a property with this path may use it."""
        return fits(f"*.{self.pattern.partition('=')[0]}", f".{path}")

    def used_by(self, path: str, value: str) -> bool:
        """Whether a property with this path and this value uses it."""
        return self.concerns(path) and fits(self.pattern.partition("=")[2], value)


class CalendarSettings(PolicySettings):
    """Of policies that look into the calendar."""

    retirements: tuple[Retirement, ...] = Field(
        (), description="what the calendar does not have, or has otherwise: these are looked at first"
    )


def due(
    day: datetime.date, today: datetime.date, within: int = WARNING_DAYS
) -> Literal["past", "soon"] | None:
    """Whether the last day of something is over, or is at most so many days away."""
    if today > day:
        return "past"
    return "soon" if (day - today).days <= within else None


def find(entries: Iterable[Retirement], path: str, value: str) -> Retirement | None:
    """The first entry that a property with this path and value uses."""
    return next((entry for entry in entries if entry.used_by(path, value)), None)


@lru_cache(maxsize=1 << 16)  # each entry looks at each property, and most paths come again and again
def fits(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern stands for."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A number may have a second one after it, as that of Standard_E8-4ds_v5 has."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\#", "[0-9]+(-[0-9]+)?")
    return re.compile(expression, re.IGNORECASE)


def rows(table: str) -> Iterator[list[str]]:
    """The cells of a table's lines."""
    return ([cell.strip() for cell in line.split("|")] for line in table.strip().splitlines())


_COLUMNS = ("date", "what", "pattern", "successor", "source")
AVAILABILITY_SETS = Retirement(
    what="availability sets of AKS",
    pattern="type=AvailabilitySet",
    date=datetime.date(2025, 9, 30),
    source="AKS#5021",
    successor="VirtualMachineScaleSets",
)
# Last day; name; pattern; successor; source.
_FEATURES = """
2022-10-24 | AAD pod identity           | podIdentityProfile.enabled=true              | workload identity         | AKS, use-azure-ad-pod-identity
2025-09-30 | Basic Load Balancer        | networkProfile.loadBalancerSku=basic         | loadBalancerSku standard  | AKS#5020
2025-09-30 | Basic Load Balancer        | LoadBalancer.sku.name=Basic                  | sku.name Standard         | Azure, skus of load balancers
2025-09-30 | Basic public IP addresses  | PublicIPAddress.sku.name=Basic               | sku.name Standard         | Azure, public-ip-basic-upgrade-guidance
2025-11-30 | Azure Linux 2.0            | osSKU=CBLMariner                             | osSKU AzureLinux          | AKS#4988
2025-11-30 | Azure Linux 2.0            | osSKU=Mariner                                | osSKU AzureLinux          | AKS#4988
2026-03-31 | default outbound access    | defaultOutboundAccess=true                   | a NAT gateway             | Azure, default-outbound-access
2026-11-30 | application routing, nginx | ingressProfile.webAppRouting=nginx           | the Gateway API           | AKS#5516
2027-03-17 | Ubuntu 20.04               | osSKU=Ubuntu2004                             | osSKU Ubuntu              | AKS#4874
2027-06-30 | Ubuntu 22.04               | osSKU=Ubuntu2204                             | osSKU Ubuntu              | AKS, upgrade-os-version
2027-09-30 | Open Service Mesh          | addonProfiles.openServiceMesh.enabled=true   | the Istio add-on          | AKS, open-service-mesh-about
2028-03-31 | kubenet                    | networkProfile.networkPlugin=kubenet         | networkPluginMode overlay | AKS#4859
2028-09-30 | network policy manager     | networkProfile.networkPolicy=azure           | networkPolicy cilium      | AKS, use-network-policies
"""  # noqa: E501  (a table)
FEATURES = tuple(Retirement.model_validate(dict(zip(_COLUMNS, row, strict=True))) for row in rows(_FEATURES))
# Last day; series; successor; source ("Retired Azure VM size series" for what is gone).
_SERIES = """
2022-08-31 | Standard_H#         | HXrs           | Azure, h-series-retirement
2022-08-31 | Standard_H#m        | HXrs           | Azure, h-series-retirement
2022-08-31 | Standard_H#r        | HXrs           | Azure, h-series-retirement
2022-08-31 | Standard_H#mr       | HXrs           | Azure, h-series-retirement
2023-09-06 | Standard_NC#        | NCads_H100_v5  | Azure, nc-series-retirement
2023-09-06 | Standard_NC#r       | NCads_H100_v5  | Azure, nc-series-retirement
2023-09-06 | Standard_NC#_v2     | NCads_H100_v5  | Azure, ncv2-series-retirement
2023-09-06 | Standard_NC#s_v2    | NCads_H100_v5  | Azure, ncv2-series-retirement
2023-09-06 | Standard_ND#        | NDisr_H100_v5  | Azure, nd-series-retirement
2023-09-06 | Standard_ND#s       | NDisr_H100_v5  | Azure, nd-series-retirement
2023-09-06 | Standard_NV#        | NVads_A10_v5   | Azure, nv-series-retirement
2023-09-06 | Standard_NV#_v2     | NVads_A10_v5   | Azure, nv-series-retirement
2023-09-06 | Standard_NV#s_v2    | NVads_A10_v5   | Azure, nv-series-retirement
2024-08-31 | Basic_A#            | Dds_v6         | Azure, av1-series-retirement
2024-08-31 | Standard_A#         | Dds_v6         | Azure, av1-series-retirement
2025-09-30 | Standard_NC#s_v3    | NCads_H100_v5  | Azure, ncv3-retirement
2025-09-30 | Standard_NC#rs_v3   | NCads_H100_v5  | Azure, ncv3-nc24rs-retirement
2026-09-30 | Standard_NV#s_v3    | NVads_A10_v5   | Azure update 516070
2026-09-30 | Standard_NV#as_v4   | NVads_A10_v5   | Azure update 516070
2027-05-31 | Standard_NP#s       | NVads_A10_v5   | Azure update 548497
2028-05-01 | Standard_D#         | Dds_v6         | Azure update 485569
2028-05-01 | Standard_DS#        | Dds_v6         | Azure update 485569
2028-05-01 | Standard_D#_v2      | Dds_v6         | Azure update 485569
2028-05-01 | Standard_DS#_v2     | Dds_v6         | Azure update 485569
2028-05-01 | Standard_L#s        | Ls_v3          | Azure update 485569
2028-11-15 | Standard_A#_v2      | Dds_v6         | Azure update 500682
2028-11-15 | Standard_A#m_v2     | Eds_v6         | Azure update 500682
2028-11-15 | Standard_B#s        | Bs_v2          | Azure update 500682
2028-11-15 | Standard_B#ls       | Bs_v2          | Azure update 500682
2028-11-15 | Standard_B#ms       | Bs_v2          | Azure update 500682
2028-11-15 | Standard_F#         | Dlds_v6        | Azure update 500682
2028-11-15 | Standard_F#s        | Dlds_v6        | Azure update 500682
2028-11-15 | Standard_F#s_v2     | Dlds_v6        | Azure update 500682
2028-11-15 | Standard_G#         | Eds_v6         | Azure update 500682
2028-11-15 | Standard_GS#        | Eds_v6         | Azure update 500682
2028-11-15 | Standard_L#s_v2     | Ls_v3          | Azure update 500682
"""
SIZES = tuple(
    Retirement(
        what=series,
        pattern=f"*size={series}",
        date=datetime.date.fromisoformat(day),
        source=source,
        successor=f"series {successor}",
    )
    for day, series, successor, source in rows(_SERIES)
)
# Version; last day of its support; last day with tier Premium and the plan AKSLongTermSupport.
_VERSIONS = """
1.34 | 2026-11-30 | 2027-11-30
1.35 | 2027-03-31 | 2028-03-31
1.36 | 2027-06-30 | 2028-06-30
"""
NEWEST = "1.36"
CALENDAR = "AKS release calendar of August 2026"
LONG_TERM = "-lts"
"""Mark of a version whose support is the long one."""
VERSIONS = tuple(
    Retirement(
        what=f"Kubernetes {version}",
        pattern=f"kubernetesVersion={version}{mark}",
        date=datetime.date.fromisoformat(day),
        source=CALENDAR,
        successor=NEWEST,
    )
    for version, ends, longer in rows(_VERSIONS)
    for day, mark in ((ends, ""), (longer, LONG_TERM))
)
"""What AKS supports: any other version is too old, or newer than this calendar."""
