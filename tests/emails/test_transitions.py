"""The arrows people and the relay may follow, and that every other one moves nothing."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from postroom.shared.status import ARROWS, REQUEUEABLE, Status
from postroom.web.emails import transitions
from postroom.web.emails.models import EmailLog, EmailQueue, Suppression
from postroom.web.emails.relaying import outbox
from tests.support.queued_emails import make_email, status_of

pytestmark = pytest.mark.django_db
STATES = [s.value for s in Status]
Transition = Callable[[Sequence[int]], list[int]]
BY_HAND: list[tuple[Transition, set[str], str]] = [
    (transitions.requeue, {s.value for s in REQUEUEABLE}, "pending"),
    (transitions.cancel, {"pending"}, "cancelled"),
    (transitions.confirm_arrived, {"unknown"}, "completed"),
]


@pytest.mark.fault(75)
@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize(("transition", "leaves", "reaches"), BY_HAND)
def test_arrow_moves_only_from_the_states_it_leaves(
    transition: Transition, leaves: set[str], reaches: str, status: str
) -> None:
    email = make_email(status)
    moved = transition([email.pk])
    if status in leaves:
        assert (moved, status_of(email)) == ([email.pk], reaches)
        assert Status(reaches) in ARROWS[Status(status)]
    else:
        assert (moved, status_of(email)) == ([], status)


@pytest.mark.parametrize(("transition", "leaves", "_"), BY_HAND)
def test_arrow_touches_no_other_row_and_bears_ids_that_are_none(
    transition: Transition, leaves: set[str], _: str
) -> None:
    status = min(leaves)
    asked, other = make_email(status), make_email(status)
    assert transition([]) == []
    assert transition([asked.pk, asked.pk, 2**62]) == [asked.pk]
    assert status_of(other) == status


def test_requeue_of_what_was_cancelled_waits_for_its_time_as_before() -> None:
    then = timezone.now() + timedelta(days=2)
    email = make_email("pending", scheduled_at=then, next_attempt_at=then, queued_at=then)
    transitions.cancel([email.pk])
    transitions.requeue([email.pk])
    email.refresh_from_db()
    assert (email.status, email.next_attempt_at, email.queued_at) == ("pending", then, then)


def test_requeue_gives_a_full_set_of_attempts_and_makes_it_due() -> None:
    long_ago = Now() - timedelta(days=10)
    email = make_email(
        "failed", attempts=8, queued_at=long_ago, next_attempt_at=long_ago, published_at=long_ago
    )
    transitions.requeue([email.pk])
    email.refresh_from_db()
    assert (email.attempts, email.max_attempts) == (8, 16)
    assert email.published_at is None
    assert timezone.now() - email.queued_at < timedelta(minutes=1)
    assert [due.event.email_id for due in outbox.take_due(10)] == [email.pk]


def test_requeue_of_an_expired_email_lets_it_live_again() -> None:
    email = make_email("expired", expires_at=Now() - timedelta(hours=1))
    transitions.requeue([email.pk])
    email.refresh_from_db()
    assert email.expires_at is None
    assert outbox.expire() == 0
    assert status_of(email) == "pending"


def test_requeue_keeps_an_expiry_that_is_still_to_come() -> None:
    email = make_email("failed", expires_at=Now() + timedelta(hours=1))
    before = email.expires_at
    transitions.requeue([email.pk])
    email.refresh_from_db()
    assert email.expires_at == before


def test_requeue_of_a_partial_email_leaves_accepted_recipients_alone() -> None:
    email = make_email("partial", ["ann@example.org", "ben@example.org", "cid@example.org"])
    email.recipients.update(smtp_code=250, smtp_reply="said")
    transitions.requeue([email.pk])
    assert list(email.recipients.values_list("status", "smtp_code", "smtp_reply")) == [
        ("accepted", 250, "said"),
        ("pending", None, ""),
        ("pending", None, ""),
    ]


def test_requeue_keeps_what_each_address_was_told_before() -> None:
    email = make_email("failed", ["ann@example.org", "ben@example.org"])
    email.recipients.update(smtp_code=550, smtp_reply="5.1.1 no such user")
    transitions.requeue([email.pk])
    EmailQueue.objects.update(status="failed")
    email.recipients.update(status="refused", smtp_code=552, smtp_reply="5.2.2 quota")
    transitions.requeue([email.pk])
    for person in email.recipients.all():
        assert (person.status, person.smtp_code, person.smtp_reply) == ("pending", None, "")
        known = [(e["status"], e["code"], e["reply"]) for e in person.earlier_replies]
        assert known == [
            ("refused", 550, "5.1.1 no such user"),
            ("refused", 552, "5.2.2 quota"),
        ]
        assert all(datetime.fromisoformat(e["until"]).tzinfo for e in person.earlier_replies)


@pytest.mark.parametrize("status", ["failed", "partial", "suppressed", "cancelled"])
def test_requeue_moves_nothing_that_would_go_to_nobody(status: str) -> None:
    held = make_email(status, ["ann@example.org", "Ben@Example.org"])
    free = make_email(status, ["ann@example.org", "cid@example.org"])
    reset = make_email(status, ["ann@example.org", "ben@example.org"], priority="high")
    for address in ("ann@example.org", "ben@example.org"):
        Suppression.objects.create(address=address)
    before = list(held.recipients.values_list("status", "smtp_reply"))
    assert transitions.requeue([held.pk, free.pk, reset.pk]) == [free.pk, reset.pk]
    assert status_of(held) == status
    assert list(held.recipients.values_list("status", "smtp_reply")) == before


def test_requeue_of_what_everyone_accepted_moves_nothing() -> None:
    email = make_email("unknown")
    email.recipients.update(status="accepted")
    assert transitions.requeue([email.pk]) == []
    assert status_of(email) == "unknown"


def test_entry_of_another_list_forbids_no_requeue() -> None:
    email = make_email("failed", list_id="news")
    Suppression.objects.create(address="ann@example.org", list_id="other")
    assert transitions.requeue([email.pk]) == [email.pk]


def test_requeue_tries_suppressed_addresses_that_are_allowed_again() -> None:
    email = make_email("suppressed")
    transitions.requeue([email.pk])
    assert list(email.recipients.values_list("status", flat=True)) == ["pending"]


@pytest.mark.parametrize("status", ["expired", "failed", "unknown"])
def test_requeue_without_the_expired_leaves_them(status: str) -> None:
    over = make_email(status, expires_at=Now() - timedelta(hours=1))
    fresh = make_email("failed", expires_at=Now() + timedelta(hours=1))
    assert transitions.requeue([over.pk, fresh.pk], expired=False) == [fresh.pk]
    assert status_of(over) == status


def test_allow_removes_only_what_forbids_these_emails() -> None:
    held = make_email("suppressed", ["Ann@Example.org", "ben@example.org"], list_id="news")
    held.recipients.filter(address="ben@example.org").update(status="accepted")
    for address, list_id in [
        ("ann@example.org", ""), ("ann@example.org", "news"), ("ann@example.org", "other"),
        ("ben@example.org", ""), ("cid@example.org", ""),
    ]:  # fmt: skip
        Suppression.objects.create(address=address, list_id=list_id, reason="550")
    removed = transitions.allow([held.pk])
    assert sorted((e.address, e.list_id, e.email_ids) for e in removed) == [
        ("ann@example.org", "", [held.pk]), ("ann@example.org", "news", [held.pk]),
    ]  # fmt: skip
    assert Suppression.objects.count() == 3
    assert status_of(held) == "suppressed"


@pytest.mark.fault(75)
def test_requeue_twice_moves_once() -> None:
    email = make_email("failed", attempts=3)
    assert transitions.requeue([email.pk]) == [email.pk]
    assert transitions.requeue([email.pk]) == []
    email.refresh_from_db()
    assert email.max_attempts == 11


def test_arrived_marks_the_unknown_recipients_accepted() -> None:
    email = make_email("unknown", ["ann@example.org", "ben@example.org"])
    email.recipients.filter(address="ben@example.org").update(status="suppressed")
    transitions.confirm_arrived([email.pk], "ann")
    email.refresh_from_db()
    assert (email.status, email.sent_at, email.arrived_by) == ("completed", None, "ann")
    assert email.arrived_at is not None
    assert timezone.now() - email.arrived_at < timedelta(minutes=1)
    assert list(email.recipients.values_list("status", flat=True)) == ["accepted", "suppressed"]


@pytest.mark.parametrize("without_it", ["refused", "pending"])
def test_arrived_leaves_those_without_it_to_a_requeue(without_it: str) -> None:
    email = make_email("unknown", ["ann@example.org", "ben@example.org"])
    email.recipients.filter(address="ben@example.org").update(status=without_it)
    transitions.confirm_arrived([email.pk])
    email.refresh_from_db()
    assert (email.status, email.sent_at) == ("partial", None)
    assert Status.PARTIAL in ARROWS[Status.UNKNOWN]
    assert list(email.recipients.values_list("status", flat=True)) == ["accepted", "refused"]
    assert transitions.requeue([email.pk]) == [email.pk]
    assert list(email.recipients.values_list("status", flat=True)) == ["accepted", "pending"]


@pytest.mark.fault(75)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("transition", "leaves", "_"), BY_HAND)
def test_eight_people_at_once_move_each_email_once(
    transition: Transition, leaves: set[str], _: str
) -> None:
    ids = [make_email(min(leaves)).pk for _ in range(20)]

    def press(turn: int) -> list[int]:
        try:
            return transition(ids if turn % 2 else ids[::-1])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(len(moved) for moved in pool.map(press, range(8))) == 20


# --- the relay ---


@pytest.mark.parametrize("status", STATES)
def test_only_a_pending_email_past_its_time_expires(status: str) -> None:
    email = make_email(status, expires_at=Now() - timedelta(seconds=1))
    later = make_email(expires_at=Now() + timedelta(hours=1))
    assert outbox.expire() == (status == "pending")
    assert status_of(email) == ("expired" if status == "pending" else status)
    assert status_of(later) == "pending"


@pytest.mark.parametrize(
    ("on_unknown", "handed_over", "attempts", "reaches", "repeat"),
    [
        ("resend", False, 1, "pending", True),
        ("resend", False, 8, "unknown", False),
        ("hold", False, 1, "pending", False),
        ("hold", False, 8, "failed", False),
        ("hold", True, 1, "unknown", False),
        ("hold", True, 8, "unknown", False),
    ],
)
def test_email_of_a_dead_mailer_goes_where_the_contract_says(
    on_unknown: str, handed_over: bool, attempts: int, reaches: str, repeat: bool
) -> None:
    past = Now() - timedelta(seconds=1)
    email = make_email(
        "processing", on_unknown=on_unknown, attempts=attempts, lease_expires_at=past,
        handover_at=past if handed_over else None,
    )  # fmt: skip
    alive = make_email("processing")
    assert outbox.take_back() == 1
    assert (status_of(email), status_of(alive)) == (reaches, "processing")
    log = EmailLog.objects.get()
    assert (log.email_id, log.outcome, log.possible_repeat) == (email.pk, "lease_expired", repeat)
    assert (log.mailer, log.claim_token) == ("mailer-1", email.claim_token)
    wanted = {"unknown": "unknown", "failed": "refused"}.get(reaches, "pending")
    assert email.recipients.get().status == wanted


@pytest.mark.parametrize("status", STATES)
def test_only_pending_emails_are_taken_and_stamped(status: str) -> None:
    email = make_email(status, next_attempt_at=Now() - timedelta(seconds=1))
    assert [due.event.email_id for due in outbox.take_due(10)] == (
        [email.pk] if status == "pending" else []
    )
    stamped = EmailQueue.objects.filter(published_at__isnull=False)
    assert stamped.exists() == (status == "pending")
    assert outbox.take_stamp_back([email.pk]) == (status == "pending")
    assert not stamped.exists()


def test_due_emails_come_by_lane_and_the_longest_due_first() -> None:
    waits = [("bulk", 9), ("normal", 1), ("normal", 5), ("high", 1), ("high", 2)]
    emails = [
        make_email("pending", priority=lane, next_attempt_at=Now() - timedelta(minutes=minutes))
        for lane, minutes in waits
    ]
    taken = [due.event.email_id for due in outbox.take_due(10)]
    assert taken == [emails[i].pk for i in (4, 3, 2, 1, 0)]
