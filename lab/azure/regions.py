"""The regions of the public cloud, and which of them have availability zones.

Source: "List of Azure regions" of the Azure reliability documentation (September 2025).
"""

from __future__ import annotations

_WITH_ZONES = """
australiaeast austriaeast belgiumcentral brazilsouth canadacentral centralindia centralus chilecentral denmarkeast
eastasia eastus eastus2 francecentral germanywestcentral indonesiacentral israelcentral italynorth japaneast japanwest
koreacentral malaysiawest mexicocentral newzealandnorth northeurope norwayeast polandcentral qatarcentral
southafricanorth southcentralus southeastasia spaincentral swedencentral switzerlandnorth uaenorth uksouth westeurope
westus2 westus3
"""
_WITHOUT_ZONES = """
australiacentral australiacentral2 australiasoutheast brazilsoutheast canadaeast francesouth germanynorth
jioindiacentral jioindiawest koreasouth northcentralus norwaywest southafricawest southindia swedensouth
switzerlandwest uaecentral ukwest westcentralus westindia westus
"""
REGIONS = dict.fromkeys(_WITH_ZONES.split(), True) | dict.fromkeys(_WITHOUT_ZONES.split(), False)
"""Programmatic name → whether it has availability zones."""


def plain(name: str) -> str:
    """The programmatic name of a region: `West US` is `westus`."""
    return "".join(name.lower().split())
