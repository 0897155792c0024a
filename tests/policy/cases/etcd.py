"""P09."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, Case, bad, deployment, dynamic, good, kubernetes, unknown
from tests.policy.cases.credentials import command, encoded, thing
from tests.policy.cases.tls import override

AUTH = ["--client-cert-auth=true", "--peer-client-cert-auth"]
WITH_TLS = [
    "--listen-client-urls=https://0.0.0.0:2379,http://127.0.0.1:2379",
    "--advertise-client-urls=https://etcd:2379",
    "--listen-peer-urls=https://0.0.0.0:2380",
    "--initial-advertise-peer-urls=https://etcd:2380",
    "--listen-metrics-urls=http://0.0.0.0:2381",
]
IMAGE = "registry.k8s.io/etcd:3.6.14-0"


def etcd(*words: str, image: str = IMAGE, kind: str = "StatefulSet", **container: Any) -> Resource:
    """One of which its container's command is these words, if there are any."""
    command = {"command": [*words]} if words else {}
    return deployment({"name": "etcd", "image": image, **command, **container}, kind=kind)


def env(**variables: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in variables.items()]


def wrong(flag: str, what: str, place: str = "spec.template.spec.containers[0]") -> str:
    return f"'--{flag}' of the etcd in {place} {what}"


NO_AUTH = [wrong("client-cert-auth", "is not true"), wrong("peer-client-cert-auth", "is not true")]
POD = "spec.template.spec.containers[0]"
PLAIN = "has a URL without TLS"
SERVERS: list[Case] = [
    good("P09", "etcd with TLS", etcd("etcd", *WITH_TLS, *AUTH)),
    good("P09", "etcd with URLs of its own", etcd("/usr/local/bin/etcd", *AUTH, image="my/own")),
    *(
        bad("P09", f"etcd with nothing, {title}", found, says=NO_AUTH)
        for title, found in (
            ("by a path", etcd("/usr/local/bin/etcd", "--data-dir", "/var/etcd/data", image="my/own")),
            ("by a name", etcd("etcd", image="my/own")),
            ("by its image", etcd()),
            ("by its image with a digest", etcd(image="etcd@sha256:0")),
            ("by its image and flags", etcd(args=["--name=it"])),
            ("by arguments", etcd(args=["etcd"], image="my/own")),
            ("in a shell", etcd("sh", "-c", "sleep 1; exec /bin/etcd \\\n --name=it", image="my/own")),
            (
                "in a shell at once",
                etcd("sh", "-c", "etcd --client-cert-auth=false; true --it", image="my/own"),
            ),
        )
    ),
    *(
        good("P09", f"no etcd: {title}", found)
        for title, found in (
            ("another program", etcd("etcdctl", "--it")),
            ("another program in a shell", etcd("sh", "-c", "etcdctl --it; my-etcd --it; ls etcd it")),
            ("another image", etcd(image="registry.k8s.io/etcd-backup:1")),
            ("another repository", etcd(image="my/etcd/backup:1")),
            ("a folder", etcd("/etcd/it")),
        )
    ),
    *(
        bad(
            "P09",
            f"etcd with {name} in clear",
            etcd("etcd", f"--{name}={urls}", *AUTH),
            says=wrong(name, PLAIN),
        )
        for name in (
            "listen-client-urls",
            "advertise-client-urls",
            "listen-peer-urls",
            "initial-advertise-peer-urls",
        )
        for urls in ("https://127.0.0.1:1,http://$(POD_IP):2380",)
    ),
    *(
        good("P09", f"etcd with {url}", etcd("etcd", "--listen-client-urls", url, *AUTH))
        for url in ("http://127.0.0.1:2379", "http://localhost:2379", "http://[::1]:2379", "unix://it", "")
    ),
    bad(
        "P09",
        "etcd that listens on every address of another family",
        etcd("etcd", "--listen-client-urls", "http://[::]:2379", *AUTH),
        says=wrong("listen-client-urls", PLAIN),
    ),
    bad(
        "P09",
        "etcd by arguments in clear",
        etcd(args=["--listen-client-urls=http://0.0.0.0:2379", *AUTH]),
        says=wrong("listen-client-urls", PLAIN),
    ),
    *(
        bad(
            "P09",
            f"etcd with --{name}",
            etcd("etcd", *AUTH, f"--{name}"),
            says=wrong(name, "takes any certificate"),
        )
        for name in ("auto-tls", "peer-auto-tls")
    ),
    good(
        "P09", "etcd without automatic TLS", etcd("etcd", *AUTH, "--auto-tls=false", "--peer-auto-tls=false")
    ),
    good(
        "P09",
        "etcd with variables",
        etcd(
            env=env(
                ETCD_LISTEN_CLIENT_URLS="https://0.0.0.0:2379",
                ETCD_CLIENT_CERT_AUTH="true",
                ETCD_PEER_CLIENT_CERT_AUTH="true",
            )
        ),
    ),
    bad(
        "P09",
        "etcd with variables in clear",
        etcd(env=env(ETCD_ADVERTISE_CLIENT_URLS="http://etcd:2379", CLIENT_CERT_AUTH="true", IT=UNKNOWN)),
        says=[wrong("advertise-client-urls", PLAIN), *NO_AUTH],
    ),
    bad(
        "P09",
        "flags over variables",
        etcd("etcd", "--client-cert-auth=false", AUTH[1], env=env(ETCD_CLIENT_CERT_AUTH="true")),
        says=NO_AUTH[0],
    ),
    bad(
        "P09",
        "a quoted URL in a shell",
        etcd("sh", "-c", f'etcd {" ".join(AUTH)} --listen-client-urls "http://it:1"', image="my/own"),
        says=wrong("listen-client-urls", PLAIN),
    ),
    bad(
        "P09",
        "what an OverridePolicy makes of etcd",
        override(
            "/spec/template/spec/containers/0/command",
            ["etcd", "--client-cert-auth=false"],
            apiVersion="apps/v1",
            kind="Deployment",
        ),
        says=wrong(
            "client-cert-auth",
            "is not true",
            "spec.overrideRules[0].overriders.plaintext[0].spec.template.spec.containers[0]",
        ),
    ),
    unknown(
        "P09",
        "one etcd of two",
        deployment({"image": IMAGE, "command": [UNKNOWN]}, {"image": IMAGE}, kind="StatefulSet"),
        paths=["spec.template.spec.containers[0].command[0]"] * 2,
        says=[each.replace("[0]", "[1]") for each in NO_AUTH],
    ),
    unknown(
        "P09",
        "a variable of etcd",
        etcd(env=env(ETCD_CLIENT_CERT_AUTH=UNKNOWN)),
        paths=["spec.template.spec.containers[0].env[0].value"] * 2,
    ),
]
OPERATOR = "etcd.database.coreos.com/v1beta2:EtcdCluster"
MEMBER = {"peerSecret": "peer", "serverSecret": "server"}
NO_TLS = "the etcd of an operator is without TLS for peers, clients or itself ('spec.TLS')"


def operated(tls: Any, token: str = OPERATOR) -> Resource:
    return kubernetes(token, "default/etcd-cluster", spec={"size": 1, "TLS": tls})


OPERATED: list[Case] = [
    *(
        bad("P09", f"an operator's etcd with TLS {tls}", operated(tls), says=NO_TLS)
        for tls in (
            None,
            {"static": {"member": MEMBER}},
            {"static": {"member": MEMBER | {"peerSecret": ""}, "operatorSecret": "operator"}},
            {"static": {"member": MEMBER | {"serverSecret": ""}, "operatorSecret": "operator"}},
        )
    ),
    good("P09", "an operator's etcd", operated({"static": {"member": MEMBER, "operatorSecret": "operator"}})),
    good("P09", "another's etcd", operated(None, "my.org/v1:EtcdCluster")),
    good("P09", "another kind of an operator", operated(None, OPERATOR.replace("Cluster", "Backup"))),
    good(
        "P09",
        "a change of an operator's etcd",
        override("/spec/size", 3.0, apiVersion="etcd.database.coreos.com/v1beta2", kind="EtcdCluster"),
    ),
    unknown("P09", "TLS of an operator's etcd", operated(UNKNOWN), paths="spec.TLS"),
]
SEED = "http://etcd-cluster-client.default"


def spoken(path: str, url: str = SEED) -> str:
    return f"etcd is spoken to without TLS at {url!r} ({path})"


def corefile(*options: str, start: str = "etcd my.org {") -> Resource:
    text = "\n    ".join(("my.org:53 {", "errors", start, *options, "}\n}"))
    return kubernetes("v1:ConfigMap", "dns/coredns", data={"Corefile": text})


def no_tls(path: str = "data.Corefile") -> str:
    return f"CoreDNS asks etcd without 'tls' ({path!r})"


def no_login(path: str = "data.Corefile") -> str:
    return f"CoreDNS asks etcd without 'credentials' or a certificate of its own ({path!r})"


FAR = "endpoint https://etcd:2379"
CLIENTS: list[Case] = [
    *(
        bad("P09", f"an endpoint {title}", found, says=spoken(path))
        for title, found, path in (
            ("of our own", dynamic("federation:EtcdAccess", endpoints=[f"{SEED}:2379"]), "endpoints"),
            ("of a chart", thing(values={"etcd": {"endpoint": f"{SEED}:2379"}}), "values.etcd.endpoint"),
            (
                "in a Secret",
                kubernetes(
                    "v1:Secret", "a/b", data={"it": encoded(f"[Global]\netcd-endpoints = {SEED}:2379\n")}
                ),
                "data.it",
            ),
            (
                "twice",
                command(f"etcdctl --endpoints {SEED}:2379 get a; ETCD_SERVERS={SEED}:2379 it"),
                "create",
            ),
            ("with a password", thing(it=f"http://me:made-up@{SEED.removeprefix('http://')}:2379"), "it"),
            ("of an API server", deployment({"args": [f"--etcd-servers={SEED}:4001"]}), f"{POD}.args"),
            (
                "of an API server in words",
                deployment({"args": ["--etcd-servers", f"https://a:4001,{SEED}:4001"]}),
                f"{POD}.args",
            ),
            ("with another port", thing(it=f"etcd_endpoints: '{SEED}:4001'"), "it"),
            ("of a variable", deployment({"env": env(ETCD_HOST=f"{SEED}:2379")}), f"{POD}.env[0].value"),
            ("in another's urls", thing(it=f"client-urls {SEED}:2379"), "it"),
        )
    ),
    bad("P09", "an address", thing(it="http://[fd00::1]:2379"), says=spoken("it", "http://[fd00::1]")),
    *(
        good("P09", f"no etcd in clear: {text}", thing(it=text))
        for text in (
            "http://127.0.0.1:2379",
            "http://localhost:2379,http://[::1]:2379",
            "--etcd-servers=http://localhost:4001",
            "https://etcd:2379",
            "http://etcd:23790",
            "http://etcd:8080",
            "etcd-servers of http, which http://it shows",
        )
    ),
    good("P09", "our own Corefile", corefile("path /skydns", FAR, "tls client.crt client.key ca.crt")),
    good(
        "P09",
        "a Corefile with a password",
        corefile(FAR, "tls ca.crt", "credentials me {$IT}", "path /skydns"),
    ),
    good("P09", "a Corefile with variables", corefile(FAR, "path {%IT%}", "tls {$CERT} {$KEY}")),
    bad("P09", "a Corefile with a variable", corefile("path {$IT}", FAR), says=[no_tls(), no_login()]),
    bad("P09", "a Corefile without a scheme", corefile("endpoint a:2379"), says=[no_tls(), no_login()]),
    bad("P09", "a Corefile without a login", corefile(FAR, "tls ca.crt"), says=no_login()),
    bad("P09", "a Corefile without TLS", corefile(FAR, "credentials a b"), says=no_tls()),
    bad("P09", "a Corefile with nothing", corefile("", FAR, start="etcd {"), says=[no_tls(), no_login()]),
    bad(
        "P09",
        "a Corefile in clear",
        corefile(f"endpoint https://127.0.0.1:2379 {SEED}:2379", start="etcd{"),
        says=[spoken("data.Corefile"), no_tls(), no_login()],
    ),
    good(
        "P09",
        "a Corefile with an etcd beside it",
        corefile("endpoint http://localhost:2379 https://[::1]:2379"),
    ),
    good("P09", "a Corefile that does not say where", corefile("path /skydns")),
    good("P09", "a Corefile with another plugin", corefile(FAR, start="my etcd {")),
    good("P09", "a Corefile with a similar plugin", corefile(FAR, start="etcdish {")),
    bad(
        "P09",
        "a plugin of a chart",
        thing(values={"plugins": [{"name": "etcd", "configBlock": FAR}, {"name": "it", "it": FAR}]}),
        says=[no_tls("values.plugins[0].configBlock"), no_login("values.plugins[0].configBlock")],
    ),
    *(
        unknown("P09", f"what is under {key}", thing(**{key: UNKNOWN, "it": UNKNOWN}), paths=key)
        for key in ("Corefile", "endpoint", "endpoints", "EtcdServers", "script")
    ),
    good("P09", "certificates and keys", thing(**{f"etcd.{end}": UNKNOWN for end in ("crt", "key", "pem")})),
]
CASES = [*SERVERS, *OPERATED, *CLIENTS]
