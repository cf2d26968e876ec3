"""The admin pages of agreements and club: they open, filter, count little and refuse nonsense."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from postroom.web.systems.agreements.models import MOU, MOUEvent
from postroom.web.systems.club.models import Member, MemberRole

pytestmark = pytest.mark.django_db
LISTS = [
    "postroom_agreements/mou",
    "postroom_agreements/mouevent",
    "postroom_club/member",
    "postroom_club/dutyassignment",
    "postroom_club/adhocday",
    "postroom_club/logsheet",
    "postroom_club/studentprogressreport",
    "postroom_club/maintenanceissue",
]


@pytest.mark.parametrize("path", LISTS)
def test_lists_and_pages_open(admin_client: Client, path: str) -> None:
    call_command("load_club_demo", verbosity=0)
    call_command("load_agreements_demo", verbosity=0)
    assert admin_client.get(f"/admin/{path}/?q=a").status_code == 200
    assert admin_client.get(f"/admin/{path}/add/").status_code == 200
    assert admin_client.get(f"/admin/{path}/1/change/").status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_lists_take_no_query_a_row(admin_client: Client, path: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(f"/admin/{path}/").status_code == 200
        return len(captured)

    empty = queries()
    call_command("load_club_demo", verbosity=0)
    call_command("load_agreements_demo", verbosity=0)
    assert queries() <= empty + 3  # roles of the page's members; values of a filter


@pytest.mark.parametrize(
    ("standing", "titles"),
    [
        ("upcoming", {"Upcoming"}),
        ("active", {"Active"}),
        ("expiring", {"Last day", "Thirty days"}),
        ("expired", {"Over"}),
    ],
)
def test_agreements_can_be_found_by_status(
    admin_client: Client, standing: str, titles: set[str]
) -> None:
    today = timezone.localdate()
    for title, start, end in (
        ("Upcoming", 1, 20), ("Active", 0, 31), ("Last day", -9, 0), ("Thirty days", -9, 30),
        ("Over", -9, -1),
    ):  # fmt: skip
        MOU.objects.create(
            title=title,
            organization="Hill College",
            start_date=today + timedelta(days=start),
            end_date=today + timedelta(days=end),
        )
    page = admin_client.get("/admin/postroom_agreements/mou/", {"standing": standing})
    assert {mou.title for mou in page.context["cl"].result_list} == titles


def test_agreement_is_saved_with_its_events(admin_client: Client) -> None:
    form = {
        "title": "Exchange",
        "organization": "Hill College",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "mou_coordinator_email": "ann@example.org",
        "staff_coordinator_email": "",
        "events-TOTAL_FORMS": "1",
        "events-INITIAL_FORMS": "0",
        "events-0-title": "Seminar",
        "events-0-date": "2026-05-05",
        "events-0-status": "completed",
    }
    assert admin_client.post("/admin/postroom_agreements/mou/add/", form).status_code == 302
    event = MOUEvent.objects.get()
    assert (event.mou.title, event.title, event.status) == ("Exchange", "Seminar", "completed")

    answer = admin_client.post(
        "/admin/postroom_agreements/mou/add/", form | {"end_date": "2025-12-31"}
    )
    assert "The end date is before the start date." in answer.content.decode()
    assert MOU.objects.count() == 1


def test_member_is_saved_with_roles(admin_client: Client) -> None:
    form = {
        "name": "Ann",
        "email": "ann@example.org",
        "active": "on",
        "roles-TOTAL_FORMS": "1",
        "roles-INITIAL_FORMS": "0",
        "roles-0-role": "board",
    }
    assert admin_client.post("/admin/postroom_club/member/add/", form).status_code == 302
    assert MemberRole.objects.get().member == Member.objects.get()
