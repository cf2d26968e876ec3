"""A forecast says by number what an action will really do, and then that happens."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now

from postroom.shared.status import Status
from postroom.web.emails.models import EmailQueue, Suppression
from postroom.web.emails.operating.deciding import decisions
from postroom.web.emails.operating.deciding.forecast import Fate, Forecast, forecast
from tests.support.queued_emails import make_email

pytestmark = pytest.mark.django_db
OVER = Now() - timedelta(hours=3)


def numbers(seen: Forecast) -> dict[str, int]:
    return {part.fate.value: part.count for part in seen.parts}


def everything(kind: str, *named: Status) -> Forecast:
    return forecast(kind, EmailQueue.objects.all(), named=named)


def one_of_each() -> None:
    Suppression.objects.create(address="gone@example.org")
    make_email("failed")
    make_email("partial", ["ann@example.org", "ben@example.org"])
    make_email("unknown")
    make_email("cancelled")
    make_email("cancelled", content_erased_at=Now())
    make_email("expired", expires_at=OVER)
    make_email("failed", expires_at=OVER)
    make_email("failed", ["gone@example.org"])
    make_email("suppressed", ["gone@example.org"])
    make_email("suppressed", ["gone@example.org"], expires_at=OVER)
    make_email("failed", ["gone@example.org"], priority="high")
    make_email("failed", content_erased_at=Now())
    make_email("unknown").recipients.update(status="accepted")
    for status in ("pending", "processing", "completed"):
        make_email(status)


def test_requeue_without_a_named_state_leaves_what_people_cancelled() -> None:
    one_of_each()
    seen = everything("requeue")
    assert numbers(seen) == {
        "sent": 3, "repeated": 1, "expired": 2, "cancelled": 1, "suppressed": 3, "erased": 2,
        "nobody": 1,
    }  # fmt: skip
    assert seen.total == 4
    assert [part.fate for part in seen.parts if part.moves] == [Fate.SENT, Fate.REPEATED]
    assert seen.untouched == {"completed": 1, "pending": 1, "processing": 1}
    assert sum(numbers(seen).values()) + 3 == EmailQueue.objects.count()


def test_requeue_where_the_filter_names_the_state_takes_it() -> None:
    one_of_each()
    seen = everything("requeue", Status.CANCELLED)
    assert (seen.total, seen.count(Fate.CANCELLED)) == (5, 1)
    assert Fate.CANCELLED in [part.fate for part in seen.parts if part.moves]


def test_what_is_forecast_is_what_happens() -> None:
    one_of_each()
    ann = User.objects.create_user("ann")
    before = everything("requeue", Status.CANCELLED)
    moved = decisions.requeued([e.pk for e in EmailQueue.objects.all()], ann, expired=False)
    assert sorted(moved) == before.ids
    left = everything("requeue", Status.CANCELLED)
    assert left.total == 0
    assert sorted(decisions.requeued(left.expired_ids, ann)) == left.expired_ids


def test_allow_moves_what_only_the_suppression_list_holds() -> None:
    one_of_each()
    seen = everything("allow")
    assert (numbers(seen)["sent"], numbers(seen)["expired"], seen.total) == (2, 1, 2)
    ann = User.objects.create_user("ann")
    assert sorted(decisions.allowed(seen.ids, ann)) == seen.ids
    assert not Suppression.objects.exists()


def test_cancel_and_arrived_say_what_they_make_of_it() -> None:
    one_of_each()
    waiting_yet = make_email("unknown", ["ann@example.org", "ben@example.org"])
    waiting_yet.recipients.filter(address="ben@example.org").update(status="pending")
    assert numbers(everything("cancel")) == {"stopped": 1}
    assert numbers(everything("arrived")) == {"completed": 2, "partial": 1}
    ids = everything("arrived").ids
    decisions.confirm_arrived(ids, User.objects.create_user("ann"))
    states = EmailQueue.objects.filter(pk__in=ids).order_by("status")
    assert list(states.values_list("status", flat=True)) == ["completed", "completed", "partial"]


def test_sentences_give_numbers_and_since_when_it_expired() -> None:
    one_of_each()
    EmailQueue.objects.filter(status="expired").update(expires_at="2026-01-02T03:04:05Z")
    text = " ".join(everything("requeue").sentences)
    for expected in (
        "3 e-mails will be sent to every address that has not accepted them",
        "1 e-mail may have arrived already, and will be sent again",
        "2 e-mails have expired, the first at 2 Jan 2026, 03:04:05 UTC and the last at ",
        "1 e-mail was cancelled by somebody and stays so",
        "3 e-mails cannot be sent: every address still to be tried is on the suppression list",
        "2 e-mails cannot be sent: the content was erased",
        "1 e-mail has nobody left to go to: every address accepted it",
    ):
        assert expected in text, expected


def test_large_numbers_have_groups() -> None:
    from postroom.web.emails.operating.deciding.spoken import many

    assert (many(1), many(9999), many(25_000)) == (
        "1 e-mail",
        "9999 e-mails",
        "25\u202f000 e-mails",
    )


def test_one_action_takes_the_oldest_and_says_how_many_more_there_are() -> None:
    first = [make_email("failed").pk for _ in range(3)][:2]
    seen = forecast("requeue", EmailQueue.objects.all(), most=2)
    assert (seen.ids, seen.more) == (first, 1)


def test_nothing_is_forecast_of_nothing() -> None:
    seen = everything("requeue")
    assert (seen.parts, seen.total, seen.untouched, seen.more) == ((), 0, {}, 0)
