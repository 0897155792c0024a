"""P14, P17 and P18."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, azure, bad, good, unknown


def cluster(*pools: Any, **props: Any) -> Resource:
    access = {"apiServerAccessProfile": {"disableRunCommand": True}}
    return azure("containerservice:ManagedCluster", **{"agentPoolProfiles": [*pools], **access, **props})


def pool(**props: Any) -> Resource:
    return azure("containerservice:AgentPool", **props)


def linux(key: Any = "", name: str = "") -> dict[str, Any]:
    return {"ssh": {"publicKeys": [{"keyData": key}]}} | ({"adminUsername": name} if name else {})


def rule(port: str = "22", source: str = "*", **more: Any) -> dict[str, Any]:
    return {
        "access": "Allow",
        "direction": "Inbound",
        "protocol": "Tcp",
        "destinationPortRange": port,
        "sourceAddressPrefix": source,
        **more,
    }


def group(*rules: Any) -> Resource:
    return azure("network:NetworkSecurityGroup", securityRules=[*rules])


def opened(source: str, path: str = "sourceAddressPrefix", title: str = "SecurityRule") -> str:
    return f"'{path}' of {title} 'it' is {source}, so everybody reaches port 22"


CLUSTER = "ManagedCluster 'it'"
SSH = [
    bad(
        "P14",
        "an account",
        cluster(linuxProfile=linux(name="azureuser")),
        says=f"'linuxProfile.adminUsername' of {CLUSTER} makes an account for SSH on every node",
    ),
    bad(
        "P14",
        "a key, and a pool that says nothing",
        cluster({}, {"securityProfile": {"sshAccess": "disabled"}}, linuxProfile=linux("ssh-rsa x")),
        says=[
            f"'linuxProfile.ssh.publicKeys[0].keyData' of {CLUSTER} lets whoever has the key log in on every node",
            f"'agentPoolProfiles[0].securityProfile.sshAccess' of {CLUSTER} is not Disabled",
        ],
    ),
    bad(
        "P14",
        "SSH in one pool of two",
        cluster({}, {"securityProfile": {"sshAccess": "LocalUser"}}),
        says=f"'agentPoolProfiles[1].securityProfile.sshAccess' of {CLUSTER} is not Disabled",
    ),
    bad(
        "P14",
        "a public address in a cluster's pool",
        cluster({"enableNodePublicIP": True}),
        says=f"'agentPoolProfiles[0].enableNodePublicIP' of {CLUSTER} gives each node a public address",
    ),
    bad(
        "P14",
        "a pool",
        pool(enableNodePublicIP=True, securityProfile={"sshAccess": "LocalUser"}),
        says=[
            "'securityProfile.sshAccess' of AgentPool 'it' is not Disabled",
            "'enableNodePublicIP' of AgentPool 'it' gives each node a public address",
        ],
    ),
    *(
        bad(
            "P14",
            f"commands with {access}",
            cluster(apiServerAccessProfile=access),
            says=f"'apiServerAccessProfile.disableRunCommand' of {CLUSTER} is not true, so `az aks command` runs"
            " as cluster-admin",
        )
        for access in ({}, {"disableRunCommand": False})
    ),
    good("P14", "an empty key", cluster({}, linuxProfile=linux())),
    good("P14", "nothing said", cluster({"enableNodePublicIP": False}), pool()),
    good("P14", "SSH off", pool(securityProfile={"sshAccess": "Disabled"})),
    good(
        "P14",
        "a Linux profile of another type",
        azure("foo:Bar", linuxProfile=linux("ssh-rsa x", "azureuser")),
    ),
    unknown(
        "P14",
        "nearly everything",
        cluster(
            {"enableNodePublicIP": True, "securityProfile": {"sshAccess": UNKNOWN}},
            {"enableNodePublicIP": UNKNOWN},
            linuxProfile=linux(name=UNKNOWN),
            apiServerAccessProfile=UNKNOWN,
        ),
        paths=[
            "linuxProfile.adminUsername",
            "apiServerAccessProfile",
            "agentPoolProfiles[0].securityProfile.sshAccess",
            "agentPoolProfiles[1].enableNodePublicIP",
        ],
        says=f"'agentPoolProfiles[0].enableNodePublicIP' of {CLUSTER} gives each node a public address",
    ),
    unknown(
        "P14",
        "a key",
        cluster({}, linuxProfile=linux(UNKNOWN)),
        paths=["linuxProfile.ssh.publicKeys[0].keyData"] * 2,
    ),
]
RULES = [
    *(
        bad(
            "P14", f"from {source}", azure("network:SecurityRule", **rule(source=source)), says=opened(source)
        )
        for source in ("*", "Internet", "any", "0.0.0.0/0", "0.0.0.0/1", "1.2.3.4/7", "::/0")
    ),
    *(
        good("P14", f"from {source!r}", azure("network:SecurityRule", **rule(source=source)))
        for source in ("", "VirtualNetwork", "10.0.0.0/8", "203.0.113.21", "2001:db8::/32")
    ),
    *(
        bad(
            "P14",
            f"to ports {port}",
            group(rule(port="443"), rule(port, protocol="*")),
            says=opened("*", "securityRules[1].sourceAddressPrefix", "NetworkSecurityGroup"),
        )
        for port in ("*", "22", "20-22", "22-23", "0-65535")
    ),
    *(
        good("P14", f"to ports {port!r}", group(rule(port)))
        for port in ("", "21", "23", "20-21", "23-24", "221", "x22", "-22", "22-")
    ),
    bad(
        "P14",
        "lists of ports and sources",
        group(
            rule(
                "",
                "",
                destinationPortRanges=["80", "22"],
                sourceAddressPrefixes=["203.0.113.21", "0.0.0.0/0"],
            )
        ),
        says=opened("0.0.0.0/0", "securityRules[0].sourceAddressPrefixes[1]", "NetworkSecurityGroup"),
    ),
    *(
        good("P14", f"a rule with {key} {value}", group(rule(**{key: value})))
        for key, value in (("access", "Deny"), ("direction", "Outbound"), ("protocol", "Udp"))
    ),
    good("P14", "rules of another type", azure("foo:Bar", **rule(), securityRules=[rule()])),
    unknown(
        "P14",
        "a source and a port",
        group(rule(source=UNKNOWN), rule(UNKNOWN), rule()),
        paths=["securityRules[0].sourceAddressPrefix", "securityRules[1].destinationPortRange"],
        says=opened("*", "securityRules[2].sourceAddressPrefix", "NetworkSecurityGroup"),
    ),
]
ENTRA: dict[str, Any] = {
    "disableLocalAccounts": True,
    "aadProfile": {"managed": True, "enableAzureRBAC": True},
    "enableRBAC": True,
}


OFF: dict[str, dict[str, Any]] = {
    "disableLocalAccounts": {"disableLocalAccounts": False},
    "aadProfile.managed": {"aadProfile": {"managed": False, "enableAzureRBAC": True}},
    "aadProfile.enableAzureRBAC": {"aadProfile": {"managed": True}},
}


def accounts(**props: Any) -> Resource:
    return azure("containerservice:ManagedCluster", **(ENTRA | props))


ACCOUNTS = [
    bad(
        "P17",
        "nothing said",
        azure("containerservice:ManagedCluster"),
        says=[
            f"'{path}' of {CLUSTER} is not true"
            for path in ("disableLocalAccounts", "aadProfile.managed", "aadProfile.enableAzureRBAC")
        ],
    ),
    *(
        bad("P17", f"{path} off", accounts(**props), says=f"'{path}' of {CLUSTER} is not true")
        for path, props in OFF.items()
    ),
    bad("P17", "no roles", accounts(enableRBAC=False), says=f"'enableRBAC' of {CLUSTER} is false"),
    good("P17", "all on", accounts()),
    good("P17", "roles are on if nothing is said", accounts(enableRBAC=None)),
    good("P17", "another type", azure("foo:Bar", enableRBAC=False)),
    unknown(
        "P17",
        "two of three",
        azure(
            "containerservice:ManagedCluster",
            disableLocalAccounts=UNKNOWN,
            aadProfile=UNKNOWN,
            enableRBAC=False,
        ),
        paths=["disableLocalAccounts", "aadProfile", "aadProfile"],
        says=f"'enableRBAC' of {CLUSTER} is false",
    ),
    unknown("P17", "the roles", accounts(enableRBAC=UNKNOWN), paths="enableRBAC"),
]


def server(*ranges: str, **access: Any) -> Resource:
    profile = {"authorizedIPRanges": [*ranges]} if ranges else {}
    return azure("containerservice:ManagedCluster", apiServerAccessProfile={**profile, **access})


RANGES = "apiServerAccessProfile.authorizedIPRanges"
EMPTY = f"'{RANGES}' of {CLUSTER} is empty, and neither is it private nor in a network"


def lets_in(address: str, index: int = 0) -> str:
    return f"'{RANGES}[{index}]' of {CLUSTER} is {address}, which lets in everybody"


SERVERS = [
    bad("P18", "nothing said", azure("containerservice:ManagedCluster"), says=EMPTY),
    bad("P18", "all off", server(enablePrivateCluster=False, enableVnetIntegration=False), says=EMPTY),
    bad("P18", "one range of two", server("203.0.113.21/32", "0.0.0.0/0"), says=lets_in("0.0.0.0/0", 1)),
    bad(
        "P18",
        "two halves",
        server("0.0.0.0/1", "128.0.0.0/1"),
        says=[lets_in("0.0.0.0/1"), lets_in("128.0.0.0/1", 1)],
    ),
    bad(
        "P18",
        "a network with a hole",
        server("0.0.0.0/0", enableVnetIntegration=True),
        says=lets_in("0.0.0.0/0"),
    ),
    bad("P18", "a little less than everybody", server("10.0.0.0/7"), says=lets_in("10.0.0.0/7")),
    good("P18", "a large network", server("10.0.0.0/8")),
    good("P18", "private, whatever the ranges are", server("0.0.0.0/0", enablePrivateCluster=True)),
    good("P18", "in a network", server(enableVnetIntegration=True)),
    good("P18", "another type", azure("foo:Bar", apiServerAccessProfile={})),
    good("P18", "the network does not matter", server("203.0.113.21", enableVnetIntegration=UNKNOWN)),
    unknown(
        "P18",
        "the ranges",
        azure("containerservice:ManagedCluster", apiServerAccessProfile={"authorizedIPRanges": UNKNOWN}),
        paths=RANGES,
    ),
    unknown(
        "P18", "a range", server(UNKNOWN, "0.0.0.0/0"), paths=f"{RANGES}[0]", says=lets_in("0.0.0.0/0", 1)
    ),
    unknown(
        "P18",
        "the profile",
        azure("containerservice:ManagedCluster", apiServerAccessProfile=UNKNOWN),
        paths="apiServerAccessProfile",
    ),
]
CASES = [*SSH, *RULES, *ACCOUNTS, *SERVERS]
