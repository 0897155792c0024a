"""What README.md and docs/ say exists: tests, commands, targets, options, keys, rights and messages."""

from __future__ import annotations

import ast
import re
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
from federation.topology import examine, schema
from federation.topology.reference import page
from lab.cli import app as lab

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(d.read_text() for d in DOCUMENTS)
FEDERATION = (ROOT / "docs" / "federation.md").read_text()
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
    titles = {_anchor(title) for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= titles


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


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
    known = {option for parameter in group.commands[name].params for option in parameter.opts}
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
    rows = re.findall(rf"^\|[^|\n]*`{flag}`[^|\n]*\|(.*)\|$", (ROOT / "README.md").read_text(), re.MULTILINE)
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
def texts() -> tuple[str, ...]:
    """All texts of the product's source, an f-string with its constant parts in one."""
    found: list[str] = []
    for file in [*(ROOT / "federation").rglob("*.py"), *(ROOT / "components").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                found.append(
                    "…".join(str(v.value) if isinstance(v, ast.Constant) else "" for v in node.values)
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return tuple(found)


MESSAGES = re.findall(r"^\| [^|`]+ \| `([^`]+)` \| [^|]+ \|$", FEDERATION, re.MULTILINE)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_that_a_document_quotes_is_one_of_the_products(message: str) -> None:
    parts = [part for part in message.split("…") if len(part.strip(" :")) > 3]
    assert parts
    for part in parts:
        assert any(part.strip(" :") in text for text in texts()), part


def test_messages_are_quoted() -> None:
    assert len(MESSAGES) > 12
