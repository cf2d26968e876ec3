"""The page of one e-mail: what it shows, its buttons, and who may press them."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from postroom import Attachment
from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.emails.models import EmailQueue, EmailRecipient, QueueControl
from postroom.web.emails.service import email_service
from tests.support.queued_emails import make_attempt, make_email, status_of

pytestmark = pytest.mark.django_db


def login(client: Client, *permissions: str) -> User:
    user = User.objects.create_user("anna", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return user


def page(client: Client, email: EmailQueue) -> str:
    response = client.get(f"/admin/postroom/emailqueue/{email.pk}/change/")
    assert response.status_code == 200
    return response.content.decode()


def press(client: Client, email: EmailQueue, button: str, **form: str) -> int:
    return client.post(f"/admin/postroom/emailqueue/{email.pk}/{button}/", form).status_code


@pytest.mark.parametrize("status", [s.value for s in Status])
def test_each_state_has_a_page(client: Client, status: str) -> None:
    login(client, "view_emailqueue")
    email = make_email(status, ["ann@example.org", "ben@example.org"])
    text = page(client, email)
    assert status.capitalize() in text
    assert "ben@example.org" in text


@pytest.mark.parametrize(("lane", "reported"), [("all", True), ("bulk", True), ("high", False)])
def test_page_of_a_waiting_email_tells_that_its_lane_is_paused(
    client: Client, lane: str, reported: bool
) -> None:
    login(client, "view_emailqueue")
    QueueControl.objects.create(lane=lane)
    assert ("Paused:" in page(client, make_email("pending", priority="bulk"))) is reported
    assert "Paused:" not in page(client, make_email("failed", priority="bulk"))


def test_page_tells_error_attempts_and_what_each_server_said(client: Client) -> None:
    login(client, "view_emailqueue")
    email = make_email("failed", last_error="mailbox of Ann is full")
    EmailRecipient.objects.update(smtp_code=552, smtp_reply="5.2.2 quota")
    make_attempt(email, outcome="retry", phase="connect", error="no route", duration_ms=77)
    make_attempt(
        email, attempt=2, outcome="lease_expired", mailer="host-a:12", task_name="relay.take_back",
        possible_repeat=True,
    )  # fmt: skip
    text = page(client, email)
    for expected in (
        "mailbox of Ann is full", "552 5.2.2 quota", "no route", "phase connect", "77 ms",
        "Attempt 2", "host-a:12", "relay.take_back", "possible repeat", email.message_id[1:-1],
    ):  # fmt: skip
        assert expected in text, expected
    assert text.index("Attempt 2") < text.index("Attempt 1")


def test_page_of_a_waiting_email_tells_the_next_attempt(client: Client) -> None:
    login(client, "view_emailqueue")
    email = make_email(
        attempts=1, last_error="451 greylisted", next_attempt_at=Now() + timedelta(hours=2)
    )
    text = page(client, email)
    assert "451 greylisted" in text
    assert "attempt 2 of at most 8" in " ".join(text.split())


def test_page_shows_content_as_text_and_files_without_their_bytes(client: Client) -> None:
    login(client, "view_emailqueue", "read_emailqueue")
    email = email_service.send_email_task(
        "x", "</title><script>alert(1)</script>", ["ann@example.org"],
        html_body="<script>alert(2)</script><img src=x>", plain_body="<b>bold</b>",
        attachments=[("prices.csv", b"secret bytes", "text/csv")],
        metadata={"k": "<script>alert(3)</script>"},
    )  # fmt: skip
    with CaptureQueriesContext(connection) as captured:
        text = "".join(
            client.get(f"/admin/postroom/emailqueue/{email.pk}/change/?tab={tab}").content.decode()
            for tab in ("html", "text", "source", "data")
        )
    assert "&lt;script&gt;alert(2)" in text
    assert "<script>alert(" not in text
    assert "<img src=x>" not in text
    assert "<b>bold" not in text
    assert "prices.csv" in text
    assert "12\xa0bytes" in text
    assert not any('"postroom_attachmentblob"."content"' in q["sql"] for q in captured)


def test_page_lists_pictures_and_calendars_with_their_places(client: Client) -> None:
    login(client, "view_emailqueue", "read_emailqueue")
    calendar = Attachment("", b"BEGIN", "text/calendar", disposition="alternative")
    logo = Attachment("logo.png", b"png", disposition="inline", content_id="logo")
    email = email_service.send_email_task(
        "x",
        "s",
        ["ann@example.org"],
        html_body="<img src='cid:logo'>",
        attachments=[calendar, logo],
    )
    text = " ".join(page(client, email).split())
    assert "image/png, 3 bytes, inline (cid:logo)" in text
    assert "text/calendar, 5 bytes, alternative" in text
    nameless = email.attachments.get(name="")
    response = client.get(f"/admin/postroom/emailqueue/{email.pk}/files/{nameless.pk}/")
    assert (response.content, response["Content-Disposition"]) == (
        b"BEGIN", 'attachment; filename="part"',
    )  # fmt: skip


def test_nothing_on_the_page_can_be_edited(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    email = make_email()
    url = f"/admin/postroom/emailqueue/{email.pk}/change/"
    assert 'name="subject"' not in client.get(url).content.decode()
    assert client.post(url, {"subject": "other"}).status_code == 403
    email.refresh_from_db()
    assert email.subject == "Your inquiry"


@pytest.mark.parametrize("status", [s.value for s in Status])
def test_buttons_stand_only_where_the_state_allows(client: Client, status: str) -> None:
    login(client, "view_emailqueue", "requeue_emailqueue", "cancel_emailqueue")
    email = make_email(status)
    text = page(client, email)
    assert (f"/{email.pk}/requeue/" in text) == (status in REQUEUEABLE)
    assert (f"/{email.pk}/cancel/" in text) == (status == "pending")


@pytest.mark.parametrize("status", sorted(s.value for s in REQUEUEABLE))
def test_requeue_button_makes_it_pending_and_names_who_did_it(client: Client, status: str) -> None:
    user = login(client, "view_emailqueue", "requeue_emailqueue")
    email = make_email(status)
    assert press(client, email, "requeue", expired="yes") == 302
    assert status_of(email) == "pending"
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (
        user, str(email.pk), "Requeued.",
    )  # fmt: skip
    history = client.get(f"/admin/postroom/emailqueue/{email.pk}/history/").content.decode()
    assert "anna" in history
    assert "Requeued." in history


def test_cancel_button_cancels_and_names_who_did_it(client: Client) -> None:
    user = login(client, "view_emailqueue", "cancel_emailqueue")
    email = make_email("pending")
    assert press(client, email, "cancel") == 302
    assert status_of(email) == "cancelled"
    assert LogEntry.objects.get().user == user


@pytest.mark.parametrize(
    ("status", "button"),
    [("completed", "requeue"), ("processing", "requeue"), ("pending", "requeue"),
     ("failed", "cancel"), ("processing", "cancel")],
)  # fmt: skip
def test_button_pressed_too_late_changes_nothing_and_says_so(
    client: Client, status: str, button: str
) -> None:
    login(client, "view_emailqueue", "requeue_emailqueue", "cancel_emailqueue")
    email = make_email(status)
    response = client.post(f"/admin/postroom/emailqueue/{email.pk}/{button}/", follow=True)
    assert "was not changed" in response.content.decode()
    assert status_of(email) == status
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("button", "status", "other"),
    [("requeue", "failed", "cancel_emailqueue"), ("cancel", "pending", "requeue_emailqueue")],
)
def test_who_may_only_look_sees_no_button_and_gets_403(
    client: Client, button: str, status: str, other: str
) -> None:
    login(client, "view_emailqueue", other)
    email = make_email(status)
    assert f"/{email.pk}/{button}/" not in page(client, email)
    assert press(client, email, button) == 403
    assert status_of(email) == status


def test_permission_to_requeue_without_permission_to_look_is_not_enough(client: Client) -> None:
    login(client, "requeue_emailqueue")
    assert press(client, make_email("failed"), "requeue") == 403


@pytest.mark.parametrize("button", ["requeue", "cancel"])
def test_button_takes_only_post_with_a_csrf_token(button: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    email = make_email("failed" if button == "requeue" else "pending")
    url = f"/admin/postroom/emailqueue/{email.pk}/{button}/"
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 403
    assert status_of(email) in ("failed", "pending")
    token = client.get(f"/admin/postroom/emailqueue/{email.pk}/change/").cookies["csrftoken"].value
    assert client.post(url, {"csrfmiddlewaretoken": token}).status_code == 302


def test_strangers_are_sent_to_the_login_page(client: Client) -> None:
    email = make_email("failed")
    response = client.post(f"/admin/postroom/emailqueue/{email.pk}/requeue/")
    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]
    assert status_of(email) == "failed"


@pytest.mark.parametrize("object_id", ["999999", "abc", "9" * 30, "²"])
def test_unknown_email_is_no_server_error(client: Client, object_id: str) -> None:
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(f"/admin/postroom/emailqueue/{object_id}/change/").status_code in (302, 404)
    assert client.post("/admin/postroom/emailqueue/999999/requeue/").status_code == 404
