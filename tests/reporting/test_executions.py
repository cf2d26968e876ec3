"""Report schedules from the command to the rows of the queue, and what becomes of their e-mails."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from postroom.web.jobs.models import JobRun
from postroom.web.reporting import registry, subscriptions
from tests.support.job_runs import queued, recipients, table_counts
from tests.support.reporting.records import (
    HOUR,
    NOON,
    SITE,
    executions,
    make_schedule,
    make_school,
    run_reports,
    subscribe,
)
from tests.support.shipped_templates import shipped_renderer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def test_every_subscribed_recipient_gets_an_email_of_their_own_with_one_file() -> None:
    make_school()
    schedule = make_schedule()
    subscribe(schedule, "ann", "ben")
    run_reports()
    ann, ben = queued("reports.scheduled")
    assert (recipients(ann), recipients(ben)) == (["ann@example.org"], ["ben@example.org"])
    files = {email.attachments.get().blob_id for email in (ann, ben)}
    assert len(files) == 1
    assert ann.attachments.get().name == "student-report-2026-11-23.csv"
    assert ann.headers["List-Unsubscribe"] != ben.headers["List-Unsubscribe"]
    assert ann.headers["List-Unsubscribe"].startswith(f"<{SITE}/reports/unsubscribe/")
    assert ann.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    schedule.refresh_from_db()
    assert schedule.last_generated == NOON
    assert schedule.next_scheduled == NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("site", "shown"),
    [
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://example.org/bücher", "https://example.org/b%C3%BCcher"),
    ],
)
def test_site_with_a_host_of_letters_beyond_ascii_sends_reports(
    settings: Any, site: str, shown: str
) -> None:
    settings.SITE_URL = site
    subscribe(make_schedule(), "ann")
    run_reports()
    (email,) = queued()
    assert email.headers["List-Unsubscribe"].startswith(f"<{shown}/reports/unsubscribe/")
    assert email.context["unsubscribe_url"].startswith(f"{site}/reports/unsubscribe/")


def test_site_without_the_unsubscribe_page_sends_nothing_and_says_what_to_add(
    settings: Any,
) -> None:
    settings.ROOT_URLCONF = "tests.emails.lists.no_urls"
    subscribe(make_schedule(), "ann")
    with pytest.raises(CommandError):
        run_reports()
    assert not queued()
    (execution,) = executions()
    assert 'include("postroom.web.reporting.urls")' in execution.error


def test_mail_tells_the_summary_and_links_to_unsubscribe() -> None:
    make_school()
    (ann,) = subscribe(make_schedule(), "ann")
    run_reports()
    (email,) = queued()
    content = shipped_renderer().render(email.template_path, email.context)
    assert content.subject == "Board: Student report, as of 23 November 2026"
    for words in ("2 active students attended 75% of their lessons.", "Nov 2026", "2 rows"):
        assert words in content.text
    assert f"/reports/unsubscribe/{subscriptions.token_of(ann)}/" in content.html


def test_nothing_due_does_nothing() -> None:
    subscribe(make_schedule(due=NOON + HOUR), "ann")
    subscribe(make_schedule(is_active=False), "ann")
    run_reports()
    assert (queued(), executions()) == ([], [])


def test_a_due_time_is_run_once() -> None:
    subscribe(make_schedule(), "ann")
    run_reports()
    run_reports(NOON + timedelta(hours=2))
    assert len(queued()) == len(executions()) == 1


def test_a_due_time_that_was_set_back_is_not_run_again() -> None:
    schedule = make_schedule()
    subscribe(schedule, "ann")
    run_reports()
    type(schedule).objects.update(next_scheduled=NOON, last_generated=None)
    run_reports(NOON + HOUR)
    assert len(queued()) == len(executions()) == 1
    schedule.refresh_from_db()
    assert schedule.next_scheduled == NOON + timedelta(days=1)


def test_missed_due_times_are_made_up_for_once() -> None:
    schedule = make_schedule()
    subscribe(schedule, "ann")
    run_reports(NOON + timedelta(days=3, hours=2))
    assert len(executions()) == 1
    schedule.refresh_from_db()
    assert schedule.next_scheduled == NOON + timedelta(days=4)


@pytest.mark.parametrize(
    ("weekday", "time_of_day", "due", "run", "week"),
    [
        # Due on Friday, made up for on Monday; the second has missed two weeks more.
        (5, "12:00", "2026-11-20T12:00", "2026-11-23T12:00", "9 to 15 November 2026"),
        (5, "12:00", "2026-11-06T12:00", "2026-11-23T12:00", "9 to 15 November 2026"),
        # Due late on Sunday, made by the hourly job on Monday.
        (7, "23:30", "2026-11-22T23:30", "2026-11-23T00:00", "9 to 15 November 2026"),
        # Due on Monday; requested, and not due.
        (1, "12:00", "2026-11-23T12:00", "2026-11-23T12:00", "16 to 22 November 2026"),
        (5, "12:00", "", "2026-11-23T12:00", "16 to 22 November 2026"),
    ],
)
def test_late_report_covers_the_week_it_was_due_for(
    weekday: int, time_of_day: str, due: str, run: str, week: str
) -> None:
    schedule = make_schedule(
        report_type="tutor_weekly_report",
        frequency="weekly",
        day_of_week=weekday,
        time=time.fromisoformat(time_of_day),
        due=datetime.fromisoformat(f"{due}Z") if due else None,
        requested_at=None if due else NOON,
    )
    subscribe(schedule, "ann")
    now = datetime.fromisoformat(f"{run}Z")
    assert f"report, {week}" in run_reports(now, "--dry-run")
    run_reports(now)
    assert queued()[0].context["period"] == week


WORDS = {
    "de": (
        "Schülerbericht, Stand 23. November 2026",
        "Schüler waren bei",
        "Durchschnittliche Punktzahl",
    ),
    "en": ("Student report, as of 23 November 2026", "2 active students", "Average score"),
}


@pytest.mark.parametrize(("site", "active"), [("de", "en"), ("en", "de")])
def test_whole_report_is_in_the_language_of_its_email(
    settings: Any, site: str, active: str
) -> None:
    make_school()
    subscribe(make_schedule(), "ann")
    settings.LANGUAGE_CODE = site
    with translation.override(active):
        registry.all_types()["student_report"].summary(NOON.date())  # is cached
        run_reports(name="warm_analytics_cache")
        run_reports()
    (email,) = queued()
    content = shipped_renderer().render(email.template_path, email.context, language=email.language)
    shown = content.subject + content.text
    assert [word for word in (*WORDS["de"], *WORDS["en"]) if word in shown] == [*WORDS[site]]


def test_unsubscribed_inactive_and_addressless_recipients_get_nothing() -> None:
    ann, ben, eve, dan = subscribe(make_schedule(), "ann", "ben", "eve", "dan")
    subscriptions.unsubscribe(ann)
    ben.user.is_active = False
    ben.user.save()
    eve.user.email = ""
    eve.user.save()
    run_reports()
    assert [recipients(email) for email in queued()] == [["dan@example.org"]]
    assert dan.is_subscribed


def break_report(monkeypatch: Any, name: str) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("the numbers do not add up")

    kind = registry.all_types()[name]
    fields = {name: getattr(kind, name) for name in kind.__slots__}
    types = registry.all_types() | {name: type(kind)(**fields | {"summary": broken})}
    monkeypatch.setattr(registry, "all_types", lambda: types)


def test_a_report_that_fails_is_recorded_and_stops_no_other(monkeypatch: Any) -> None:
    bad = make_schedule(name="Bad", report_type="tutor_weekly_report", due=NOON - HOUR)
    good = make_schedule(name="Good")
    for schedule in (bad, good):
        subscribe(schedule, "ann")
    break_report(monkeypatch, "tutor_weekly_report")
    with pytest.raises(CommandError, match="1 of 2 reports could not be built"):
        run_reports()
    failed, fine = executions()
    assert (failed.schedule, failed.status) == (bad, "failed")
    assert failed.error == "RuntimeError: the numbers do not add up"
    assert (fine.schedule, fine.status, fine.total) == (good, "started", 1)
    assert JobRun.objects.get().status == "failed"
    bad.refresh_from_db()
    assert bad.next_scheduled == NOON + timedelta(days=1)


def test_a_slow_statement_is_its_reports_failure(monkeypatch: Any) -> None:
    from django.db import connection

    def slow(*_: Any, **__: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 20")
            cursor.execute("SELECT pg_sleep(60)")

    subscribe(make_schedule(), "ann")
    monkeypatch.setattr(registry, "build", slow)
    with pytest.raises(CommandError):
        run_reports()
    assert "QueryCanceled" in executions()[0].error or "timeout" in executions()[0].error


def test_nothing_is_sent_while_nobody_could_unsubscribe(settings: Any) -> None:
    settings.SITE_URL = ""
    subscribe(make_schedule(), "ann")
    with pytest.raises(CommandError):
        run_reports()
    assert queued() == []
    assert "SITE_URL" in executions()[0].error


def test_dry_run_shows_who_would_get_what_and_writes_nothing() -> None:
    make_school()
    subscribe(make_schedule(), "ann")
    before = table_counts()
    shown = run_reports(NOON, "--dry-run")
    assert table_counts() == before
    assert "ann@example.org" in shown
    assert "Board: Student report" in shown


def test_dry_run_shows_the_others_when_a_report_fails(
    monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    make_school()
    subscribe(make_schedule(name="Bad", report_type="tutor_weekly_report", due=NOON - HOUR), "ann")
    subscribe(make_schedule(name="Good"), "ann")
    break_report(monkeypatch, "tutor_weekly_report")
    with pytest.raises(CommandError, match="1 of 2 reports could not be built"):
        call_command("execute_scheduled_reports", "--dry-run", now=NOON)
    shown = capsys.readouterr().out
    assert "Bad: RuntimeError: the numbers do not add up" in shown
    assert "Good: Student report" in shown
    assert executions() == []
