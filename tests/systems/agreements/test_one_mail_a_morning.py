"""Monthly reminder and warning about one agreement do not say the same twice."""

from datetime import date, timedelta

import pytest

from postroom.web.emails.models import EmailQueue
from tests.support.job_runs import queued, recipients, run_job
from tests.systems.agreements.test_jobs import PARTNER, STAFF, last_run, make_mou

pytestmark = pytest.mark.django_db


def test_warning_and_monthly_mail_of_one_morning_say_it_once() -> None:
    make_mou(14)
    make_mou(40, title="Not warned of yet")
    run_job("send_expiry_warnings")
    run_job("send_monthly_mou_emails")
    assert len(queued("agreements.expiry_warning")) == 2
    assert {email.context["title"] for email in queued("agreements.monthly")} == {
        "Not warned of yet"
    }
    EmailQueue.objects.filter(email_type="agreements.expiry_warning").update(
        status="failed", last_error="550 no"
    )
    run_job("send_monthly_mou_emails")
    assert len(queued("agreements.monthly")) == 4


@pytest.mark.parametrize("first", ["send_expiry_warnings", "send_monthly_mou_emails"])
def test_monthly_reminder_and_warning_of_one_morning_are_one_mail(first: str) -> None:
    (second,) = {"send_expiry_warnings", "send_monthly_mou_emails"} - {first}
    morning = date(2026, 12, 1)
    make_mou(20)  # eleven days on that morning; its step began earlier
    make_mou(200, title="Not yet")
    for job in (first, second, first, second):
        run_job(job, today=morning)
    about = [(email.context["title"], recipients(email)[0]) for email in queued()]
    assert sorted(about) == [
        ("Not yet", PARTNER), ("Not yet", STAFF), ("Student exchange", PARTNER),
        ("Student exchange", STAFF),
    ]  # fmt: skip
    for days in (1, 2):  # and no second one on the next days
        for job in (first, second):
            run_job(job, today=morning + timedelta(days=days))
    assert len(queued()) == 4


@pytest.mark.parametrize("status", ["failed", "expired", "suppressed", "cancelled"])
def test_what_was_never_sent_has_said_nothing(status: str) -> None:
    make_mou(20, mou_coordinator_email="")
    run_job("send_monthly_mou_emails")
    EmailQueue.objects.update(status=status, last_error="550 no")
    run_job("send_expiry_warnings")
    assert [email.email_type for email in queued()][1:] == ["agreements.expiry_warning"]


def test_warning_that_was_sent_at_the_second_try_has_said_it() -> None:
    make_mou(20, mou_coordinator_email="")
    run_job("send_expiry_warnings")
    EmailQueue.objects.update(status="failed", last_error="550 no")
    run_job("send_expiry_warnings")
    for _ in range(2):
        run_job("send_monthly_mou_emails")
    assert [email.email_type for email in queued()] == ["agreements.expiry_warning"] * 2
    assert (last_run().already_sent, last_run().queued) == (1, 0)


def test_warning_of_the_next_step_and_month_still_come() -> None:
    mou = make_mou(31)
    end = mou.end_date
    for days_before in (30, 21, 14):  # 23 November, 2 December (the monthly), 9 December
        run_job("send_monthly_mou_emails", today=end - timedelta(days=days_before))
        run_job("send_expiry_warnings", today=end - timedelta(days=days_before))
    kinds = [email.email_type for email in queued() if recipients(email) == [STAFF]]
    assert kinds == ["agreements.monthly", "agreements.monthly", "agreements.expiry_warning"]
