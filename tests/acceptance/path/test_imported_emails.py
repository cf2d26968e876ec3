"""From the old queue to the mailbox: what waited there arrives from here, and once."""

from collections.abc import Iterator

import psycopg
import pytest

from postroom.shared.status import Status
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System
from tests.support.old_tables import old_tables, sql

MANY = 1000
_MORE = f"""
INSERT INTO post_office_email (id, from_email, "to", cc, bcc, subject, message, html_message,
  status, created, last_updated, backend_alias)
SELECT n, 'shop@example.org', 'p' || n || '@example.org', '', '', 'Number ' || n, 'Hello', '',
  2, now(), now(), '' FROM generate_series(101, 100 + {MANY}) n
"""


@pytest.fixture
def old_site(system: System) -> Iterator[System]:
    """The system, with the tables of both packages in its database."""
    with (
        old_tables("post_office", "post_office_"),
        old_tables("django_mailer", "mailer_"),
    ):
        yield system


def start(system: System, *arguments: str) -> Program:
    program = system.start("import", ["manage.py", *arguments])
    system.programs.remove(program)  # it is meant to end by itself
    return program


def test_mail_of_both_queues_arrives_once(old_site: System) -> None:
    for command in ("import_post_office", "import_django_mailer"):
        for _ in range(2):
            program = start(old_site, command, "--mark-imported")
            assert program.wait() == 1, program.tail()
    old_site.start_relay()
    old_site.start_mailer()
    counts = old_site.wait_until_settled()
    assert counts == {Status.COMPLETED: 12, Status.FAILED: 2, Status.UNKNOWN: 1}
    assert set(old_site.copies().values()) == {1}
    mails = {mail.subject: mail for mail in old_site.mailbox.messages}
    assert mails["Both"].message["X-Shop"] == "7"
    assert [a.get_filename() for a in mails["Files"].attachments] == [
        "list.csv",
        "a.bin",
        "dot.gif",
    ]
    kinds = [part.get_content_type() for part in mails["Invite"].message.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/calendar"]
    (picture,) = mails["Inline"].attachments
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<dot>", "inline")
    assert mails["Welcome, Ann"].text.splitlines()[1] == "Your code: X1"


def test_killed_import_goes_on_and_repeats_nothing(old_site: System) -> None:
    sql(_MORE)
    with psycopg.connect(old_site.database_url) as holder:  # nobody gets past this row
        holder.execute("SELECT 1 FROM post_office_email WHERE id = 900 FOR UPDATE")
        first = start(old_site, "import_post_office", "--mark-imported")
        old_site.wait(lambda: old_site.statuses()[Status.PENDING] >= 200)
        first.kill()
    assert old_site.statuses()[Status.PENDING] < MANY
    assert start(old_site, "import_post_office", "--mark-imported").wait() == 1
    assert old_site.statuses()[Status.PENDING] == MANY + 5, (
        "two files were not named, one is no address"
    )
    assert sql("SELECT count(*) FROM post_office_email WHERE status IN (2, 3)") == [(3,)]
    assert not sql("SELECT 1 FROM postroom_emailqueue GROUP BY idempotency_key HAVING count(*) > 1")
