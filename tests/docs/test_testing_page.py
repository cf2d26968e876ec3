"""The examples of docs/testing.md run as they are, in a site that has SQLite."""

import re
from pathlib import Path

from dev.keeper import ROOT
from tests.testing.on_sqlite import pytest_on_sqlite, python_on_sqlite

BLOCK = re.compile(r"```python\n# (?P<name>[^\n]+)\n(?P<code>.*?)```", re.DOTALL)


def blocks() -> dict[str, str]:
    text = (ROOT / "docs/testing.md").read_text()
    return {found["name"]: found["code"] for found in BLOCK.finditer(text)}


def test_the_tests_pass(tmp_path: Path) -> None:
    for name in ("conftest.py", "test_orders.py", "test_order_cases.py"):
        (tmp_path / name).write_text(blocks()[name])
    # Outside the checkout, whose own conftest is no site's.
    files = (str(tmp_path / name) for name in blocks() if name.startswith("test_"))
    output = pytest_on_sqlite(f"--rootdir={tmp_path}", f"-c{ROOT}/pyproject.toml", *files)
    assert "4 passed" in output


def test_settings_and_receiver_work() -> None:
    found = blocks()
    program = f"""
import django
from django.conf import settings
{found["settings of a developer"]}
settings.POSTROOM = POSTROOM
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
{found["receivers of a site"]}
from postroom import email_service
email_service.send_email_task("order_confirmed", "Hi", "ann@example.org", plain_body="Thanks.")
"""
    printed = python_on_sqlite(program)
    assert "order_confirmed 1" in printed
    assert "Subject: Hi" in printed
