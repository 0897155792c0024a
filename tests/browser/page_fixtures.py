"""A page in Chromium, and what a person would see in it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict

from playwright.sync_api import Browser, Dialog, Page

HEIGHT = 900
STEP_MS = 120_000
LEAST_CONTRAST = 4.5
"""Between letters and what is behind them (WCAG 2.2, success criterion 1.4.3)."""

_CONTRAST = """
() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ratio = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const opaque = c => c.length === 3 || c[3] > 0;
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (opaque(colour)) return colour;
    }
    return [255, 255, 255];
  };
  const box = text => {
    const { x, y } = text.getBBox(), rects = [...text.ownerSVGElement.querySelectorAll('rect')];
    return rects.filter(r => {
      const b = r.getBBox();
      return b.x <= x && x <= b.x + b.width && b.y <= y && y <= b.y + b.height;
    }).pop();
  };
  const found = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement, style = getComputedStyle(element), said = node.textContent.trim();
    if (!said || ['title', 'desc', 'style', 'TITLE', 'STYLE'].includes(element.tagName)) continue;
    const drawn = element.tagName === 'text', rect = drawn && box(element);
    const ink = parse(drawn ? style.fill : style.color);
    const back = rect ? parse(getComputedStyle(rect).fill) : behind(element);
    found.push({ text: said.slice(0, 60), ratio: ratio(ink, back) });
  }
  return found;
}
"""
_OUTSIDE = """
() => [...document.querySelectorAll('svg text')].filter(text => {
  const view = text.ownerSVGElement.viewBox.baseVal, t = text.getBBox();
  const room = [...text.ownerSVGElement.querySelectorAll('rect')].map(r => r.getBBox()).filter(
    b => b.width && b.x <= t.x && t.x < b.x + b.width && b.y <= t.y && t.y < b.y + b.height
  ).pop() || { x: view.x, y: view.y, width: view.width, height: view.height };
  return t.x + t.width > room.x + room.width || t.y + t.height > room.y + room.height;
}).map(text => text.textContent)
"""
_COLOURS = """
async data => {
  const image = await createImageBitmap(await (await fetch(data)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  const pixels = new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer), counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
  return { colours: counts.size, most: Math.max(...counts.values()) / pixels.length };
}
"""

Scheme = Literal["light", "dark"]


class Ink(TypedDict):
    """A piece of text, and its contrast to what is behind it."""

    text: str
    ratio: float


@dataclass
class Seen:
    """A page, and all that went wrong while it was loaded."""

    page: Page
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def dialog(self, dialog: Dialog) -> None:
        """A page that shows one waits for an answer."""
        self.said.append(dialog.message)
        dialog.dismiss()

    def contrasts(self) -> list[Ink]:
        """Of all texts."""
        found: list[Ink] = self.page.evaluate(_CONTRAST)
        return found

    def outside(self) -> list[str]:
        """Texts of drawings that leave their box, or the drawing."""
        found: list[str] = self.page.evaluate(_OUTSIDE)
        return found

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        found: int = self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return found

    def colours(self) -> tuple[int, float]:
        """Of a picture of the whole page: how many there are, and the share of the one that there is most of."""
        picture = base64.b64encode(self.page.screenshot(full_page=True)).decode()
        with self.page.context.new_page() as other:
            found: dict[str, Any] = other.evaluate(_COLOURS, f"data:image/png;base64,{picture}")
        return int(found["colours"]), float(found["most"])


@contextmanager
def opened(browser: Browser, file: Path, *, width: int = 1280, scheme: Scheme = "light") -> Iterator[Seen]:
    """The file in a window of its own."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    context.set_default_timeout(STEP_MS)
    with context, context.new_page() as page:
        seen = Seen(page)
        page.on("console", lambda message: seen.said.append(message.text))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.on("dialog", seen.dialog)
        page.on("requestfailed", lambda request: seen.said.append(f"failed: {request.url}"))
        page.on("request", lambda request: seen.requests.append(request.url))
        page.goto(file.as_uri())
        yield seen
