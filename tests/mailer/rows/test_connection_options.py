"""Every connection keeps its time limits and reads times, whatever the URL or the database says."""

import json
import os
import subprocess
import sys
from datetime import datetime
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from dev.keeper import ROOT
from postroom.mailer.rows.database import Database

_SHOWN = ("search_path", "statement_timeout", "lock_timeout", "DateStyle", "IntervalStyle")
_WEB = """
import json, django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    shown = [cursor.execute(f"SHOW {name}").fetchone()[0] for name in %r]
    cursor.execute("SELECT now()")
print(json.dumps(shown))
"""


@pytest.fixture
def odd_url(database_url: str) -> Any:
    """A database with forms of its own, and a URL with options."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        alter = sql.SQL("ALTER DATABASE {} SET {} TO {}")
        forms = {"DateStyle": "SQL, DMY", "IntervalStyle": "iso_8601"}
        for setting, value in forms.items():
            connection.execute(alter.format(name, sql.Identifier(setting), sql.Literal(value)))
        yield f"{database_url}?options={quote('-c search_path=app,public')}"
        for setting in forms:
            connection.execute(
                sql.SQL("ALTER DATABASE {} RESET {}").format(name, sql.Identifier(setting))
            )


def test_mailer_keeps_its_limits_and_reads_times(odd_url: str) -> None:
    database = Database(odd_url, name="test")
    try:
        shown = database.run(lambda c: [c.execute(f"SHOW {name}").fetchone() for name in _SHOWN])
        now = database.run(lambda c: c.execute("SELECT now()").fetchone())
    finally:
        database.close()
    values = ("app,public", "20s", "3s", "ISO, MDY", "postgres")
    assert shown == [(value,) for value in values]
    assert now is not None
    assert isinstance(now[0], datetime)


def test_web_keeps_its_limits_and_reads_times(odd_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WEB % (_SHOWN,)],
        cwd=ROOT,
        env=os.environ
        | {"DATABASE_URL": odd_url, "DJANGO_SETTINGS_MODULE": "postroom.web.site.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout.splitlines()[-1])
    assert shown == ["app,public", "30s", "10s", "ISO, MDY", "postgres"]
