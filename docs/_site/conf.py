"""Sphinx configuration of the documentation site; `make docs` builds it."""

import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from dev.pages.docs_navigation import INDEXES, ROOT_PAGE, toctrees  # noqa: E402

project = "Postroom"
root_doc = ROOT_PAGE
extensions = ["myst_parser"]
# The source is the repository, so that links between README.md, docs/ and the rest are checked.
include_patterns = ["*.md", "docs/**.md", "benchmarks/README.md"]
exclude_patterns = [
    ".*", "*.egg-info", "benchmarks/.venvs", "benchmarks/results", "build", "deploy", "dev",
    "docker", "mailer", "migrations", "node_modules", "postroom", "requirements", "shared",
    "staticfiles", "tests", "web",
]  # fmt: skip
myst_heading_anchors = 4
# Blocks in languages that Pygments does not know are shown as they are; any other warning fails.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = "Postroom"
html_static_path = ["static"]
html_css_files = ["postroom.css"]
html_extra_path = ["index.html"]
html_copy_source = html_show_sphinx = html_show_copyright = False
html_theme_options = {"source_edit_link": "", "source_view_link": ""}


def _navigate(_app: Sphinx, docname: str, source: list[str]) -> None:
    if docname in INDEXES:
        source[0] += toctrees(docname, source[0])


def _name_levels(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Give the navigation's headings a level; without it screen readers ignore them."""
    tree = context.get("furo_navigation_tree", "")
    heading = 'role="heading"'
    context["furo_navigation_tree"] = tree.replace(heading, f'{heading} aria-level="2"')


def setup(app: Sphinx) -> None:
    """Register both hooks; Sphinx calls this at its start."""
    app.connect("source-read", _navigate)
    app.connect("html-page-context", _name_levels, priority=900)  # after the theme's own
