"""`cleanup_emails` also deletes what ended long ago in the histories, and nothing that is open."""

from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from postroom.web.emails.models import BulkAction, EmailQueue
from postroom.web.emails.operating.deciding import bulk, histories
from postroom.web.jobs.models import JobRun
from postroom.web.notifications.models import NoticeFailure
from postroom.web.reporting.models import ReportScheduleExecution
from tests.support.reporting.records import NOON, make_schedule, run_reports, subscribe

pytestmark = pytest.mark.django_db


def clean(*options: str) -> list[str]:
    out = StringIO()
    call_command("cleanup_emails", "--older-than=90d", *options, stdout=out)
    return out.getvalue().splitlines()


def run(age: timedelta, **values: Any) -> JobRun:
    then = timezone.now() - age
    ended = {"status": "completed", "finished_at": then, "started_at": then}
    return JobRun.objects.create(command="c", trigger="schedule", host="h", **ended | values)


def notice(sent: bool) -> NoticeFailure:
    then = timezone.now() - timedelta(days=100)
    return NoticeFailure.objects.create(
        model="m", object_id="1", field="f", template="t", changed_at=then, error="e",
        sent_at=then if sent else None,
    )  # fmt: skip


def test_what_ended_long_ago_goes_in_batches_and_the_rest_stays(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.SITE_URL = "https://club.example.org"
    for _ in range(5):
        run(timedelta(days=91))
    young = run(timedelta(days=89))
    open_run = run(timedelta(days=91), status="running", finished_at=None, lock_token=uuid4())
    notice(sent=True)
    waiting = notice(sent=False)
    subscribe(make_schedule(), "ann")
    run_reports(NOON)
    long_ago = timezone.now() - timedelta(days=91)
    ReportScheduleExecution.objects.update(finished_at=long_ago)
    JobRun.objects.filter(command="execute_scheduled_reports").delete()
    admin = User.objects.create_superuser("root")
    done = bulk.ask(bulk.KINDS["cancel"], EmailQueue.objects.none(), "", admin)
    BulkAction.objects.filter(pk=done.pk).update(confirmed_at=long_ago, finished_at=long_ago)

    said = "1 bulk actions, 5 job runs, 1 failed notices"
    assert clean("--dry-run")[1] == f"Would delete: {said}"
    assert JobRun.objects.count() == 7
    assert clean("--batch-size=2")[1] == f"Deleted: {said}"
    assert set(JobRun.objects.all()) == {young, open_run}
    assert list(NoticeFailure.objects.all()) == [waiting]
    assert ReportScheduleExecution.objects.count() == 1  # its e-mail has not ended
    EmailQueue.objects.update(status="cancelled")
    assert clean()[1] == "Deleted: 1 report executions"
    assert len(clean()) == 1
    assert set(histories.count(timedelta(days=90)).values()) == {0}
