"""## Preparing the external DNS configuartion, and what the federation writes into it later."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pulumi
from clusters import CONTRIBUTOR  # type: ignore[import-not-found]  # beside it once it runs
from made_up import token  # type: ignore[import-not-found]
from pulumi_azure_native import authorization, dns, resources
from shell import Command, File  # type: ignore[import-not-found]

ZONE = "syncweek.com"
GROUP = "fed-dns-rg"


@dataclass(frozen=True)
class External:
    """What the next parts of the text go on with."""

    config: str


def create(subscription: str) -> External:
    """The zone, who may write into it, and what the federation is told about it."""
    # `resourceGroup = fed-dns-rg`; the text does not say where
    group = resources.ResourceGroup(GROUP, resource_group_name=GROUP, location="westus")
    inside = pulumi.ResourceOptions(depends_on=[group])
    # `First thing to do is to create a DNS Zone on Azure. ... We named the zone in this example "syncweek.com".`
    dns.Zone("zone", resource_group_name=GROUP, zone_name=ZONE, location="global", opts=inside)
    return External(_service_principal(subscription, inside))


def _service_principal(subscription: str, opts: pulumi.ResourceOptions) -> str:
    scope = f"/subscriptions/{subscription}/resourceGroups/{GROUP}"
    # `az ad sp create-for-rbac -n "http://MyApp" --role contributor --scopes /subscriptions/[your subscription
    #  id]/resourceGroups/[your resource group]`
    Command(
        "create-for-rbac",
        create=f'az ad sp create-for-rbac -n "http://MyApp" --role contributor --scopes {scope}',
    )
    # `--role contributor`
    authorization.RoleAssignment(
        "my-app",
        scope=scope,
        role_definition_id=f"/subscriptions/{subscription}/providers/Microsoft.Authorization"
        f"/roleDefinitions/{CONTRIBUTOR}",
        principal_id=str(uuid.uuid4()),
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        opts=opts,
    )
    # `you'll need to inform this configuration file when creating the federation`
    config = "\n".join(
        [
            "[Global]",
            f"subscription-id = {subscription}",
            f"tenant-id = {uuid.uuid4()}",  # `[sp tenant]`
            f"client-id = {uuid.uuid4()}",  # `[sp appId]`
            f"secret = {token()}",  # `[sp password]`
            f"resourceGroup = {GROUP}",
            "",
        ]
    )
    File("dns.conf", config)
    return config


def publish(federation: str) -> None:
    """`By this time, the DNS zone should be populated with A and CNAME records.`

    The east has no address yet (`{"cluster":"westuscluster1","items":[{"ip":"<IP-ADDR>"}]}` is all there is), so its
    names lead to the next level. Zones are the fault domains of Azure's availability sets.
    """
    address = "203.0.113.10"  # `<IP-ADDR>`
    base = f"calculatorlb.default.{federation}.svc"
    for name in (base, f"{base}.westus", f"{base}.0.westus"):
        _record(name, "A", a_records=[{"ipv4_address": address}])
    for name, target in ((f"{base}.eastus", base), (f"{base}.0.eastus", f"{base}.eastus")):
        _record(name, "CNAME", cname_record={"cname": f"{target}.{ZONE}"})


def _record(name: str, kind: str, **records: object) -> None:
    dns.RecordSet(
        name,
        resource_group_name=GROUP,
        zone_name=ZONE,
        relative_record_set_name=name,
        record_type=kind,
        ttl=180,  # minDNSTTL of the federation's DNS controller
        **records,
    )
