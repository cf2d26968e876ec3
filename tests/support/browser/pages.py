"""Every page an operator, a member or a stranger may see, with something on each to look at."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from postroom.shared.status import Status
from postroom.web.emails.models import EmailQueue, Mailer, QueueControl
from postroom.web.emails.operating.deciding import bulk
from postroom.web.jobs.models import JobRun, ScheduledJob, TaskLock
from postroom.web.jobs.running.lock import take
from postroom.web.systems.tracker.models import Epic
from tests.support.queued_emails import make_attempt, make_email

# What a stranger may have written; `{server}` is this site, which must not be asked for anything.
HOSTILE = """
<p id="said">Hello from a stranger</p>
<script>document.body.append("SCRIPT RAN"); parent.document.title = "owned"</script>
<img src="{server}/static/submissions/icon.svg?tracked" onerror="document.body.append('RAN')">
<link rel="stylesheet" href="{server}/static/dashboard/dashboard.css?tracked">
<a id="link" href="{server}/?followed" target="_top">press</a>
<a id="same" href="{elsewhere}/?same" target="_self">press</a>
<a id="here" href="{server}/?here" target="_self">press</a>
<form action="{server}/?posted"><button id="go">go</button></form>
<meta http-equiv="refresh" content="0;url={server}/?refreshed"></div></body></html><div>
"""
MARKUP = '<script>document.title="owned"</script><img src=x onerror=\'document.title="owned"\'>"'


def pages() -> dict[str, str]:
    """By name the path of each page; makes the rows behind them."""
    cache.clear()  # the dashboard's charts
    call_command("load_tracker_demo", verbosity=0)
    Epic.objects.get(pk=1).members.set(User.objects.all())
    for status in Status:
        make_email(status.value, subject=f"Subject of {status.value}")
    failed = make_email(
        "failed",
        ["ann@example.org", "bob@example.org"],
        subject="Your registration for the annual conference",
        html_body="<h1>Hello</h1><p>See you there.</p>",
        context={"name": "Ann"},
    )
    make_attempt(failed, outcome="retry", phase="rcpt", smtp_code=451, smtp_reply="later",
                 mailer="host-a:17", duration_ms=20)  # fmt: skip
    make_attempt(failed, attempt=2, phase="rcpt", smtp_code=550, smtp_reply="no such user",
                 error="550 5.1.1 No such user", mailer="host-a:17", duration_ms=31)  # fmt: skip
    unknown = make_email("unknown", subject="Nobody knows")
    make_attempt(unknown, outcome="unknown", phase="final", possible_repeat=True)
    anna = User.objects.get(username="anna")
    asked = bulk.ask(bulk.KINDS["requeue"], EmailQueue.objects.all(), "", anna)
    finished = bulk.ask(bulk.KINDS["cancel"], EmailQueue.objects.none(), "", anna)
    bulk.confirm(finished.pk)
    bulk.step(finished.pk, anna)
    Mailer.objects.create(name="host-a:17", version="0.1.0", state="running", in_flight=3)
    QueueControl.objects.create(lane="bulk", reason="typo in the newsletter", paused_by="anna")
    call_command("sample_job", "--items=2")
    job = ScheduledJob.objects.create(
        command="sample_job", summary="Samples", schedule="30 2 * * *", timezone="UTC",
        deadline=timedelta(minutes=10), missed="run once",
        next_run_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    take("sample_job", lease=timedelta(minutes=1), ceiling=timedelta(minutes=1))
    emails = "/admin/postroom/emailqueue"
    return {
        "dashboard": "/admin/",
        "login": "/admin/login/",
        "console": "/postroom/",
        "list": f"{emails}/",
        "nothing found": f"{emails}/?q=nobody",
        "failed e-mail": f"{emails}/{failed.pk}/change/",
        "unknown e-mail": f"{emails}/{unknown.pk}/change/?tab=data",
        "decision that asks": f"{emails}/{unknown.pk}/arrived/ask/",
        "bulk asked": f"{emails}/bulk/{asked.pk}/",
        "bulk finished": f"{emails}/bulk/{finished.pk}/",
        "templates": f"{emails}/templates/",
        "attempts": "/admin/postroom/emaillog/",
        "attempt": f"/admin/postroom/emaillog/{failed.log.latest('pk').pk}/change/",
        "recipients": "/admin/postroom/emailrecipient/",
        "mailers": "/admin/postroom/mailer/",
        "pauses": "/admin/postroom/queuecontrol/",
        "suppression list": "/admin/postroom/suppression/",
        "suppress": "/admin/postroom/suppression/add/",
        "jobs": "/admin/postroom_jobs/scheduledjob/",
        "job": f"/admin/postroom_jobs/scheduledjob/{job.pk}/change/",
        "job runs": "/admin/postroom_jobs/jobrun/",
        "job run": f"/admin/postroom_jobs/jobrun/{JobRun.objects.latest('pk').pk}/change/",
        "locks": "/admin/postroom_jobs/tasklock/",
        "lock": f"/admin/postroom_jobs/tasklock/{TaskLock.objects.get().pk}/change/",
        "board": "/board/",
        "item": "/board/epic/1/",
        "forms": "/",
        "inquiry": "/inquiry/",
        "speaker": "/speaker/",
        "thank you": "/thank-you/",
        "unsubscribe": "/reports/unsubscribe/nonsense/",
    }
