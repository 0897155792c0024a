"""Drawings of `fedctl graph` in a real browser: all text is in its box, and can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from federation.graph import draw, svg
from tests.browser.page_fixtures import LEAST_CONTRAST, opened
from tests.unit.graph_fixtures import GRAPHS


@pytest.mark.parametrize("name", GRAPHS)
def test_text_stays_in_its_box_and_stands_out(browser: Browser, tmp_path: Path, name: str) -> None:
    file = tmp_path / "graph.svg"
    file.write_text(svg(draw(GRAPHS[name]())))
    with opened(browser, file, width=1000) as seen:
        assert seen.said == []
        assert seen.requests == [file.as_uri()]
        assert seen.outside() == []
        found = seen.contrasts()
        assert len(found) > 10
        assert [ink for ink in found if ink["ratio"] < LEAST_CONTRAST] == []
