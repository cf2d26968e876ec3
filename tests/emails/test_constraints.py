"""The database refuses rows that cannot be, whoever writes them."""

import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from postroom.shared.status import Status
from postroom.web.emails.models import EmailQueue, EmailRecipient, QueueControl, Suppression
from tests.support.queued_emails import make_email

pytestmark = pytest.mark.django_db
CLAIM = {"claim_token": uuid.UUID(int=1), "claimed_by": "mailer-1", "lease_expires_at": Now()}

IMPOSSIBLE: list[tuple[str, str, dict[str, Any]]] = [
    ("postroom_email_status_known", "pending", {"status": "sending"}),
    ("postroom_email_status_known", "pending", {"status": ""}),
    ("postroom_email_priority_known", "pending", {"priority": "urgent"}),
    ("postroom_email_on_unknown_known", "pending", {"on_unknown": "maybe"}),
    ("postroom_email_claim_while_processing", "pending", {"status": "processing"}),
    ("postroom_email_claim_while_processing", "pending", {"claim_token": uuid.UUID(int=1)}),
    ("postroom_email_claim_while_processing", "pending", {"lease_expires_at": Now()}),
    ("postroom_email_claim_while_processing", "pending", {"handover_at": Now()}),
    ("postroom_email_claim_while_processing", "completed", CLAIM),
    ("postroom_email_claim_while_processing", "processing", {"claim_token": None}),
    ("postroom_email_claim_while_processing", "processing", {"lease_expires_at": None}),
    ("postroom_email_claim_while_processing", "processing", {"claimed_by": ""}),
    (
        "postroom_email_claim_while_processing",
        "processing",
        {"status": "completed", "sent_at": Now()},
    ),
    ("postroom_email_sent_at_when_sent", "pending", {"status": "completed"}),
    ("postroom_email_sent_at_when_sent", "pending", {"status": "partial"}),
    ("postroom_email_sent_at_when_sent", "completed", {"sent_at": None}),
    ("postroom_email_sent_at_when_sent", "partial", {"sent_at": None, "arrived_by": "ann"}),
    ("postroom_email_attempts_within_limit", "pending", {"max_attempts": 0}),
    ("postroom_email_attempts_within_limit", "pending", {"attempts": 8}),
    ("postroom_email_attempts_within_limit", "failed", {"attempts": 9}),
    ("postroom_email_attempts_within_limit", "pending", {"attempts": -1}),
    ("postroom_email_has_content", "pending", {"attachment_count": -1}),
    ("postroom_email_has_content", "pending", {"plain_body": ""}),
]


@pytest.mark.parametrize(("constraint", "status", "change"), IMPOSSIBLE)
def test_impossible_email_is_refused(constraint: str, status: str, change: dict[str, Any]) -> None:
    email = make_email(status)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        EmailQueue.objects.filter(pk=email.pk).update(**change)


@pytest.mark.parametrize("status", [s.value for s in Status])
def test_every_state_can_be(status: str) -> None:
    assert make_email(status).status == status


def test_last_attempt_may_be_used_up_while_it_runs() -> None:
    make_email("processing", attempts=8)


def test_idempotency_key_stands_once_but_no_key_stands_often() -> None:
    make_email(idempotency_key="k")
    for _ in range(2):
        make_email(idempotency_key="")
    with (
        pytest.raises(IntegrityError, match="postroom_email_idempotency_key"),
        transaction.atomic(),
    ):
        make_email(idempotency_key="k")


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("postroom_recipient_kind_known", {"kind": "by"}),
        ("postroom_recipient_status_known", {"status": "delivered"}),
        ("postroom_recipient_once", {"address": "ben@example.org"}),
    ],
)
def test_impossible_recipient_is_refused(constraint: str, change: dict[str, str]) -> None:
    email = make_email(recipients=["ann@example.org", "ben@example.org"])
    row = EmailRecipient.objects.filter(email=email, address="ann@example.org")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        row.update(**change)


def test_address_is_suppressed_once_a_list() -> None:
    Suppression.objects.create(address="ann@example.org")
    Suppression.objects.create(address="ann@example.org", list_id="news")
    with pytest.raises(IntegrityError, match="postroom_suppression_once"), transaction.atomic():
        Suppression.objects.create(address="ann@example.org")


def test_only_a_known_lane_can_be_paused() -> None:
    for lane in ("all", "high", "normal", "bulk"):
        QueueControl.objects.create(lane=lane)
    with pytest.raises(IntegrityError, match="postroom_control_lane_known"), transaction.atomic():
        QueueControl.objects.create(lane="urgent")


def test_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
