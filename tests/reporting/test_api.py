"""The reports' REST API, with tokens: names, codes, messages, and who sees what."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from postroom.web.reporting.api.serializers import ScheduleSerializer
from postroom.web.reporting.models import ReportSchedule
from tests.support.job_runs import queued, recipients
from tests.support.reporting.api_client import SCHEDULE, Api
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
from tests.support.zone_folders import folder_zone

__all__ = ["folder_zone"]
pytestmark = pytest.mark.django_db
WEEKLY = {
    "name": "W",
    "report_type": "tutor_weekly_report",
    "frequency": "weekly",
    "day_of_week": 1,
}


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE
    cache.clear()


@pytest.fixture
def owner() -> Api:
    return Api(make_user("owner"), SCHEDULE)


@pytest.fixture
def other() -> Api:
    return Api(make_user("other"), SCHEDULE)


@pytest.fixture
def admin() -> Api:
    return Api(User.objects.create_superuser("admin", "admin@example.org"))


def test_schedule_is_made_read_changed_and_deleted(owner: Api) -> None:
    made = owner("post", data=WEEKLY | {"timezone": "Europe/Berlin", "export_format": "pdf"})
    assert made.status_code == 201, made.content
    assert made.json()["created_by"] == "owner"
    assert made.json()["next_scheduled"]
    path = f"{made.json()['id']}/"
    before = owner("get", path).json()["next_scheduled"]
    changed = owner("patch", path, {"day_of_week": 2})
    assert (changed.status_code, changed.json()["day_of_week"]) == (200, 2)
    assert changed.json()["next_scheduled"] != before
    assert [one["id"] for one in owner("get").json()["results"]] == [made.json()["id"]]
    assert owner("delete", path).status_code == 204
    assert owner("get", path).status_code == 404


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"day_of_week": None}, "day_of_week"),
        ({"day_of_week": 8}, "day_of_week"),
        ({"frequency": "monthly"}, "day_of_month"),
        ({"frequency": "monthly", "day_of_month": 32}, "day_of_month"),
        ({"frequency": "cron"}, "cron_expression"),
        ({"frequency": "cron", "cron_expression": "0 0 30 2 *"}, "cron_expression"),
        ({"frequency": "cron", "cron_expression": "; rm"}, "cron_expression"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"report_type": "payroll"}, "report_type"),
        ({"export_format": "exe"}, "export_format"),
        ({"name": ""}, "name"),
        ({"time": "25:00"}, "time"),
    ],
)
def test_mistakes_are_told_by_field(owner: Api, fields: dict[str, Any], wrong: str) -> None:
    answer = owner("post", data=WEEKLY | fields)
    assert answer.status_code == 400
    assert list(answer.json()) == [wrong]


def test_folder_of_time_zones_is_a_mistake_too(owner: Api, folder_zone: str) -> None:
    test_mistakes_are_told_by_field(owner, {"timezone": folder_zone}, "timezone")


def test_a_wrong_day_is_told_with_the_right_ones(owner: Api) -> None:
    reported = owner("post", data=WEEKLY | {"day_of_week": 8}).json()
    assert reported == {"day_of_week": ["Enter 1 (Monday) to 7 (Sunday)."]}


def test_a_patch_cannot_leave_a_rule_incomplete(owner: Api) -> None:
    schedule = make_schedule(owner.user)
    answer = owner("patch", f"{schedule.pk}/", {"frequency": "monthly"})
    assert list(answer.json()) == ["day_of_month"]


@pytest.mark.parametrize(
    "data",
    [
        {"name": "New", "is_active": True},
        {"frequency": "daily", "time": "12:00:00", "timezone": "UTC"},
        {"export_format": "pdf"},
    ],
)
def test_a_patch_that_leaves_the_rule_leaves_what_is_due(owner: Api, data: dict[str, Any]) -> None:
    schedule = make_schedule(owner.user)
    assert owner("patch", f"{schedule.pk}/", data).status_code == 200
    assert ReportSchedule.objects.get().next_scheduled == NOON


def test_a_schedule_that_is_started_again_is_planned_from_now(owner: Api) -> None:
    schedule = make_schedule(owner.user, is_active=False)
    owner("patch", f"{schedule.pk}/", {"is_active": True})
    due = ReportSchedule.objects.get().next_scheduled
    assert due is not None
    assert due > timezone.now()


def test_a_patch_does_not_undo_a_run_that_happened_meanwhile(owner: Api) -> None:
    schedule = make_schedule(owner.user)
    serializer = ScheduleSerializer(schedule, {"name": "New"}, partial=True)
    assert serializer.is_valid()
    run_reports()
    serializer.save()
    now = ReportSchedule.objects.get()
    assert (now.name, now.last_generated, now.next_scheduled) == (
        "New", NOON, NOON + timedelta(days=1),
    )  # fmt: skip


def test_who_sees_what(owner: Api, other: Api, admin: Api) -> None:
    schedule = make_schedule(owner.user)
    assert owner("get").json()["count"] == admin("get").json()["count"] == 1
    assert other("get").json()["count"] == 0
    for method, rest, data in (
        ("get", "", None), ("patch", "", {"name": "mine"}), ("delete", "", None),
        ("post", "recipients/", {"user_id": 1}), ("post", "test_email/", {}),
        ("delete", "remove_recipient/?recipient_id=1", None), ("get", "executions/", None),
    ):  # fmt: skip
        assert other(method, f"{schedule.pk}/{rest}", data).status_code == 404
    assert admin("get", f"{schedule.pk}/").status_code == 200


def test_without_a_token_nothing_is_shown() -> None:
    nobody = Api(None)
    for path in ("", "1/", "my_subscriptions/", "1/executions/"):
        assert nobody("get", path).status_code == 401


def test_test_email_goes_to_who_asks_alone_and_says_so(owner: Api) -> None:
    make_school()
    schedule = make_schedule(owner.user)
    subscribe(schedule, "ann")
    answer = owner("post", f"{schedule.pk}/test_email/")
    assert answer.status_code == 202
    (email,) = queued("reports.test")
    assert recipients(email) == ["owner@example.org"]
    assert email.subject.startswith("[Test] ")
    assert "List-Unsubscribe" not in email.headers
    (one,) = executions()
    assert (one.pk, one.trigger, one.total) == (answer.json()["execution_id"], "test", 1)
    assert ReportSchedule.objects.get().next_scheduled == NOON


def test_test_email_needs_an_address(owner: Api) -> None:
    User.objects.update(email="")
    answer = owner("post", f"{make_schedule(owner.user).pk}/test_email/")
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])


def test_test_emails_are_limited(owner: Api) -> None:
    schedule = make_schedule(owner.user)
    codes = [owner("post", f"{schedule.pk}/test_email/").status_code for _ in range(21)]
    assert codes == [202] * 20 + [429]


def test_executions_come_newest_first_with_counts(owner: Api) -> None:
    schedule = make_schedule(owner.user)
    subscribe(schedule, "ann")
    for day in (23, 24, 25):
        run_reports(NOON.replace(day=day))
    found = owner("get", f"{schedule.pk}/executions/?limit=2").json()
    assert found["count"] == 3
    rows = found["results"]
    assert [row["due"][:10] for row in rows] == ["2026-11-25", "2026-11-24"]
    assert (rows[0]["status"], rows[0]["total_recipients"], rows[0]["pending_sends"]) == (
        "started", 1, 1,
    )  # fmt: skip
    for limit in ("0", "-1", "x", "1e3"):
        assert owner("get", f"{schedule.pk}/executions/?limit={limit}").status_code == 400


def test_openapi_describes_every_endpoint(admin_client: Client) -> None:
    schema = admin_client.get("/api/schema/?format=json").content.decode()
    for path in ("recipients", "remove_recipient", "test_email", "executions"):
        assert f"/api/reports/schedules/{{id}}/{path}/" in schema
    assert "/api/reports/schedules/my_subscriptions/" in schema
