"""The pack's calendar and tables of Azure against those of the federation, which it may not import."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from federation.topology import regions, sizes, versions
from policy import azure_data, retirements
from policy.retirements import AVAILABILITY_SETS, FEATURES, SIZES, VERSIONS, Retirement, due, find, fits, rows

DAY = date(2027, 6, 30)
PATH = "ManagedCluster.agentPoolProfiles.vmSize"
ENTRY: dict[str, Any] = {
    "what": "kubenet",
    "pattern": "networkProfile.networkPlugin=kubenet",
    "date": "2028-03-31",
    "source": "AKS#4859",
    "successor": "overlay",
}


@pytest.mark.parametrize(("days", "is_due"), [(-1, "past"), (0, "soon"), (180, "soon"), (181, None)])
def test_the_last_half_year_of_something_is_soon(days: int, is_due: str | None) -> None:
    assert due(DAY, DAY - timedelta(days)) == is_due


@pytest.mark.parametrize(("days", "is_due"), [(-1, "past"), (0, "soon"), (9, "soon"), (10, None)])
def test_soon_may_be_another_time(days: int, is_due: str | None) -> None:
    assert due(DAY, DAY - timedelta(days), within=9) == is_due


@pytest.mark.parametrize("size", sizes.SIZES.values(), ids=lambda size: size.name)
def test_the_pack_knows_the_day_of_each_size(size: sizes.Size) -> None:
    entry = find(SIZES, PATH, size.name)
    assert (entry and entry.date) == size.retires
    assert azure_data.known_size(size.name) == (size.retires is None)


@pytest.mark.parametrize(
    "name",
    """Standard_A2 Basic_A1 Standard_NC6 Standard_NC6_v2 Standard_NC6s_v2 Standard_NC6s_v3 Standard_NC24rs_v3
    Standard_ND6 Standard_ND6s Standard_NV6 Standard_NV6_v2 Standard_NV12s_v2 Standard_NV12s_v3 Standard_NV4as_v4
    Standard_H8 Standard_H16m Standard_H16r""".split(),
)
def test_the_pack_knows_that_a_size_is_gone(name: str) -> None:
    assert sizes.retired(name)
    entry = find(SIZES, PATH, name)
    assert entry is not None
    assert due(entry.date, date(2026, 11, 29)) == "past"
    assert not azure_data.known_size(name)


def test_each_series_has_its_source_and_a_successor_that_stays() -> None:
    assert {entry.source for entry in SIZES if entry.date >= date(2028, 1, 1)} == {
        "Azure update 485569",
        "Azure update 500682",
    }
    assert {entry.date: entry.source for entry in SIZES if entry.source.startswith("Azure update")} == {
        date(2026, 9, 30): "Azure update 516070",
        date(2027, 5, 31): "Azure update 548497",
        date(2028, 5, 1): "Azure update 485569",
        date(2028, 11, 15): "Azure update 500682",
    }
    known = {name.replace("#", "").removeprefix("Standard_") for name in azure_data.SIZES}
    successors = {entry.successor.removeprefix("series ") for entry in SIZES}
    assert successors - known == set()


def test_the_pack_knows_the_versions_of_kubernetes_and_their_last_days() -> None:
    expected = {versions.shown(version): day for version, day in versions.ENDS.items()} | {
        f"{versions.shown(version)}-lts": day for version, day in versions.LONG_TERM_ENDS.items()
    }
    assert {entry.pattern.removeprefix("kubernetesVersion="): entry.date for entry in VERSIONS} == expected
    assert {entry.what for entry in VERSIONS} == {
        f"Kubernetes {versions.shown(known)}" for known in versions.ENDS
    }
    assert retirements.NEWEST == versions.DEFAULT


def test_the_pack_knows_the_regions_and_their_zones() -> None:
    assert set(azure_data.REGIONS) == set(regions.REGIONS)
    for name, zoned in regions.REGIONS.items():
        assert azure_data.zones(name) == (regions.ZONES if zoned else ())


@pytest.mark.parametrize(
    "entry", [*FEATURES, *SIZES, *VERSIONS], ids=lambda entry: f"{entry.what}-{entry.pattern}"
)
def test_an_entry_is_found_by_its_own_pattern(entry: Retirement) -> None:
    path, _, value = entry.pattern.replace("*", "vm").replace("#", "8").partition("=")
    assert find((*FEATURES, *SIZES, *VERSIONS), f"Type.{path}", value.swapcase()) == entry


@pytest.mark.parametrize(
    ("pattern", "text", "fitting"),
    [
        ("Standard_D#_v2", "standard_d16_V2", True),
        ("Standard_D#_v2", "Standard_D16-4_v2", True),
        ("Standard_D#_v2", "Standard_D_v2", False),
        ("Standard_D#_v2", "Standard_D16-_v2", False),
        ("Standard_D#_v2", "Standard_D16_v2_Promo", False),
        ("Standard_D#_v2", "xStandard_D16_v2", False),
        ("Standard_D*_v2", "Standard_D_v2", True),
        ("a.b", "axb", False),
    ],
)
def test_patterns_stand_for_numbers_and_texts(pattern: str, text: str, *, fitting: bool) -> None:
    assert fits(pattern, text) is fitting


@pytest.mark.parametrize(
    ("path", "concerned"),
    [
        ("ManagedCluster.networkProfile.networkPlugin", True),
        ("networkProfile.networkPlugin", True),
        ("Foo.bar.networkprofile.NetworkPlugin", True),
        ("Foo.myNetworkProfile.networkPlugin", False),
        ("networkProfile.networkPlugin.x", False),
        ("networkPlugin", False),
    ],
)
def test_a_pattern_is_about_the_end_of_a_path(path: str, *, concerned: bool) -> None:
    entry = Retirement.model_validate(ENTRY)
    assert entry.concerns(path) is concerned
    assert entry.used_by(path, "Kubenet") is concerned
    assert not entry.used_by(path, "azure")


def test_a_value_may_have_a_sign_in_it() -> None:
    entry = Retirement.model_validate(ENTRY | {"pattern": "tags.x=a=b"})
    assert entry.used_by("Foo.tags.x", "a=b")
    assert not entry.used_by("Foo.tags.x", "b")


def test_a_table_has_lines_of_cells() -> None:
    assert list(rows("\na b | c\nd|e \n")) == [["a b", "c"], ["d", "e"]]


def test_words_of_one_letter_are_words() -> None:
    assert Retirement.model_validate(ENTRY | {"what": "a", "source": "b", "successor": "c"}).what == "a"
    assert AVAILABILITY_SETS.what == "availability sets of AKS"


@pytest.mark.parametrize(
    "wrong",
    [{"pattern": "kubenet"}, {"pattern": "=kubenet"}, {"pattern": "networkPlugin="}, {"other": 1}]
    + [{key: ""} for key in ("what", "source", "successor")]
    + [{"date": "soon"}],
)
def test_an_entry_of_a_team_is_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Retirement.model_validate(ENTRY | wrong)
