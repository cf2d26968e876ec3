"""The page of one e-mail: its story, its recipients, its content, and decisions that ask."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from postroom.web.console.emails.story import story
from postroom.web.emails.models import EmailLog, EmailQueue, QueueControl, Suppression
from tests.support.queued_emails import make_attempt, make_email, send, status_of
from tests.support.users import root

pytestmark = pytest.mark.django_db


def address(email: EmailQueue, rest: str = "") -> str:
    return f"/postroom/emails/{email.pk}/{rest}"


def page(client: Client, email: EmailQueue, rest: str = "") -> str:
    answer = client.get(address(email, rest))
    assert answer.status_code == 200
    return answer.content.decode()


def test_story_is_one_line_of_time(client: Client) -> None:
    start = datetime(2026, 11, 29, 15, 0, tzinfo=UTC)
    email = make_email("completed", source_app="shop", sent_at=start + timedelta(minutes=9))
    EmailQueue.objects.filter(pk=email.pk).update(created_at=start, published_at=start)
    for number, outcome in enumerate(("retry", "accepted"), 1):
        log = make_attempt(
            email, attempt=number, outcome=outcome, smtp_code=451, smtp_reply="later <b>",
            mailer="host-a:1", duration_ms=31,
        )  # fmt: skip
        at = start + timedelta(minutes=number)
        EmailLog.objects.filter(pk=log.pk).update(created_at=at)
    text = page(root(client), email)
    story = text[text.index('class="story"') :]
    places = [
        story.index(words)
        for words in ("Queued", "Handed to RabbitMQ", "Attempt 1: retry", "Attempt 2: accepted",
                      "Sent</strong>")
    ]  # fmt: skip
    assert places == sorted(places)
    assert "451 later &lt;b&gt;" in story
    assert "took 31 ms, mailer host-a:1" in story
    assert "29 Nov 2026, 15:09:00 UTC" in story


def test_story_names_the_person_who_decided(client: Client) -> None:
    email = make_email("failed")
    root(client)
    answer = client.post(address(email, "requeue/"), follow=True)
    text = answer.content.decode()
    assert f"E-mail #{email.pk} requeued." in text
    assert "by root" in text
    assert status_of(email) == "pending"
    assert story(EmailQueue(created_at=timezone.now()), [], [])[0].title == "Queued"


def test_requeue_that_may_surprise_asks_and_says_why(client: Client) -> None:
    late = make_email("expired", expires_at=timezone.now() - timedelta(hours=2, minutes=1))
    unknown, cancelled = make_email("unknown"), make_email("cancelled")
    root(client)
    for email, words in (
        (late, "It expired at "),
        (unknown, "its recipients may get it twice"),
        (cancelled, "It was cancelled by somebody"),
    ):
        text = page(client, email)
        assert "Requeue…</a>" in text
        assert ">Requeue</button>" not in text
        assert words in text
        assert words in page(client, email, "requeue/")
    client.post(address(late, "requeue/"))
    assert EmailQueue.objects.filter(status="pending").count() == 0
    client.post(address(late, "requeue/"), {"expired": "yes"})
    assert status_of(late) == "pending"


def test_requeue_to_a_suppressed_address_is_offered_with_the_address_allowed_again(
    client: Client,
) -> None:
    email = make_email("suppressed", ["gone@example.org"])
    Suppression.objects.create(address="gone@example.org", reason="bounced")
    root(client)
    text = page(client, email)
    assert "A requeue would end in the same second" in text
    assert "on the suppression list</span>" in text
    assert "/requeue/" not in text
    assert "bounced" in page(client, email, "allow/")
    client.post(address(email, "allow/"))
    assert status_of(email) == "pending"
    assert not Suppression.objects.exists()


def test_cancel_and_arrived_ask_first(client: Client) -> None:
    root(client)
    for status, name, end in (
        ("pending", "cancel", "cancelled"),
        ("unknown", "arrived", "completed"),
    ):
        email = make_email(status)
        assert f'/{name}/">' in page(client, email)
        page(client, email, f"{name}/")
        assert status_of(email) == status
        client.post(address(email, f"{name}/"))
        assert status_of(email) == end
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "Cancelled.", "Marked as arrived.",
    ]  # fmt: skip


def test_what_a_person_marked_as_arrived_is_not_said_to_be_accepted(client: Client) -> None:
    email = make_email("unknown")
    root(client).post(address(email, "arrived/"))
    text = page(client, email)
    assert "Marked as arrived by root" in text
    assert "The mail server&#x27;s answer is not known." in text
    assert '<span class="badge is-good">Marked as arrived</span>' in text
    assert "accepted it for every recipient" not in text


def test_decision_that_no_longer_fits_says_so(client: Client) -> None:
    email = make_email("completed")
    root(client)
    text = client.post(address(email, "requeue/"), follow=True).content.decode()
    assert "was not changed: its status is no longer one of" in text
    text = client.get(address(email, "cancel/"), follow=True).content.decode()
    assert "was not changed" in text
    assert client.get(address(email, "nonsense/")).status_code == 404
    assert client.get(f"/postroom/emails/{'9' * 30}/").status_code == 404


def test_pending_email_says_when_it_goes_and_that_it_is_paused(client: Client) -> None:
    QueueControl.objects.create(lane="high", paused_by="ann")
    email = make_email(priority="high", next_attempt_at=timezone.now() + timedelta(minutes=4.5))
    text = page(root(client), email)
    assert ">in 4 min<" in text
    assert "no mailer sends high mail" in text


def test_content_has_its_tabs_and_the_preview_an_origin_of_its_own(client: Client) -> None:
    email = make_email("failed", html_body="<p>Hello</p>", context={"name": "Ann"})
    root(client)
    assert 'sandbox=""' in page(client, email, "?tab=html")
    assert "&lt;p&gt;Hello" in page(client, email, "?tab=source")
    assert "&quot;name&quot;: &quot;Ann&quot;" in page(client, email, "?tab=data")
    assert client.get(address(email, "content/"), headers={"sec-fetch-dest": "document"})[
        "Location"
    ] == address(email)
    answer = client.get(address(email, "content/"), headers={"sec-fetch-dest": "iframe"})
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_file_is_a_download_that_no_browser_opens(client: Client) -> None:
    email = send(attachments=[("evil.html", b"<script>1</script>", "text/html")])
    [file] = email.attachments.all()
    answer = root(client).get(address(email, f"files/{file.pk}/"))
    assert answer.content == b"<script>1</script>"
    assert answer["Content-Disposition"] == 'attachment; filename="evil.html"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_sensitive_content_is_shown_to_nobody(client: Client) -> None:
    email = make_email("failed", sensitive=True, plain_body="123456", subject="123456")
    root(client)
    for rest in ("", "?tab=text", "?tab=data", "requeue/"):
        assert "123456" not in page(client, email, rest)
    assert client.get(address(email, "content/")).status_code == 404


def test_copy_goes_to_another_address_once(client: Client) -> None:
    email = make_email("failed")
    root(client)
    form = {"address": "bob@example.org", "press": "1"}
    for _ in range(2):
        text = client.post(address(email, "again/"), form, follow=True).content.decode()
    assert EmailQueue.objects.count() == 2
    assert f'emails/{email.pk}/">#{email.pk}</a>' in text
    text = client.post(address(email, "again/"), {"address": "x"}, follow=True).content.decode()
    assert "Not sent: " in text
