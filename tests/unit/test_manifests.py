"""Reading manifests: what is an object, where it goes, and how mistakes are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.manifests import ManifestError, load, parse

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def cause(text: str, source: str = "a.yaml") -> str:
    with pytest.raises(ManifestError) as caught:
        parse(text, source)
    assert "\n" not in str(caught.value)
    return caught.value.cause


def test_a_folder_is_read_by_name_and_a_file_by_document(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(
        f"{CONFIG_MAP}---\n# nothing but a comment\n---\n{CONFIG_MAP.replace('a}', 'b}')}"
    )
    (tmp_path / "a.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})
    )
    (tmp_path / "notes.txt").write_text("not: [a manifest")
    (tmp_path / "sub.yaml").mkdir()
    found = load(str(tmp_path), "web")
    assert [(d.reference, d.source) for d in found] == [
        ("Secret web/s", f"{tmp_path}/a.json, document 1"),
        ("ConfigMap web/a", f"{tmp_path}/b.yml, document 1"),
        ("ConfigMap web/b", f"{tmp_path}/b.yml, document 3"),
    ]


def test_an_object_keeps_the_namespace_that_it_names() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: mine}"
    assert parse(text, "a.yaml", "web")[0].reference == "ConfigMap mine/a"


@pytest.mark.parametrize(
    "kind", ["Namespace", "ClusterRole", "ClusterPropagationPolicy", "CustomResourceDefinition"]
)
def test_a_kind_without_namespaces_gets_none(kind: str) -> None:
    (document,) = parse(f"apiVersion: x/v1\nkind: {kind}\nmetadata: {{name: a}}", "a.yaml", "web")
    assert document.manifest["metadata"] == {"name": "a"}
    assert document.reference == f"{kind} a"


def test_a_list_is_taken_apart() -> None:
    text = json.dumps(
        {
            "apiVersion": "v1",
            "kind": "List",
            "items": [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}} for name in "ab"],
        }
    )
    assert [d.source for d in parse(text, "a.json")] == [
        "a.json, document 1, item 1",
        "a.json, document 1, item 2",
    ]


def test_scalars_mean_what_they_mean_to_kubectl() -> None:
    text = (
        CONFIG_MAP
        + "data: {time: 12:30, day: 2024-01-01, octal: 0644, yes: on, float: 1.5, minus: -7, hex: 0x1F}"
    )
    (document,) = parse(text.replace("yes:", '"yes":'), "a.yaml")
    assert document.manifest["data"] == {
        "time": "12:30",
        "day": "2024-01-01",
        "octal": 0o644,
        "yes": True,
        "float": 1.5,
        "minus": -7,
        "hex": 31,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "a.yaml: line 2: did not find expected node content"),
        ("- a", "a.yaml, document 1: list instead of an object with apiVersion and kind"),
        ("just words", "a.yaml, document 1: str instead of an object with apiVersion and kind"),
        (
            "kind: Service\nmetadata: {name: a}",
            "a.yaml, document 1: apiVersion is None, not a text",
        ),
        (
            "apiVersion: 1\nkind: Service\nmetadata: {name: a}",
            "a.yaml, document 1: apiVersion is 1, not a text",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {generateName: a-}",
            "a.yaml, document 1: metadata.name is missing; a name that the server makes up cannot be compared",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: 7}",
            "a.yaml, document 1: metadata.namespace is 7, not a text",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {x: true}}",
            "a.yaml, document 1: metadata.annotations.x is True, not a text; put it in quotes",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: [x]}",
            "a.yaml, document 1: metadata.labels is ['x'], not keys with values",
        ),
        (
            f"{CONFIG_MAP}data: {{80: x}}",
            "a.yaml, document 1: key 80 of data is not a text; put it in quotes",
        ),
        (f"{CONFIG_MAP}data: {{a: .inf}}", "a.yaml, document 1: data.a is inf, which JSON does not have"),
        (
            f"{CONFIG_MAP}data: &x {{a: [*x]}}",
            "a.yaml, document 1: data.a[0] contains itself, or is nested deeper than 100 levels",
        ),
    ],
)
def test_a_mistake_is_told_with_file_and_document(text: str, expected: str) -> None:
    assert cause(text) == expected


def test_all_documents_of_a_file_are_told_at_once() -> None:
    assert cause(f"{CONFIG_MAP}---\n- 1\n---\n2") == (
        "a.yaml, document 2: list instead of an object with apiVersion and kind; "
        "a.yaml, document 3: int instead of an object with apiVersion and kind"
    )


def test_a_mistake_in_json_is_told_with_its_line() -> None:
    assert cause("{\n  oops\n}", "a.json") == (
        "a.json: line 2: Expecting property name enclosed in double quotes"
    )


def test_all_files_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- 1")
    (tmp_path / "b.yaml").write_bytes(b"\xff")
    (tmp_path / "c.yaml").write_text("\tno")
    with pytest.raises(ManifestError) as caught:
        load(str(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path}: {tmp_path}/a.yaml, document 1: list instead of an object with apiVersion and kind; "
        f"{tmp_path}/b.yaml: byte 0 is not UTF-8; "
        f"{tmp_path}/c.yaml: line 1: found character that cannot start any token. Next: correct the manifests."
    )


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        load(f"{tmp_path}/missing")
    assert str(caught.value) == (
        f"{tmp_path}/missing: {tmp_path}/missing: No such file or directory. Next: correct the manifests."
    )


def test_a_folder_without_manifests(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        load(str(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path}: the folder has no *.yaml or *.yml or *.json. Next: name a file or folder with manifests."
    )


@given(st.text(alphabet="abc: -[]{}&*!|>'\"\n\t0.~#%@", max_size=40), st.sampled_from(["a.yaml", "a.json"]))
def test_no_text_is_more_than_an_error(text: str, source: str) -> None:
    try:
        parse(text, source)
    except ManifestError as error:
        said = str(error)
    else:
        said = ""
    assert "\n" not in said
