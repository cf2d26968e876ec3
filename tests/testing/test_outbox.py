"""`postroom.testing`: what was queued, as it would be sent. Runs on PostgreSQL and on SQLite."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import TestCase, override_settings
from django.utils import timezone

from postroom import EmailBatch, email_service
from postroom.testing import PostroomTestMixin
from postroom.web.emails.models import EmailLog, EmailQueue, Suppression
from postroom.web.testing.outbox import Outbox
from tests.support.queued_emails import send
from tests.testing.conftest import TEMPLATES


def order(**arguments: Any) -> EmailQueue:
    call: dict[str, Any] = {
        "email_type": "order_confirmed",
        "subject": "",
        "recipients": ["Ann <ann@example.org>"],
        "template_path": "shop/order",
        "context": {"number": 7, "name": "Ann & Co"},
        "cc": ["ben@example.org"],
        "bcc": ["carl@example.org"],
        "headers": {"X-Shop": "1"},
        "attachments": [("bill.txt", b"12 EUR", "text/plain")],
    }
    return email_service.send_email_task(**call | arguments)


def test_what_was_queued_is_rendered_as_it_would_be_sent(postroom_outbox: Outbox) -> None:
    order()
    [mail] = postroom_outbox
    assert mail.subject == "Your order 7"
    assert mail.text.strip() == "Thank you, Ann & Co."
    assert "<b>Ann &amp; Co</b>" in mail.html
    assert (mail.to, mail.cc, mail.bcc) == (
        ["ann@example.org"],
        ["ben@example.org"],
        ["carl@example.org"],
    )
    assert mail.headers == {"X-Shop": "1"}
    assert mail.attachments == [("bill.txt", b"12 EUR", "text/plain")]
    message = mail.message
    assert message["To"] == "Ann <ann@example.org>"
    assert message["Subject"] == "Your order 7"
    assert message["X-Shop"] == "1"
    assert message["Message-ID"] == mail.row.message_id
    assert "carl" not in str(message)
    assert [part.get_filename() for part in message.iter_attachments()] == ["bill.txt"]


def test_what_was_there_before_is_not_of_this_test(db: None, request: Any) -> None:
    send()
    outbox: Outbox = request.getfixturevalue("postroom_outbox")
    outbox.assert_nothing_queued()
    send()
    assert len(outbox) == 1


def test_a_rollback_queues_nothing(postroom_outbox: Outbox) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send()
        raise ZeroDivisionError
    postroom_outbox.assert_nothing_queued()


def test_delivery_ends_the_rows(postroom_outbox: Outbox) -> None:
    batch = EmailBatch()
    batch.send_email_task("news", "News", ["ann@example.org"], plain_body="New.")
    [now] = batch.queue()
    later = send(scheduled_at=timezone.now() + timedelta(hours=1))
    secret = send(sensitive=True, plain_body="Your code: 123456")
    assert [mail.row.pk for mail in postroom_outbox.deliver()] == [now.pk, secret.pk]
    assert postroom_outbox.delivered[1].text == "Your code: 123456"
    now.refresh_from_db()
    secret.refresh_from_db()
    later.refresh_from_db()
    assert (now.status, later.status) == ("completed", "pending")
    assert now.sent_at
    assert [one.status for one in now.recipients.all()] == ["accepted"]
    assert secret.content_erased_at
    assert not secret.plain_body
    assert EmailLog.objects.filter(outcome="accepted").count() == 2
    assert postroom_outbox.deliver() == []
    assert len(postroom_outbox.delivered) == 2


def test_suppressed_addresses_get_nothing(postroom_outbox: Outbox) -> None:
    Suppression.objects.create(address="Ann@example.org")
    some, nobody = send(recipients=["ann@example.org", "ben@example.org"]), send()
    assert [mail.row.pk for mail in postroom_outbox.deliver()] == [some.pk]
    nobody.refresh_from_db()
    assert nobody.status == "suppressed"
    assert [one.status for one in some.recipients.order_by("pk")] == ["suppressed", "accepted"]


def test_what_cannot_be_rendered_any_more_fails(postroom_outbox: Outbox, settings: Any) -> None:
    email = order()
    settings.POSTROOM = {}
    assert postroom_outbox.deliver() == []
    email.refresh_from_db()
    assert email.status == "failed"
    assert "shop/order" in email.last_error


def test_assertions_name_what_was_queued(postroom_outbox: Outbox) -> None:
    order()
    order(recipients=["dora@example.org"])
    assert len(postroom_outbox.assert_queued(email_type="order_confirmed", times=2)) == 2
    postroom_outbox.assert_queued(to="dora@example.org")
    postroom_outbox.assert_queued(to=["ann@example.org", "carl@example.org"])
    postroom_outbox.assert_queued(template_path="shop/order", subject="order 7", times=2)
    postroom_outbox.assert_queued(subject="order 8", times=0)
    with pytest.raises(AssertionError, match=r"(?s)0 e-mails match, and 1 should\..*dora@ex"):
        postroom_outbox.assert_queued(email_type="bill")
    with pytest.raises(AssertionError, match="order_confirmed"):
        postroom_outbox.assert_nothing_queued()


@override_settings(POSTROOM={"EMAIL_TEMPLATE_DIRS": [str(TEMPLATES)]})
class OrderTests(PostroomTestMixin, TestCase):
    """As a site writes it."""

    @classmethod
    def setUpTestData(cls) -> None:
        send(subject="Of all tests")

    def test_the_mixin_has_the_same(self) -> None:
        self.assert_nothing_queued()
        order()
        [mail] = self.assert_queued(email_type="order_confirmed", to="ann@example.org")
        assert mail.subject == "Your order 7"
        self.deliver()
        assert len(self.postroom_outbox.delivered) == 1

    def test_rolled_back_with_each_test(self) -> None:
        self.assert_nothing_queued()
        assert EmailQueue.objects.count() == 1
