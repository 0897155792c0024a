"""A network, a zone and a right on it, of the resources of Azure."""

import pulumi
from pulumi_azure_native import authorization, dns, managedidentity, network, resources

CONTRIBUTOR = "befefa01-2a29-4197-83a8-272ff33ce314"  # DNS Zone Contributor

config = pulumi.Config()
client = authorization.get_client_config_output()
tags = {"team": config.require("team")}

group = resources.ResourceGroup(
    "group", resource_group_name="test", location=config.require("region"), tags=tags
)
net = network.VirtualNetwork(
    "net",
    resource_group_name=group.name,
    virtual_network_name="net",
    address_space={"address_prefixes": ["10.100.0.0/16"]},
    tags=tags,
)
nodes = network.Subnet(
    "nodes", resource_group_name=group.name, virtual_network_name=net.name, address_prefix="10.100.0.0/20"
)
zone = dns.Zone(
    "zone", resource_group_name=group.name, zone_name="example.test", location="global", tags=tags
)
lock = authorization.ManagementLockByScope(
    "soa",
    scope=pulumi.Output.concat(zone.id, "/SOA/@"),
    lock_name="keep-soa",
    level=authorization.LockLevel.CAN_NOT_DELETE,
)
controller = managedidentity.UserAssignedIdentity(
    "controller", resource_group_name=group.name, resource_name_="controller", location=group.location
)
right = authorization.RoleAssignment(
    "right",
    scope=zone.id,
    role_definition_id=pulumi.Output.format(
        "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{}",
        client.subscription_id,
        CONTRIBUTOR,
    ),
    role_assignment_name="6f0a4a7e-0f3b-4f0e-9a5e-1a2b3c4d5e6f",
    principal_id=controller.principal_id,
    principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
)
pulumi.export("nameServers", zone.name_servers)
pulumi.export("subnet", nodes.id)
