"""Which job, notice or caller an e-mail is of, and about which record: in queries and on pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from postroom.web.emails.models import EmailLog, EmailQueue
from postroom.web.emails.operating.about import emails_about
from postroom.web.jobs.models import JobRun
from postroom.web.systems.agreements.models import MOU
from postroom.web.systems.submissions.models import AwardNomination
from tests.support.job_runs import TODAY, run_job
from tests.support.queued_emails import make_attempt, make_email
from tests.support.users import person, root

pytestmark = pytest.mark.django_db
JOB = "send_monthly_mou_emails"


def make_mou() -> MOU:
    return MOU.objects.create(
        title="Harbour",
        organization="City",
        start_date=TODAY - timedelta(days=30),
        end_date=TODAY + timedelta(days=300),
        mou_coordinator_email="a@example.org",
        staff_coordinator_email="b@example.org",
    )


def test_log_answers_the_questions_as_people_type_them() -> None:
    log: Any = EmailLog.objects  # django-stubs knows no annotations of a manager
    email: Any = make_email()
    make_attempt(email, outcome="accepted", task_name=JOB)
    make_attempt(email, outcome="partial", task_name="submissions")
    old = make_attempt(email, outcome="retry", task_name=JOB)
    week = timezone.now() - timedelta(days=7)
    log.filter(pk=old.pk).update(created_at=week - timedelta(days=1))
    assert log.filter(sent_at__gte=week).count() == 2
    assert [row.pk for row in log.filter(success=False)] == [old.pk]
    assert log.filter(task_name=JOB, success=True).count() == 1
    assert [row.success for row in log.order_by("sent_at")] == [False, True, True]
    rows = log.order_by("pk").values_list("success", flat=True)
    assert list(rows) == [True, True, False]
    made = EmailLog(email=email, outcome="accepted", created_at=week)
    assert (made.success, made.sent_at) == (True, week)
    assert email.log.filter(success=True).count() == 2


def test_from_job_and_record_to_their_emails_and_back(client: Client) -> None:
    mou, other = make_mou(), make_mou()
    run_job(JOB)
    run = JobRun.objects.get()
    first = EmailQueue.objects.order_by("pk")[0]
    assert (first.task, first.task_run, first.related_model_id) == (JOB, run.pk, f"mou:{mou.pk}")
    assert EmailQueue.objects.filter(task_run=run.pk).count() == 4
    root(client)

    def page(path: str) -> str:
        answer = client.get(path)
        assert answer.status_code == 200, path
        return answer.content.decode()

    record = f"/admin/postroom_agreements/mou/{mou.pk}/change/"
    about = [email.pk for email in emails_about(mou, 10)]
    assert len(about) == 2
    shown = page(record)
    assert "E-mails about this" in shown
    assert all(f"/admin/postroom/emailqueue/{pk}/change/" in shown for pk in about)
    assert "E-mails about this" not in page("/admin/postroom_agreements/mou/add/")
    mail = page(f"/admin/postroom/emailqueue/{about[0]}/change/")
    assert record in mail
    assert f"/admin/postroom_jobs/jobrun/{run.pk}/change/" in mail
    assert f"q=run%3A{run.pk}" in page(f"/admin/postroom_jobs/jobrun/{run.pk}/change/")
    assert f"q=run:{run.pk}" in page(f"/postroom/jobs/runs/{run.pk}/")
    assert f"/postroom/jobs/runs/{run.pk}/" in page(f"/postroom/emails/{about[0]}/")
    for search, there, away in (
        (f"mou:{mou.pk}", mou, other),
        (f"run:{run.pk}", mou, None),
        (f"mou:{other.pk}", other, mou),
    ):
        for page_of_list in ("/admin/postroom/emailqueue/", "/postroom/emails/"):
            found = page(f"{page_of_list}?q={search}")
            assert f"#{emails_about(there, 1)[0].pk}" in found or (
                f"/{emails_about(there, 1)[0].pk}/" in found
            )
            if away is not None:
                assert f"/{emails_about(away, 1)[0].pk}/" not in found


def test_record_shows_its_emails_only_to_those_who_may_see_emails(client: Client) -> None:
    mou = make_mou()
    make_email(source_app="agreements", related_model_id=f"mou:{mou.pk}")
    person(client, "view_mou")
    page = client.get(f"/admin/postroom_agreements/mou/{mou.pk}/change/").content.decode()
    assert "E-mails about this" not in page


def test_records_are_found_by_every_name_that_means_them() -> None:
    nomination = AwardNomination.objects.create(name="Cleo", email="cleo@example.org")
    names = ("nomination", "award_nomination", "awardnomination")
    made = [
        make_email(source_app="submissions", related_model_id=f"{name}:{nomination.pk}").pk
        for name in names
    ]
    make_email(source_app="elsewhere", related_model_id=f"nomination:{nomination.pk}")
    make_email(source_app="submissions", related_model_id=f"nomination:{nomination.pk + 1}")
    assert [email.pk for email in emails_about(nomination, 10)] == made[::-1]


def test_admins_log_is_filtered_by_task_type_and_recipient(client: Client) -> None:
    ours = make_email(recipients=["ann@example.org"], email_type="agreements.monthly")
    theirs = make_email(recipients=["ben@example.com"], email_type="inquiry_received")
    make_attempt(ours, task_name=JOB, mailer="mailer-ours")
    make_attempt(theirs, task_name="submissions", mailer="mailer-theirs")
    root(client)
    for query in (
        f"task_name={JOB}", "email_type=agreements.monthly", "domain=example.org",
        "q=ann@example.org", "q=ann@example", f"q={ours.pk}",
    ):  # fmt: skip
        page = client.get(f"/admin/postroom/emaillog/?{query}").content.decode()
        assert "mailer-ours" in page, query
        assert "mailer-theirs" not in page, query
