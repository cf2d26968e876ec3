"""What no field means: half characters, fractions, booleans and digits of other scripts as numbers,
times with an offset. Each is 400 at every endpoint, with words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from postroom.web.reporting.models import ReportSchedule
from postroom.web.systems.submissions.models import EventRegistration
from postroom.web.systems.tracker.models import Epic

pytestmark = pytest.mark.django_db
PERSON = {"name": "Ann", "email": "ann@example.org"}
EPIC = {"title": "Mail", "priority": "high", "status": "todo"}
SCHEDULE = {"name": "Daily", "report_type": "x", "frequency": "daily", "time": "07:00"}
BODIES: dict[str, dict[str, Any]] = {
    "inquiries": {**PERSON, "topic": "general", "message": "Hello", "website": ""},
    "event-registrations": {
        **PERSON, "organisation": "", "event": "Open day", "seats": 1, "dietary_notes": "",
    },
    "nominations": {
        **PERSON, "nominee_name": "Bo", "nominee_organisation": "", "category": "teaching",
        "reason": "Good.",
    },
    "epics": {**EPIC, "description": "", "owner": 1, "members": [1], "reporter": 1},
    "user-stories": {**EPIC, "assigned_to": 1, "epic": 1},
    "tasks": {**EPIC, "assigned_to": 1, "user_story": 1},
    "reports/schedules": {
        **SCHEDULE, "day_of_week": 1, "day_of_month": 1, "timezone": "UTC", "cron_expression": "",
        "export_format": "csv", "is_active": True, "business_days_only": True,
    },
    "reports/schedules/unsubscribe": {"token": "x", "schedule_id": 1},
}  # fmt: skip


@pytest.fixture
def client(admin_user: User) -> Iterator[Client]:
    client = Client()
    client.force_login(admin_user)
    yield client


def post(client: Client, endpoint: str, body: str) -> Any:
    return client.post(f"/api/{endpoint}/", body, content_type="application/json")


FIELDS = [(endpoint, field) for endpoint, body in BODIES.items() for field in body]


@pytest.mark.parametrize(("endpoint", "field"), FIELDS)
def test_half_a_character_is_refused_in_every_field(
    client: Client, endpoint: str, field: str
) -> None:
    for value in ("\ud83d", "a\udc00b", ["\ud83d"], {"\ud83d": 1}):
        answer = post(client, endpoint, json.dumps(BODIES[endpoint] | {field: value}))
        assert answer.status_code == 400, answer.content
    answer = post(client, endpoint, json.dumps(BODIES[endpoint] | {f"{field}\ud83d": 1}))
    assert answer.status_code == 400


def test_whole_characters_beyond_the_first_plane_are_taken(client: Client) -> None:
    body = json.dumps(BODIES["inquiries"] | {"message": "Hello \U0001f600"})
    assert "\\ud83d\\ude00" in body
    assert post(client, "inquiries", body).status_code == 201


ODD_NUMBERS = ["1.5", "1.0", "1e0", "true", '"1.0"', '"1e0"', '"1_0"', '"\uff11"', '"\\u0000"']


@pytest.mark.parametrize("value", ODD_NUMBERS)
@pytest.mark.parametrize(
    ("endpoint", "field"),
    [
        ("epics", "owner"),
        ("epics", "members"),
        ("epics", "reporter"),
        ("user-stories", "assigned_to"),
        ("user-stories", "epic"),
        ("tasks", "user_story"),
        ("event-registrations", "seats"),
        ("reports/schedules", "day_of_month"),
        ("reports/schedules", "day_of_week"),
        ("reports/schedules/unsubscribe", "schedule_id"),
    ],
)
def test_number_is_taken_as_it_is_written(
    client: Client, endpoint: str, field: str, value: str
) -> None:
    given = f"[{value}]" if field == "members" else value
    body = {name: each for name, each in BODIES[endpoint].items() if name != field}
    text = f'{json.dumps(body)[:-1]}, "{field}": {given}}}'
    answer = post(client, endpoint, text)
    assert answer.status_code == 400
    assert field in answer.json(), answer.content
    assert not Epic.objects.exists()
    assert not EventRegistration.objects.exists()


def test_digits_as_text_are_a_number(client: Client, admin_user: User) -> None:
    answer = post(client, "epics", json.dumps(EPIC | {"owner": str(admin_user.pk)}))
    assert answer.status_code == 201, answer.content
    assert answer.json()["owner"] == admin_user.pk


@pytest.mark.parametrize(
    "value",
    ["07:00+02:00", "07:00Z", "T07:00", "07:00:00-00:30", "0700", "7", "25:00", "", 7, True],
)
def test_time_with_an_offset_is_refused_with_words(client: Client, value: Any) -> None:
    answer = post(client, "reports/schedules", json.dumps(SCHEDULE | {"time": value}))
    assert answer.status_code == 400
    assert "time" in answer.json()
    assert not ReportSchedule.objects.exists()


def test_recipient_is_a_whole_number(client: Client, admin_user: User) -> None:
    schedule = ReportSchedule.objects.create(
        name="Daily", report_type="x", frequency="daily", time="07:00", created_by=admin_user
    )
    for value in (1.5, True, f"{admin_user.pk}.0", "1_0", None, [admin_user.pk]):
        body = json.dumps({"user_id": value})
        answer = post(client, f"reports/schedules/{schedule.pk}/recipients", body)
        assert answer.status_code == 400, value
        assert "user_id" in answer.json()


def test_id_in_a_path_is_digits(client: Client) -> None:
    epic = Epic.objects.create(title="Mail")
    assert client.get(f"/api/epics/{epic.pk}/").status_code == 200
    for odd in (f"{epic.pk}_0", f"{epic.pk}.0", "\uff11", "1" * 19, "%00"):
        assert client.get(f"/api/epics/{odd}/").status_code == 404
