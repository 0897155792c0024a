"""What README.md and docs/ say exists: tests, commands, targets, options, keys, rights and messages."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import typer
import yaml
from typer.core import TyperGroup

from federation.cli.commands import app as fedctl
from federation.karmada.rbac import DEFAULT_GRANTS
from federation.topology import examine, load, schema
from federation.topology.models import AksCluster
from federation.topology.reference import page
from federation.topology.sizes import SIZES
from lab.cli import app as lab

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(d.read_text() for d in DOCUMENTS)
FEDERATION = (ROOT / "docs" / "federation.md").read_text()
AZURE = (ROOT / "docs" / "azure.md").read_text()
KUBEFED = (ROOT / "docs" / "kubefed.md").read_text()
QUICKSTART_AZURE = (ROOT / "docs" / "quickstart-azure.md").read_text()
# pkg/kubefed/init/init.go, join.go and util/util.go of kubernetes-retired/federation
KUBEFED_FLAGS = """
--api-server-advertise-address --api-server-port --api-server-service-type --apiserver-arg-overrides
--apiserver-enable-basic-auth --apiserver-enable-token-auth --cluster-context --controllermanager-arg-overrides
--credentials-kubeconfig --dns-provider --dns-provider-config --dns-zone-name --dry-run --etcd-image
--etcd-persistent-storage --etcd-pv-capacity --etcd-pv-storage-class --etcd-servers --federation-system-namespace
--host-cluster-context --image --image-pull-policy --image-pull-secrets --kubeconfig --node-selector --secret-name
""".split()


@pytest.mark.parametrize("reference", sorted(set(re.findall(r"tests/[a-z_/]+\.py(?:::\w+)?", TEXT))))
def test_a_test_that_a_document_names_exists(reference: str) -> None:
    file, _, name = reference.partition("::")
    assert (ROOT / file).is_file()
    assert not name or f"def {name}(" in (ROOT / file).read_text()


@pytest.mark.parametrize(("place", "word"), sorted(set(re.findall(r"`pytest (\S+) -k (\w+)`", TEXT))))
def test_a_command_of_a_document_selects_a_test(place: str, word: str) -> None:
    path = ROOT / place
    files = [path] if path.is_file() else sorted(path.glob("test_*.py"))
    names = re.findall(r"def (test_\w+)\(", "\n".join(f.read_text() for f in files))
    assert any(word in name for name in names)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^)make ([a-z][a-z-]+)", TEXT, re.MULTILINE))))
def test_a_make_target_that_a_document_names_exists(target: str) -> None:
    assert re.search(rf"^{target}:.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (document.parent / link).exists(), link
    for file, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", text):
        assert anchor in _anchors((document.parent / file).read_text() if file else text), f"{file}#{anchor}"


def _anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def code() -> Iterator[str]:
    """Everything that is set as code: lines of blocks, and spans."""
    for block in re.findall(r"^ *```\w*\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))


def commands(program: str) -> set[tuple[str, str]]:
    """Command and the rest of the line, wherever the program is called."""
    found = re.compile(rf"(?:^ *(?:\$ )?|bin/|\| ){program} ([a-z][a-z-]*)(.*)$")
    return {(hit[1], hit[2].partition(" -- ")[0]) for line in code() if (hit := found.search(line))}


@pytest.mark.parametrize(
    ("program", "name", "rest"),
    [("fedctl", *one) for one in sorted(commands("fedctl"))]
    + [("lab", *one) for one in sorted(commands("lab"))],
)
def test_a_command_that_a_document_names_exists_with_its_options(program: str, name: str, rest: str) -> None:
    group = typer.main.get_command({"fedctl": fedctl, "lab": lab}[program])
    assert isinstance(group, TyperGroup)
    assert name in group.commands
    command = group.commands[name]
    inner = command.commands.values() if isinstance(command, TyperGroup) else ()
    known = {option for each in (command, *inner) for parameter in each.params for option in parameter.opts}
    assert set(re.findall(r"--[a-z][a-z-]+", rest)) <= {*known, "--help"}


def test_documents_name_commands() -> None:
    assert len(commands("fedctl")) > 3
    assert len(commands("lab")) > 9


@cache
def kinds() -> Mapping[str, Any]:
    found: Mapping[str, Any] = schema()["$defs"]
    return found


def _inside(key: Mapping[str, Any]) -> set[str]:
    """Kinds that a key may hold."""
    return set(re.findall(r"#/\$defs/(\w+)", str(key)))


def _is_key(path: str) -> bool:
    here = {"Topology"}
    for word in path.split("."):
        found = [p[word] for kind in here if word in (p := kinds()[kind]["properties"])]
        if not found:
            return False
        here = {inner for key in found for inner in _inside(key)}
    return True


KEYS = sorted(set(re.findall(r"`((?:control_plane|clusters|workloads)(?:\.[a-z_]+)+)", TEXT)))


@pytest.mark.parametrize("path", KEYS)
def test_a_key_that_a_document_names_is_one_of_the_topologys(path: str) -> None:
    assert _is_key(path)


def test_the_reference_of_keys_is_that_of_the_models() -> None:
    assert (ROOT / "docs" / "topology.md").read_text() == page(), "run `make schema`"


BLOCKS = re.findall(r"^( *)```yaml\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
TOPOLOGIES = [dedent(block) for _, block in BLOCKS if "federation:topology" in block]


@pytest.mark.parametrize("text", TOPOLOGIES)
def test_a_topology_that_a_document_shows_has_no_mistakes(text: str) -> None:
    assert examine(yaml.safe_load(text)["config"]["federation:topology"])[1] == ()


def test_documents_show_topologies() -> None:
    assert len(TOPOLOGIES) > 1


@pytest.mark.parametrize("flag", KUBEFED_FLAGS)
def test_every_flag_of_kubefed_has_its_counterpart_or_a_reason(flag: str) -> None:
    rows = re.findall(rf"^\|[^|\n]*`{flag}`[^|\n]*\|(.*)\|$", KUBEFED, re.MULTILINE)
    assert rows
    assert all("`" in row or "dropped: " in row or "host" in row or row.strip() == "as above" for row in rows)


def test_the_table_of_rights_is_what_a_member_grants() -> None:
    verbs = "(?:get|list|watch|create|update|delete)"
    rows = re.findall(rf"^\| (.+?) \| (.+?) \| ({verbs}(?: {verbs})*) \|$", FEDERATION, re.MULTILINE)
    expected = [
        (
            (rule["apiGroups"][0] or "(core)") if "apiGroups" in rule else "(paths)",
            " ".join(rule.get("resources") or rule["nonResourceURLs"]),
            " ".join(rule["verbs"]),
        )
        for rule in DEFAULT_GRANTS
    ]
    assert rows == expected


@cache
def texts(*rooms: str) -> tuple[str, ...]:
    """All texts of the source of these packages, an f-string with its constant parts in one."""
    found: list[str] = []
    for file in [file for room in rooms for file in (ROOT / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                found.append(
                    "…".join(str(v.value) if isinstance(v, ast.Constant) else "" for v in node.values)
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return tuple(found)


_SAYS, _, _REST = AZURE.partition("What this project says:")[2].partition("What Azure says")
_CODES = _REST.partition("\n## ")[0]
_ROW = r"^\| [^|`]+ \| `([^`]+)` \| [^|]+ \|$"
MESSAGES = [text for page in (FEDERATION, _SAYS) for text in re.findall(_ROW, page, re.MULTILINE)]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_that_a_document_quotes_is_one_of_the_products(message: str) -> None:
    parts = [part for part in message.split("…") if len(part.strip(" :")) > 3]
    assert parts
    for part in parts:
        assert any(part.strip(" :") in text for text in texts("federation", "components")), part


def test_messages_are_quoted() -> None:
    assert len(MESSAGES) > 12
    assert MESSAGES[-1] in _SAYS


CODES = [
    code
    for cell in re.findall(r"^\| [^|]+ \| ([^|]+) \| [^|]+ \|$", _CODES, re.MULTILINE)
    for code in re.findall(r"`([^`]+)`", cell)
]


@pytest.mark.parametrize("code", CODES)
def test_a_code_that_the_failures_of_azure_name_is_known_to_the_stand_in(code: str) -> None:
    assert any(code.lower() in text.lower() for text in texts("lab/azure"))


def test_codes_are_named() -> None:
    assert len(CODES) > 8


WRITTEN = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", AZURE, re.MULTILINE)


@pytest.mark.parametrize(("keys", "message"), WRITTEN)
def test_what_a_document_says_of_a_wrong_key_is_said(keys: str, message: str) -> None:
    cluster = {"name": "a", "kind": "aks", "location": "westus"}
    given = yaml.safe_load(keys if keys.startswith("{") else f"{{{keys}}}")
    document = {"name": "fed", "domain": "example.com", "clusters": [{**cluster, **given}]}
    _, mistakes = examine(document)
    assert [str(mistake).partition(": ")[2] for mistake in mistakes] == [message]


def test_wrong_keys_are_shown() -> None:
    assert len(WRITTEN) > 10


def test_the_quotas_are_those_of_the_stack() -> None:
    """vCPUs of each region and size: at first, autoscaled to the end, and an upgrade of that."""
    document = yaml.safe_load((ROOT / "Pulumi.westus.yaml").read_text())["config"]["federation:topology"]
    expected = Counter[tuple[str, str, int]]()
    for cluster in load(document).clusters:
        assert isinstance(cluster, AksCluster)
        for pool in (cluster.system, *cluster.pools):
            for column, nodes in enumerate((pool.count, pool.max_count, pool.most)):
                expected[cluster.location, pool.vm_size, column] += nodes * SIZES[pool.vm_size].cpus
    rows = re.findall(
        r"^\| (\w+) \| \w+ \(`(\w+)`\) \| (\d+) \| (\d+) \| (\d+) \|$", QUICKSTART_AZURE, re.MULTILINE
    )
    found = {(row[0], row[1], column): int(row[2 + column]) for row in rows for column in range(3)}
    assert found == expected


def test_the_columns_of_the_cost_add_up() -> None:
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| \$(\d+\.\d\d) \|$", QUICKSTART_AZURE, re.MULTILINE)
    total = re.search(r"About \*\*\$(\d+\.\d\d) an hour\*\*, some \$([\d,]+) a month", QUICKSTART_AZURE)
    assert total
    assert sum(map(float, rows)) == pytest.approx(float(total[1]), abs=0.03)
    assert int(total[2].replace(",", "")) == pytest.approx(sum(map(float, rows)) * 730, rel=0.01)
