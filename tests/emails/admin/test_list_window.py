"""What a list finds beyond the window it looks at, and how it says that there is more."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating import list_window
from postroom.web.emails.operating.error_classes import LABELS
from tests.support.queued_emails import make_attempt, make_email, status_of
from tests.support.users import root

pytestmark = pytest.mark.django_db
LIST = "/admin/postroom/emailqueue/"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that looks at three ids, or three rows of a state."""
    monkeypatch.setattr(list_window, "SPAN", 3)
    monkeypatch.setattr(list_window, "FEW", 3)


@pytest.fixture
def staff(client: Client) -> Client:
    return root(client)


def look(client: Client, address: str) -> tuple[list[int], str]:
    """The ids on the page, and where "Look further" leads."""
    response = client.get(address if "/" in address else LIST + address)
    assert response.status_code == 200, response.headers.get("Location")
    changelist = response.context["cl"]
    assert ("Look further" in response.content.decode()) == bool(changelist.further)
    return [email.pk for email in changelist.result_list], changelist.further


def look_to_the_end(client: Client, address: str) -> list[list[int]]:
    """The ids of each window until there is no more."""
    windows = []
    while address:
        ids, address = look(client, address)
        windows.append(ids)
    return windows


@pytest.mark.parametrize(
    "query", ["?", "?email_type=wanted", "?q=needle", "?domain=wanted.example"]
)
def test_looking_further_finds_every_email_once(small: None, staff: Client, query: str) -> None:
    fields = {"email_type": "wanted", "subject": "Needle"}
    ids = [make_email(recipients=["a@wanted.example"], **fields).pk for _ in range(8)]
    windows = look_to_the_end(staff, query)
    assert [pk for window in windows for pk in window] == sorted(ids, reverse=True)
    assert all(len(window) <= 3 for window in windows)


def test_oldest_first_looks_from_the_other_end(small: None, staff: Client) -> None:
    ids = [make_email().pk for _ in range(8)]
    windows = look_to_the_end(staff, "?o=1")
    assert [pk for window in windows for pk in window] == ids
    assert len(windows) > 1


def test_state_that_ended_badly_is_found_wherever_it_is(small: None, staff: Client) -> None:
    failed = [make_email("failed").pk for _ in range(4)]
    for _ in range(9):
        make_email("completed")
    windows = look_to_the_end(staff, "?status__exact=failed")
    assert windows == [failed[:0:-1], failed[:1]]


def test_few_unfinished_are_found_wherever_they_are(small: None, staff: Client) -> None:
    waiting = {make_email().pk, make_email(published_at=Now()).pk}
    working = make_email("processing").pk
    for _ in range(9):
        make_email("completed")
    assert set(look(staff, "?status__exact=pending")[0]) == waiting
    assert look(staff, "?status__exact=processing")[0] == [working]


def test_what_a_search_names_is_found_wherever_it_is(small: None, staff: Client) -> None:
    wanted = make_email(recipients=["Zoe@example.org"], message_id="<abc@host.example>")
    for _ in range(9):
        make_email(subject=f"About {wanted.pk}")
    for term in (f"{wanted.pk}", f"%23{wanted.pk}", "abc@host.example", "zoe@example.org"):
        assert look(staff, f"?q={term}") == ([wanted.pk], ""), term
    assert look(staff, f'?q="{wanted.pk}"')[0] != [wanted.pk]
    assert look(staff, "?q=zoe@example.org&status__exact=failed")[0] == []


def test_whole_address_is_found_among_addresses_and_id_among_attempts(
    small: None, staff: Client
) -> None:
    wanted = make_email(recipients=["zoe@example.org"])
    attempt = make_attempt(wanted, outcome="failed")
    for _ in range(9):
        make_attempt(make_email(), outcome="accepted")
    found, _ = look(staff, "/admin/postroom/emailrecipient/?q=ZOE@example.org")
    assert found == [wanted.recipients.get().pk]
    assert look(staff, f"/admin/postroom/emaillog/?q={wanted.pk}")[0] == [attempt.pk]
    assert look(staff, "/admin/postroom/emaillog/?outcome__exact=failed")[0] == []


def test_older_than_a_week_begins_there(small: None, staff: Client) -> None:
    now = timezone.now()
    ids = [
        make_email(created_at=now - timedelta(days=days)).pk
        for days in (30, 20, 10, 6, 5, 4, 3, 2, 1)
    ]
    assert look(staff, "?age=older")[0] == [ids[2], ids[1], ids[0]]
    first = list_window.first_id_since(now - timedelta(days=4, hours=12))
    assert first == ids[5]


def test_bulk_decision_takes_all_that_match_and_not_only_the_window(
    small: None, staff: Client
) -> None:
    failed = [make_email("failed", email_type="wanted") for _ in range(7)]
    asked = staff.post(f"{LIST}bulk/", {"kind": "requeue", "question": "email_type=wanted"})
    staff.post(f"{asked['Location']}confirm/")
    assert {status_of(email) for email in failed} == {"pending"}


@pytest.mark.parametrize("value", ["x", "-1", "9" * 30, "²"])
def test_senseless_place_to_go_on_from_is_refused(staff: Client, value: str) -> None:
    assert staff.get(LIST, {"past": value}).status_code == 302


ATTEMPTS: dict[str, dict[str, Any]] = {
    "unknown": {"outcome": "unknown", "phase": "final"},
    "mailer_lost": {"outcome": "lease_expired"},
    "template": {"outcome": "failed", "phase": "render", "error": "no variable"},
    "login": {"outcome": "retry", "phase": "mail", "smtp_code": 530},
    "timeout": {"outcome": "retry", "phase": "connect", "error": "did not answer in time"},
    "connect": {"outcome": "retry", "phase": "connect", "error": "refused"},
    "mailbox_full": {"outcome": "failed", "phase": "rcpt", "smtp_code": 552,
                     "smtp_reply": "5.2.2 over quota"},
    "address": {"outcome": "failed", "phase": "rcpt", "smtp_code": 550,
                "smtp_reply": "5.1.1 No such user"},
    "message": {"outcome": "failed", "phase": "final", "smtp_code": 554,
                "smtp_reply": "5.7.1 spam"},
    "later": {"outcome": "retry", "phase": "rcpt", "smtp_code": 451},
    "other": {"outcome": "failed", "error": "No recipient was left"},
}  # fmt: skip


def test_each_attempt_is_of_exactly_one_error_class(staff: Client) -> None:
    assert ATTEMPTS.keys() == LABELS.keys()
    emails = {key: make_email("failed") for key in ATTEMPTS}
    for key, fields in ATTEMPTS.items():
        make_attempt(emails[key], outcome="retry", phase="rcpt", smtp_code=450)
        make_attempt(emails[key], **{"attempt": 2, **fields})
    make_attempt(make_email("completed"), outcome="accepted", phase="final", smtp_code=250)
    for key, email in emails.items():
        assert look(staff, f"?error={key}")[0] == [email.pk], key
    assert look(staff, "?error=nonsense")[0] == []


def test_domain_filter_offers_new_domains_and_takes_any(staff: Client) -> None:
    wanted = make_email(recipients=["a@Mail.Example", "b@other.example"])
    make_email(recipients=["a@notmail.example"])
    page = staff.get(LIST).content.decode()
    assert "domain=mail.example" in page
    assert look(staff, "?domain=mail.example")[0] == [wanted.pk]
    assert look(staff, "?q=@MAIL.example")[0] == [wanted.pk]
    assert EmailQueue.objects.count() == 2
