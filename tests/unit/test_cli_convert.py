"""`fedctl convert`: files of every kind, several at once, what it prints, and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from federation.cli.commands import app
from federation.errors import FederationError
from federation.topology import examine

SEED = (Path(__file__).parent / "api_models" / "seed-k8.json").read_text()
DOCUMENT = Path(__file__).parents[2] / "docs" / "convert.md"
DNS_CONF = """\
[Global]
subscription-id = 0a0a0a0a-0b0b-4c4c-8d8d-0e0e0e0e0e0e
tenant-id = [sp tenant]
client-id = [sp appId]
secret =
resourceGroup = fed-dns-rg
"""
COREDNS_CONF = """\
[Global]
etcd-endpoints = https://10.0.0.5:2379
etcd-ca-file = ca.crt
etcd-cert-file = client.crt
etcd-key-file = client.key
zones = fc-federated.com.
coredns-endpoints = 172.16.254.59:30669
"""
CLUSTER = {"server": "https://10.11.12.1:8001", "certificate-authority-data": "QUJD"}

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Makes a file, and gives the name to call it by."""
    monkeypatch.chdir(tmp_path)

    def make(name: str, content: Any) -> str:
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        (tmp_path / name).write_text(text)
        return name

    return make


def fedctl(*words: str) -> Result:
    return CliRunner().invoke(app, ["convert", *words])


def converted(*words: str) -> Any:
    """The topology, which `fedctl validate` accepts."""
    done = fedctl(*words, "--output", "yaml")
    assert done.exit_code == 0, done.exception
    topology = yaml.safe_load(done.stdout)
    assert "clusters" not in topology or examine(topology)[1] == ()
    return topology


def problems(*words: str) -> list[str]:
    """Why files are refused."""
    done = fedctl(*words, "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == (1 if answer["problems"] else 0)
    assert answer["converted"] == (answer["topology"] is not None) == (not answer["problems"])
    found: list[str] = answer["problems"]
    return found


def kubeconfig(*contexts: str, user: Any = None, **cluster: Any) -> dict[str, Any]:
    names = [str(index) for index, _ in enumerate(contexts)]
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {**CLUSTER, **cluster}} for name in names],
        "contexts": [
            {"name": c, "context": {"cluster": n, "user": n}} for n, c in zip(names, contexts, strict=True)
        ],
        "users": [{"name": name, "user": user or {"token": "not-a-real-token"}} for name in names],
        "current-context": contexts[0] if contexts else "",
    }


def test_the_azure_walk_through_becomes_one_topology(write: Write) -> None:
    east = SEED.replace("westuscluster1", "eastuscluster1")
    files = [write("k8.json", SEED), write("k8cluster2.json", east), write("dns.conf", DNS_CONF)]
    wishes = [
        "--location",
        "westus",
        "--location",
        "East US",
        "--federation",
        "myfederation",
        "--domain",
        "syncweek.com",
    ]
    topology = converted(*files, *wishes)
    assert (topology["name"], topology["domain"]) == ("myfederation", "syncweek.com")
    assert [(c["name"], c["location"], c["resource_group"]) for c in topology["clusters"]] == [
        ("westuscluster1", "westus", "westuscluster1"),
        ("eastuscluster1", "eastus", "eastuscluster1"),
    ]
    assert topology["dns"] == [
        {
            "provider": "azure",
            "resource_group": "fed-dns-rg",
            "subscription": "0a0a0a0a-0b0b-4c4c-8d8d-0e0e0e0e0e0e",
        }
    ]
    (Path("topology.yaml")).write_text(yaml.safe_dump(topology))
    assert CliRunner().invoke(app, ["validate", "topology.yaml"]).exit_code == 0


def test_the_on_premises_walk_through_becomes_one_topology(write: Write) -> None:
    merged = write("fc-kubeconfig.yml", kubeconfig("fc01.icp-context", "fc02.icp-context"))
    assert converted(merged, write("coredns-provider.conf", COREDNS_CONF)) == {
        "name": "federation",
        "domain": "fc-federated.com",
        "clusters": [
            {"name": "fc01-icp-context", "kubeconfig": {"path": merged, "context": "fc01.icp-context"}},
            {"name": "fc02-icp-context", "kubeconfig": {"path": merged, "context": "fc02.icp-context"}},
        ],
        "dns": [
            {
                "provider": "coredns",
                "endpoints": ["https://10.0.0.5:2379"],
                "tls": {"ca": "ca.crt", "certificate": "client.crt", "key": "client.key"},
                "nameservers": ["172.16.254.59:30669"],
            }
        ],
    }


def test_the_report_is_a_line_for_each_value_around_a_topology_that_is_yaml(write: Write) -> None:
    done = fedctl(
        write("k8.json", SEED), "--location", "westus", "--federation", "fed", "--domain", "syncweek.com"
    )
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "# k8.json: api-model of acs-engine: 2 kept, 5 changed, 6 dropped"
    assert lines[8] == (
        '# 16 changed properties.agentPoolProfiles[0].vmSize "Standard_D2_v2" -> user_pools[0].vm_size: '
        "Standard_D2ds_v6 | is retired on 2028-05-01: its machines are stopped for good then [6]"
    )
    assert "# [6] https://azure.microsoft.com/updates?id=485569" in lines
    assert examine(yaml.safe_load(done.stdout))[1] == ()


def test_without_clusters_a_part_of_a_topology_is_printed(write: Write) -> None:
    done = fedctl(write("dns.conf", DNS_CONF))
    assert done.exit_code == 0
    assert yaml.safe_load(done.stdout).keys() == {"dns"}
    assert "# note: no file has a cluster: this is a part of a topology, to be put into yours" in done.stdout


def test_notes_are_not_in_the_way_of_yaml(write: Write) -> None:
    done = fedctl(write("k.yaml", kubeconfig("a")), "--output", "yaml")
    assert yaml.safe_load(done.stdout)["domain"] == "federation.example.com"
    assert (
        "note: the domain is federation.example.com, which is nobody's; give yours with --domain"
        in done.stderr
    )


def test_json_has_all_of_it(write: Write) -> None:
    answer = json.loads(fedctl(write("dns.conf", DNS_CONF), "--output", "json").stdout)
    assert answer.keys() == {"converted", "topology", "files", "problems", "notes"}
    assert answer["files"][0]["file"] == "dns.conf"
    assert answer["files"][0]["report"][4] == {
        "path": "Global.resourceGroup",
        "line": 6,
        "old": '"fed-dns-rg"',
        "verdict": "kept",
        "new": 'dns.resource_group: "fed-dns-rg"',
        "reason": "is where the zone is",
        "source": "",
    }


def test_what_is_refused_is_an_error_with_all_problems(write: Write) -> None:
    files = [
        write("k8.json", SEED.replace('"secret": ""', '"secret": "not-a-real-secret"')),
        write("x.yaml", "{}"),
    ]
    done = fedctl(*files)
    assert isinstance(done.exception, FederationError)
    assert str(done.exception) == (
        "convert: nothing is converted\n"
        "  k8.json: properties.servicePrincipalProfile.secret (line 32): holds a secret in clear; remove it (and "
        "change it, as it was in a file): the stack needs none\n"
        "  k8.json: location: is missing; give it as you gave it to acs-engine, with --location\n"
        "  x.yaml: is no api-model of acs-engine: it has no properties\n"
        "Next: correct the files, and convert them again."
    )
    assert "not-a-real" not in done.output + str(done.exception) + fedctl(*files, "--json").output


def test_a_wrong_region_is_told_with_the_right_one(write: Write) -> None:
    [problem] = problems(write("k8.json", SEED), "--location", "westtus")
    assert problem == "clusters[0].location: 'westtus' is no Azure region; did you mean 'westus'?"


def test_two_files_of_one_cluster_are_two_clusters(write: Write) -> None:
    files = [write("a.json", SEED), write("b.json", SEED)]
    clusters = converted(*files, "--location", "westus")["clusters"]
    assert [c["name"] for c in clusters] == ["westuscluster1", "westuscluster1-2"]
    assert [c["resource_group"] for c in clusters] == ["westuscluster1", "westuscluster1-2"]


def test_clusters_are_called_as_you_wish(write: Write) -> None:
    files = [write("a.json", SEED), write("k.yaml", kubeconfig("here")), write("b.json", SEED)]
    clusters = converted(*files, "--location", "westus", "--name", "one", "--name", "two")["clusters"]
    assert [c["name"] for c in clusters] == ["one", "here", "two"]
    assert [c.get("resource_group") for c in clusters] == ["westuscluster1", None, "two"]


def test_more_wishes_than_api_models_are_a_mistake(write: Write) -> None:
    words = [write("a.json", SEED), "--location", "westus", "--location", "eastus"]
    assert problems(*words) == [
        "--location: is given 2 times for 1 api-models; give it once for each, or once"
    ]


def test_a_name_that_is_none_is_refused(write: Write) -> None:
    [problem] = problems(write("a.json", SEED), "--location", "westus", "--name", "My Cluster")
    assert problem.startswith("clusters[0].name: 'My Cluster' is not a DNS label")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("hello", "it holds no clusters, users and contexts"),
        ("a: ]", "it is not YAML (line 1)"),
        ("a: 1", "is no file that this command knows"),
        ("{", "is not JSON: a key in double quotes should stand here (line 1)"),
        ("[Global]\nwhatever = 1", "has no key of a DNS provider of kubefed"),
        ("[Global]\n= 1", "is no INI of kubefed (line 2): a section or key = value should stand there"),
        (
            '[Global]\nzones = "a',
            "is no INI of kubefed (line 2): a section or key = value should stand there",
        ),
        ("config:\n  federation:topology: {}", "is no file that this command knows"),
    ],
)
def test_a_file_of_no_known_kind_is_refused(write: Write, text: str, problem: str) -> None:
    assert problems(write("file", text)) == [f"file: {problem}"]


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a\n\xff")
    assert problems(str(file)) == [f"{file}: is not text in UTF-8 (line 2)"]


SECRET = "holds a secret in clear; remove it: the stack needs none"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("secret =", "secret = s3cr3t", f"Global.secret (line 5): {SECRET}"),
        ("secret =", 'SECRET = "s3cr3t"', f"Global.SECRET (line 5): {SECRET}"),
        ("secret =", "secret = a\\\ns3cr3t", f"Global.secret (line 5): {SECRET}"),
        ("fed-dns-rg", "", "Global.resourceGroup: is missing; name the resource group of the zone"),
        ("fed-dns-rg", "a b", "dns[0].resource_group: 'a b' is not a name of a resource group"),
    ],
)
def test_a_wrong_dns_conf_is_refused(write: Write, old: str, new: str, problem: str) -> None:
    files = [write("dns.conf", DNS_CONF.replace(old, new)), write("k8.json", SEED)]
    [found] = problems(*files, "--location", "westus", "--domain", "syncweek.com")
    assert found.removeprefix("dns.conf: ").startswith(problem)
    assert "s3cr3t" not in fedctl(*files, "--json").output


def test_a_dns_conf_as_the_walk_through_has_it_is_read_with_comments_and_in_any_case(write: Write) -> None:
    text = "; by hand\n[GLOBAL] # one\nSubscription-ID =\nresourcegroup = fed-dns-rg ; here\nfoo = bar\n[other]\na\n"
    report = json.loads(fedctl(write("dns.conf", text), "--json").stdout)["files"][0]["report"]
    assert [(line["path"], line["line"], line["verdict"]) for line in report] == [
        ("GLOBAL.Subscription-ID", 3, "dropped"),
        ("GLOBAL.resourcegroup", 4, "kept"),
        ("GLOBAL.foo", 5, "dropped"),
        ("other.a", 7, "dropped"),
    ]
    assert converted("dns.conf") == {"dns": [{"provider": "azure", "resource_group": "fed-dns-rg"}]}


def test_of_a_key_that_stands_again_the_last_one_counts(write: Write) -> None:
    name = write("dns.conf", DNS_CONF + "resourceGroup = other\nsecret = s3cr3t\nsecret =\n")
    assert problems(name) == [f"dns.conf: Global.secret (line 8): {SECRET}"]
    report = json.loads(fedctl(name, "--json").stdout)["files"][0]["report"]
    assert report[4]["reason"] == "the key stands again in line 7"


OWN = (
    "or leave this file out and write dns: [{provider: coredns}], and the stack runs CoreDNS and etcd itself"
)
FILES = "etcd-ca-file, etcd-cert-file, etcd-key-file"
OPEN = (
    "would let everybody who reaches etcd write names; "
    f"serve etcd with TLS and write https://…, with {FILES}; {OWN}"
)
NO_KEY = f"needed, as etcd is asked with certificates only; name the files, {OWN}"
ETCD = "https://10.0.0.5:2379"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("https://10", "http://10", f"Global.etcd-endpoints (line 2): {OPEN}"),
        (ETCD, "10.0.0.5", f"Global.etcd-endpoints (line 2): is no list of URLs such as {ETCD}"),
        (ETCD, "https://op:s3cr3t@10.0.0.5:2379", f"Global.etcd-endpoints (line 2): {SECRET}"),
        (
            "etcd-endpoints",
            "etcd-endpoint",
            f"Global.etcd-endpoints: is missing; name the URLs of etcd, {OWN}",
        ),
        ("etcd-key-file = client.key", "", f"Global.etcd-key-file: {NO_KEY}"),
    ],
)
def test_a_wrong_coredns_conf_is_refused(write: Write, old: str, new: str, problem: str) -> None:
    assert problems(write("c.conf", COREDNS_CONF.replace(old, new))) == [f"c.conf: {problem}"]


@pytest.mark.parametrize(
    ("nameservers", "found"),
    [
        ("10.0.0.53", ["10.0.0.53:53"]),
        ("10.0.0.53:53,10.0.0.54:5353", ["10.0.0.53:53", "10.0.0.54:5353"]),
        ("fd00::53", ["[fd00::53]:53"]),
        ("[fd00::53]:5353 10.0.0.53:53", ["[fd00::53]:5353", "10.0.0.53:53"]),
        ("dns.example.com:53, 10.0.0.53:53, 10.0.0.53:0, 10.0.0.53:99999", ["10.0.0.53:53"]),
    ],
)
def test_nameservers_have_addresses_and_ports(write: Write, nameservers: str, found: list[str]) -> None:
    conf = write("c.conf", COREDNS_CONF.replace("172.16.254.59:30669", nameservers))
    assert converted(conf, write("k.yaml", kubeconfig("a")))["dns"][0]["nameservers"] == found


def test_of_several_zones_the_first_is_the_domain_and_yours_wins(write: Write) -> None:
    files = [
        write("c.conf", COREDNS_CONF.replace("fc-federated.com.", "a.example, b.example")),
        write("k", kubeconfig("a")),
    ]
    assert converted(*files)["domain"] == "a.example"
    assert converted(*files, "--domain", "c.example")["domain"] == "c.example"


def test_contexts_get_names_that_are_dns_labels_each_once(write: Write) -> None:
    contexts = ["admin@Fc_01", "admin-fc-01", "ADMIN.FC.01", "日本", "x" * 60, "x" * 61]
    clusters = converted(write("k.yaml", kubeconfig(*contexts)))["clusters"]
    assert [c["name"] for c in clusters] == [
        "admin-fc-01", "admin-fc-01-2", "admin-fc-01-3", "cluster", "x" * 48, "x" * 46 + "-2",
    ]  # fmt: skip
    assert [c["kubeconfig"]["context"] for c in clusters] == contexts


def test_names_are_once_over_several_kubeconfigs(write: Write) -> None:
    files = [write("a.yaml", kubeconfig("admin")), write("b.yaml", kubeconfig("admin"))]
    clusters = converted(*files)["clusters"]
    assert [(c["name"], c["kubeconfig"]["path"]) for c in clusters] == [
        ("admin", "a.yaml"),
        ("admin-2", "b.yaml"),
    ]


def test_the_old_federation_is_no_cluster(write: Write) -> None:
    name = write("k.yaml", kubeconfig("westus", "myfederation"))
    clusters = converted(name, "--federation", "myfederation")["clusters"]
    assert [c["name"] for c in clusters] == ["westus"]


def test_a_kubeconfig_in_json_as_acs_engine_wrote_it_is_known(write: Write) -> None:
    name = write("kubeconfig.eastus.json", json.dumps(kubeconfig("eastuscluster1")))
    assert converted(name)["clusters"][0]["name"] == "eastuscluster1"


INSECURE = (
    "insecure-skip-tls-verify would hand its credentials to whoever answers; remove it, and give the cluster's CA as "
    "certificate-authority-data; if the certificate has another name than the server's address, give that as "
    "tls-server-name"
)
PASSWORD = "API servers take no passwords since Kubernetes 1.19; use a client certificate, a token or an exec plug-in"
CLEAR = "'http://10.0.0.1:8080' is not encrypted; use its https:// address"
GONE = "names a cluster that is not in the file; get the file from the cluster's owner anew"
BAD = {
    INSECURE: kubeconfig("a", **{"insecure-skip-tls-verify": True}),
    CLEAR: kubeconfig("a", server="http://10.0.0.1:8080"),
    "its server's URL holds a secret; write the URL without it": kubeconfig(
        "a", server="http://u:s3cr3t@10.0.0.1"
    ),
    PASSWORD: kubeconfig("a", user={"username": "admin", "password": "s3cr3t"}),
    GONE: {**kubeconfig("a"), "clusters": []},
}


@pytest.mark.parametrize("problem", BAD, ids=lambda problem: problem[:30])
def test_a_kubeconfig_that_must_not_be_used_is_refused(write: Write, problem: str) -> None:
    name = write("k.yaml", BAD[problem])
    assert problems(name) == [f"k.yaml: contexts[0].name: {problem}"]
    assert "s3cr3t" not in fedctl(name, "--json").output + str(fedctl(name).exception)


def test_a_kubeconfig_without_contexts_is_refused(write: Write) -> None:
    assert problems(write("k.yaml", kubeconfig())) == ["k.yaml: has no contexts"]


def test_nothing_of_the_credentials_is_printed(write: Write) -> None:
    name = write("k.yaml", kubeconfig("a", "b", user={"token": "s3cr3t", "client-key-data": "czNjcjN0"}))
    for form in ("table", "yaml", "json"):
        output = fedctl(name, "--output", form).output
        assert "s3cr3t" not in output
        assert "czNjcjN0" not in output


def test_the_example_of_the_documentation_is_what_comes_out(write: Write) -> None:
    write("k8.json", SEED)
    write("dns.conf", DNS_CONF.replace("0a0a0a0a-0b0b-4c4c-8d8d-0e0e0e0e0e0e", "").replace(" \n", "\n"))
    [(command, output)] = re.findall(
        r"^\$ fedctl convert (.*)\n((?:.*\n)*?)```$", DOCUMENT.read_text(), re.MULTILINE
    )
    assert fedctl(*command.split()).stdout == output


def test_a_file_that_is_not_there_is_an_error(write: Write) -> None:
    assert str(fedctl("nope.json").exception) == (
        "nope.json: cannot be read: No such file or directory. Next: name a file that is there."
    )
