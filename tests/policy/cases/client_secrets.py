"""P06 and P29."""

from __future__ import annotations

import json
from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import (
    UNKNOWN,
    azure,
    bad,
    deployment,
    dynamic,
    good,
    kubernetes,
    resource,
    secret,
    unknown,
)
from tests.policy.cases.credentials import VALUE, command, configmap, encoded, thing, variable


def cluster(**profile: Any) -> Resource:
    return azure("containerservice:ManagedCluster", servicePrincipalProfile=profile)


PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"


PASSWORD = "ServicePrincipalPassword"
P06 = [
    *(
        bad(
            "P06",
            f"a cluster with {profile}",
            cluster(**profile),
            says="the cluster acts with a client secret, by 'servicePrincipalProfile'",
        )
        for profile in (
            {"clientId": "", "secret": ""},
            {"clientId": "it"},
            {"clientId": "msi", "secret": VALUE},
        )
    ),
    good("P06", "a cluster with an identity", cluster(clientId="msi", secret="")),
    good("P06", "a cluster without a profile", azure("containerservice:ManagedCluster")),
    good("P06", "what is no cluster", thing(servicePrincipalProfile={"clientId": "it"})),
    unknown(
        "P06", "whom a cluster acts as", cluster(clientId=UNKNOWN), paths="servicePrincipalProfile.clientId"
    ),
    *(
        bad(
            "P06",
            f"a resource {kind}",
            resource(f"azuread:index/{kind[0].lower()}{kind[1:]}:{kind}", "mine"),
            says="'mine' is a password of an application",
        )
        for kind in (PASSWORD, "ApplicationPassword")
    ),
    good(
        "P06", "a certificate of an application", resource("azuread:index/applicationCertificate:Certificate")
    ),
    good("P06", "a resource with a similar name", resource("my:index:NoApplicationPassword")),
    *(
        bad("P06", f"under the key {key}", thing(**{key: secret(VALUE)}), says=f"{key!r} is a client secret")
        for key in ("clientSecret", "aadClientSecret", "azure_client_secret", "client-secret")
    ),
    good("P06", "an empty one", thing(clientSecret="", clientSecretRef=VALUE)),
    bad(
        "P06",
        "azure.json in base64",
        kubernetes("v1:Secret", "apps/a", data={"it": encoded(json.dumps({"aadClientSecret": VALUE}))}),
        says="'data.it.aadClientSecret' is a client secret",
    ),
    bad(
        "P06",
        "a flag",
        command(f"az aks create --client-secret {VALUE}"),
        says="'create.client-secret' is a client secret",
    ),
    bad(
        "P06",
        "a variable",
        variable(name="AZURE_CLIENT_SECRET", value=VALUE),
        says="'spec.template.spec.containers[0].env[0].value' is a client secret",
    ),
    bad(
        "P06",
        "a variable from a Secret",
        variable(name="AZURE_CLIENT_SECRET", valueFrom={"secretKeyRef": {"name": "a", "key": "b"}}),
        says="'spec.template.spec.containers[0].env[0].valueFrom' is a client secret",
    ),
    good("P06", "another variable", variable(name="AZURE_CLIENT_ID", valueFrom={"secretKeyRef": {}})),
    good("P06", "a variable with nothing", variable(name="AZURE_CLIENT_SECRET")),
    unknown(
        "P06",
        "one variable of two",
        deployment({"env": [{"name": UNKNOWN}, {"name": "X_CLIENT_SECRET", "valueFrom": {"it": "it"}}]}),
        paths="spec.template.spec.containers[0].env[0].name",
        says="'spec.template.spec.containers[0].env[1].valueFrom' is a client secret",
    ),
    unknown(
        "P06",
        "one of two",
        thing(clientSecret=UNKNOWN, aadClientSecret=VALUE, it=UNKNOWN),
        paths="clientSecret",
        says="'aadClientSecret' is a client secret",
    ),
    *(
        bad(
            "P06",
            f"a DNS configuration in {kind}",
            kubernetes("v1:Secret", "apps/a", **{kind: secret({"dns.conf": text})}),
            says=f"'{kind}.dns.conf' has the secret of a service principal",
        )
        for kind, text in (
            ("data", encoded("[Global]\nclient-id = [appId]\nsecret = [password]\n")),
            ("stringData", f"[Global]\n CLIENTID={VALUE}\n SECRET={VALUE}"),
        )
    ),
    *(
        good("P06", f"a configuration with {title}", configmap(it=text))
        for title, text in (
            ("an identity", "[Global]\nclient-id = it\n"),
            ("another secret", f"[Global]\nsecret = {VALUE}\n"),
            ("an empty secret", "[Global]\nclient-id = it\nsecret =\nother = it"),
            ("a secret's name", "[Global]\nclient-id = it\nsecret-name = it\nno secret = it"),
        )
    ),
    *(
        bad(
            "P06",
            f"a command: {line}",
            command(f"{line} --name it"),
            says=f"create makes a client secret by {line!r}",
        )
        for line in ("az ad sp create-for-rbac", "az ad sp credential reset", "az ad app credential reset")
    ),
    good("P06", "another command", command("az ad sp list")),
    unknown("P06", "a command", command(UNKNOWN), paths="create"),
]
P29 = [
    bad(
        "P29",
        "in production",
        says="secrets in the state are encrypted with a 'passphrase'",
        settings={"production": True},
        secrets_provider="passphrase",
    ),
    good("P29", "not in production", secrets_provider="passphrase"),
    good("P29", "a vault in production", settings={"production": True}, secrets_provider="azurekeyvault"),
    *(
        bad("P29", f"in clear as {title}", found, says=says)
        for title, found, says in (
            (
                "a variable",
                variable(name=PASSPHRASE, value=VALUE),
                "'spec.template.spec.containers[0].env[0].value' is the passphrase of a stack in clear",
            ),
            (
                "an empty one of a command",
                command("pulumi up", environment={PASSPHRASE: ""}),
                f"'environment.{PASSPHRASE}' is the passphrase of a stack in clear",
            ),
            (
                "a word of a container",
                deployment({"args": ["env", f"{PASSPHRASE}={VALUE}", "pulumi", "up"]}),
                "'spec.template.spec.containers[0].args' sets the passphrase of a stack in clear",
            ),
            (
                "a line",
                command(f"{PASSPHRASE}= pulumi up"),
                "'create' sets the passphrase of a stack in clear",
            ),
        )
    ),
    *(
        good("P29", f"a passphrase from {title}", found)
        for title, found in (
            ("a Secret", variable(name=PASSPHRASE, valueFrom={"secretKeyRef": {"name": "a", "key": "b"}})),
            ("a marked value", variable(name=PASSPHRASE, value=secret(VALUE))),
            ("another variable", variable(name=PASSPHRASE, value="$(IT)")),
            ("a marked line", command(secret(f"{PASSPHRASE}={VALUE} pulumi up"))),
            ("a marked word", command(["env", secret(f"{PASSPHRASE}={VALUE}"), "pulumi"])),
            ("a file", command(f'{PASSPHRASE}="$(cat it)" pulumi up; {PASSPHRASE}_FILE=it pulumi up')),
            ("a document that nobody runs", configmap(it=f"{PASSPHRASE}={VALUE}")),
        )
    ),
    unknown(
        "P29",
        "one variable of two",
        deployment({"env": [{"name": PASSPHRASE, "value": v} for v in (UNKNOWN, VALUE)], "args": [UNKNOWN]}),
        paths="spec.template.spec.containers[0].env[0].value",
        says="'spec.template.spec.containers[0].env[1].value' is the passphrase of a stack in clear",
    ),
    unknown(
        "P29",
        "what is run",
        dynamic(
            "seed:Command", **dict.fromkeys(("args", "delete", "script", "stdin", "update", "it"), UNKNOWN)
        ),
        paths=["args", "delete", "script", "stdin", "update"],
    ),
]
CASES = [*P06, *P29]
