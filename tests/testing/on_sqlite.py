"""Runs tests of this checkout in a site that has SQLite, as a site's own tests run."""

import os
import subprocess
import sys

from dev.keeper import ROOT

SETTINGS = "tests.support.sqlite_site.settings"


def environment() -> dict[str, str]:
    """This process's without what names services or settings."""
    named = ("DATABASE_", "RABBITMQ_", "EMAIL_", "PYTEST_", "COV_", "DJANGO_SETTINGS_MODULE")
    found = {name: value for name, value in os.environ.items() if not name.startswith(named)}
    return found | {"PYTHONPATH": str(ROOT)}


def pytest_on_sqlite(*words: str) -> str:
    """The output of pytest; fails if a test fails."""
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--ds={SETTINGS}"]
    return run(["-m", "pytest", *options, *words])


def python_on_sqlite(program: str) -> str:
    """The output of a program in the site."""
    return run(["-c", program])


def run(words: list[str]) -> str:
    """The output of Python; fails with it if Python does."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment() | {"DJANGO_SETTINGS_MODULE": SETTINGS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
