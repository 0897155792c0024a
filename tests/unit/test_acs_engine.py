"""api-models of acs-engine as clusters: a corpus of files with what must become of each line, and the rules alone."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.acs_engine import ApiModelError, Conversion, Options, convert, settings
from federation.acs_engine.keys import JUDGED, dropped
from federation.acs_engine.sizes import choose
from federation.topology import examine
from federation.topology.sizes import SIZES

CORPUS = Path(__file__).parent / "api_models"
FILES = sorted(CORPUS.glob("*.json"))


@cache
def expected() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CORPUS / "expected.yaml").read_text())
    return found


def of(file: Path) -> Conversion:
    wanted = expected()[file.stem]
    return convert(file.read_bytes(), source=file.name, options=Options(location=wanted.get("location")))


def told(done: Conversion) -> str:
    """The report without its reasons."""
    lines = [(str(e.line), e.verdict, e.path, f"-> {e.new}" if e.new else "") for e in done.report]
    return "".join(" ".join(filter(None, line)) + "\n" for line in lines)


def test_the_corpus_is_what_is_expected() -> None:
    assert len(FILES) >= 25
    assert {file.stem for file in FILES} == expected().keys()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_of_the_corpus_is_converted_or_refused_as_expected(file: Path) -> None:
    done, wanted = of(file), expected()[file.stem]
    assert told(done) == wanted.get("report", "")
    assert done.cluster == wanted.get("cluster", {})
    assert list(done.problems) == wanted.get("problems", [])
    assert list(done.notes) == wanted.get("notes", [])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_converted_is_a_valid_topology(file: Path) -> None:
    done = of(file)
    assert done.ok == bool(done.cluster)
    if done.ok:
        _, mistakes = examine({"name": "fed", "domain": "example.com", "clusters": [done.cluster]})
        wrong = ["clusters[0].location"] if file.stem == "azure-stack" else []
        assert [mistake.path for mistake in mistakes] == wrong


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_has_a_reason_in_words(file: Path) -> None:
    for line in of(file).report:
        assert line.reason[0].islower() or line.reason.split()[0] in ("AKS", "API", "Azure", "CPU", "Cilium", "Entra",
            "Helm", "Kubernetes", "OS", "SSH", "Application", "Linux")  # fmt: skip
        assert not line.reason.endswith(".")
        assert line.source == "" or line.source.startswith("https://")


def test_a_file_in_another_encoding_is_refused_with_the_line() -> None:
    raw = (CORPUS / "seed-k8.json").read_text().replace("azureuser", "op\u00e9rateur").encode("latin-1")
    assert convert(raw).problems == ("is not text in UTF-8 (line 21)",)


def test_no_secret_of_the_corpus_comes_out() -> None:
    refused = [file for file in FILES if b"not-a-real-secret" in file.read_bytes()]
    assert len(refused) >= 5
    for file in refused:
        done = of(file)
        assert done.problems
        assert "not-a-real" not in repr(done)
        assert "(not shown)" in [line.old for line in done.report if line.verdict == "refused"]


def reason(path: str, **model: Any) -> str:
    """Why a value of the seed's file, changed a little, becomes what it becomes."""
    document = json.loads((CORPUS / "seed-k8.json").read_text())
    document["properties"].update(model)
    done = convert(document, options=Options(location="westus"))
    return next(line.reason for line in done.report if line.path == path)


def test_a_misspelled_key_is_told_with_the_right_one() -> None:
    master = {"count": 1, "dnsPrefix": "a", "vmSise": "x", "whatever": 1}
    assert reason("properties.masterProfile.vmSise", masterProfile=master) == (
        "acs-engine knows no such key; did you mean vmSize?"
    )
    assert reason("properties.masterProfile.whatever", masterProfile=master) == "acs-engine knows no such key"
    assert reason("properties.linuxProfil.a", linuxProfil={"a": 1}) == (
        "acs-engine knows no such key; did you mean linuxProfile?"
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("tiller", "Helm has no server any more since version 3"),
        ("CLUSTER-AUTOSCALER", "every pool is autoscaled between its count and max_count"),
        ("mine", "acs-engine's add-ons are not installed; run what you need as a workload"),
    ],
)
def test_an_addon_has_a_reason_of_its_own(name: str, why: str) -> None:
    orchestrator = {
        "orchestratorType": "Kubernetes",
        "kubernetesConfig": {"addons": [{}, {"name": name, "x": [1]}]},
    }
    path = "properties.orchestratorProfile.kubernetesConfig.addons[1].x[0]"
    assert reason(path, orchestratorProfile=orchestrator) == why


@pytest.mark.parametrize(
    ("count", "location", "system", "user"),
    [
        (1, "westus", (2, 4), (1, 2)),
        (2, "westus", (2, 4), (2, 4)),
        (3, "westus", (2, 4), (2, 4)),
        (10, "westus", (2, 4), (8, 16)),
        (10, "eastus", (3, 6), (7, 14)),
        (1000, "eastus", (3, 6), (997, 1000)),
    ],
)
def test_the_first_pool_is_split(count: int, location: str, system: Any, user: Any) -> None:
    document = json.loads((CORPUS / "seed-k8.json").read_text())
    document["properties"]["agentPoolProfiles"][0]["count"] = count
    cluster = convert(document, options=Options(location=location)).cluster
    assert (cluster["system_pool"]["count"], cluster["system_pool"]["max_count"]) == system
    assert (cluster["user_pools"][0]["count"], cluster["user_pools"][0]["max_count"]) == user


@pytest.mark.parametrize("size", SIZES.values(), ids=lambda size: size.name)
def test_each_known_size_becomes_one_that_stays_and_is_no_smaller(size: Any) -> None:
    found = choose(size.name)
    assert found is not None
    assert SIZES[found.size].retires is None
    assert (found.size == size.name) == (size.retires is None)
    assert SIZES[found.size].cpus >= min(size.cpus, 96)
    assert bool(found.reason) == bool(found.source) == (size.retires is not None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Standard_D2_v2", "Standard_D2ds_v6"),
        ("Standard_A7", "Standard_E8ds_v6"),
        ("Basic_A0", "Standard_D2ds_v6"),
        ("Standard_NC6", "Standard_NC8as_T4_v3"),
        ("Standard_H16mr", "Standard_D16lds_v6"),
        ("Standard_D4_v3", "Standard_D4s_v3"),
        ("Standard_D8d_v4", "Standard_D8ds_v4"),
        ("Standard_DS14-4_v2_Promo", "Standard_E16ds_v6"),
        ("standard_d4ds_V5", "Standard_D4ds_v5"),
        ("Standard_A12", None),
        ("Standard_M64s", None),
        ("", None),
        ("Standard_D9999999999999999999_v2", None),
    ],
)
def test_sizes_that_are_not_in_the_table_are_known_too(old: str, new: str | None) -> None:
    found = choose(old)
    assert (found.size if found else None) == new


def test_the_keys_of_acs_engine_stand_once() -> None:
    every = [*JUDGED, *(path for path, _, _ in dropped())]
    assert len(every) == len({path.lower() for path in every})


SEED = {
    "resource_group": "westuscluster1",
    "dns_prefix": "westuscluster1",
    "tier": "Standard",
    "user_pools": [{"name": "agentpo1", "vm_size": "Standard_D2ds_v6", "count": 2}],
}


def test_the_settings_of_a_topology_leave_name_kind_and_zones_to_it() -> None:
    assert settings(CORPUS / "seed-k8.json") == {**SEED, "system_pool": {"vm_size": "Standard_D4ds_v5"}}
    pool = {"vm_size": "Standard_D4ds_v5", "count": 3}
    assert settings(CORPUS / "seed-k8.json", location="eastus") == {
        **SEED,
        "location": "eastus",
        "system_pool": pool,
    }
    assert "zones" not in settings(CORPUS / "five-masters-two-zones.json", location="westus")


def test_a_topology_takes_the_settings_of_its_file_and_its_own_keys_win() -> None:
    cluster = {
        "name": "west",
        "kind": "aks",
        "location": "westus",
        "acs_engine": str(CORPUS / "seed-k8.json"),
    }
    topology, mistakes = examine(
        {"name": "fed", "domain": "example.com", "clusters": [{**cluster, "tier": "Free", "node_count": 5}]}
    )
    assert topology is not None, mistakes
    [found] = [c.model_dump() for c in topology.clusters]
    assert (found["dns_prefix"], found["tier"]) == ("westuscluster1", "Free")
    assert (found["user_pools"][0]["name"], found["user_pools"][0]["count"]) == ("agentpo1", 5)


def test_settings_of_a_refused_file_are_an_error_with_all_problems() -> None:
    path = CORPUS / "refused-private-keys.json"
    with pytest.raises(ApiModelError) as caught:
        settings(path)
    assert caught.value.cause.count("holds a secret in clear") == 4
    assert caught.value.fix == f"correct the file; `fedctl convert {path}` tells what becomes of each line"
    assert "not-a-real" not in str(caught.value)


@pytest.mark.parametrize(
    "path", ["/nowhere/k8s.json", "~no-such-user-here/k8s.json", "a\0b", "/", "$HOME", "\udcff"]
)
def test_a_file_that_cannot_be_read_is_an_error(path: str) -> None:
    with pytest.raises(ApiModelError) as caught:
        settings(path)
    assert "cannot be read" in str(caught.value)
    assert caught.value.__cause__ is None
