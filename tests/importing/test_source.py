"""Where imports look for the old tables, and what they say when there is nothing to read."""

from pathlib import Path

import psycopg
import pytest

from postroom.web.importing.source import open_source
from tests.support.old_tables import imported, old_tables, run, sql

pytestmark = pytest.mark.django_db(transaction=True)


def test_tables_of_another_database_are_read(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD_DATABASE_URL", database_url)
    with old_tables("post_office", "post_office_"):
        assert run("import_post_office")[1]["imported as pending"] == 5
    assert imported(1).subject == "Plain"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "no table mailer_message, mailer_messagelog, mailer_dontsendentry"),
        ("postgresql://a:secret@127.0.0.1:1/b", "Cannot connect to the database of OLD_DATABASE"),
        ("postgresql://a:secret@[b", "OLD_DATABASE_URL is not a PostgreSQL URL"),
    ],
)
def test_nothing_to_read_is_told_with_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, url: str, reason: str
) -> None:
    monkeypatch.setenv("OLD_DATABASE_URL", url)
    code, table, reported = run("import_django_mailer")
    assert (code, table) == (2, {})
    assert reason in reported
    assert "secret" not in reported


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with old_tables("post_office", "post_office_"):
        code, _, reported = run("import_post_office", f"--templates={tmp_path / 'file'}")
    assert code == 2
    assert "--templates: cannot write" in reported


def test_old_tables_cannot_be_changed_unless_rows_are_marked() -> None:
    with (
        old_tables("post_office", "post_office_"),
        open_source(writable=False) as source,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        source.execute("DELETE FROM post_office_email")
    assert sql("SELECT to_regclass('post_office_email')") == [(None,)]
