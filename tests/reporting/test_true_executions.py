"""What an execution says is true at once: reasons, counts, times, who got nothing and why."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.utils import timezone

from postroom.shared.status import Status
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating import health
from postroom.web.reporting import delivery_status, manual_runs, registry, subscriptions
from postroom.web.reporting.models import ReportSchedule
from postroom.web.systems.school.models import Tutor
from tests.support.job_runs import queued, recipients
from tests.support.reporting.records import (
    HOUR,
    NOON,
    SITE,
    executions,
    make_schedule,
    make_school,
    make_user,
    run_reports,
    subscribe,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SATURDAY, SUNDAY = NOON + 5 * DAY, NOON + 6 * DAY


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def test_refused_emails_have_their_reason_and_people_are_named() -> None:
    ann, ben, eve, _dan = subscribe(make_schedule(), "ann", "ben", "eve", "dan")
    ann.user.email, ben.user.email, eve.user.is_active = "not an address", "", False
    for one in (ann, ben, eve):
        one.user.save()
    with pytest.raises(CommandError, match="failed 1"):
        run_reports()
    (one,) = executions()
    assert (one.status, one.error, one.total, one.failed) == ("started", "", 2, 1)
    without, inactive, refused = one.remarks.splitlines()
    assert without == "Without an e-mail address: ben."
    assert inactive == "With an inactive account: eve."
    assert refused.startswith("Refused by the queue: ann. ")
    assert "not an e-mail address" in refused
    assert "not an e-mail address" in one.deliveries.get(recipient=ann).error


def test_run_whose_emails_were_all_refused_says_so() -> None:
    (ann,) = subscribe(make_schedule(), "ann")
    ann.user.email = "not an address"
    ann.user.save()
    with pytest.raises(CommandError):
        run_reports()
    (one,) = executions()
    assert one.status == "failed"
    assert one.error == "The queue refused every e-mail; the remarks say why."


@pytest.mark.parametrize("name", ["EMAIL_MAX_ATTACHMENT_BYTES", "EMAIL_MAX_ATTACHMENTS"])
def test_file_that_the_queue_refuses_is_a_reason_and_costs_no_hour(
    settings: Any, name: str
) -> None:
    schedule = make_schedule()
    subscribe(schedule, "ann", "ben")
    setattr(settings, name, 0)
    with pytest.raises(CommandError, match="failed 2"):
        run_reports()
    (one,) = executions()
    assert (one.status, one.failed) == ("failed", 2)
    assert one.error == "The queue refused every e-mail; the remarks say why."
    (refused,) = one.remarks.splitlines()
    assert refused.startswith("Refused by the queue: ann, ben. attachments: ")
    assert name in refused
    assert name in one.deliveries.first().error
    one.__class__.objects.update(started_at=timezone.now())
    assert "report_failed" in [found.rule for found in health.look().findings]
    setattr(settings, name, 1_000_000)
    now = NOON + timedelta(minutes=1)
    assert manual_runs.request_run(schedule.pk, schedule.created_by, now)
    run_reports(now)
    assert len(queued()) == 2


def test_one_reader_s_large_file_is_refused_for_this_reader_alone(settings: Any) -> None:
    make_school()
    Tutor.objects.update(email="tom@example.org")
    make_user("tom", sees_all=False)
    subscribe(make_schedule(), "head", "tom")
    run_reports()
    whole, part = (email.attachments.get().blob.size for email in queued())
    assert part < whole
    settings.EMAIL_MAX_ATTACHMENT_BYTES = part
    with pytest.raises(CommandError, match="failed 1"):
        run_reports(NOON + DAY)
    *_, one = executions()
    assert (one.error, one.total, one.failed) == ("", 2, 1)
    assert one.remarks.startswith("Refused by the queue: head. attachments: ")


def test_failed_build_can_be_repeated_at_once_and_is_a_warning(monkeypatch: Any) -> None:
    schedule = make_schedule()
    subscribe(schedule, "ann")
    with monkeypatch.context() as patch:
        patch.setattr(registry, "build", lambda *_, **__: 1 / 0)
        with pytest.raises(CommandError):
            run_reports()
    schedule.refresh_from_db()
    assert schedule.last_generated is None
    executions()[0].__class__.objects.update(started_at=timezone.now())
    (found,) = [one for one in health.look().findings if one.rule == "report_failed"]
    assert "The report Board was not sent: ZeroDivisionError" in found.what
    now = NOON + timedelta(minutes=1)
    assert manual_runs.request_run(schedule.pk, schedule.created_by, now)
    run_reports(now)
    assert [one.status for one in executions()] == ["failed", "started"]
    assert not [one for one in health.look().findings if one.rule == "report_failed"]


def test_schedule_of_business_days_waits_for_monday_after_a_weekend_without_jobs() -> None:
    friday = NOON + 4 * DAY
    schedule = make_schedule(business_days_only=True, due=friday)
    subscribe(schedule, "ann")
    for moment in (SATURDAY, SUNDAY):
        run_reports(moment)
        assert "ann@example.org" not in run_reports(moment, "--dry-run")
        assert executions() == []
    assert manual_runs.request_run(schedule.pk, schedule.created_by, SUNDAY)
    run_reports(SUNDAY)  # a person asked for it
    run_reports(NOON + 7 * DAY)
    assert [(one.trigger, one.due) for one in executions()] == [
        ("by_hand", None),
        ("schedule", friday),
    ]
    schedule.refresh_from_db()
    assert schedule.next_scheduled == NOON + 8 * DAY


def test_last_sent_is_true_at_once_also_when_a_person_says_that_it_arrived() -> None:
    schedule = make_schedule()
    subscribe(schedule, "ann", "ben")
    run_reports()
    executions()[0].__class__.objects.update(started_at=timezone.now())
    ann, ben = queued()
    sent = timezone.now()

    def shown() -> Any:
        found = ReportSchedule.objects.with_last_sent().get()
        assert ReportSchedule.objects.get().last_sent == found.last_sent
        return found.last_sent

    assert shown() is None
    done = {"status": Status.COMPLETED.value, "attempts": 1}
    EmailQueue.objects.filter(pk=ann.pk).update(**done, arrived_at=sent - HOUR, arrived_by="olga")
    assert shown() == sent - HOUR
    EmailQueue.objects.filter(pk=ben.pk).update(**done, sent_at=sent)
    assert shown() == sent
    delivery_status.follow()
    for email in (ann, ben):
        email.attachments.all().delete()
        email.delete()
    assert shown() == sent


def test_suppressed_test_has_failed() -> None:
    schedule = make_schedule()
    manual_runs.send_test(schedule, make_user("ann"), timezone.now())
    EmailQueue.objects.update(status=Status.SUPPRESSED.value)
    for _ in range(2):  # by the e-mail, then by what was recorded of it
        (one,) = executions()
        assert (one.status, one.total, one.failed, one.left) == ("failed", 1, 1, 0)
        delivery_status.follow()
        for email in queued():
            email.attachments.all().delete()
            email.delete()


def test_people_who_unsubscribed_meanwhile_do_not_count_as_failed() -> None:
    ann, _ben = subscribe(make_schedule(), "ann", "ben")
    run_reports()
    subscriptions.unsubscribe(ann)
    first, second = queued()
    assert recipients(first) == ["ann@example.org"]
    EmailQueue.objects.filter(pk=first.pk).update(status=Status.SUPPRESSED.value)
    done = {"status": Status.COMPLETED.value, "attempts": 1, "sent_at": timezone.now()}
    EmailQueue.objects.filter(pk=second.pk).update(**done)
    for _ in range(2):  # by the e-mails, then by what was recorded of them
        (one,) = executions()
        assert (one.status, one.total, one.failed, one.left) == ("completed", 1, 0, 1)
        assert one.success_rate == 1.0
        delivery_status.follow()
        for email in queued():
            email.attachments.all().delete()
            email.delete()
