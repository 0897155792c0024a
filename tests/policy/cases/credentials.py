"""P04: credentials in properties and in texts, and what most cases about secrets are made of."""

from __future__ import annotations

import base64
import json
from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import (
    UNKNOWN,
    Case,
    bad,
    deployment,
    dynamic,
    good,
    kubernetes,
    resource,
    secret,
    unknown,
)

VALUE = "-".join(("made", "up"))
PRIVATE = " ".join(("-----BEGIN", "RSA", "PRIVATE", "KEY-----\nMIG"))
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIG"
PUBLIC = "-----BEGIN PUBLIC KEY-----\nMIG"
KUBECONFIG = f"kind: Config\nusers:\n- name: a\n  user:\n    token: {VALUE}\n"
EXEC = "kind: Config\nusers:\n- name: a\n  user:\n    exec:\n      args: [get-token]\n"
SEALED_UNKNOWN = secret(UNKNOWN)
OUTPUT = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
"""An output; with `value` one that is known, with `secret` one that is a secret."""


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def thing(**props: Any) -> Resource:
    return dynamic("my:Thing", **props)


def command(create: Any, **props: Any) -> Resource:
    return dynamic("seed:Command", create=create, **props)


def configmap(**data: Any) -> Resource:
    return kubernetes("v1:ConfigMap", "apps/conf", data=data)


def variable(**entry: Any) -> Resource:
    return deployment({"name": "web", "env": [entry]})


def nested(times: int, start: str = "[", end: str = "]") -> str:
    return f'{start * times}{{"token": "{VALUE}"}}{end * times}'


def is_open(path: str, what: str = "a credential") -> str:
    return f"{path!r} holds {what} that is not marked as a secret"


P04_KEYS: list[Case] = [
    *(
        bad("P04", f"under the key {key}", thing(**{key: VALUE}), says=is_open(key))
        for key in (
            *("password", "passwd", "rootPassword", "DB_PASSWORD", "passphrase", "secret", "clientSecret"),
            *("token", "access-token", "accessKey", "secretAccessKey", "accountKey", "apiKey", "sharedKey"),
            *("connectionString", "sshPrivateKey", "client-key-data"),
        )
    ),
    *(
        good("P04", f"under the key {key}", thing(**{key: VALUE}))
        for key in (
            *("tokenSeconds", "secretName", "passwordPolicy", "initialClusterToken", "topologyKey", "key"),
            *("existingSecret", "tokenSecret", "description"),
        )
    ),
    *(
        good("P04", f"the name of a secret of the stack, {title}", thing(topology=value))
        for title, value in {
            "in a topology": {"clusters": [{"kubeconfig": {"secret": "fc01"}}]},
            "in a topology as a text": json.dumps({"clusters": [{"kubeconfig": {"secret": "fc01"}}]}),
        }.items()
    ),
    bad(
        "P04",
        "a secret of a cluster that is no kubeconfig's",
        thing(topology={"clusters": [{"secret": VALUE}]}),
        says=is_open("topology.clusters[0].secret"),
    ),
    *(
        good("P04", f"a token that is {title}", thing(token=value))
        for title, value in {
            "empty": "",
            "a number": 5.0,
            "a flag": True,
            "a flag as text": "true",
            "no flag as text": "false",
            "null": "null",
            "null by a sign": "~",
            "a variable": "$TOKEN",
            "a variable in braces": "${TOKEN} of mine",
            "a command": "$(cat token)",
            "a template": "{{ .token }}",
            "a file": "/var/run/token",
            "a file at home": "~/private/token-1.txt",
            "a file beside it": "../token/it",
            "a reference": {"secretKeyRef": {"name": "it", "key": "it"}},
            "marked": secret(VALUE),
            "in what is marked": secret({"token": VALUE}),
            "not known but marked": SEALED_UNKNOWN,
            "an output that is marked": {**OUTPUT, "secret": True},
            "an output in a mark": {**OUTPUT, "value": SEALED_UNKNOWN},
            "hidden": "[secret]",
        }.items()
    ),
    *(
        bad("P04", f"a token that begins as {title}", thing(token=value), says=is_open("token"))
        for title, value in {
            "a hash": f"$2y${VALUE}",
            "a folder": f"/{VALUE}+",
            "a flag": "trueish",
            "an output": {**OUTPUT, "value": VALUE},
            "an output that is none": {**OUTPUT, "secret": False, "value": VALUE},
        }.items()
    ),
    good("P04", "a description of one", thing(description=f"such as this:\n  token: {VALUE}\n")),
    bad(
        "P04",
        "a variable of a container",
        variable(name="DB_PASSWORD", value=VALUE),
        says=is_open("spec.template.spec.containers[0].env[0].value"),
    ),
    good("P04", "a variable with another name", variable(name="DB_USER", value=VALUE)),
    good("P04", "a variable without a name", variable(name=5, value=VALUE)),
    good(
        "P04",
        "a variable from a Secret",
        variable(name="DB_PASSWORD", valueFrom={"secretKeyRef": {"name": VALUE, "key": "it"}}),
    ),
    bad("P04", "a word of a command", thing(run=["login", "--token", VALUE]), says=is_open("run[2]")),
    bad("P04", "in a word of a command", thing(run=[f"--token={VALUE}"]), says=is_open("run[0].token")),
    good("P04", "a word behind a flag that has a value", thing(run=["--token=$IT", VALUE])),
    good("P04", "a word behind a flag with the value of one", thing(run=["--it=token", VALUE])),
    good("P04", "a word that only looks like a flag", thing(run=["token", VALUE])),
    good("P04", "a word of another list", thing(run=[["--token"], [VALUE]])),
    unknown("P04", "a token", thing(token=UNKNOWN, password=VALUE), paths="token", says=is_open("password")),
    unknown("P04", "an output", thing(token=OUTPUT), paths="token"),
    unknown(
        "P04", "what a kubeconfig says", thing(federationKubeconfig=UNKNOWN), paths="federationKubeconfig"
    ),
    good("P04", "what is not known, under another key", thing(kubeconfigPath=UNKNOWN)),
]
P04_TEXTS: list[Case] = [
    bad("P04", "a private key", thing(it=PRIVATE), says=is_open("it", "a private key")),
    bad("P04", "a private key in base64", thing(it=encoded(PRIVATE)), says=is_open("it", "a private key")),
    good("P04", "a certificate", thing(it=CERTIFICATE, key=encoded(PUBLIC))),
    bad(
        "P04",
        "a kubeconfig",
        resource("pulumi:providers:kubernetes", kubeconfig=KUBECONFIG),
        says=is_open("kubeconfig.users[0].user.token"),
    ),
    bad(
        "P04",
        "a kubeconfig in base64",
        thing(it=encoded(KUBECONFIG)),
        says=is_open("it.users[0].user.token"),
    ),
    bad(
        "P04",
        "a kubeconfig as an object",
        thing(kubeconfig={"users": [{"user": {"password": VALUE}}]}),
        says=is_open("kubeconfig.users[0].user.password"),
    ),
    bad(
        "P04",
        "JSON in YAML",
        configmap(it=json.dumps({"deep": f"a: 1\npassword: {VALUE}\n"})),
        says=is_open("data.it.deep.password"),
    ),
    bad(
        "P04",
        "two documents in a text, of which one has a variable",
        thing(it=f'a: 1\n---\nenv: [{{name: "A_TOKEN", value: {VALUE}}}]\n'),
        says=is_open("it.env[0].value"),
    ),
    bad(
        "P04",
        "a long document",
        thing(it="- [1]\n" * 60 + f"- {{token: {VALUE}}}\n"),
        says=is_open("it[60].token"),
    ),
    bad("P04", "a list under a key", thing(token=f"[my-token-{VALUE}]"), says=is_open("token[0]")),
    *(
        bad("P04", f"as deep as it may be in {kind}", thing(it=text), says=is_open(f"it{'[0]' * 49}.token"))
        for kind, text in (("JSON", nested(49)), ("YAML", "- " * 49 + f"token: {VALUE}"))
    ),
    *(
        good("P04", f"too deep in {kind}", thing(it=text))
        for kind, text in (
            ("JSON", nested(50)),
            ("JSON of objects", nested(50, start='{"a":', end="}")),
            ("JSON by far", nested(100_000)),
            ("YAML", "- " * 50 + f"token: {VALUE}"),
            ("YAML by far", "- " * 100_000 + f"token: {VALUE}"),
        )
    ),
    good("P04", "a kubeconfig with an exec plugin", configmap(kubeconfig=EXEC)),
    good("P04", "a kubeconfig that is marked", thing(kubeconfig=secret(KUBECONFIG))),
    bad(
        "P04",
        "half of a character",
        thing(it=json.dumps({"a": f"\ud800\ntoken: {VALUE}"})),
        says=is_open("it.a.token"),
    ),
    good("P04", "an unknown value in a document", thing(it=f"token: {UNKNOWN}")),
    *(
        bad("P04", f"a text with {title}", configmap(it=text), says=is_open(f"data.it.{key}"))
        for title, key, text in (
            ("a section", "secret", f"[Global]\nclient-id = x\nsecret = {VALUE}\n"),
            ("a quoted value", "secret", f"[Global]\nsecret ='{VALUE}'\n"),
            ("a script", "TOKEN", f"set -e; export TOKEN={VALUE}"),
            ("a script's YAML", "token", f"cat <<EOF >[a]\n  token: {VALUE}\nEOF"),
            ("a script's YAML in a list", "token", f"cat <<EOF >[a]\n- token: {VALUE}\nEOF"),
            ("a script's JSON", "token", f'cat <<EOF >[a]\n "token": "{VALUE}"\nEOF'),
            ("a flag", "password", f"login --user me --password {VALUE} now"),
            ("parts", "AccountKey", f"Protocol=https;AccountKey={VALUE}=="),
            ("an alias", "token", f"a: &a [1]\nb: *a\ntoken: {VALUE}"),
            ("endless brackets", "token", f"{'[' * 5000}\ntoken: {VALUE}"),
            ("endless dashes", "token", f"{'- ' * 5000}\ntoken: {VALUE}"),
        )
    ),
    *(
        good("P04", f"a text with {title}", configmap(it=text))
        for title, text in (
            ("a comparison", 'if [ "$TOKEN" == "it" ] && [ token == it ]'),
            ("an empty value", "[Global]\nsecret = \nother = it"),
            ("a flag before another", "[a] --password --other"),
            ("a variable", "[a] --token=$TOKEN"),
            ("a word in the middle", "[a] see token: it"),
            ("a path behind it", "[a] a/token=it"),
        )
    ),
]
CASES = [*P04_KEYS, *P04_TEXTS]
