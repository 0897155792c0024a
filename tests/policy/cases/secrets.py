"""P04: credentials in Secrets, in files and in commands."""

from __future__ import annotations

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
    secret,
    unknown,
)
from tests.policy.cases.credentials import (
    CERTIFICATE,
    EXEC,
    KUBECONFIG,
    PRIVATE,
    PUBLIC,
    SEALED_UNKNOWN,
    VALUE,
    command,
    configmap,
    encoded,
    is_open,
    thing,
)


def override(path: str, value: Any, operator: str = "add") -> Resource:
    change = {"path": path, "operator": operator, "value": value}
    return kubernetes(
        "policy.karmada.io/v1alpha1:OverridePolicy",
        "apps/change",
        spec={
            "resourceSelectors": [{"apiVersion": "v1", "kind": kind} for kind in ("ConfigMap", "Secret")],
            "overrideRules": [{"overriders": {"plaintext": [change]}}],
        },
    )


def in_secret(path: str) -> str:
    return f"{path!r} of a Secret is not marked as a secret"


CHANGE = "spec.overrideRules[0].overriders.plaintext[0]"
MANIFEST = "spec.workload.manifests[0]"
OPEN_FILE = "'content' has credentials and goes into a file that others may read"


def kubernetes_secret(**body: Any) -> Resource:
    """In a Work of Karmada."""
    manifest = {"apiVersion": "v1", "kind": "Secret", **body}
    return kubernetes(
        "work.karmada.io/v1alpha1:Work", "es/work", spec={"workload": {"manifests": [manifest]}}
    )


P04_SECRETS = [
    bad(
        "P04",
        "entries of a Secret",
        kubernetes_secret(data={"a": encoded(VALUE), "b": secret(VALUE)}, stringData={"c": VALUE, "d": ""}),
        says=[in_secret(f"{MANIFEST}.data.a"), in_secret(f"{MANIFEST}.stringData.c")],
    ),
    bad(
        "P04",
        "an entry that is a credential elsewhere, too",
        kubernetes("v1:Secret", "apps/s", data={"token": VALUE}, metadata={"annotations": {"token": VALUE}}),
        says=[in_secret("data.token"), is_open("metadata.annotations.token")],
    ),
    bad(
        "P04",
        "private keys under names of certificates",
        kubernetes_secret(data={"tls.crt": encoded(PRIVATE)}, stringData={"ca.crt": PRIVATE}),
        says=[in_secret(f"{MANIFEST}.data.tls.crt"), in_secret(f"{MANIFEST}.stringData.ca.crt")],
    ),
    good(
        "P04",
        "what is public in a Secret",
        kubernetes_secret(
            data={"tls.crt": "it", "a": encoded(CERTIFICATE), "b": 5.0},
            stringData={"ca.crt": "it", "c": PUBLIC, "d": "[secret]"},
        ),
    ),
    good(
        "P04",
        "Secrets that are marked",
        kubernetes("v1:Secret", "apps/a", data=secret({"a": VALUE})),
        kubernetes("v1:Secret", "apps/b", data=SEALED_UNKNOWN, stringData={"a": SEALED_UNKNOWN}),
        kubernetes("v1:Secret", "apps/c", data="[secret]"),
        kubernetes("v1:Secret", "apps/d", type="kubernetes.io/service-account-" + "to" + "ken"),
    ),
    good("P04", "another object", kubernetes("v1:ConfigMap", "apps/a", data={"a": VALUE})),
    good("P04", "another Secret", kubernetes("my.org/v1:Secret", "apps/a", data={"a": VALUE})),
    bad(
        "P04",
        "changes of an OverridePolicy",
        override("/data/password", VALUE),
        says=[in_secret(f"{CHANGE}.data.password")],
    ),
    bad(
        "P04",
        "several things that an OverridePolicy changes",
        override("/data", {"password": VALUE, "a": VALUE}),
        says=[in_secret(f"{CHANGE}.data.password"), in_secret(f"{CHANGE}.data.a")],
    ),
    bad(
        "P04",
        "elsewhere in an OverridePolicy",
        override("/spec/token", VALUE),
        says=is_open(f"{CHANGE}.spec.token"),
    ),
    bad(
        "P04",
        "with a name in an OverridePolicy",
        override("/env/-", {"name": "A_TOKEN", "value": VALUE}),
        says=is_open(f"{CHANGE}.env[0].value"),
    ),
    good("P04", "what an OverridePolicy removes", override("/data/password", VALUE, "remove")),
    unknown(
        "P04",
        "data of Secrets",
        kubernetes_secret(data=UNKNOWN, stringData={"a": UNKNOWN, "b": VALUE}),
        paths=[f"{MANIFEST}.data", f"{MANIFEST}.stringData.a"],
        says=in_secret(f"{MANIFEST}.stringData.b"),
    ),
]
P04_FILES: list[Case] = [
    *(
        bad(
            "P04",
            f"a file with mode {mode}",
            thing(path="a", content=secret(text), mode=mode),
            says=OPEN_FILE,
        )
        for mode, text in ((None, KUBECONFIG), ("0644", PRIVATE), (600.0, f"[Global]\nsecret = {VALUE}\n"))
    ),
    *(
        good("P04", f"a file with mode {mode}", thing(path="a", content=secret(KUBECONFIG), mode=mode))
        for mode in ("0400", "0600", "400", "600")
    ),
    good("P04", "a file without credentials", thing(path="a", content=EXEC, mode="0644")),
    good("P04", "no file", thing(content=secret(KUBECONFIG))),
    unknown("P04", "what is in a file", thing(path="a", content=UNKNOWN), paths="content"),
    *(
        bad("P04", f"a command: {line}", command(line), says=f"create copies a kubeconfig by {what!r}")
        for line, what in (
            ("scp -i key kubeconfig.json me@host:it", "scp"),
            ("umask 077; scp ~/.kube/config host:", "scp"),
            ("scp host:/etc/kubernetes/admin.conf .", "scp"),
            ("kubectl config view > fc01-kubeconfig.yml", "kubectl config view"),
            ("kubectl --context a config view --raw | tee it", "kubectl config view"),
            ("kubectl config view >> it && umask 022", "kubectl config view"),
        )
    ),
    *(
        good("P04", f"a command: {line}", command(line))
        for line in (
            "scp it host:",
            "scp it host: && ls kubeconfig",
            "scp it host: | cat kubeconfig",
            "scp it host:\nls kubeconfig",
            "scp it host:; ls kubeconfig",
            "kubectl config view",
            "kubectl config view > /dev/null 2>&1",
            "kubectl config view 2>&1",
            "kubectl config view; ls > it",
            "umask 077; kubectl config view > it",
            "umask 0077; kubectl config view > it",
            "kubectl config view > $(mktemp)",
        )
    ),
    bad(
        "P04",
        "a command of several words and lines",
        command(["sh", "-c", "kubectl config \\\nview > it"]),
        says="create copies a kubeconfig by 'kubectl config view'",
    ),
    bad(
        "P04",
        "a command of a container",
        deployment({"name": "a", "args": ["scp", "host:", "--it", "kubeconfig"]}),
        says="spec.template.spec.containers[0].args copies a kubeconfig by 'scp'",
    ),
    bad(
        "P04",
        "a command under a key of its own",
        dynamic("seed:Command", line="scp kubeconfig host:"),
        says="line copies a kubeconfig by 'scp'",
    ),
    good("P04", "what nobody runs", configmap(readme="scp kubeconfig host:")),
    unknown(
        "P04",
        "a command",
        command(["scp", UNKNOWN, "kubeconfig"], triggers=UNKNOWN),
        paths="create[1]",
        says="create copies a kubeconfig by 'scp'",
    ),
    good("P04", "what a container runs is not known", deployment({"name": "a", "args": [UNKNOWN]})),
]
CASES = [*P04_SECRETS, *P04_FILES]
