"""The console's pages of submissions, with the e-mails that each caused."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.test import Client

from postroom.web.emails.models import EmailQueue
from postroom.web.systems.submissions.models import Inquiry, MailState, SpeakerSubmission
from tests.support.users import person, root
from tests.systems.submissions.test_api import INQUIRY, TALK, send

pytestmark = pytest.mark.django_db
LIST = "/postroom/submissions/"


@pytest.fixture(autouse=True)
def _staff(settings: Any) -> None:
    settings.STAFF_EMAILS = ["office@example.org"]
    cache.clear()


def text(client: Client, path: str = "") -> str:
    answer = client.get(f"{LIST}{path}")
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_submission_leads_to_its_emails(client: Client) -> None:
    send("inquiries", INQUIRY)
    row, emails = Inquiry.objects.get(), EmailQueue.objects.all()
    assert len(emails) == 2
    root(client)
    assert f"submissions/inquiry/{row.pk}/" in text(client)
    shown = text(client, f"inquiry/{row.pk}/")
    assert all(f"emails/{email.pk}/" in shown for email in emails)
    assert "Is the fee lower?" in shown
    assert row.client_hash not in shown
    assert "None yet." in text(client, "?form=event-registration")
    assert client.get(f"{LIST}?form=x").status_code == 404
    assert client.get(f"{LIST}?mail=x").status_code == 400


def test_content_of_a_file_is_never_shown(client: Client) -> None:
    send("speaker-submissions", TALK)
    row = SpeakerSubmission.objects.get()
    assert "%PDF" not in text(root(client), f"speaker/{row.pk}/")


def test_missing_emails_are_queued_by_users_who_may(client: Client) -> None:
    send("inquiries", INQUIRY)
    row = Inquiry.objects.get()
    EmailQueue.objects.all().delete()
    Inquiry.objects.update(mail_state=MailState.NONE, mail_error="no <sender>")
    person(client, "view_inquiry")
    assert "no &lt;sender&gt;" in text(client, "?mail=missing")
    assert "Queue its e-mails" not in text(client, f"inquiry/{row.pk}/")
    assert client.post(f"{LIST}inquiry/{row.pk}/queue/").status_code == 403
    person(client, "view_inquiry", "requeue_emailqueue", name="paula")
    answer = client.post(f"{LIST}inquiry/{row.pk}/queue/", follow=True).content.decode()
    assert "Its e-mails are queued." in answer
    entry = LogEntry.objects.get()
    assert (entry.user.get_username(), entry.get_change_message()) == (
        "paula", "Queued missing e-mails.",
    )  # fmt: skip
    assert EmailQueue.objects.count() == 2
    assert "The e-mails of every submission are queued." in text(client, "?mail=missing")
