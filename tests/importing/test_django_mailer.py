"""`import_django_mailer` on the tables that django-mailer itself made."""

from collections.abc import Iterator

import pytest

from postroom.shared.status import RecipientStatus, Status
from postroom.web.emails.models import EmailAttachment, EmailLog, EmailQueue, Suppression
from tests.support.old_tables import imported, old_tables, run, sql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def django_mailer() -> Iterator[None]:
    with old_tables("django_mailer", "mailer_"):
        yield


def take_over(*arguments: str) -> tuple[int, dict[str, int], str]:
    return run("import_django_mailer", *arguments)


def of_row(old_id: int) -> EmailQueue:
    return imported(old_id, "django_mailer")


def test_every_row_becomes_an_email_and_what_cannot_be_sent_is_named() -> None:
    code, table, reported = take_over()
    assert table == {
        "imported as failed": 1,
        "imported as pending": 7,
        "imported as suppressed address": 1,
        "imported before": 0,
        "not imported": 2,
    }
    assert code == 1
    for row, reason in {
        "mailer_message 6": "lazy translation",
        "mailer_dontsendentry 2": "'no address' is not an e-mail address",
    }.items():
        (line,) = [line for line in reported.splitlines() if line.startswith(f"{row}: ")]
        assert reason in line


def test_addresses_bodies_and_priority_are_those_of_the_pickle() -> None:
    take_over()
    email = of_row(2)
    assert (email.subject, email.plain_body, email.html_body) == ("Both", "Text", "<p>HTML</p>")
    assert email.from_email == "Shop <shop@example.org>"
    assert email.headers == {"X-Shop": "7"}
    assert email.message_id == "<one@shop.example.org>"
    people = email.recipients.order_by("pk").values_list("kind", "address", "display_name")
    assert list(people) == [("to", "ann@example.org", ""), ("to", "ben@example.org", "Ben")]
    assert [of_row(n).priority for n in (1, 2, 3)] == ["high", "bulk", "normal"]
    assert of_row(3).plain_body == "Hello"
    assert (of_row(8).html_body, of_row(8).plain_body) == ("<p>Hi</p>", "")


def test_pictures_and_calendars_travel_with_it() -> None:
    take_over()
    fields = ("mimetype", "disposition", "content_id")
    picture, calendar = (
        EmailAttachment.objects.filter(email=of_row(n)).values_list(*fields).get() for n in (7, 9)
    )
    assert picture == ("image/gif", "inline", "dot")
    assert calendar == ("text/calendar", "alternative", "")


def test_files_and_mime_parts_travel_with_it() -> None:
    take_over()
    email = of_row(4)
    attached = EmailAttachment.objects.filter(email=email).order_by("pk").select_related("blob")
    assert [(a.name, a.mimetype, bytes(a.blob.content)) for a in attached] == [
        ("list.csv", "text/csv", b"a;b\n"),
        ("a.bin", "application/octet-stream", b"\x00\x01"),
        ("dot.gif", "image/gif", b"GIF89a"),
    ]
    assert email.reply_to == ["help@example.org"]
    assert sorted(email.recipients.values_list("kind", "address")) == [
        ("bcc", "dora@example.org"),
        ("cc", "carl@example.org"),
        ("to", "ann@example.org"),
    ]


def test_deferred_mail_is_failed_with_the_servers_words_and_waits_for_a_person() -> None:
    take_over()
    email = of_row(5)
    assert (email.status, email.last_error) == (Status.FAILED, "450 4.2.0 later")
    assert [a.outcome for a in EmailLog.objects.filter(email=email)] == ["failed"]


def test_addresses_not_to_mail_are_suppressed_once() -> None:
    take_over()
    take_over()
    entry = Suppression.objects.get()
    assert (entry.address, entry.list_id) == ("gone@example.org", "")
    assert "don't-send list" in entry.reason


def test_log_comes_on_request_as_history() -> None:
    _, table, reported = take_over("--with-sent")
    assert (table["imported as completed"], table["not imported"]) == (1, 3)
    assert "mailer_messagelog 3: the log has no content" in reported
    email = imported(2, "django_mailer:log")
    assert email.subject == "Both"
    assert email.sent_at is not None
    assert {r.status for r in email.recipients.all()} == {RecipientStatus.ACCEPTED}


def test_second_run_imports_nothing_and_a_dry_run_writes_nothing() -> None:
    reported = take_over("--dry-run", "--mark-imported")
    assert not EmailQueue.objects.exists()
    assert not Suppression.objects.exists()
    assert take_over() == reported
    assert take_over()[1] == {"imported before": 9, "not imported": 2}


def test_marked_messages_move_to_a_table_of_their_own_and_can_be_given_back() -> None:
    everything = sql("SELECT * FROM mailer_message ORDER BY id")
    take_over("--mark-imported")
    assert sql("SELECT id FROM mailer_message ORDER BY id") == [(6,)]
    take_over("--mark-imported")
    sql("INSERT INTO mailer_message SELECT * FROM mailer_message_imported")
    assert sql("SELECT * FROM mailer_message ORDER BY id") == everything
