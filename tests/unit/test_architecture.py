"""The layers: who may import whom, how long a file may be, and that nothing points at one developer's machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
OURS = ("ci", "components", "demo", "federation", "lab", "policy", "release")
LONGEST_FILE = 300

# A lower layer never sees a higher one, not even through a third module.
APART = [
    ("lab", "components"),
    ("lab", "federation"),
    ("lab", "policy"),
    ("federation", "components"),
    ("federation", "lab"),
    # `fedctl policies` lists them; nothing else knows the pack.
    *(
        (f"federation.{name}", "policy")
        for name in (
            "backup catalogue controllers convert gather graph preview report upgrade verify"
            " workloads dns acs_engine karmada nodes portforward coredns kube kubeconfig"
            " topology placement manifests certificates vip azure names offline errors"
        ).split()
    ),
    ("federation", "pulumi"),
    ("components", "lab"),
    ("components", "policy"),
    ("policy", "components"),
    ("policy", "federation"),
    ("policy", "lab"),
    *((part, "demo") for part in ("components", "federation", "lab", "policy")),
    ("demo", "components"),
    ("demo", "federation"),
    # What pipelines run knows the errors only, and nothing knows pipelines.
    *((part, "ci") for part in ("components", "federation", "lab", "policy")),
    *(("ci", part) for part in ("components", "lab", "policy", "federation.cli")),
    *((part, "release") for part in ("components", "demo", "federation", "lab", "policy")),
    ("release", "components"),
    ("release", "federation"),
    *(
        (part, above)
        for part in ("lab.tools", "lab.images", "lab.engine")
        for above in ("lab.cli", "lab.azure", "lab.lifecycle")
    ),
    # The stand-in for Azure: what answers knows neither who asks it, nor how it is started.
    *(
        ("lab.azure.service", above)
        for above in ("lab.azure.plugin", "lab.azure.kubelogin", "lab.azure.control")
    ),
    ("lab.azure.plugin", "lab.azure.service"),
    ("lab.azure.plugin", "lab.azure.store"),
]
# As docs/architecture.md draws them, from the top. What stands in one row may import each other.
LAYERS = {
    "ci": ["azure_devops changed github gitlab", "discussion", "web"],
    "lab": [
        "cli",
        "azure",
        "lifecycle supplies system status faults",
        "cluster changes state preflight",
        "node api",
        "network pki kubeconfig",
        "layout",
        "topology",
        "tools images engine",
        "deadline shell paths",
        "errors ranges",
    ],
    "lab.azure": [
        "control server plugin kubelogin",
        "service control_requests",
        "arm metadata",
        "subscription",
        "aks dns",
        "accounts authorization identity monitor network resources vnet",
        "flows",
        "access entra etags faults operations paging placement references removal throttle validate",
        "catalog tokens shapes",
        "kinds",
        "calls",
        "store files",
        "settings roles regions ids http clock",
    ],
    "lab.azure.aks": [
        "clusters pools maintenance",
        "credentials",
        "part",
        "caretaker",
        "loadbalancer rbac",
        "machines nodes documents addresses",
        "cluster_rules linked quota immutable",
        "pool_rules",
        "versions sizes issuers names",
    ],
    "lab.azure.dns": [
        "publisher",
        "served dataplane prober",
        "zones private traffic",
        "sets",
        "alias",
        "routing zonesets",
        "state",
        "health monitor probes",
        "zonefile types names",
    ],
    "lab.azure.plugin": [
        "server",
        "servicer",
        "check crud invokes",
        "adopt arm diff",
        "properties session",
        "config schema",
        "nested safety",
        "errors types",
        "values",
    ],
    "policy": [
        "server reference",
        "schema",
        "pack",
        "session rules",
        "evaluate aks",
        "azure_data rule",
        "stack pods retirements",
        "objects",
        "properties settings",
    ],
    "policy.rules": [
        (
            "rbac secrets tls dns records network addresses vrrp plain_http azure_access azure_clusters"
            " kubernetes_versions regions images downloads workloads quality placement topology_labels etcd_members"
            " lifecycle failover"
        ),
        "etcd credentials shell_downloads mending services",
        "texts across commands sources reading",
    ],
    "demo": [
        "recording versions",
        "azure run",
        "steps block",
    ],
    "release": [
        "image sbom",
        "go_parts lock python_parts",
        "licences",
        "project",
    ],
    "components": [
        "package",
        "stack",
        "names verification",
        "zones",
        "azure",
        "dns_identity",
        "federation existing_cluster workloads keepalived dns_controller",
        "karmada coredns",
        "etcd",
        "pods guards zone",
        "cluster workload_identity",
        "place dynamic kubernetes offline",
    ],
    "components.azure": [
        "clusters zone",
        "acs_cluster dns_zone traffic_manager",
        "identities monitoring network",
        "settings lifetime lookups",
        "arm guard kubeconfig pools",
    ],
    "components.coredns": [
        "stack",
        "server certificates",
        "zone",
    ],
    "components.package": [
        "provider",
        "federation zone",
        "inputs",
    ],
    "components.karmada": [
        "etcd servers controllers",
        "certificates",
        "federation_api admission protection",
        "plane",
    ],
    "components.keepalived": [
        "stack",
        "objects",
        "rights",
        "settings",
    ],
    "federation": [
        "cli",
        "backup catalogue controllers convert gather graph preview report upgrade verify",
        "workloads dns acs_engine",
        "karmada nodes",
        "portforward coredns",
        "kube",
        "kube_answers kube_transport",
        "kubeconfig",
        "etcd_files",
        "topology placement manifests certificates vip azure",
        "deadline names offline",
        "paths proxies pinned drafts pem",
        "errors",
    ],
    "federation.backup": [
        "restore take",
        "plane store files",
        "plan",
        "archive",
        "keys errors",
    ],
    "federation.controllers": [
        "vip keepalived dns",
        "dns_members dns_writer",
        "leader mirror child",
        "incluster process",
        "http pace",
    ],
    "federation.dns": [
        "live provision nameservers delegation",
        "service",
        "view",
        "reconcile store etcd_access",
        "azure_open",
        "plan etcd memory azure observed readiness",
        "azure_zone",
        "azure_sets",
        "facts limits zonefile backend skydns etcd_client query azure_store azure_records",
        "records",
    ],
    "federation.azure": [
        "calls",
        "answers credentials",
        "cloud",
        "tls patience quota",
    ],
    "federation.acs_engine": [
        "files",
        "conversion",
        "cluster pools rules",
        "machines addons",
        "confidential ledger keys sizes",
        "tree sources",
        "values",
    ],
    "federation.convert": [
        "assemble",
        "dns_conf kubeconfigs",
        "ini part",
    ],
    "federation.coredns": [
        "member",
        "corefile stub",
    ],
    "federation.karmada": [
        "join leave drain",
        "drain_plan",
        "drain_workload",
        "drain_fit",
        "identity cleanup rebalance drain_mark",
        "rbac reader",
        "member",
        "policies health host kinds crds",
        "release",
    ],
    "federation.preview": [
        "comment offline compare",
        "sections",
        "summary",
        "parts zone_diff",
        "kinds state",
        "changes blind snapshot engine",
        "events markdown redact",
    ],
    "federation.catalogue": [
        "page",
        "raises advice",
        "texts",
        "sources",
    ],
    "federation.gather": [
        "plane",
        "cluster",
        "certificates",
        "objects",
        "parts",
        "bundle",
        "redact",
        "words",
    ],
    "federation.upgrade": [
        "look findings",
        "plan",
        "releases",
    ],
    "federation.vip": [
        "allocation keepalived",
        "services shared health",
        "pool router",
    ],
    "federation.graph": [
        "layout mermaid svg",
        "cards",
        "model shapes text",
    ],
    "federation.report": [
        "asking maps page",
        "model",
        "certificates",
    ],
    "federation.verify": [
        "run",
        "steps",
        "judge",
        "scenario result",
    ],
    "federation.topology": [
        "reference",
        "schema",
        "checks azure_checks",
        "lookup",
        "mistakes",
        "advisories",
        "models",
        "clusters dns",
        "aks",
        "member pools api_model",
        "azure_values",
        "fields base",
        "regions sizes versions addresses",
    ],
}
PURE = [
    "components.azure.kubeconfig",
    "components.azure.lifetime",
    "components.azure.pools",
    "components.azure.settings",
    "components.coredns.server",
    "components.coredns.zone",
    "components.etcd",
    "components.guards",
    "components.karmada",
    "components.pods",
    *(
        f"federation.acs_engine.{name}"
        for row in LAYERS["federation.acs_engine"]
        for name in row.split()
        if name != "files"  # it reads them
    ),
    *(f"federation.backup.{name}" for name in ("archive", "errors", "keys", "plan")),
    "federation.convert",
    "federation.coredns.corefile",
    "federation.coredns.stub",
    "federation.dns.azure_records",
    "federation.dns.azure_store",
    "federation.dns.backend",
    "federation.dns.facts",
    "federation.dns.limits",
    "federation.dns.observed",
    "federation.dns.plan",
    "federation.dns.readiness",
    "federation.dns.records",
    "federation.dns.service",
    "federation.dns.skydns",
    "federation.dns.view",
    "federation.dns.zonefile",
    "federation.errors",
    "federation.graph",
    "federation.karmada.drain_fit",
    "federation.karmada.drain_mark",
    "federation.karmada.drain_plan",
    "federation.karmada.drain_workload",
    "federation.karmada.member",
    "federation.karmada.policies",
    "federation.karmada.rbac",
    "federation.names",
    "federation.placement",
    *(
        f"federation.preview.{name}"
        for name in (
            "blind changes comment events kinds markdown parts redact sections snapshot state summary zone_diff"
        ).split()
    ),
    *(f"federation.report.{name}" for name in ("certificates", "maps", "model", "page")),
    "federation.topology",
    "federation.vip",
    "federation.workloads",
    "federation.verify.judge",
    "federation.verify.result",
    "federation.verify.scenario",
    *(f"lab.azure.aks.{name}" for name in ("cluster_rules", "immutable", "pool_rules")),
    *(f"lab.azure.dns.{name}" for name in ("names", "types", "zonefile")),
    *(f"lab.azure.plugin.{name}" for name in ("diff", "properties", "safety", "types")),
    "lab.azure.shapes",
    "lab.azure.validate",
    "policy.evaluate",
    "policy.rules",
    "policy.schema",
    "policy.session",
    "lab.errors",
    "lab.layout",
    "lab.node.config",
    "lab.ranges",
    "lab.topology",
]
IMPURE = {
    *(
        "os",
        "random",
        "requests",
        "secrets",
        "socket",
        "ssl",
        "subprocess",
        "tempfile",
        "time",
        "urllib3",
    ),
    *("lab.api", "lab.shell"),
}


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(*OURS, include_external_packages=True, cache_dir=None)


@pytest.mark.parametrize(("lower", "higher"), APART)
def test_a_lower_layer_does_not_see_a_higher_one(lower: str, higher: str) -> None:
    graph = imports()
    if higher not in graph.modules:
        assert higher == "pulumi", "a layer was renamed"
        return  # nothing imports it at all
    chains = graph.find_shortest_chains(lower, higher, as_packages=True)
    assert not [" -> ".join(chain) for chain in chains]


@pytest.mark.parametrize("room", LAYERS)
def test_inside_a_room_imports_go_down_only(room: str) -> None:
    layers = [grimp.Layer(*row.split(), independent=False) for row in LAYERS[room]]
    illegal = imports().find_illegal_dependencies_for_layers(layers, containers={room})
    assert not [f"{found.importer} imports {found.imported}" for found in illegal]


@pytest.mark.parametrize("room", LAYERS)
def test_every_module_of_a_room_has_its_layer(room: str) -> None:
    known = {f"{room}.{name}" for row in LAYERS[room] for name in row.split()}
    found = {name for name in imports().find_children(room) if not name.endswith(".__main__")}
    assert found == known


def test_imports_that_are_there_are_seen() -> None:
    assert imports().find_shortest_chains("lab.cli", "lab.layout", as_packages=True)
    assert imports().find_shortest_chains("components", "pulumi", as_packages=True)


@pytest.mark.parametrize("module", PURE)
def test_what_computes_touches_no_machine(module: str) -> None:
    parts = {module, *imports().find_descendants(module)}
    touched = {
        f"{part} imports {name}"
        for part in parts
        for name in imports().find_modules_directly_imported_by(part) & IMPURE
    }
    assert touched == set()


def test_components_talk_to_no_api_server_themselves() -> None:
    askers = imports().find_modules_that_directly_import("federation.kube")
    components = {name for name in askers if name.startswith("components.")}
    assert {name.rpartition(".")[0] for name in components} == {"components.dynamic"}


def test_the_init_of_a_node_needs_the_standard_library_only() -> None:
    tree = ast.parse((ROOT / "lab/node/init.py").read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "it is copied away from its package"
            names.add(str(node.module))
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_no_module_of_the_pack_is_taken_for_one_of_the_library() -> None:
    names = {file.stem for file in (ROOT / "policy").iterdir()}
    assert names & sys.stdlib_module_names == set(), "the engine puts the folder in front of Python's own"


@cache
def tracked() -> tuple[Path, ...]:
    """Text files under version control."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = (ROOT / name for name in done.stdout.split("\0") if name)
    return tuple(f for f in files if f.is_file() and b"\0" not in f.read_bytes()[:8000])


def test_no_file_is_too_long_to_read_at_once() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in tracked()
        if file.relative_to(ROOT).parts[0] in (*OURS, "bench", "demo")
        and file.name not in ("go.sum", "config.schema.json")  # written by a program
        and (lines := len(file.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_nothing_points_at_one_developers_machine() -> None:
    place = re.compile(r"(?<![\w./-])/(?:work|root|home|Users)/[a-z]\S*")
    quoted = ROOT / "tests/policy/seeds"  # the walk-throughs, line by line
    found = {
        f"{file.relative_to(ROOT)}:{number}: {hit[0]}"
        for file in tracked()
        if quoted not in file.parents
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if (hit := place.search(line))
    }
    assert found == set()
