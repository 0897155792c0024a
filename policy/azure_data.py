"""The regions of Azure, their zones, and the sizes of its machines.

Sources: "List of Azure regions" (Azure documentation, September 2025), with the regions of the government and China
clouds; "Sizes for virtual machines in Azure" (June 2026). What is new must be added here, or in the settings of P27.
"""

from __future__ import annotations

from policy.retirements import fits

ZONES = ("1", "2", "3")
"""How Azure calls the zones of every region that has zones."""
_WITH_ZONES = """
australiaeast austriaeast belgiumcentral brazilsouth canadacentral centralindia centralus chilecentral chinanorth3
denmarkeast eastasia eastus eastus2 francecentral germanywestcentral indonesiacentral israelcentral italynorth
japaneast japanwest koreacentral malaysiawest mexicocentral newzealandnorth northeurope norwayeast polandcentral
qatarcentral southafricanorth southcentralus southeastasia spaincentral swedencentral switzerlandnorth uaenorth
uksouth usgovvirginia westeurope westus2 westus3
"""
WITHOUT_ZONES = tuple(
    """
australiacentral australiacentral2 australiasoutheast brazilsoutheast canadaeast chinaeast chinaeast2 chinaeast3
chinanorth chinanorth2 francesouth germanynorth jioindiacentral jioindiawest koreasouth northcentralus norwaywest
southafricawest southindia swedensouth switzerlandwest uaecentral ukwest usgovarizona usgovtexas westcentralus
westindia westus
""".split()
)
REGIONS = (*_WITH_ZONES.split(), *WITHOUT_ZONES)
# Letters before the number, and all that may follow it, by version.
_SIZES = """
D _v3 _v4 _v5 a_v4 d_v4 d_v5 s_v3 s_v4 s_v5 s_v6 s_v7 as_v4 as_v5 as_v6 as_v7 ds_v4 ds_v5 ds_v6 ds_v7 ads_v5 ads_v6
D ads_v7 ls_v5 ls_v6 ls_v7 lds_v5 lds_v6 lds_v7 als_v6 als_v7 alds_v6 alds_v7 ps_v5 ps_v6 pds_v5 pds_v6 pls_v5 pls_v6
D plds_v5 plds_v6
DC as_v5 ads_v5 as_v6 ads_v6 es_v6 eds_v6 s_v3 ds_v3
E _v3 _v4 _v5 a_v4 d_v4 d_v5 s_v3 s_v4 s_v5 s_v6 s_v7 as_v4 as_v5 as_v6 as_v7 ds_v4 ds_v5 ds_v6 ds_v7 ads_v5 ads_v6
E ads_v7 bs_v5 bds_v5 ps_v5 ps_v6 pds_v5 pds_v6 is_v5 ids_v5
EC as_v5 ads_v5 as_v6 ads_v6 es_v6 eds_v6
F as_v6 ams_v6 als_v6 as_v7 ams_v7 als_v7 ads_v7 amds_v7 alds_v7
FX mds ms_v2 mds_v2
L s_v3 s_v4 as_v3 as_v4 aos_v4
B s_v2 ls_v2 ts_v2 as_v2 als_v2 ats_v2 ps_v2 pls_v2 pts_v2
M s ms ls ts s_v2 ms_v2 ds_v2 dms_v2 s_v3 ds_v3 bs_v3 bds_v3
NC as_T4_v3 ads_A100_v4 ads_H100_v5
ND asr_v4 amsr_A100_v4 isr_H100_v5 isr_H200_v5
NV ads_A10_v5 ads_V710_v5
HB rs_v3 rs_v4 rs_v5
HX rs
"""
SIZES = tuple(
    f"Standard_{letters}#{rest}"
    for letters, *variants in (line.split() for line in _SIZES.strip().splitlines())
    for rest in variants
)
"""Patterns of those that are there to stay."""


def plain(region: str) -> str:
    """Its programmatic name, such as "westus" for "West US"."""
    return "".join(region.lower().split())


def zones(region: str) -> tuple[str, ...]:
    """The availability zones of a region; all that any can have if the region is not known."""
    return () if plain(region) in WITHOUT_ZONES else ZONES


def known_size(name: str) -> bool:
    """Whether it is a size that is there to stay."""
    return any(fits(pattern, name) for pattern in SIZES)
