"""The regions of Azure, and which of them have availability zones.

Source: "List of Azure regions" of the Azure reliability documentation (September 2025), with the regions of the
government and China clouds. A region that is new since then must be added here.
"""

from __future__ import annotations

import difflib

ZONES = ("1", "2", "3")
"""How Azure calls the zones of every region that has zones."""

_WITH_ZONES = """
australiaeast austriaeast belgiumcentral brazilsouth canadacentral centralindia centralus chilecentral chinanorth3
denmarkeast eastasia eastus eastus2 francecentral germanywestcentral indonesiacentral israelcentral italynorth
japaneast japanwest koreacentral malaysiawest mexicocentral newzealandnorth northeurope norwayeast polandcentral
qatarcentral southafricanorth southcentralus southeastasia spaincentral swedencentral switzerlandnorth uaenorth
uksouth usgovvirginia westeurope westus2 westus3
"""
_WITHOUT_ZONES = """
australiacentral australiacentral2 australiasoutheast brazilsoutheast canadaeast chinaeast chinaeast2 chinaeast3
chinanorth chinanorth2 francesouth germanynorth jioindiacentral jioindiawest koreasouth northcentralus norwaywest
southafricawest southindia swedensouth switzerlandwest uaecentral ukwest usgovarizona usgovtexas westcentralus
westindia westus
"""
REGIONS = dict.fromkeys(_WITH_ZONES.split(), True) | dict.fromkeys(_WITHOUT_ZONES.split(), False)
"""Programmatic name to whether it has availability zones."""


def nearest(name: str) -> str | None:
    """The region that somebody may have meant, such as "westus" for "West US" or "westtus"."""
    plain = "".join(name.lower().split())
    found = difflib.get_close_matches(plain, sorted(REGIONS), n=1, cutoff=0.75)
    return found[0] if found else None
