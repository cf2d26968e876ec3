"""A mailer decides nothing by its own wall clock: waits are monotonic, times the database's."""

import ast
from collections.abc import Iterator

import pytest

from dev.keeper import ROOT

_WALL_CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today"}


def wall_clocks(text: str) -> Iterator[str]:
    """Calls of a wall clock, and imports that would hide one."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = ".".join(ast.unparse(node.func).split(".")[-2:])
            if name in _WALL_CLOCKS:
                yield name
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"time.{a.name}" for a in node.names if f"time.{a.name}" in _WALL_CLOCKS)


@pytest.mark.fault(74)
@pytest.mark.parametrize("folder", ["mailer", "shared/broker", "shared/process"])
def test_no_decision_is_made_by_the_wall_clock(folder: str) -> None:
    found = {
        path.relative_to(ROOT).as_posix(): list(wall_clocks(path.read_text()))
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert found
    assert {path: names for path, names in found.items() if names} == {}


def test_a_wall_clock_is_found() -> None:
    text = "import time\nfrom time import time_ns\na = time.time()\nb = datetime.datetime.now()"
    assert sorted(wall_clocks(text)) == ["datetime.now", "time.time", "time.time_ns"]
