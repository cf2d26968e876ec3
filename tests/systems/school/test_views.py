"""The views behind the reports, their refresh and cache, and the demo school."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from postroom.web.reporting import registry
from postroom.web.systems.school import analytics
from postroom.web.systems.school.materialised import VIEWS, refresh
from postroom.web.systems.school.models import (
    CachedSummary,
    Lesson,
    Student,
    StudentSummary,
    SubjectMonth,
    ViewRefresh,
)
from tests.support.job_runs import table_counts
from tests.support.reporting.records import NOON, make_school, make_user, refresh_all, run_reports
from tests.support.shipped_templates import shipped_renderer

pytestmark = pytest.mark.django_db
DAY = NOON.date()


def test_every_view_has_the_unique_index_a_concurrent_refresh_needs() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT matviewname FROM pg_matviews m WHERE EXISTS (SELECT 1 FROM pg_indexes i "
            "WHERE i.tablename = m.matviewname AND i.indexdef LIKE 'CREATE UNIQUE%%')"
        )
        assert {row[0] for row in cursor.fetchall()} == set(VIEWS)


def test_lessons_and_scores_do_not_multiply_each_other() -> None:
    make_school()
    month = SubjectMonth.objects.get()
    assert (month.lessons, month.attended, float(month.average_score or 0)) == (5, 4, 65.5)


def test_refresh_shows_new_rows_tells_its_time_and_forgets_summaries() -> None:
    make_school()
    kind = registry.all_types()["student_report"]
    assert "2 active students" in analytics.summary(kind, DAY).headline
    Student.objects.create(name="New", year=1)
    assert "2 active students" in analytics.summary(kind, DAY).headline
    shown = run_reports(name="refresh_materialized_views")
    assert all(f"{view}: " in shown for view in VIEWS)
    assert ViewRefresh.objects.count() == len(VIEWS)
    assert not CachedSummary.objects.exists()
    assert "3 active students" in analytics.summary(kind, DAY).headline


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("student_report", "0 active students, and no lessons yet."),
        ("tutor_weekly_report", "No lessons were held in this week."),
        ("teacher_weekly_report", "No lessons were planned for this week."),
    ],
)
def test_a_time_without_lessons_is_said_in_words(name: str, words: str) -> None:
    refresh_all()
    summary = registry.all_types()[name].summary(DAY)
    assert (summary.headline, summary.facts, summary.bars) == (words, [], [])
    content = shipped_renderer().render(
        "reports/scheduled",
        shipped_renderer().sample("reports/scheduled") | {"summary": summary.as_json()},
    )
    assert words in content.text


def test_warming_makes_each_missing_summary_once() -> None:
    make_school()
    run_reports(name="warm_analytics_cache")
    assert CachedSummary.objects.count() == len(registry.all_types()) == 3
    assert "found 0" in run_reports(name="warm_analytics_cache")


@pytest.mark.parametrize("name", ["refresh_materialized_views", "warm_analytics_cache"])
def test_dry_runs_write_nothing(name: str) -> None:
    make_school()
    before = table_counts()
    run_reports(NOON, "--dry-run", name=name)
    assert table_counts() == before


def test_only_known_views_are_refreshed() -> None:
    with pytest.raises(ValueError, match="is not one of"):
        refresh("postroom_emailqueue")


def load(*arguments: str) -> str:
    out = StringIO()
    call_command("load_demo_school", *arguments, stdout=out)
    return out.getvalue()


def test_demo_school_has_something_for_every_report() -> None:
    make_user("ann")
    load("--students=60", f"--today={DAY}", "--owner=ann")
    assert Student.objects.count() == 60
    assert Lesson.objects.count() == 60 * 26
    assert StudentSummary.objects.count() == Student.objects.filter(active=True).count()
    for kind in registry.all_types().values():
        assert kind.count(DAY) > 0
        assert kind.summary(DAY).bars
    with pytest.raises(CommandError, match="already"):
        load()


@pytest.mark.parametrize("arguments", [["--students=0"], ["--owner=nobody"], ["--owner="]])
def test_demo_school_refuses_nonsense(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        load(*arguments)
    assert not Student.objects.exists()
