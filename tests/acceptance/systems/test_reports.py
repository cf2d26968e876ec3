"""Every report type in every format, from the schedule to a real mailbox and back into a reader."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from postroom.web.reporting import registry
from postroom.web.reporting.formats import Format
from postroom.web.reporting.models import ReportSchedule, ReportScheduleExecution
from tests.support.acceptance.system import System
from tests.support.reporting.file_contents import assert_holds
from tests.support.reporting.records import SITE, make_schedule, make_user, subscribe

ENDED = {"completed"}


@pytest.fixture
def school(system: System, settings: Any) -> System:
    """A school of 40, and a relay."""
    settings.SITE_URL = SITE
    call_command("load_demo_school", "--students=40", stdout=StringIO())
    system.start_relay()
    return system


def run_due() -> None:
    call_command("execute_scheduled_reports", stdout=StringIO())


def test_every_report_in_every_format_reaches_the_mailbox(school: System) -> None:
    school.start_mailer()
    due = datetime.now(UTC) - timedelta(minutes=5)
    owner = make_user("owner")
    wanted = {f"{kind} as {one}": (kind, one) for kind in registry.all_types() for one in Format}
    for name, (kind, one) in wanted.items():
        schedule = make_schedule(
            owner, due=due, name=name, report_type=kind, export_format=one.value
        )
        subscribe(schedule, "ann")
    run_due()
    assert set(school.wait_until_settled()) == ENDED
    assert len(school.mailbox.messages) == len(wanted) == 9
    for mail in school.mailbox.messages:
        name, _, rest = mail.subject.partition(": ")
        kind, one = wanted[name]
        report = registry.all_types()[kind]
        assert rest.startswith(report.title)
        (file,) = mail.attachments
        assert str(file.get_filename()).endswith(f".{one}")
        today = datetime.now(UTC).date()
        content = file.get_payload(decode=True)
        assert isinstance(content, bytes)
        rows = list(report.rows(today, None))
        assert rows
        assert_holds(content, one, report.columns, rows)
        assert report.summary(today).headline in " ".join(mail.text.split())
        assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    runs = ReportScheduleExecution.objects.with_outcome()
    assert {(run.status, run.successful) for run in runs} == {("completed", 1)}


@pytest.mark.fault(76)
def test_one_click_from_a_real_mail_stops_the_queued_and_the_next(school: System) -> None:
    mailer = school.start_mailer()
    due = datetime.now(UTC) - timedelta(minutes=5)
    schedule = make_schedule(due=due, export_format="csv")
    subscribe(schedule, "ann", "ben")
    run_due()
    assert set(school.wait_until_settled()) == ENDED
    first = {mail.rcpt_tos[0]: mail for mail in school.mailbox.messages}
    assert first.keys() == {"ann@example.org", "ben@example.org"}
    link = str(first["ann@example.org"].message["List-Unsubscribe"]).strip("<>")
    assert link in first["ann@example.org"].html
    assert link not in first["ben@example.org"].raw.decode()

    # Queued before she leaves, while no mailer runs.
    mailer.terminate()
    mailer.wait()
    school.programs.remove(mailer)
    later = school.queue(1, recipients=["ann@example.org"], list_id=schedule.list_id)
    one_click = {"List-Unsubscribe": "One-Click"}
    answer = Client(enforce_csrf_checks=True).post(link.removeprefix(SITE), one_click)
    assert answer.status_code == 200
    earlier = due - timedelta(days=1)
    ReportSchedule.objects.update(next_scheduled=earlier, last_generated=None)
    run_due()
    school.start_mailer()
    assert school.wait_until_settled() == {"completed": 3, "suppressed": 1}
    assert school.statuses(later) == {"suppressed": 1}
    sent = [mail.rcpt_tos for mail in school.mailbox.messages[2:]]
    assert sent == [["ben@example.org"]]
