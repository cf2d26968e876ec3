"""The documentation builds without a warning, no link is broken, every page is listed."""

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from dev.keeper import ROOT
from dev.pages.docs_navigation import INDEXES, listed, sections, toctrees

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks/README.md"]


class Page(HTMLParser):
    """The links and the anchors of one built page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in {"href", "src"} and value:
                self.links.append(value)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The site, built with warnings as errors."""
    build = ["-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "-c", "docs/_site"]
    done = subprocess.run(
        [sys.executable, *build, "-d", str(tmp_path / "cache"), ".", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return tmp_path / "site"


def broken(site: Path) -> Iterator[str]:
    """Broken links within the site."""
    pages = {path: Page(path.read_text()) for path in site.rglob("*.html")}
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{path.relative_to(site)}: {link} does not exist"
            elif target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{path.relative_to(site)}: {link} has no such heading"


def test_no_link_within_the_documentation_is_broken(site: Path) -> None:
    assert (site / "index.html").is_file()
    assert list(broken(site)) == []


def test_a_broken_link_and_a_broken_anchor_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#there"></a><a href="c.html"></a>')
    (tmp_path / "b.html").write_text('<h1 id="here"></h1><a href="a.html"></a><a href="#here"></a>')
    assert sorted(broken(tmp_path)) == [
        "a.html: b.html#there has no such heading",
        "a.html: c.html does not exist",
    ]


def test_every_page_is_in_the_navigation_once() -> None:
    pages = list(listed(ROOT))
    assert sorted(set(pages)) == sorted(pages)
    there = {path.relative_to(ROOT).with_suffix("").as_posix() for path in PAGES}
    assert set(pages) == there


@pytest.mark.parametrize("index", INDEXES)
def test_an_index_lists_its_whole_folder(index: str) -> None:
    folder = (ROOT / index).parent
    there = {path.relative_to(ROOT).with_suffix("").as_posix() for path in folder.glob("*.md")}
    pages = {
        page for one in sections(index, (ROOT / f"{index}.md").read_text()) for page in one.pages
    }
    assert there - {index} <= pages


def test_lists_and_tables_of_an_index_become_contents() -> None:
    first = "# T\n\n- [Top](../README.md)\n"
    text = f"{first}\n## Run\n\n- [Scale](scaling.md): how\n\n| [A](x/a.md) | b |\n"
    assert [(one.title, one.pages) for one in sections("docs/README", text)] == [
        ("", ("README",)),
        ("Run", ("docs/scaling", "docs/x/a")),
    ]
    assert toctrees("docs/README", text).endswith(
        "```{toctree}\n:hidden:\n:caption: Run\n\n/docs/scaling\n/docs/x/a\n```\n"
    )
