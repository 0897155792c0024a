"""P25: what scripts fetch."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, bad, dynamic, good, resource, secret, unknown

COMMIT = "0123456789" * 4
RAW = "https://raw.githubusercontent.com/x/y"
UNCHECKED = "is downloaded without a checksum"
UNVERSIONED = "is installed without a version"
ARCHIVED = "comes from a repository of charts that is archived"
CLONED = "is cloned without a check-out of one commit"
APPLIED = "is applied from a place where it can change"


def command(create: Any, kind: str = "command:local:Command", **more: Any) -> Resource:
    return resource(kind, create=create, **more)


CASES = [
    bad(
        "P25",
        "curl of the walk-through",
        command(
            "curl -LO https://dl.example/release/$(curl -s https://dl.example/stable.txt)/client.tar.gz\n"
            "tar xzf client.tar.gz"
        ),
        says=f"'https://dl.example/release/' {UNCHECKED} (create)",
    ),
    bad(
        "P25",
        "each download of a script, by any way to write it",
        command(
            "set -e; wget 'https://a.example/1' && curl\\\n-o x \"http://a.example/2\" | sh\n"
            f"curl https://a.example/{COMMIT}/3 https://a.example/4 || sudo /usr/bin/curl https://u:w@a.example/5?x; "
            "curl https://a.example/X$(date)",
            kind="command:remote:Command",
        ),
        says=[
            f"'{place}' {UNCHECKED} (create)"
            for place in (
                "https://a.example/1",
                "http://a.example/2",
                "https://a.example/4",
                "https://a.example/5",
                "https://a.example/X",
            )
        ],
    ),
    *(
        good("P25", f"a download and {check}", command(f"curl -LO https://a.example/x\n{check} x"))
        for check in ("sha256sum -c", "sha512sum -c", "shasum -a 256 -c", "cosign verify-blob")
    ),
    good(
        "P25",
        "scripts that download nothing",
        command("apt-get install -y curl\necho https://a.example"),
        command(f"curl https://a.example/{COMMIT}/x"),
        command("libcurl https://a.example/x; mycosh"),
        command(None, update="kubectl apply -f manifests/ && git status && helm list"),
        resource("my:index:Script", create="curl https://a.example/x"),
    ),
    bad(
        "P25",
        "every script of a command",
        command(
            "curl https://a.example/create",
            "pulumi-python:dynamic/seed:Command",
            command="curl https://a.example/command",
            delete="curl https://a.example/delete",
            script="curl https://a.example/script",
            update="curl https://a.example/update",
            other="curl https://a.example/other",
        ),
        says=[
            f"'https://a.example/{key}' {UNCHECKED} ({key})"
            for key in ("command", "create", "delete", "script", "update")
        ],
    ),
    bad(
        "P25",
        "a command in words",
        dynamic("my:Command", command=["curl", "-LO", "https://a.example/x"]),
        says=f"'https://a.example/x' {UNCHECKED} (command)",
    ),
    bad(
        "P25",
        "git clone",
        command("git clone https://u:w@git.example/x/y"),
        command("git -C /srv clone --depth 1 'git@git.example:x/y'"),
        command("sudo git clone $WHERE"),
        command(f"git clone --revision=main https://git.example/x; echo {COMMIT}"),
        command(f"git clone https://git.example/x; git checkout {COMMIT}0"),
        command(f"git clone https://git.example/x; git checkout {COMMIT[1:]}"),
        says=[
            f"'https://git.example/x/y' {CLONED} (create)",
            f"'git@git.example:x/y' {CLONED} (create)",
            f"'git clone' {CLONED} (create)",
            *[f"'https://git.example/x' {CLONED} (create)"] * 3,
        ],
    ),
    good(
        "P25",
        "git clone of a commit",
        command(f"git clone https://git.example/x\ncd x\ngit checkout --detach {COMMIT}"),
        command(f"git clone https://git.example/x && git reset --hard {COMMIT}"),
        command(f"git clone --revision={COMMIT} https://git.example/x"),
    ),
    bad(
        "P25",
        "helm without a version",
        command("helm install --name coredns -f  values.yaml  stable/coredns --version 1.2.3"),
        command("helm upgrade --install web oci://registry.example/web --set image.repository=a/b"),
        command("sudo helm pull mine/web --values=/srv/values.yaml"),
        command("helm --kubeconfig /etc/config fetch 'mine/web'"),
        command("helm template $CHART web"),
        command("helm install web --repo https://charts.helm.sh/stable coredns --version 1.2.3"),
        says=[
            f"'stable/coredns' {ARCHIVED} (create)",
            f"'oci://registry.example/web' {UNVERSIONED} (create)",
            f"'mine/web' {UNVERSIONED} (create)",
            f"'mine/web' {UNVERSIONED} (create)",
            f"'helm' {UNVERSIONED} (create)",
            f"'https://charts.helm.sh/stable' {ARCHIVED} (create)",
        ],
    ),
    good(
        "P25",
        "helm with a version, or without a chart of others",
        command("helm install web mine/web --version 1.2.3"),
        command("helm install web ./web"),
        command("helm install web ../web -f values/a.yaml"),
        command("helm upgrade web /srv/web"),
        command("helm repo add mine https://charts.example"),
        command("snap install helm --classic"),
    ),
    bad(
        "P25",
        "kubectl and a URL",
        command("kubectl apply -f https://a.example/x.yaml"),
        command("kubectl -n apps create --filename=https://a.example/x.yaml"),
        command("sudo kubectl replace -k https://u:w@a.example/x?ref=main"),
        says=[
            f"'https://a.example/x.yaml' {APPLIED} (create)",
            f"'https://a.example/x.yaml' {APPLIED} (create)",
            f"'https://a.example/x' {APPLIED} (create)",
        ],
    ),
    good(
        "P25",
        "kubectl and a commit",
        command(f"kubectl apply -f {RAW}/{COMMIT}/x.yaml"),
        command("kubectl config set-cluster fc --server https://a.example"),
    ),
    bad(
        "P25",
        "a command in a secret, which stays one",
        command(secret("helm install web mine/web")),
        says=f"'[secret]' {UNVERSIONED} (create)",
    ),
    unknown(
        "P25",
        "one script of two",
        command(UNKNOWN, delete="curl https://a.example/x"),
        paths="create",
        says=f"'https://a.example/x' {UNCHECKED} (delete)",
    ),
]
