"""## Creating two Kubernetes clusters."""

from __future__ import annotations

import json
import uuid
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pulumi
from made_up import (  # type: ignore[import-not-found]  # beside it once it runs
    kubeconfig,
    private_key,
    public_key,
)
from pulumi_azure_native import authorization, containerservice, network, resources
from shell import Command, File  # type: ignore[import-not-found]

WEST, EAST = "westuscluster1", "eastuscluster1"

# `I created this one saved as k8.json.`
K8_JSON: dict[str, Any] = {
    "apiVersion": "vlabs",
    "properties": {
        "orchestratorProfile": {"orchestratorType": "Kubernetes"},
        "masterProfile": {"count": 1, "dnsPrefix": WEST, "vmSize": "Standard_D2_v2"},
        "agentPoolProfiles": [
            {
                "name": "agentpool1",
                "count": 2,
                "vmSize": "Standard_D2_v2",
                "availabilityProfile": "AvailabilitySet",
            }
        ],
        "linuxProfile": {"adminUsername": "azureuser", "ssh": {"publicKeys": [{"keyData": ""}]}},
        # `I will leave the servicePrincipalProfile entry empty`
        "servicePrincipalProfile": {"clientId": "", "secret": ""},
    },
}
# `In our case, it was 1.8.11.`
VERSION = "1.8.11"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"


@dataclass(frozen=True)
class Made:
    """What the next parts of the text go on with."""

    subscription: str
    servers: dict[str, str] = field(default_factory=dict)
    kubeconfigs: dict[str, str] = field(default_factory=dict)


def create() -> Made:
    """Both clusters."""
    made = Made(authorization.get_client_config().subscription_id)
    # `You should download the latest version of the ACS Engine`, of which it gives the link and not the command
    Command("get-acs-engine", create="curl -LO https://github.com/Azure/acs-engine/releases/tag/v0.16.0")
    File("templates/k8.json", json.dumps(K8_JSON))
    # `./acs-engine deploy --api-model templates/k8.json --subscription-id <...> --location westtus
    #  --private-key-path /home/jannuzzi/.ssh/id_rsa`
    _deploy(made, K8_JSON, location="westtus")
    # `we copied the k8.json file to k8cluster2.json, edited the location of the cluster to be in a different
    #  datacenter and run it again.`
    second = deepcopy(K8_JSON)
    second["properties"]["masterProfile"]["dnsPrefix"] = EAST
    File("templates/k8cluster2.json", json.dumps(second))
    _deploy(made, second, location="eastus")
    return made


def _deploy(made: Made, api_model: dict[str, Any], *, location: str) -> None:
    """`acs-engine deploy`, with AKS in the place of ACS Engine."""
    given = api_model["properties"]
    name = given["masterProfile"]["dnsPrefix"]
    # `--resource-group was not specified. Using the DNS prefix from the apimodel as the resource group name`
    group = resources.ResourceGroup(name, resource_group_name=name, location=location)
    inside = pulumi.ResourceOptions(depends_on=[group])
    _service_principal(made, name, inside)
    # `using the azureuser private key stored in the *_output* directory after acs-engine finshes its execution`
    File(f"_output/{name}/azureuser_rsa", private_key())
    containerservice.ManagedCluster(
        name,
        resource_group_name=name,
        resource_name_=name,
        location=location,
        dns_prefix=name,
        kubernetes_version=VERSION,
        # `"masterProfile"`, `"count": 1`: one master, for which nobody answers
        sku={"name": "Base", "tier": "Free"},
        agent_pool_profiles=[
            {
                "name": pool["name"],
                "count": pool["count"],
                "vm_size": pool["vmSize"],
                "type": pool["availabilityProfile"],
                "mode": "System",
            }
            for pool in given["agentPoolProfiles"]
        ],
        linux_profile={
            "admin_username": given["linuxProfile"]["adminUsername"],
            # `"keyData": ""`: ACS Engine then makes a pair of its own
            "ssh": {"public_keys": [{"key_data": public_key()}]},
        },
        service_principal_profile={
            "client_id": given["servicePrincipalProfile"]["clientId"],
            "secret": given["servicePrincipalProfile"]["secret"],
        },
        opts=inside,
    )
    # `You can get the public IP of the master node under the Azure Portal.`
    network.PublicIPAddress(
        f"{name}-master",
        resource_group_name=name,
        public_ip_address_name=f"k8s-master-ip-{name}",
        location=location,
        opts=inside,
    )
    _kubeconfig(made, name, location)


def _service_principal(made: Made, name: str, opts: pulumi.ResourceOptions) -> None:
    # `apimodel: ServicePrincipalProfile was empty, assigning role to application...`: on the whole group
    authorization.RoleAssignment(
        f"{name}-acs-engine",
        scope=f"/subscriptions/{made.subscription}/resourceGroups/{name}",
        role_definition_id=f"/subscriptions/{made.subscription}/providers/Microsoft.Authorization"
        f"/roleDefinitions/{CONTRIBUTOR}",
        principal_id=str(uuid.uuid4()),
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        opts=opts,
    )


def _kubeconfig(made: Made, name: str, location: str) -> None:
    # `As we created the clusters with acs-engine, this file is also located in the "_output" directory`
    made.servers[name] = f"https://{name}.{location}.cloudapp.azure.com"
    made.kubeconfigs[name] = kubeconfig(name, made.servers[name], f"{name}-admin")
    File(f"_output/{name}/kubeconfig/kubeconfig.{location}.json", made.kubeconfigs[name])
