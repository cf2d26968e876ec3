"""Runs a site of other people in a process and a database of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from dev.keeper import ROOT

SETTINGS = "tests.support.other_sites.settings"
# Every part that can be left out.
PARTS = tuple(
    f"postroom.web.{name}"
    for name in ("protection", "api", "jobs", "notifications", "importing", "reporting", "console")
)


def visit(url: str, *parts: str, **choices: str) -> dict[str, Any]:
    """What `visit.py` reports of a site with these parts; `choices`: ADMIN, USER, API."""
    done = start(*parts, module="tests.support.other_sites.visit", DATABASE_URL=url, **choices)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def start(*parts: str, module: str, **choices: str) -> subprocess.CompletedProcess[str]:
    """Run `module` with the settings of such a site."""
    ours = {"DATABASE_URL"}
    given = {name if name in ours else f"OTHER_{name}": value for name, value in choices.items()}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *module.split()],
        cwd=ROOT,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": SETTINGS, "OTHER_APPS": ",".join(parts)}
        | given,
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextmanager
def empty_database() -> Iterator[str]:
    """The URL of a new database, as long as the block runs."""
    url, name = os.environ["DATABASE_URL"], f"other_{token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )
