"""The system's Chromium, driven by Playwright, which downloads nothing here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from lab import system

START_MS = 120_000
"""Tests of pages may run beside those of clusters, which take the processors first."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module", name="browser")
def browser_fixture() -> Iterator[Browser]:
    """One process for the tests of a file; each has a context of its own.

    Not for longer: Playwright has a loop of asyncio that runs until it ends, where others could start none.
    """
    found = system.browser()
    if found is None:
        pytest.fail("there is no Chromium here; run `make browser`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS, timeout=START_MS)
        yield browser
        browser.close()
