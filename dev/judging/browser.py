"""Looks at e-mails in Chromium: their width on a phone, and the contrast of all colours."""

from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE: Final = 360  # CSS pixels; the narrowest phones in use
_TEXT: Final = 4.5  # WCAG 2.2, 1.4.3
_SHAPES: Final = 3.0  # WCAG 2.2, 1.4.11

# Colours as the browser computes them: each text against the nearest background behind it, and each
# bar (a cell of a given colour without text) against what surrounds it.
_LOOK: Final = """
([text, shapes]) => {
  const found = new Set();
  const rgb = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = colour => {
    const [r, g, b] = rgb(colour).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (rgb(colour).length === 3 || rgb(colour)[3] > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const style = getComputedStyle(element);
    if (!node.data.trim() || !element.getClientRects().length || style.fontSize === '0px') continue;
    if (parseFloat(style.fontSize) < 12) found.add(`text of ${style.fontSize}`);
    const contrast = ratio(style.color, behind(element));
    if (contrast < text)
      found.add(`${contrast.toFixed(2)}:1 ${style.color} on ${behind(element)}`);
  }
  for (const bar of document.querySelectorAll('td[bgcolor]')) {
    const contrast = ratio(behind(bar), behind(bar.parentElement));
    if (contrast < shapes) found.add(`bar of ${contrast.toFixed(2)}:1`);
  }
  return [...found];
}
"""
_WIDE: Final = """
width => [...document.querySelectorAll('body *')]
  .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > width + 1)
  .map(e => `<${e.tagName.toLowerCase()} class="${e.className}"> reaches `
    + `${Math.round(e.getBoundingClientRect().right)} of ${width} px`)
  .slice(0, 3)
"""


# Words of labels that are cut in two, although they are short enough for their column.
_CUT: Final = """
longest => {
  const found = [];
  for (const label of document.querySelectorAll('.facts th')) {
    const walker = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      for (const word of node.data.matchAll(/\\p{L}+/gu)) {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map(r => Math.round(r.top)));
        if (word[0].length <= longest && lines.size > 1) found.push(`${word[0]} is cut in two`);
      }
  }
  return found;
}
"""
_SHORT: Final = 13  # letters, as in "Veranstaltung"
_STANDARDS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def axe_problems(page: Page) -> list[str]:
    """What axe finds in the e-mail that `page` shows: rules of WCAG 2.2, levels A and AA."""
    chosen = {"runOnly": {"type": "tag", "values": _STANDARDS}}
    answer = Axe().run(page, options=chosen).response
    return [f"axe {one['id']}: {one['nodes'][0]['html'][:80]}" for one in answer["violations"]]


def problems(page: Page, html: str) -> list[str]:
    """What is wrong with the look of an e-mail; `page` is a browser's page of PHONE pixels."""
    page.set_content(html)
    found: list[Any] = page.evaluate(_WIDE, PHONE) + page.evaluate(_CUT, _SHORT)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {one}" for one in page.evaluate(_LOOK, [_TEXT, _SHAPES])]
    return found
