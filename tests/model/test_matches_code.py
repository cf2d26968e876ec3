"""Model and code name the same statements and functions, and the guards are in the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.keeper import ROOT
from tests.model import explore
from tests.model.guards import GUARDS, Guard
from tests.model.steps import OUTBOX, PEOPLE, SQL, STEPS

TABLES = "postroom_(emailqueue|emailrecipient|emaillog|suppression|queuecontrol)"
WRITES = re.compile(rf"\b(UPDATE|INSERT INTO|DELETE FROM)\s+{TABLES}\b")
BY_DJANGO = re.compile(
    r"\b(EmailQueue|EmailRecipient|EmailLog)\.objects\.(.*\.)?(bulk_)?(create|update|delete)\("
)

# What writes these tables and has no step, with the reason.
NOT_MODELLED = {
    f"{OUTBOX}: wake_relay": "writes nothing: a relay that is not woken looks every second",
}
FILES_NOT_MODELLED = {
    "web/emails/queueing/insertion.py": "the initial state: a new row",
    "web/emails/queueing/plain_orm.py": "the same",
    "web/emails/operating/cleanup_statements.py": "deletes e-mails that ended long ago",
    "web/testing/delivery.py": "in a test, for relay and mailer; never beside them",
    "web/importing/batch.py": "e-mails of another queue that ended there",
}


def statements() -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)\n", (ROOT / SQL).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], map(squeezed, parts[2::2]), strict=True))


def functions(path: str) -> list[str]:
    tree = ast.parse((ROOT / path).read_text())
    found = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name for name in found if not name.startswith("_")]


def squeezed(text: str) -> str:
    """Without comments, and with single spaces."""
    return " ".join(re.sub(r"(--|(?<![\"'])#) .*", "", text).split())


def stood_for() -> set[str]:
    assert explore.ACTORS  # importing them registers the steps
    return {name for step in STEPS for name in step.stands_for}


def there_are() -> set[str]:
    names = {f"{SQL}: {name}" for name in statements()}
    return names | {f"{path}: {name}" for path in (OUTBOX, PEOPLE) for name in functions(path)}


def test_every_statement_that_writes_has_a_step() -> None:
    writing = {f"{SQL}: {name}" for name, text in statements().items() if WRITES.search(text)}
    assert writing
    assert not writing - stood_for(), "Give these a step in tests/model."


@pytest.mark.parametrize("path", [OUTBOX, PEOPLE])
def test_every_function_that_moves_rows_has_a_step(path: str) -> None:
    names = {f"{path}: {name}" for name in functions(path)}
    assert names
    assert not names - stood_for() - NOT_MODELLED.keys(), "Give these a step in tests/model."


def test_no_step_stands_for_something_that_no_longer_exists() -> None:
    assert not stood_for() - there_are(), "Remove these from tests/model."
    assert not NOT_MODELLED.keys() - there_are(), "Remove these from NOT_MODELLED."


def files_that_write() -> Iterator[str]:
    for folder in ("mailer", "shared", "web"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in {".py", ".sql"}:
                continue
            text = path.read_text()
            if WRITES.search(text) or BY_DJANGO.search(text):
                yield str(path.relative_to(ROOT))


def test_rows_are_written_nowhere_else() -> None:
    known = {SQL, OUTBOX, PEOPLE, *FILES_NOT_MODELLED}
    assert set(files_that_write()) == known, "A new place writes rows: the model must know it."


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_guard_is_in_the_code(guard: Guard) -> None:
    path, _, statement = guard.where.partition(": ")
    text = statements()[statement] if statement else squeezed((ROOT / path).read_text())
    assert guard.text in text, f"{guard.name} changed in {guard.where}: look at the model."


def test_every_guard_can_be_left_out_of_a_step_and_no_name_is_misspelt() -> None:
    sources = "".join(p.read_text() for p in Path(__file__).parent.glob("*.py"))
    asked = set(re.findall(r'\.(?:has|guarded)\(\s*"(\w+)"', sources))
    assert asked == {guard.name for guard in GUARDS}
