"""The requests of the user's own document about report schedules, letter by letter."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from postroom.web.api.tokens import create_token
from postroom.web.reporting import subscriptions
from postroom.web.systems.school.models import Teacher, Tutor
from tests.support.job_runs import queued, recipients
from tests.support.reporting.records import (
    NOON,
    SITE,
    make_schedule,
    make_school,
    make_user,
    run_reports,
    subscribe,
)

pytestmark = pytest.mark.django_db
DAILY = {
    "name": "Daily Student Reports",
    "report_type": "student_report",
    "frequency": "daily",
    "time": "09:00",
    "export_format": "csv",
    "is_active": True,
}


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE
    cache.clear()
    make_school()


def ask(method: str, path: str, data: Any = None) -> Any:
    admin = User.objects.filter(username="admin").first() or User.objects.create_superuser(
        "admin", "admin@example.org"
    )
    content = {"data": data, "content_type": "application/json"} if data is not None else {}
    headers = {"authorization": f"Token {create_token(admin)[1]}"}
    return getattr(Client(), method)(f"/api/reports/schedules/{path}", headers=headers, **content)


def test_a_schedule_is_created() -> None:
    made = ask("post", "", DAILY)
    assert made.status_code == 201, made.content
    assert made.json().items() >= (DAILY | {"time": "09:00:00"}).items()


@pytest.mark.parametrize(("model", "code"), [(Teacher, 201), (Tutor, 201), (None, 403)])
def test_teachers_and_tutors_may_create_schedules(model: Any, code: int) -> None:
    user = make_user("new.person")
    if model:
        model.objects.create(name="New Person", email=user.email.upper())
    headers = {"authorization": f"Token {create_token(user)[1]}"}
    made = Client().post(
        "/api/reports/schedules/", DAILY, content_type="application/json", headers=headers
    )
    assert made.status_code == code, made.content


@pytest.mark.parametrize("name", ["STUDENT_REPORT", "TUTOR_WEEKLY_REPORT", "teacher_weekly_report"])
@pytest.mark.parametrize("export_format", ["CSV", "XLSX", "pdf"])
@pytest.mark.parametrize(
    "rule", [{"frequency": "DAILY"}, {"frequency": "MONTHLY", "day_of_month": 1}]
)
def test_choices_are_taken_in_either_case(
    name: str, export_format: str, rule: dict[str, Any]
) -> None:
    asked = {"report_type": name, "export_format": export_format, **rule}
    made = ask("post", "", DAILY | asked)
    assert made.status_code == 201, made.content
    assert made.json()["report_type"] == name.lower()
    assert made.json()["export_format"] == export_format.lower()
    assert made.json()["frequency"] == rule["frequency"].lower()


@pytest.mark.parametrize(
    ("field", "known"),
    [("report_type", "student_report"), ("frequency", "weekly"), ("export_format", "xlsx")],
)
@pytest.mark.parametrize("value", ["nonsense", True, 1.5, ["daily"], {}])
def test_an_unknown_choice_names_those_there_are(field: str, known: str, value: Any) -> None:
    refused = ask("post", "", DAILY | {field: value})
    assert refused.status_code == 400
    assert known in refused.json()[field][0]


def test_an_unknown_field_is_refused_with_those_there_are() -> None:
    refused = ask("post", "", DAILY | {"exportformat": "csv"})
    assert refused.status_code == 400
    assert "export_format" in refused.json()["exportformat"][0]


def test_the_detail_has_recipients_and_the_last_five_runs() -> None:
    schedule = make_schedule(make_user("owner"))
    _, ben = subscribe(schedule, "ann", "ben")
    subscriptions.unsubscribe(ben)
    for day in range(23, 30):
        run_reports(NOON.replace(day=day))
    detail = ask("get", f"{schedule.pk}/").json()
    assert [(one["email"], one["is_subscribed"]) for one in detail["recipients"]] == [
        ("ann@example.org", True),
        ("ben@example.org", False),
    ]
    assert detail["recipients"][1]["unsubscribed_at"]
    assert detail["active_recipients_count"] == 1
    assert len(detail["recent_executions"]) == 5
    assert detail["recent_executions"][0]["due"].startswith("2026-11-29")
    back = {**detail, "name": "New"}
    assert ask("patch", f"{schedule.pk}/", back).status_code == 200


def test_a_recipient_is_added_and_removed_by_the_same_id() -> None:
    schedule, user = make_schedule(), make_user("teacher")
    assert ask("post", f"{schedule.pk}/recipients/", {"recipient_id": user.pk}).status_code == 201
    removed = f"{schedule.pk}/remove_recipient/?recipient_id={user.pk}"
    assert ask("delete", removed).status_code == 204
    assert not schedule.recipients.exists()


def test_a_test_goes_to_the_address_asked_for_and_to_nobody_else() -> None:
    schedule = make_schedule()
    sent = ask("post", f"{schedule.pk}/test_email/", {"recipient_email": "teacher@example.com"})
    assert sent.status_code == 202, sent.content
    (email,) = queued("reports.test")
    assert recipients(email) == ["teacher@example.com"]
    assert sent.json()["task_id"] == email.pk
    wrong = ask("post", f"{schedule.pk}/test_email/", {"recipient_email": "teacher"})
    assert list(wrong.json()) == ["recipient_email"]


def test_runs_come_with_their_number_and_counts() -> None:
    schedule = make_schedule()
    subscribe(schedule, "ann", "ben")
    run_reports(NOON)
    found = ask("get", f"{schedule.pk}/executions/?limit=5").json()
    assert found["count"] == 1
    (run,) = found["results"]
    counts = {"total_recipients": 2, "successful_sends": 0, "failed_sends": 0}
    assert run.items() >= (counts | {"success_rate_percent": 0.0}).items()
    assert run["duration_seconds"] >= 0


def test_a_token_unsubscribes() -> None:
    (ann,) = subscribe(make_schedule(), "ann")
    token = subscriptions.token_of(ann)
    assert ask("post", "unsubscribe/", {"unsubscribe_token": token}).status_code == 200
    ann.refresh_from_db()
    assert not ann.is_subscribed
