"""The e-mails of reports and of the tracker."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from django.contrib.auth import get_user_model

from dev.judging.people import Values
from postroom.web.letter_words import written_for
from postroom.web.notifications import content
from postroom.web.notifications.registry import Change
from postroom.web.reporting import letters
from postroom.web.reporting.report import Bar, Report, Summary
from postroom.web.reporting.weeks import percent
from postroom.web.systems.school import summaries
from postroom.web.systems.school.builders import teacher_weekly
from postroom.web.systems.tracker.models import UserStory

_DAY = date(2026, 11, 22)


def mails(values: Values, case: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Template and context of each."""
    yield from _reports(values, case)
    story = UserStory(pk=12, title=values.title, priority="high", status="in_review")
    user = None if case == "least" else _user(values)
    at = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    with written_for("tracker/status_changed"):
        facts = content.facts(Change(story, "status", "todo", "in_review", user, at))
        yield (
            "tracker/status_changed",
            facts | {"priority": str(story.get_priority_display())},
        )
        line = facts | {"times": 1 if case == "least" else 3}
        link = "" if case == "least" else "https://postroom.example.org/notices/token/"
        count = 1 if case == "least" else 4
        yield (
            "notices/digest",
            {
                "site_name": facts["site_name"], "about": "User stories: status",
                "changes": count, "items": [line] * (1 if case == "least" else 2),
                "preferences_url": link,
            },
        )  # fmt: skip


def _reports(values: Values, case: str) -> Iterator[tuple[str, dict[str, Any]]]:
    least = case == "least"
    schedule: Any = SimpleNamespace(pk=3, name=values.report, list_id="x")
    execution: Any = SimpleNamespace(pk=9, schedule=schedule, requested_by=values.name)
    with written_for("reports/scheduled"):
        report = _report(values, least)
    file = ("student-report-2026-11-22.xlsx", b"", "text/csv")
    test: Any = letters.test(execution, "ann@example.org", report, file)
    yield "reports/scheduled", test["context"]
    if least:
        return  # without SITE_URL there are no reports, and nobody is invited
    recipient: Any = SimpleNamespace(
        pk=5, schedule=schedule, schedule_id=3, user=_user(values), unsubscribe_token="x" * 22
    )
    mail = letters.scheduled(execution, recipient, report, file)
    yield "reports/scheduled", mail["context"]
    at = datetime(2026, 11, 22, tzinfo=UTC)
    yield "reports/invitation", letters.invitation(recipient, _user(values), at)["context"]


def _report(values: Values, least: bool) -> Report:
    number = 1 if least else 1412
    summary = Summary(
        summaries.taught(number, number, number),
        [(values.task, percent(0.91))],
        "" if least else values.report,
        []
        if least
        else [Bar(values.other_name, 91, percent(0.91)), Bar(values.name, 0, percent(0))],
    )
    period = teacher_weekly.REPORT.period(_DAY)
    return Report("Student report", period, _DAY, (), iter(()), number, summary)


def _user(values: Values) -> Any:
    user = get_user_model()(username="ann", email="ann@example.org")
    user.first_name = values.name
    return user
