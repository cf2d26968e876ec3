"""The page on versions names what `postroom` offers, its extras and its commands' apps."""

import re
import tomllib

import postroom
from dev.keeper import ROOT

PAGE = (ROOT / "docs/versions.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def first_cells(heading: str) -> set[str]:
    """The names in the first column of the first table below a heading."""
    table = PAGE.partition(f"## {heading}\n")[2].partition("|---|---|\n")[2]
    rows = re.match(r"( *\|.*\n)+", table)
    assert rows
    return {
        name for row in rows[0].splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }


def test_it_lists_the_public_names() -> None:
    assert first_cells("What is public") == set(postroom.__all__)


def test_it_lists_the_extras() -> None:
    assert first_cells("What to install") == set(PROJECT["optional-dependencies"])


def test_it_names_each_version_of_django_that_is_tested() -> None:
    tested = [
        name.removeprefix("Framework :: Django :: ")
        for name in PROJECT["classifiers"]
        if name.startswith("Framework :: Django :: ")
    ]
    assert f"| Django | {' and '.join(tested)} (" in PAGE
