"""The page that asks before a decision about one e-mail, and the page of the e-mail after it."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models.functions import Now
from django.test import Client

from postroom.web.emails.models import EmailQueue, Suppression
from tests.support.queued_emails import make_email, status_of
from tests.support.users import person, root

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    return root(client)


def address(email: EmailQueue, name: str) -> str:
    return f"/admin/postroom/emailqueue/{email.pk}/{name}/"


def asking(email: EmailQueue, name: str) -> str:
    return f"{address(email, name)}ask/"


def shown(client: Client, email: EmailQueue) -> str:
    return " ".join(client.get(address(email, "change")).text.split())


def test_requeue_of_a_failed_one_takes_one_click(operator: Client) -> None:
    email = make_email("failed")
    text = shown(operator, email)
    assert f'<form method="post" action="{address(email, "requeue")}"' in text
    assert "asks first" not in text


@pytest.mark.parametrize(
    ("status", "name", "warning"),
    [
        ("unknown", "requeue", "may have arrived already"),
        ("unknown", "arrived", "Only if you know that it arrived"),
        ("pending", "cancel", "will not be sent, unless somebody requeues it"),
        ("cancelled", "requeue", "was cancelled by somebody"),
        ("expired", "requeue", "It has expired"),
    ],
)
def test_what_cannot_be_undone_asks_on_a_page_of_its_own(
    operator: Client, status: str, name: str, warning: str
) -> None:
    email = make_email(status)
    text = shown(operator, email)
    assert f'<form method="post" action="{address(email, name)}"' not in text
    assert f'href="{asking(email, name)}"' in text
    assert warning in text
    asked = operator.get(asking(email, name)).text
    assert f'action="{address(email, name)}"' in asked
    assert warning in asked
    assert 'name="csrfmiddlewaretoken"' in asked
    assert "ann@example.org" in asked
    assert "Back, and change nothing" in asked
    assert status_of(email) == status
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("status", ["failed", "expired", "unknown"])
def test_expired_it_is_never_sent_by_one_click(operator: Client, status: str) -> None:
    email = make_email(status, expires_at=Now() - timedelta(days=2))
    text = shown(operator, email)
    assert f"It expired at {email.expires_at:%-d %b %Y, %H:%M:%S} UTC, 2 days ago" in text
    asked = operator.post(address(email, "requeue"), follow=True)
    assert (asked.redirect_chain[0][0], status_of(email)) == (asking(email, "requeue"), status)
    assert "Requeue, although it has expired" in asked.text
    operator.post(address(email, "requeue"), {"expired": "yes"})
    assert status_of(email) == "pending"


def test_suppressed_again_at_once_is_not_offered_but_allow_is(operator: Client) -> None:
    Suppression.objects.create(address="ann@example.org", reason="550 5.1.1 no such user")
    email = make_email("failed")
    text = shown(operator, email)
    assert address(email, "requeue") not in text
    assert "A requeue would end in the same second" in text
    answer = operator.post(address(email, "requeue"), follow=True)
    assert "was not changed. A requeue would end in the same second" in answer.text
    assert status_of(email) == "failed"
    asked = operator.get(asking(email, "allow")).text
    assert "550 5.1.1 no such user" in asked
    assert "for every later e-mail too" in asked
    answer = operator.post(address(email, "allow"), follow=True)
    assert f"E-mail #{email.pk} allowed again and requeued." in answer.text
    assert status_of(email) == "pending"
    assert "Allowed ann@example.org again and requeued." in shown(operator, email)


def test_who_may_not_edit_the_list_may_not_allow(client: Client) -> None:
    Suppression.objects.create(address="ann@example.org")
    email = make_email("suppressed")
    person(client, "view_emailqueue", "requeue_emailqueue")
    assert asking(email, "allow") not in shown(client, email)
    for answer in (client.get(asking(email, "allow")), client.post(address(email, "allow"))):
        assert answer.status_code == 403
    assert Suppression.objects.exists()


def test_arrived_is_a_persons_word_and_not_the_mail_servers(operator: Client) -> None:
    email = make_email("unknown")
    operator.post(address(email, "arrived"))
    text = shown(operator, email)
    assert "Marked as arrived by root at " in text
    assert "The mail server accepted it" not in text
    assert "<dt>Sent</dt>" not in text
    assert text.count("Marked as arrived") >= 3  # its meaning, its address, its facts
    email.refresh_from_db()
    assert (email.status, email.sent_at) == ("completed", None)
    assert "arrived, says a person" in operator.get("/admin/postroom/emailqueue/").text


def test_earlier_replies_stay_on_the_page(operator: Client) -> None:
    email = make_email("failed")
    email.recipients.update(smtp_code=550, smtp_reply="5.1.1 <b>no such user")
    operator.post(address(email, "requeue"))
    text = shown(operator, email)
    assert "550 5.1.1 &lt;b&gt;no such user" in text
    assert "Until it was requeued at " in text
    record = operator.get(f"/admin/postroom/emailrecipient/{email.recipients.get().pk}/change/")
    assert "refused 550 5.1.1 &lt;b&gt;no such user" in record.text


@pytest.mark.parametrize(
    ("status", "name"),
    [("completed", "requeue"), ("failed", "cancel"), ("failed", "arrived"), ("failed", "allow")],
)
def test_page_about_what_no_longer_fits_says_so(operator: Client, status: str, name: str) -> None:
    email = make_email(status)
    assert f"/{name}/" not in shown(operator, email)
    for answer in (
        operator.get(asking(email, name), follow=True),
        operator.post(address(email, name), follow=True),
    ):
        assert f"E-mail #{email.pk} was not changed" in answer.text
    assert status_of(email) == status


def test_addresses_of_what_ended_unsent_are_not_called_pending(operator: Client) -> None:
    text = shown(operator, make_email("cancelled"))
    assert "Not tried" in text
    assert "Pending" not in text
