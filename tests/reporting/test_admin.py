"""The reports' admin pages: badges, filters, history, and buttons that only POST."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date

from postroom.web.emails.models import EmailQueue
from postroom.web.jobs import registry
from postroom.web.jobs.models import ScheduledJob
from postroom.web.jobs.scheduling import due
from postroom.web.reporting import subscriptions
from postroom.web.reporting.admin import badges
from postroom.web.reporting.models import ReportSchedule
from tests.support.job_runs import queued
from tests.support.reporting.records import (
    NOON,
    SITE,
    executions,
    make_schedule,
    make_school,
    make_user,
    run_reports,
    subscribe,
)

pytestmark = pytest.mark.django_db
LIST = "/admin/postroom_reporting/reportschedule/"


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def form(**fields: Any) -> dict[str, Any]:
    owner = User.objects.get(username="admin")
    return {
        "name": "New", "report_type": "student_report", "export_format": "pdf", "is_active": "on",
        "created_by": owner.pk, "frequency": "daily", "time": "07:00", "timezone": "Europe/Berlin",
        "recipients-TOTAL_FORMS": "1", "recipients-INITIAL_FORMS": "0",
        "recipients-0-user": owner.pk, **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "postroom_reporting/reportschedule",
        "postroom_reporting/reportscheduleexecution",
        "postroom_school/student",
        "postroom_school/tutor",
        "postroom_school/teacher",
        "postroom_school/lesson",
        "postroom_school/progress",
    ],
)
def test_lists_and_pages_open(admin_client: Client, path: str) -> None:
    make_school()
    subscribe(make_schedule(), "ann")
    run_reports()
    answer = admin_client.get(f"/admin/{path}/?q=a")
    assert answer.status_code == 200
    model = answer.context["cl"].model
    row = model.objects.first()
    page = admin_client.get(f"/admin/{path}/{row.pk}/change/")
    assert page.status_code == 200
    assert "(&#x27;" not in page.content.decode()  # the pair that a list makes a badge of


def test_list_shows_and_filters_by_frequency_and_status(admin_client: Client) -> None:
    make_schedule(name="Every day")
    make_schedule(name="Mondays", frequency="weekly", day_of_week=1)
    make_schedule(name="Last days", frequency="monthly", day_of_month=31, is_active=False)
    make_schedule(name="By cron", frequency="cron", cron_expression="0 7 * * 1")
    text = admin_client.get(LIST).content.decode()
    for words in ("Daily", "Weekly, Monday", "Monthly, day 31", "Inactive", "Active"):
        assert words in text

    def found(**query: str) -> set[str]:
        rows = admin_client.get(LIST, query).context["cl"].result_list
        return {row.name for row in rows}

    assert found(frequency__exact="weekly") == {"Mondays"}
    assert found(is_active__exact="0") == {"Last days"}
    assert found(q="cron") == {"By cron"}


def test_list_takes_no_query_a_row(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    for n in range(20):
        make_schedule(name=f"Report {n}")
    with django_assert_max_num_queries(12):
        admin_client.get(LIST)


def test_a_schedule_is_added_with_recipients_and_planned(admin_client: Client) -> None:
    assert admin_client.post(f"{LIST}add/", form()).status_code == 302
    schedule = ReportSchedule.objects.get()
    assert schedule.next_scheduled is not None
    assert schedule.next_scheduled > timezone.now()
    assert schedule.recipients.count() == 1


def test_one_who_unsubscribed_cannot_be_added_again(admin_client: Client) -> None:
    schedule = make_schedule()
    (ann,) = subscribe(schedule, "ann")
    subscriptions.unsubscribe(ann)
    ann.delete()
    answer = admin_client.post(
        f"{LIST}{schedule.pk}/change/", form(**{"recipients-0-user": ann.user.pk})
    )
    assert "only they can subscribe again" in answer.content.decode()
    assert not schedule.recipients.exists()


def test_a_form_that_was_opened_before_a_run_does_not_undo_it(
    admin_client: Client, rf: RequestFactory
) -> None:
    opened = make_schedule(name="Old")
    run_reports()
    opened.name = "New"
    reverse("admin:index")  # the pages are collected with the first URL, maybe by no test before
    admin = site.get_model_admin(ReportSchedule)
    admin.save_model(rf.post("/"), opened, SimpleNamespace(changed_data=["name"]), change=True)
    now = ReportSchedule.objects.get()
    assert (now.name, now.last_generated) == ("New", NOON)
    assert now.next_scheduled == NOON + timedelta(days=1)


def test_an_incomplete_rule_is_told(admin_client: Client) -> None:
    answer = admin_client.post(f"{LIST}add/", form(frequency="weekly"))
    assert "A weekly schedule needs a day of the week." in answer.content.decode()
    assert not ReportSchedule.objects.exists()


def test_page_shows_the_history_with_a_chart(admin_client: Client) -> None:
    schedule = make_schedule()
    subscribe(schedule, "ann", "ben")
    run_reports()
    EmailQueue.objects.filter(recipients__address="ann@example.org").update(
        status="completed", sent_at=NOON
    )
    text = admin_client.get(f"{LIST}{schedule.pk}/change/").content.decode()
    assert "1 of 2 sent" in text
    assert text.count(f"{timezone.localtime(NOON):%Y-%m-%d %H:%M:%S}</span>") == 2, "one form each"
    assert 'class="report-successful" width="100" y="50" height="50"' in text
    assert "<span>2</span><span>1</span><span>0</span>" in text
    (run,) = executions()
    assert f"<span>{format_date(timezone.localtime(run.started_at), 'j M Y')}</span>" in text
    listed = admin_client.get("/admin/postroom_reporting/reportscheduleexecution/?status=started")
    assert len(listed.context["cl"].result_list) == 1


@pytest.mark.parametrize(
    ("runs", "step", "most", "axis", "days", "clock"),
    [
        (1, timedelta(days=1), 0, ["1", "0"], [0], False),
        (6, timedelta(days=1), 3, ["3", "0"], [0, 1, 2, 3, 4, 5], False),
        (7, timedelta(days=1), 1240, ["1,240", "620", "0"], [0, 6], False),
        (7, timedelta(hours=1), 2, ["2", "1", "0"], [0, 0], True),
    ],
)
def test_chart_has_axes(
    runs: int, step: timedelta, most: int, axis: list[str], days: list[int], clock: bool
) -> None:
    counts = {"total": most, "successful": most, "pending": 0, "failed": 0, "error": ""}
    rows = [SimpleNamespace(started_at=NOON + n * step, **counts) for n in range(runs)]
    chart = badges.chart(rows[::-1])
    assert chart["axis"] == axis
    assert [(time.date() - NOON.date()).days for time in chart["times"]] == days
    assert chart["clock"] is clock
    assert [bar["row"] for bar in chart["bars"]] == rows


def test_send_now_runs_with_the_next_run_of_the_job(admin_client: Client) -> None:
    due.seed(registry.registered(), timezone.now())
    schedule = make_schedule(due=None, is_active=False)
    subscribe(schedule, "ann")
    path = f"{LIST}{schedule.pk}/send-now/"
    assert admin_client.get(path).status_code == 405
    assert admin_client.post(path).status_code == 302
    job = ScheduledJob.objects.get(command="execute_scheduled_reports")
    assert job.requested_by == "admin"
    run_reports()
    (one,) = executions()
    assert (one.trigger, one.requested_by, one.total) == ("by_hand", "admin", 1)
    assert LogEntry.objects.filter(change_message="Requested a run now.").exists()


def test_send_now_is_refused_within_the_hour(admin_client: Client) -> None:
    schedule = make_schedule(last_generated=timezone.now())
    answer = admin_client.post(f"{LIST}{schedule.pk}/send-now/", follow=True)
    assert (
        "this report ran less than a minute ago and can run once an hour" in answer.content.decode()
    )
    assert ReportSchedule.objects.get().requested_at is None


def test_send_me_a_test_goes_to_the_user_who_pressed(admin_client: Client) -> None:
    schedule = make_schedule()
    path = f"{LIST}{schedule.pk}/send-test/"
    assert admin_client.get(path).status_code == 405
    admin_client.post(path)
    (email,) = queued("reports.test")
    assert email.recipients.get().address == "admin@example.com"


@pytest.mark.parametrize("button", ["send-now", "send-test"])
def test_buttons_need_their_permission(client: Client, button: str) -> None:
    user = make_user("eve", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_reportschedule"))
    client.force_login(user)
    assert client.post(f"{LIST}{make_schedule().pk}/{button}/").status_code == 403
    assert queued() == []
