"""docs/settings.md says what the code reads: every name, with its type, bounds and default."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from dev.keeper import ROOT
from dev.pages.settings_meaning import ELSEWHERE, GROUPS
from dev.pages.settings_reading import Asked
from dev.pages.settings_reference import PAGE, MismatchError, page

NAMES = [meaning.name for group in GROUPS for meaning in group.settings]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_page_is_up_to_date() -> None:
    done = run("-m", "dev.pages.settings_reference", "--check")
    assert done.returncode == 0, done.stderr


def asked() -> dict[str, Asked]:
    return {name: Asked("text", readers={"web", "mailer"}) for name in NAMES}


def test_a_setting_without_a_meaning_is_named() -> None:
    with pytest.raises(MismatchError, match=r"Add a line .* for EMAIL_NEW\."):
        page(asked() | {"EMAIL_NEW": Asked("text")})


def test_a_meaning_that_no_service_reads_is_named() -> None:
    read = asked()
    del read["EMAIL_HOST"]
    with pytest.raises(MismatchError, match=r"No service reads EMAIL_HOST:"):
        page(read)


def test_a_setting_below_the_wrong_heading_is_named() -> None:
    read = asked()
    read["EMAIL_HOST"] = replace(read["EMAIL_HOST"], readers={"web"})
    with pytest.raises(MismatchError, match="EMAIL_HOST is not read by mailer"):
        page(read)


def test_bounds_units_and_defaults_are_in_words() -> None:
    rows = {line.split("`")[1]: line for line in PAGE.read_text().splitlines() if "| `" in line}
    assert "| seconds from 0.1 to 86400 | 600 (10 minutes) |" in rows["EMAIL_FINAL_TIMEOUT"]
    assert "| bytes from 1 | 10485760 (10 MiB) |" in rows["SUBMISSION_MAX_FILE_BYTES"]
    assert "| yes or no | yes |" in rows["EMAIL_CHUNKING"]
    assert "| `resend`, `hold` | `resend` |" in rows["EMAIL_ON_UNKNOWN"]
    assert "| text | required |" in rows["DATABASE_URL"]


def names_read_directly() -> Iterator[str]:
    """Names that our code looks up in `os.environ` itself."""
    for folder in ("shared", "mailer", "web"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            for node in ast.walk(ast.parse(text)) if "environ" in text else ():
                match node:
                    case ast.Call(
                        func=ast.Attribute(value=source, attr="get" | "setdefault"),
                        args=[ast.Constant(value=str(name)), *_],
                    ) if ast.unparse(source) in {"os.environ", "environment"}:
                        yield name
                    case ast.Subscript(value=source, slice=ast.Constant(value=str(name))) if (
                        ast.unparse(source) == "os.environ"
                    ):
                        yield name


def test_what_is_read_past_the_readers_is_listed_too() -> None:
    handed_on = {"PYTHONPATH"}  # the interpreter's own, for child processes
    listed = {meaning.name for meaning in ELSEWHERE}
    assert set(names_read_directly()) - handed_on <= listed


def test_a_wrong_log_level_refuses_to_start_and_is_named() -> None:
    done = run("manage.py", "version", LOG_LEVEL="loud")
    assert done.returncode != 0
    assert "LOG_LEVEL='loud' must be one of DEBUG, ERROR, INFO, WARNING" in done.stderr
