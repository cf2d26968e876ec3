"""The documentation's navigation, made from the lists of links in its index pages."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT_PAGE = "docs/README"
# Pages whose lists name other pages; Sphinx takes its tables of contents from them.
INDEXES = (ROOT_PAGE, "docs/decisions/README", "docs/runbooks/README")

_HEADING = re.compile(r"## (?P<title>.+)")
_ENTRY = re.compile(r"(- |\| )\[[^]]+\]\((?P<target>[^)#:]+\.md)\)")


@dataclass(frozen=True, slots=True)
class Section:
    """The pages listed below one heading, as paths from the repository's root without suffix."""

    title: str
    pages: tuple[str, ...]


def sections(page: str, text: str) -> list[Section]:
    """The lists of an index page: lines or table rows that begin with a link to a page."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            found.append((heading["title"], []))
        elif entry := _ENTRY.match(line):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), entry["target"]))
            found[-1][1].append(target.removesuffix(".md"))
    return [Section(title, tuple(pages)) for title, pages in found if pages]


def toctrees(page: str, text: str) -> str:
    """An index page's lists as Sphinx's hidden tables of contents, in MyST's notation."""
    return "".join(_toctree(section) for section in sections(page, text))


def _toctree(section: Section) -> str:
    caption = [f":caption: {section.title}"] if section.title else []
    pages = [f"/{page}" for page in section.pages]
    return "\n".join(["", "```{toctree}", ":hidden:", *caption, "", *pages, "```", ""])


def listed(root: Path) -> Iterator[str]:
    """Every page that an index page names."""
    yield ROOT_PAGE
    for index in INDEXES:
        for section in sections(index, (root / f"{index}.md").read_text()):
            yield from section.pages
