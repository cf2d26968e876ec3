"""The figures of the queue: what the dashboard, `/metrics` and `check_email_queue` go by."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from postroom.shared.status import Priority, Status
from postroom.web.emails.models import EmailLog, EmailQueue, Mailer, QueueControl
from postroom.web.emails.operating import queue_figures
from postroom.web.emails.operating.queue_figures import EndedCounts, LaneFigures
from tests.support.health import check
from tests.support.queued_emails import make_attempt, make_email

pytestmark = pytest.mark.django_db


def ago(**span: float) -> Any:
    return timezone.now() - timedelta(**span)


def lane(name: str) -> LaneFigures:
    return next(one for one in queue_figures.read_flow().lanes if one.lane == name)


def test_empty_queue_has_no_age() -> None:
    now = queue_figures.read_flow()
    assert (now.oldest_seconds, now.due, now.unpublished, now.in_flight) == (0, 0, 0, 0)


def test_waiting_emails_are_counted_by_where_they_wait() -> None:
    make_email(next_attempt_at=ago(minutes=2))
    make_email(next_attempt_at=ago(minutes=3), published_at=ago(seconds=10))
    make_email(next_attempt_at=timezone.now() + timedelta(hours=1))
    make_email("processing", published_at=ago(seconds=10))
    now, normal = queue_figures.read_flow(), lane("normal")
    assert (normal.unpublished, normal.published, normal.later) == (1, 1, 1)
    assert (now.due, now.unpublished, now.later, now.in_flight) == (2, 1, 1, 1)


def test_age_counts_from_when_it_was_due_also_after_it_was_published_again() -> None:
    make_email(next_attempt_at=ago(minutes=3), published_at=ago(seconds=1), priority="bulk")
    assert 180 <= lane("bulk").oldest_seconds < 600
    assert lane("normal").oldest_seconds == 0


def test_finished_emails_are_only_counted_where_they_want_a_person() -> None:
    for status in Status:
        make_email(status.value)
    assert dict(queue_figures.read_flow().attention) == dict.fromkeys(queue_figures.ATTENTION, 1)


def test_mailer_that_does_not_report_back_is_counted() -> None:
    make_email("processing", lease_expires_at=ago(seconds=1))
    Mailer.objects.create(name="alive", version="1", state="running")
    Mailer.objects.create(name="gone", version="1", state="running", last_seen_at=ago(minutes=1))
    now = queue_figures.read_flow()
    assert (now.dropped, now.mailers) == (1, 1)
    silent = Mailer.objects.filter(queue_figures.is_silent())
    assert [mailer.name for mailer in silent] == ["gone"]


def test_pause_of_all_pauses_every_lane() -> None:
    QueueControl.objects.create(lane="bulk")
    assert queue_figures.read_flow().paused == [Priority.BULK]
    QueueControl.objects.create(lane="all")
    assert queue_figures.read_flow().paused == list(Priority)


def test_history_puts_attempts_into_their_span() -> None:
    email = make_email("completed")
    for minutes, outcome in ((0.5, "accepted"), (0.5, "failed"), (2.5, "retry"), (9, "accepted")):
        log = make_attempt(email, outcome=outcome)
        EmailLog.objects.filter(pk=log.pk).update(created_at=ago(minutes=minutes))
    minute = timedelta(minutes=1)
    assert queue_figures.history(minute, 3) == [
        EndedCounts(retried=1),
        EndedCounts(),
        EndedCounts(sent=1, failed=1),
    ]


def test_no_figure_reads_the_whole_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in (queue_figures._LANES, queue_figures._ATTENTION):
            cursor.execute("EXPLAIN " + statement, (["normal"],) if "%s" in statement else ())
            plan = "\n".join(row[0] for row in cursor)
            assert "Seq Scan on postroom_emailqueue " not in plan


def test_metrics_tell_the_queue_by_lane(client: Client) -> None:
    make_email(next_attempt_at=ago(minutes=2))
    make_email("unknown")
    QueueControl.objects.create(lane="bulk")
    families = text_string_to_metric_families(client.get("/metrics").content.decode())
    numbers = {(s.name, *s.labels.values()): s.value for f in families for s in f.samples}
    assert numbers["postroom_queue_oldest_due_seconds", "normal"] >= 120
    assert numbers["postroom_queue_unpublished", "normal"] == 1
    assert numbers["postroom_queue_paused", "bulk"] == 1
    assert numbers["postroom_queue_paused", "normal"] == 0
    assert numbers["postroom_queue_attention", "unknown"] == 1
    assert numbers["postroom_queue_mailers",] == 0


@pytest.mark.parametrize("wrong", ["--max-age=soon", "--within=0h", "--max-failed=-1"])
def test_check_called_wrongly_says_so_in_the_line_a_monitor_shows(wrong: str) -> None:
    code, line = check(wrong)
    assert (code, line.count("\n")) == (2, 1)
    assert line.startswith("CRITICAL - invalid option: ")


def test_check_is_critical_when_an_email_waits_too_long() -> None:
    make_email(next_attempt_at=ago(minutes=11))
    Mailer.objects.create(name="a", version="1", state="running")
    code, line = check("--max-age=10m")
    assert (code, line[:8]) == (2, "CRITICAL")
    assert "The longest wait is 11 min, in lane normal" in line
    assert check("--max-age=2h")[0] == 2  # no relay


def test_check_is_critical_when_too_many_failed_of_late() -> None:
    email = make_email("failed")
    for _ in range(6):
        make_attempt(email)
    assert check("--max-failed=5")[0] == 2
    EmailLog.objects.update(created_at=ago(hours=2))
    assert check("--max-failed=5")[0] == 1
    assert check("--max-failed=5", "--within=3h")[0] == 2


def test_check_names_what_is_paused() -> None:
    QueueControl.objects.create(lane="bulk")
    code, line = check()
    assert code == 1
    assert "PAUSED: bulk" in line


def test_requeue_command_takes_by_state_age_type_and_number(capsys: Any) -> None:
    failed = [make_email("failed") for _ in range(3)]
    other = make_email("failed", email_type="other")
    unknown = make_email("unknown")
    EmailQueue.objects.filter(pk=failed[0].pk).update(created_at=ago(days=2))
    arguments = ["--since=24h", "--type=inquiry_received"]
    call_command("requeue_emails", *arguments, "--dry-run")
    assert capsys.readouterr().out == "Would requeue: 2 failed e-mails\n"
    call_command("requeue_emails", *arguments, "--limit=1")
    assert capsys.readouterr().out.startswith("Requeued: 1 failed e-mails\n")
    pending = set(EmailQueue.objects.filter(status="pending").values_list("pk", flat=True))
    assert pending == {failed[1].pk}
    call_command("requeue_emails", "--status=unknown")
    call_command("requeue_emails", "--all")
    assert set(EmailQueue.objects.values_list("status", flat=True)) == {"pending"}
    assert {other.pk, unknown.pk} <= set(EmailQueue.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Without a filter"),
        (["--dry-run"], "Without a filter"),
        (["--all", "--since=2h"], "--all takes every"),
        (["--type="], "--type: is empty"),
        (["--since="], "--since: "),
        (["--limit=0"], "--limit: 0 is less"),
        (["--limit=1_0"], "invalid whole_number value"),
    ],
)
def test_requeue_command_takes_everything_only_when_told(arguments: list[str], reason: str) -> None:
    make_email("failed")
    with pytest.raises(CommandError, match=reason):
        call_command("requeue_emails", *arguments)
    assert EmailQueue.objects.get().status == "failed"
