"""Every page of the console, with something on each to look at."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from postroom.web.emails.models import EmailQueue, Heartbeat, Mailer, QueueControl, Suppression
from postroom.web.emails.operating.deciding import bulk
from postroom.web.jobs.models import JobRun, ScheduledJob
from postroom.web.notifications.models import NoticeFailure
from postroom.web.systems.submissions.models import Inquiry
from tests.support.queued_emails import make_attempt, make_email


def pages() -> dict[str, str]:
    """By name the path of each page; makes the rows behind them."""
    cache.clear()
    for status in ("pending", "processing", "completed", "partial", "cancelled", "expired"):
        make_email(status, subject=f"Subject of {status}")
    failed = make_email(
        "failed", ["ann@example.org", "gone@example.org"], html_body="<h1>Hello</h1>",
        subject="A long subject of an e-mail about " + "everything " * 20,
    )  # fmt: skip
    make_attempt(failed, outcome="retry", phase="rcpt", smtp_code=451, smtp_reply="later")
    make_attempt(
        failed, attempt=2, phase="rcpt", smtp_code=550, smtp_reply="5.1.1 no " + "such " * 60
    )
    unknown = make_email("unknown", ["a-very-long-local-part." * 4 + "x@example.org"])
    make_attempt(unknown, outcome="unknown", phase="final", possible_repeat=True)
    barred = Suppression.objects.create(address="gone@example.org", reason="bounced")
    Mailer.objects.create(name="host-a:17", version="0.1.0", state="running", in_flight=3)
    Heartbeat.objects.create(kind="relay", name="a-very-long-host-name." * 4, state="running")
    QueueControl.objects.create(lane="bulk", reason="typo in the newsletter " * 9, paused_by="anna")
    anna = User.objects.get(username="anna")
    noted = bulk.ask(bulk.KINDS["requeue"], EmailQueue.objects.all(), "status=failed", anna)
    notice = NoticeFailure.objects.create(
        model="tracker.epic", object_id="7", field="status", template="tracker/status",
        error="KeyError: " + "x" * 200, traceback="Traceback " * 90, changed_at=timezone.now(),
        old_label="New", new_label="Done",
    )  # fmt: skip
    inquiry = Inquiry.objects.create(
        name="Ann", email="ann@example.org", topic="press", message="word " * 200,
        mail_state="none", mail_error="x" * 200,
    )  # fmt: skip
    call_command("sample_job", "--items=2")
    job = ScheduledJob.objects.create(
        command="sample_job", summary="Samples", schedule="30 2 * * *", timezone="UTC",
        deadline=timedelta(minutes=10), missed="run once",
        next_run_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    return {
        "home": "", "home of the week": "?range=week", "emails": "emails/",
        "failed": "emails/?status=failed&type=inquiry_received",
        "nothing": "emails/?q=nowhere", "e-mail": f"emails/{failed.pk}/",
        "unknown": f"emails/{unknown.pk}/?tab=text", "ask": f"emails/{unknown.pk}/requeue/",
        "pause": "pause/", "templates": "templates/?name=inquiry/received",
        "bulk": f"emails/bulk/{noted.pk}/", "notices": "notices/",
        "notice": f"notices/{notice.pk}/", "jobs": "jobs/", "job": f"jobs/{job.pk}/",
        "runs": "jobs/runs/",
        "run": f"jobs/runs/{JobRun.objects.get().pk}/", "processes": "processes/",
        "suppression": "suppression/", "allow": f"suppression/{barred.pk}/allow/",
        "reports": "reports/", "submissions": "submissions/",
        "submission": f"submissions/inquiry/{inquiry.pk}/",
    }  # fmt: skip
