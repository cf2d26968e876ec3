"""The list of e-mails: what it shows, finds and never does."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from postroom.shared.status import Status
from postroom.web.adminkit.paging import CappedPaginator
from postroom.web.emails.models import EmailQueue
from tests.support.queued_emails import make_email

pytestmark = pytest.mark.django_db
LIST = "/admin/postroom/emailqueue/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("anna"))
    return client


def found(client: Client, **query: str) -> set[int]:
    """The ids of the e-mails on the page."""
    response = client.get(LIST, query)
    assert response.status_code == 200, response.headers.get("Location")
    return {email.pk for email in response.context["cl"].result_list}


@pytest.mark.parametrize("status", [s.value for s in Status])
def test_list_shows_a_badge_for_each_state(staff: Client, status: str) -> None:
    make_email(status)
    page = staff.get(LIST).content.decode()
    assert status.capitalize() in page
    assert "inquiry_received" in page


def test_row_tells_recipients_attempts_and_next_time(staff: Client) -> None:
    make_email(
        "pending",
        ["ann@example.org", "ben@example.org", "cid@example.org"],
        attempts=2,
        next_attempt_at=Now() + timedelta(minutes=10, seconds=30),
    )
    page = staff.get(LIST).content.decode()
    assert "ann@example.org" in page
    assert "+ 2 more" in page
    assert "ben@example.org" not in page
    assert "2/8" in page
    assert "in 10 min" in page


def test_more_rows_cost_no_more_queries(staff: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            staff.get(LIST)
        return len(captured)

    make_email(recipients=["a@example.org", "b@example.org"])
    first = queries()
    for _ in range(20):
        make_email(recipients=["a@example.org", "b@example.org"])
    assert queries() == first


def test_no_query_counts_or_sorts_the_whole_table(staff: Client) -> None:
    make_email()
    with CaptureQueriesContext(connection) as captured:
        staff.get(LIST, {"status__exact": "pending", "email_type": "inquiry_received"})
    statements = [q["sql"] for q in captured if 'FROM "postroom_emailqueue"' in q["sql"]]
    assert statements
    assert all("LIMIT" in statement for statement in statements), statements
    assert not any("DISTINCT" in statement for statement in statements)


def test_count_stops_at_the_cap(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CappedPaginator, "cap", 3)
    for _ in range(5):
        make_email()
    paginator = CappedPaginator(EmailQueue.objects.all(), 2)
    assert paginator.count == 4
    assert paginator.is_capped
    assert "Showing the newest 3; filter to see older ones" in staff.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("field", "mine", "other"),
    [
        ("status__exact", {"status": "failed"}, {"status": "pending"}),
        ("email_type", {"email_type": "wanted"}, {"email_type": "other"}),
        ("source_app", {"source_app": "wanted"}, {"source_app": "other"}),
        ("priority__exact", {"priority": "high"}, {"priority": "bulk"}),
    ],
)
def test_filter_finds_only_what_was_asked(
    staff: Client, field: str, mine: dict[str, str], other: dict[str, str]
) -> None:
    wanted = make_email(**mine)
    make_email(**other)
    assert found(staff, **{field: next(iter(mine.values()))}) == {wanted.pk}


def test_age_filter_parts_by_hour_day_week(staff: Client) -> None:
    ages = {
        "now": timedelta(0),
        "hours": timedelta(hours=5),
        "days": timedelta(days=3),
        "weeks": timedelta(weeks=3),
    }
    ids = {name: make_email(created_at=Now() - age).pk for name, age in ages.items()}
    assert found(staff, age="hour") == {ids["now"]}
    assert found(staff, age="day") == {ids["now"], ids["hours"]}
    assert found(staff, age="week") == {ids["now"], ids["hours"], ids["days"]}
    assert found(staff, age="older") == {ids["weeks"]}


def test_search_finds_by_id_message_id_address_and_subject(staff: Client) -> None:
    wanted = make_email(
        recipients=["zoe@example.org", "zoe@example.com"],
        subject="Ünusual 100% subject",
        message_id="<abc@host.example>",
    )
    make_email(recipients=["ann@example.org"])
    terms = [
        str(wanted.pk), f"#{wanted.pk}", "<abc@host.example>", "abc@host.example", "zoe@", "ZOE@",
        "ünusual", "100% sub",
    ]  # fmt: skip
    for term in terms:
        assert found(staff, q=term) == {wanted.pk}, term


@pytest.mark.parametrize("term", ["%", "'", "9" * 30, "\\", "<script>", "²", "no such thing"])
def test_odd_search_finds_nothing_and_does_not_fail(staff: Client, term: str) -> None:
    make_email()
    assert found(staff, q=term) == set()


def test_subject_cannot_bring_markup_into_the_list(staff: Client) -> None:
    make_email(subject="<script>alert(1)</script>", recipients=["ann@example.org"])
    assert "<script>alert(1)" not in staff.get(LIST).content.decode()
