"""The page of `fedctl report` in a real browser: nothing is loaded or run, and everything can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from federation.report import Report, html
from tests.browser.page_fixtures import LEAST_CONTRAST, Scheme, opened
from tests.unit import report_fixtures

DESKTOP, PHONE = 1280, 390
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PAGES = (report_fixtures.healthy, report_fixtures.rich, report_fixtures.hostile)


def written(folder: Path, make: Callable[[], Report]) -> Path:
    file = folder / "report.html"
    file.write_text(html(make()))
    return file


@pytest.mark.parametrize("make", PAGES)
def test_the_page_loads_nothing_and_the_browser_has_no_complaint(
    browser: Browser, tmp_path: Path, make: Callable[[], Report]
) -> None:
    file = written(tmp_path, make)
    with opened(browser, file) as seen:
        assert seen.said == []
        assert seen.requests == [file.as_uri()]
        assert seen.page.evaluate("() => [document.scripts.length, document.images.length]") == [0, 0]
        assert seen.page.evaluate("() => document.compatMode") == "CSS1Compat"


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("make", PAGES)
def test_nothing_is_wider_than_the_window(
    browser: Browser, tmp_path: Path, make: Callable[[], Report], width: int
) -> None:
    with opened(browser, written(tmp_path, make), width=width) as seen:
        assert seen.overflow() == 0
        assert seen.outside() == []


def test_a_page_that_is_wider_than_its_window_would_be_noticed(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, report_fixtures.rich), width=PHONE) as seen:
        seen.page.evaluate("() => { document.body.style.minWidth = '900px'; }")
        assert seen.overflow() > 0


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_what_an_operator_looks_for_is_there_to_be_seen(browser: Browser, tmp_path: Path, width: int) -> None:
    report = report_fixtures.rich()
    with opened(browser, written(tmp_path, lambda: report), width=width) as seen:
        page = seen.page
        problems = page.get_by_role("listitem")
        assert problems.first.inner_text() == "member edge-1 of the topology has not joined"
        assert problems.first.bounding_box()["y"] < 200  # type: ignore[index]  # it is on the first screen
        for member in report.members:
            assert page.get_by_role("table").first.get_by_text(member.name, exact=True).is_visible()
        assert page.title() == "9 problems: federation production"
        assert page.get_by_role("img", name="Federation production").is_visible()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("make", PAGES)
def test_all_text_stands_out_from_what_is_behind_it(
    browser: Browser, tmp_path: Path, make: Callable[[], Report], scheme: Scheme
) -> None:
    with opened(browser, written(tmp_path, make), scheme=scheme) as seen:
        found = seen.contrasts()
        assert len(found) > 60
        assert [ink for ink in found if ink["ratio"] < LEAST_CONTRAST] == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_is_not_blank(browser: Browser, tmp_path: Path, scheme: Scheme) -> None:
    with opened(browser, written(tmp_path, report_fixtures.rich), scheme=scheme) as seen:
        colours, most = seen.colours()
    assert colours > 200
    assert most < 0.85


def test_dark_is_dark(browser: Browser, tmp_path: Path) -> None:
    file = written(tmp_path, report_fixtures.healthy)
    backs = []
    for scheme in SCHEMES:
        with opened(browser, file, scheme=scheme) as seen:
            backs.append(seen.page.evaluate("() => getComputedStyle(document.body).backgroundColor"))
    assert backs == ["rgb(244, 246, 249)", "rgb(18, 22, 28)"]


def test_what_is_said_of_an_attack_is_its_text(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, report_fixtures.hostile)) as seen:
        assert seen.page.get_by_role("heading", level=1).inner_text() == (
            f"Federation {report_fixtures.ATTACK}"
        )
        assert seen.page.evaluate("() => document.styleSheets.length") == 1
        assert (
            seen.page.evaluate("() => document.querySelectorAll('a, iframe, form, object, base').length") == 0
        )
