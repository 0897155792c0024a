"""Karmada's CRDs out of a folder or an archive, with made-up definitions."""

from __future__ import annotations

import tarfile
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.karmada.crds import CONVERTED, load, with_conversion
from federation.karmada.release import FIX, CrdsError

NAMES = ("works.work.karmada.io", *CONVERTED, "policies.policy.karmada.io")


def definition(name: str) -> dict[str, Any]:
    plural, _, group = name.partition(".")
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name, "creationTimestamp": None},
        "spec": {"group": group, "names": {"plural": plural}},
        "status": {"storedVersions": []},
    }


def files(names: tuple[str, ...] = NAMES) -> dict[str, str]:
    bases = {f"bases/{name[0]}/{name}.yaml": yaml.safe_dump(definition(name)) for name in names}
    return {
        **bases,
        "patches/x.yaml": "kind: Patch\n",
        "kustomization.yaml": "resources: []\n",
        "bases/README": "-",
    }


def folder(path: Path, contents: dict[str, str]) -> Path:
    for name, text in contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def archive(path: Path, contents: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, BytesIO(text.encode()))
    return path


def loaded(source: Path) -> list[dict[str, Any]]:
    return load(str(source), version="1.18.2", cache=Path("/nowhere"))


def refusal(source: Path) -> str:
    with pytest.raises(CrdsError) as caught:
        loaded(source)
    assert caught.value.fix == FIX
    return str(caught.value).removesuffix(f" Next: {FIX}.")


@pytest.mark.parametrize("inside", ["", "crds", "_crds", "charts/karmada/_crds"])
def test_a_folder_may_be_a_releases_a_charts_or_the_whole_source(tmp_path: Path, inside: str) -> None:
    folder(tmp_path / inside, files())
    assert [crd["metadata"]["name"] for crd in loaded(tmp_path)] == sorted(NAMES)


def test_an_archive_is_read_as_releases_have_it(tmp_path: Path) -> None:
    path = archive(tmp_path / "crds.tar.gz", {f"crds/{name}": text for name, text in files().items()})
    assert [crd["metadata"]["name"] for crd in loaded(path)] == sorted(NAMES)
    assert loaded(path) == loaded(folder(tmp_path / "same", files()))


def test_a_name_that_leads_out_of_an_archive_leads_nowhere(tmp_path: Path) -> None:
    contents = {**files(), "../../bases/evil.yaml": yaml.safe_dump(definition("evil.karmada.io"))}
    loaded(archive(tmp_path / "crds.tar.gz", contents))
    assert [path.name for path in tmp_path.iterdir()] == ["crds.tar.gz"]


def test_what_a_server_adds_is_left_out(tmp_path: Path) -> None:
    for crd in loaded(folder(tmp_path, files())):
        assert set(crd) == {"apiVersion", "kind", "metadata", "spec"}
        assert set(crd["metadata"]) == {"name"}


def test_several_definitions_may_share_a_file(tmp_path: Path) -> None:
    text = "---\n".join(["", *(yaml.safe_dump(definition(name)) for name in NAMES)])
    assert len(loaded(folder(tmp_path, {"bases/all.yml": text}))) == len(NAMES)


def test_the_webhook_converts_what_has_two_versions_and_nothing_else(tmp_path: Path) -> None:
    plain = loaded(folder(tmp_path, files()))
    before, bundle = deepcopy(plain), object()
    converted = with_conversion(plain, "https://webhook:443/convert", bundle)
    assert plain == before, "what is given is not changed"
    found = {crd["metadata"]["name"]: crd["spec"].pop("conversion", None) for crd in converted}
    assert {name for name, conversion in found.items() if conversion} == set(CONVERTED)
    assert found[CONVERTED[0]] == {
        "strategy": "Webhook",
        "webhook": {
            "clientConfig": {"url": "https://webhook:443/convert", "caBundle": bundle},
            "conversionReviewVersions": ["v1"],
        },
    }


def test_a_folder_without_definitions_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: it holds no CRDs in a folder 'bases'."


def test_other_definitions_are_not_karmadas(tmp_path: Path) -> None:
    folder(tmp_path, files(("works.work.karmada.io", CONVERTED[0])))
    assert refusal(tmp_path) == f"{tmp_path}: it holds no resourcebindings.work.karmada.io of Karmada."


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "crds") == f"{tmp_path}/crds: there is no such folder or archive."


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x1f\x8b\x08\x00", b"\x1f\x8b\x08\x00\0\0\0\0\0\xffxxxx"]
)
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "crds.tar.gz"
    path.write_bytes(content)
    expected = "neither a folder nor an archive that can be read: damaged, or of another kind"
    assert refusal(path) == f"{path}: {expected}."


def test_an_archive_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = archive(tmp_path / "whole.tar.gz", files()).read_bytes()
    path = tmp_path / "crds.tar.gz"
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path).startswith(f"{path}: neither a folder nor an archive that can be read")


def test_text_that_is_no_yaml_is_refused_in_one_line(tmp_path: Path) -> None:
    folder(tmp_path, {"bases/x.yaml": "a: [1\nb: }"})
    message = refusal(tmp_path)
    assert message.startswith(f"{tmp_path}: bases/x.yaml: not YAML: while parsing a flow sequence")
    assert "\n" not in message


@pytest.mark.parametrize("text", ["kind: Deployment", "[]", "kind: CustomResourceDefinition\nspec: {}"])
def test_another_object_is_refused(tmp_path: Path, text: str) -> None:
    folder(tmp_path, {"bases/x.yaml": text})
    assert refusal(tmp_path) == f"{tmp_path}: bases/x.yaml: not a CustomResourceDefinition."
