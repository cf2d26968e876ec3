"""`python -m dev.pages.fault_matrix [--check]`: docs/fault-matrix.md from the tests' markers."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from dev.keeper import ROOT
from dev.pages.faults import GROUPS, Fault

PAGE = ROOT / "docs/fault-matrix.md"
_INTRODUCTION = """\
# Fault matrix

<!-- Written by `python -m dev.pages.fault_matrix`: faults are in dev/pages/faults.py, tests name
them by `@pytest.mark.fault(...)`. -->

What can go wrong, what Postroom does then, and the tests that show it. They use real servers:
PostgreSQL, RabbitMQ and SMTP servers are stopped, killed, frozen and cut off. `make test` runs all
of them; the last column says how many of them `make test-rabbitmq4` runs on RabbitMQ 4 too. To run
the tests of number 17: `.venv/bin/python -m dev.test --fault=17`.

The [delivery contract](delivery-contract.md) says what must hold through all of this, and the
[contract model](contract-model.md) checks it for every order of these events.
"""
_HEAD = "| # | fault | what Postroom does | tests | on RabbitMQ 4 |\n|---|---|---|---|---|\n"


class MismatchError(Exception):
    """Faults and markers disagree; the message says what to do."""


# By number of a fault: the tests that show it, as `path::name`.
Shown = Mapping[int, list[str]]


def marked(folder: Path = ROOT / "tests") -> Shown:
    """The tests below `folder` that carry the marker.

    Raises:
        MismatchError: a marker is not a list of numbers.
    """
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text()
        if "mark.fault(" not in text:
            continue
        name = path.relative_to(folder.parent).as_posix()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                for number in _numbers(node, name):
                    found[number].append(f"{name}::{node.name}")
    return found


def _numbers(test: ast.FunctionDef, path: str) -> Iterator[int]:
    for decorator in test.decorator_list:
        if not isinstance(decorator, ast.Call) or not ast.unparse(decorator.func).endswith(
            "mark.fault"
        ):
            continue
        if decorator.keywords or not decorator.args:
            raise MismatchError(f"{path}: give {test.name} the numbers of its faults.")
        for argument in decorator.args:
            match argument:
                case ast.Constant(value=int(number)):
                    yield number
                case _:
                    raise MismatchError(f"{path}: {test.name} names a fault by its number.")


def page(shown: Shown) -> str:
    """The text of docs/fault-matrix.md.

    Raises:
        MismatchError: a fault has no test, or a test names a fault that does not exist.
    """
    faults = {fault.number: fault for group in GROUPS for fault in group.faults}
    if unknown := sorted(shown.keys() - faults.keys()):
        tests = ", ".join(test for number in unknown for test in shown[number])
        raise MismatchError(f"dev/pages/faults.py has no fault {unknown}, which {tests} names.")
    missing = [n for n, fault in faults.items() if not shown.get(n) and not fault.untested]
    if missing:
        raise MismatchError(
            f"No test shows {missing}: mark one, or say in dev/pages/faults.py why none can."
        )
    on_rabbitmq4 = _rabbitmq4_folders()
    parts = [_INTRODUCTION]
    for group in GROUPS:
        parts.append(f"\n## {group.title}\n\n{_HEAD}")
        parts += [_row(fault, shown.get(fault.number, []), on_rabbitmq4) for fault in group.faults]
    return "".join(parts)


def _row(fault: Fault, tests: list[str], on_rabbitmq4: tuple[str, ...]) -> str:
    places = [test.partition("::") for test in tests]
    cells = [f"[`{name.removeprefix('test_')}`](../{path})" for path, _, name in places]
    if fault.untested:
        cells.append(f"Not tested: {fault.untested}")
    four = sum(test.startswith(on_rabbitmq4) for test in tests)
    share = ("all" if four == len(tests) else f"{four} of {len(tests)}") if four else ""
    return (
        f"| {fault.number} | {fault.happens} | {fault.postroom} | {'; '.join(cells)} | {share} |\n"
    )


def _rabbitmq4_folders() -> tuple[str, ...]:
    """The folders of ENGINE_TESTS in the Makefile."""
    text = (ROOT / "Makefile").read_text()
    found = re.search(r"^ENGINE_TESTS := (.*?)\n(?!\t)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise MismatchError("The Makefile no longer says ENGINE_TESTS; look at fault_matrix.py")
    prefix, names = "", []
    for word in re.findall(r"addprefix ([\w/]+),|([\w/]+)", found[1]):
        if word[0]:
            prefix = word[0] if not prefix else prefix + word[0]
        else:
            names.append(f"{prefix}{word[1]}/")
    return tuple(names)


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` only compare; returns the exit status."""
    try:
        text = page(marked())
    except MismatchError as error:
        print(error, file=sys.stderr)
        return 1
    if "--check" not in arguments:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        print(
            "docs/fault-matrix.md is stale: run python -m dev.pages.fault_matrix", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
