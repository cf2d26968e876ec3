"""The counts of executions: those of their e-mails as they are now, and after these are gone."""

from typing import Any

import pytest
from django.core.management import CommandError

from postroom.shared.status import Status
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.transitions import requeue
from tests.support.job_runs import queued, recipients
from tests.support.reporting.records import (
    HOUR,
    NOON,
    SITE,
    executions,
    make_schedule,
    run_reports,
    subscribe,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def settle(email: EmailQueue, status: Status) -> None:
    """As a mailer leaves it."""
    values: dict[str, Any] = {"status": status.value, "attempts": 1}
    if status is Status.COMPLETED:
        values["sent_at"] = NOON
    EmailQueue.objects.filter(pk=email.pk).update(**values)


def test_counts_follow_the_emails_even_when_they_are_requeued() -> None:
    subscribe(make_schedule(), "ann", "ben")
    run_reports()
    ann, ben = queued()

    def outcome() -> tuple[str, int, int, int]:
        (one,) = executions()
        return one.status, one.successful, one.failed, one.pending

    assert outcome() == ("started", 0, 0, 2)
    settle(ann, Status.COMPLETED)
    settle(ben, Status.FAILED)
    assert outcome() == ("partial", 1, 1, 0)
    assert executions()[0].success_rate == 0.5
    requeue([ben.pk])
    assert outcome() == ("started", 1, 0, 1)
    settle(ben, Status.COMPLETED)
    assert outcome() == ("completed", 2, 0, 0)


def test_counts_outlive_the_emails() -> None:
    schedule = make_schedule()
    subscribe(schedule, "ann", "ben")
    run_reports()
    ann, ben = queued()
    settle(ann, Status.COMPLETED)
    settle(ben, Status.FAILED)
    run_reports(NOON + HOUR)
    for email in (ann, ben):
        email.attachments.all().delete()
        email.delete()
    (one,) = executions()
    assert (one.status, one.successful, one.failed) == ("partial", 1, 1)
    schedule.refresh_from_db()
    assert schedule.last_sent == NOON


def test_a_bad_address_fails_alone() -> None:
    ann, ben = subscribe(make_schedule(), "ann", "ben")
    ann.user.email = "not an address"
    ann.user.save()
    with pytest.raises(CommandError, match="failed 1"):
        run_reports()
    (one,) = executions()
    assert (one.total, one.failed, one.pending) == (2, 1, 1)
    assert [recipients(email) for email in queued()] == [[ben.user.email]]


def test_a_schedule_without_recipients_completes_with_no_email() -> None:
    make_schedule()
    run_reports()
    (one,) = executions()
    assert (one.status, one.total) == ("completed", 0)
