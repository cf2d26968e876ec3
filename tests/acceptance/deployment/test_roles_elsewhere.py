"""roles.sql on an empty database and in the composition; what a mailer's role sees."""

import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import errors, sql

from dev.keeper import ROOT
from dev.postgres import Postgres
from tests.acceptance.deployment.test_database_roles import NAMES, ROLES, connected, guarded
from tests.support.acceptance.system import System

__all__ = ["guarded"]  # fixtures


def test_file_on_a_database_without_tables_says_what_to_do(guarded: System) -> None:
    empty = urlunsplit(urlsplit(guarded.database_url)._replace(path="/postgres"))
    with (
        psycopg.connect(empty) as administrator,
        pytest.raises(errors.RaiseException, match=r"manage\.py migrate"),
    ):
        administrator.execute(ROLES)


def test_script_of_the_composition_makes_roles_with_their_passwords(
    guarded: System, private_postgres: Postgres, tmp_path: Path
) -> None:
    folder = tmp_path / "secrets"
    subprocess.run(["sh", ROOT / "docker/make-secrets.sh", folder], check=True)
    (folder / "postgres_password").write_text(private_postgres.password)
    parts = urlsplit(guarded.database_url)
    environment = os.environ | {
        "PATH": f"{private_postgres.binaries}:{os.environ['PATH']}",
        "SECRETS": str(folder),
        "ROLES": str(ROOT / "deploy/postgresql/roles.sql"),
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port),
        "PGDATABASE": parts.path[1:],
    }
    for name in NAMES[:3]:  # as in a cluster that has none
        guarded.query(
            sql.SQL("ALTER ROLE {} PASSWORD NULL").format(sql.Identifier(name)).as_string()
        )
    script = ["sh", str(ROOT / "docker/roles.sh")]
    subprocess.run(script, env=environment, check=True)
    for role in ("owner", "web", "mailer"):
        url = urlsplit((folder / f"database_url_{role}").read_text())
        here = url._replace(netloc=f"{url.netloc.rpartition('@')[0]}@{parts.hostname}:{parts.port}")
        with psycopg.connect(urlunsplit(here._replace(path=parts.path))) as connection:
            assert connection.execute("SELECT id FROM postroom_emailqueue").fetchall() == []


ENDED = ("completed", "partial", "failed", "cancelled", "expired", "suppressed")


def test_mailer_sees_only_mail_that_is_not_ended(guarded: System) -> None:
    system, file = guarded, [("list.txt", b"one", "text/plain")]
    ids = system.queue(len(ENDED) + 2, attachments=file, subject=str)
    for email_id, status in zip(ids, ENDED, strict=False):
        system.query(
            "UPDATE postroom_emailqueue SET status = %s, sent_at = now(), published_at = now() "
            "WHERE id = %s",
            status,
            email_id,
        )
    waiting = set(ids[len(ENDED) :])
    with connected(system, "mailer") as mailer:
        for table, column in (
            ("postroom_emailqueue", "id"),
            ("postroom_emailrecipient", "email_id"),
            ("postroom_emailattachment", "email_id"),
        ):
            seen = {row[0] for row in mailer.execute(f"SELECT {column} FROM {table}").fetchall()}
            assert seen == waiting, table
        for trick in (
            "UPDATE {} SET status = 'pending' WHERE id = ANY(%s) RETURNING id",
            "UPDATE {} SET next_attempt_at = now() WHERE id = ANY(%s) RETURNING id",
            "SELECT id FROM {} WHERE id = ANY(%s) FOR UPDATE",
        ):
            statement = sql.SQL(trick).format(sql.Identifier("postroom_emailqueue"))
            assert mailer.execute(statement, (list(set(ids) - waiting),)).fetchall() == []
    for role in ("web", "monitor"):
        with connected(system, role) as other:
            assert len(other.execute("SELECT id FROM postroom_emailqueue").fetchall()) == len(ids)
