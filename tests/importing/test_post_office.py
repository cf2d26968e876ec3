"""`import_post_office` on the tables that django-post_office itself made."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from postroom.shared.rendering.renderer import Renderer
from postroom.shared.status import RecipientStatus, Status
from postroom.web.emails import transitions
from postroom.web.emails.models import EmailAttachment, EmailLog, EmailQueue
from tests.support.old_tables import imported, old_tables, run, sql

pytestmark = pytest.mark.django_db(transaction=True)
FILES = {"csv.csv": b"a;b\n1;2\n", "txt.txt": b"Hi", "pdf.pdf": b"JVBERg=="}


@pytest.fixture(autouse=True)
def post_office() -> Iterator[None]:
    with old_tables("post_office", "post_office_"):
        yield


@pytest.fixture
def files(tmp_path: Path) -> str:
    """The old site's MEDIA_ROOT."""
    (tmp_path / "uploads").mkdir()
    for name, content in FILES.items():
        (tmp_path / "uploads" / name).write_bytes(content)
    return f"--files={tmp_path}"


def take_over(*arguments: str) -> tuple[int, dict[str, int], str]:
    return run("import_post_office", *arguments)


def test_every_row_becomes_an_email_in_its_state_and_a_bad_one_is_named(files: str) -> None:
    code, table, reported = take_over(files)
    assert table == {
        "imported as pending": 7,
        "imported as failed": 1,
        "imported as unknown": 1,
        "imported before": 0,
        "not imported": 1,
    }
    assert code == 1
    assert (
        "post_office_email 10: recipients: 'ann at example.org' is not an e-mail addr" in reported
    )
    states = {n: imported(n).status for n in (1, 2, 3, 4, 5, 6, 7, 9, 11)}
    failed, unknown = states.pop(6), states.pop(9)
    assert (failed, unknown) == (Status.FAILED, Status.UNKNOWN)
    assert set(states.values()) == {Status.PENDING}
    assert not EmailQueue.objects.filter(idempotency_key="post_office:8").exists(), "it was sent"


def test_addresses_headers_bodies_and_priority_are_those_of_the_row(files: str) -> None:
    take_over(files)
    email = imported(2)
    assert (email.subject, email.plain_body, email.html_body) == ("Both", "Text", "<p>HTML</p>")
    assert email.from_email == "Desk <desk@example.org>"
    assert email.reply_to == ['"Help" <help@example.org>', "ops@example.org"]
    assert email.headers == {"X-Shop": "7"}
    assert email.priority == "high"
    people = email.recipients.order_by("pk").values_list("kind", "address", "display_name")
    assert list(people) == [
        ("to", "ann@example.org", ""),
        ("to", "ben@example.org", "Ben"),
        ("cc", "carl@example.org", ""),
        ("bcc", "dora@example.org", ""),
    ]
    assert email.metadata["imported"]["id"] == 2
    assert email.source_app == ""


def test_mail_rendered_on_delivery_is_rendered_as_post_office_would(files: str) -> None:
    take_over(files)
    email = imported(4)
    assert email.subject == "Welcome, Ann"
    assert email.plain_body == "Dear Ann,\nYour code: X1\nThe shop\n"
    assert email.html_body == "<p>Dear Ann,</p>\n<ul><li>tea</li></ul>"
    assert email.priority == "bulk"
    assert email.tags == ["welcome"]


def test_template_that_cannot_be_rendered_here_is_named(files: str) -> None:
    sql("UPDATE post_office_emailtemplate SET content = '{% load shop %}' WHERE id = 1")
    _, table, reported = take_over(files)
    assert table["not imported"] == 2
    assert "post_office_email 4: its template 'welcome' " in reported
    assert "'shop' is not a registered tag library" in reported


def test_files_travel_with_their_names_and_types(files: str) -> None:
    take_over(files)
    attached = EmailAttachment.objects.order_by("email_id", "pk").select_related("blob")
    assert [(a.name, a.mimetype, bytes(a.blob.content)) for a in attached] == [
        ("list.csv", "text/csv", b"a;b\n1;2\n"),
        ("note.txt", "text/plain", b"Hi"),
        ("a.pdf", "application/pdf", b"%PDF"),  # stored as base64 by post_office's backend
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("file = 'uploads/gone.csv'", "cannot be read: No such file"),
        ("file = '../secret'", "lies outside"),
    ],
)
def test_mail_whose_file_cannot_be_taken_is_not_imported_without_it(
    files: str, change: str, reason: str
) -> None:
    sql(f"UPDATE post_office_attachment SET {change} WHERE id = 1")
    code, table, reported = take_over(files)
    assert (code, table["not imported"]) == (1, 2)
    assert "post_office_email 5: " in reported
    assert reason in reported


@pytest.mark.parametrize(
    ("headers", "html", "expected"),
    [
        ('{"Content-ID": "<logo>"}', "", ("inline", "logo")),
        ('{"Content-ID": "<logo>", "Content-Disposition": "inline"}', "", ("inline", "logo")),
        ('{"Content-ID": "<a>", "Content-Disposition": "attachment"}', "", ("attachment", "a")),
        (
            '{"Content-ID": "<a>", "Content-Disposition": "attachment"}',
            "<img src='cid:a'>",
            ("inline", "a"),
        ),
    ],
)
def test_pictures_within_the_html_are_imported(
    files: str, headers: str, html: str, expected: tuple[str, str]
) -> None:
    quoted = html.replace("'", "''")
    sql(f"UPDATE post_office_attachment SET headers = '{headers}' WHERE id = 1")
    sql(f"UPDATE post_office_email SET html_message = '{quoted}' WHERE id = 5")
    take_over(files)
    found = EmailAttachment.objects.filter(email=imported(5)).order_by("pk")
    assert found.values_list("disposition", "content_id")[0] == expected


def test_files_are_asked_for() -> None:
    assert "--files" in take_over()[2]


def test_failed_mail_shows_its_attempts_and_can_be_requeued(files: str) -> None:
    take_over(files)
    email = imported(6)
    assert email.last_error == "SMTPRecipientsRefused: 550 no such user"
    log = EmailLog.objects.filter(email=email).order_by("pk")
    assert [(a.attempt, a.outcome, a.error, a.mailer) for a in log] == [
        (1, "retry", "SMTPRecipientsRefused: 450 later", "post_office"),
        (2, "failed", "SMTPRecipientsRefused: 550 no such user", "post_office"),
    ]
    assert log[0].created_at == datetime(2026, 11, 22, 10, 51, 18, 468627, UTC)
    assert email.created_at == datetime(2026, 11, 22, 10, 51, 18, 392698, UTC)
    assert email.recipients.get().status == RecipientStatus.REFUSED
    assert transitions.requeue([email.pk]) == [email.pk]
    assert email.recipients.get().status == RecipientStatus.PENDING


def test_mail_that_may_have_been_sent_waits_for_a_decision(files: str) -> None:
    take_over(files)
    email = imported(9)
    assert "did not record whether it was sent" in email.last_error
    assert transitions.confirm_arrived([email.pk]) == [email.pk]


def test_times_to_come_are_kept_and_times_gone_by_are_due(files: str) -> None:
    later, gone = timezone.now() + timedelta(days=2), timezone.now() - timedelta(days=2)
    change = "UPDATE post_office_email SET scheduled_time = %s, expires_at = %s WHERE id = %s"
    sql(change, later, later + timedelta(days=1), 1)
    sql(change, gone, None, 2)
    sql(change, None, gone, 7)
    assert take_over(files)[1]["imported as expired"] == 1
    first, second, expired = imported(1), imported(2), imported(7)
    assert (first.next_attempt_at, first.expires_at) == (later, later + timedelta(days=1))
    assert second.scheduled_at is None
    assert second.next_attempt_at <= timezone.now()
    assert expired.status == Status.EXPIRED


def test_second_run_imports_nothing_and_takes_what_was_mended(files: str) -> None:
    take_over(files)
    sql("UPDATE post_office_email SET \"to\" = 'ann@example.org' WHERE id = 10")
    code, table, reported = take_over(files)
    assert table == {"imported as pending": 1, "imported before": 9, "not imported": 0}
    assert (code, reported) == (0, "")
    assert EmailQueue.objects.count() == 10


def test_dry_run_tells_the_same_and_writes_nothing(files: str) -> None:
    code, table, reported = take_over(files, "--dry-run", "--with-sent", "--mark-imported")
    assert not EmailQueue.objects.exists()
    assert sql("SELECT count(*) FROM post_office_email WHERE status > 3") == [(0,)]
    assert (code, table, reported) == take_over(files, "--with-sent")


def test_what_was_sent_comes_on_request_as_history(files: str) -> None:
    assert take_over(files, "--with-sent")[1]["imported as completed"] == 1
    email = imported(8)
    assert email.sent_at == email.created_at.replace(microsecond=410157)
    assert email.recipients.get().status == RecipientStatus.ACCEPTED
    assert [a.outcome for a in EmailLog.objects.filter(email=email)] == ["accepted"]


def test_marked_rows_are_out_of_the_old_senders_reach_and_can_be_given_back(files: str) -> None:
    before = sql("SELECT id, status FROM post_office_email ORDER BY id")
    take_over(files, "--mark-imported")
    old_sender = "SELECT id FROM post_office_email WHERE status IN (2, 3)"
    assert sql(old_sender) == [(10,)], "the one that was not imported"
    sql("UPDATE post_office_email SET status = status - 100 WHERE status >= 100")
    assert sql("SELECT id, status FROM post_office_email ORDER BY id") == before


def test_run_without_mark_can_be_marked_by_a_second_one(files: str) -> None:
    take_over(files)
    assert take_over(files, "--mark-imported")[1]["imported before"] == 9
    assert sql("SELECT count(*) FROM post_office_email WHERE status >= 100") == [(7,)]
    assert take_over(files)[1]["imported before"] == 2, "failed and unknown ones"


def test_second_site_is_told_to_take_a_name_of_its_own(files: str) -> None:
    take_over(files)
    sql("UPDATE post_office_email SET created = created + interval '1 day'")
    _, table, reported = take_over(files)
    assert (table["imported before"], table["not imported"]) == (0, 10)
    assert "--source" in reported
    assert take_over(files, "--source=shop")[1]["imported as pending"] == 7
    assert imported(1, "post_office:shop").metadata["imported"]["id"] == 1


@pytest.mark.parametrize("option", ["--source", "--files", "--templates"])
def test_option_without_a_value_is_refused(option: str) -> None:
    with pytest.raises(CommandError, match=option):
        call_command("import_post_office", f"{option}=")
    assert not EmailQueue.objects.exists()


def test_old_message_id_stays(files: str) -> None:
    sql("UPDATE post_office_email SET message_id = '<17@shop.example.org>' WHERE id = 7")
    take_over(files)
    assert imported(7).message_id == "<17@shop.example.org>"


def test_templates_are_written_as_folders_and_what_has_no_counterpart_is_named(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "templates"
    code, table, reported = take_over(f"--templates={folder}")
    assert table == {"imported as template": 2, "imported before": 0, "not imported": 1}
    assert code == 1
    assert "post_office_emailtemplate 3 (offer): " in reported
    assert "body.txt line 1: {% load %}" in reported
    assert not EmailQueue.objects.exists()
    renderer = Renderer([folder])
    assert renderer.names()[-2:] == ["welcome", "welcome/de"]
    content = renderer.render("welcome", {"name": "Ann <3", "code": "X1", "items": ["tea"]})
    assert content.subject == "Welcome, Ann <3"
    assert content.text == "Dear Ann <3,\nYour code: X1\nThe shop\n"
    assert content.html.split() == ["<p>Dear", "Ann", "&lt;3,</p>", "<ul><li>tea</li></ul>"]
    renderer.render("welcome/de", renderer.sample("welcome/de"))


def test_template_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    take_over(f"--templates={tmp_path}", "--dry-run")
    assert not list(tmp_path.iterdir())
    take_over(f"--templates={tmp_path}")
    (tmp_path / "welcome" / "subject.txt").write_text("Mine")
    assert take_over(f"--templates={tmp_path}")[1]["imported before"] == 2
    assert (tmp_path / "welcome" / "subject.txt").read_text() == "Mine"
