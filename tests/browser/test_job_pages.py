"""An operator at a real browser: runs, disables and enables a job, and releases a stuck lock."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from postroom.web.jobs.models import JobRun, ScheduledJob, TaskLock
from postroom.web.jobs.registry import registered
from postroom.web.jobs.running.lock import take
from postroom.web.jobs.scheduling import due

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def job() -> ScheduledJob:
    due.seed(registered(), timezone.now())
    return ScheduledJob.objects.get(command="notify_late_sprs")


@pytest.mark.parametrize("width", [1400, 390], ids=["desk", "telephone"])
def test_operator_runs_disables_and_enables_a_job(
    page: Page, live_server: LiveServer, job: ScheduledJob, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{live_server.url}/admin/postroom_jobs/scheduledjob/")
    page.get_by_role("link", name="notify_late_sprs").click()
    expect(page.get_by_text("At 10:00 on Monday")).to_be_visible()

    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("Run requested. It starts within seconds")).to_be_visible()
    expect(page.get_by_text("Requested by anna")).to_be_visible()
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("a run is already requested")).to_be_visible()

    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("Disabled here.")).to_be_visible()
    expect(page.get_by_text("Next runs")).to_have_count(0)
    job.refresh_from_db()
    assert (job.enabled, job.requested_by) == (False, "anna")

    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("are not made up for")).to_be_visible()
    expect(page.get_by_text("Next runs")).to_be_visible()
    job.refresh_from_db()
    assert job.enabled
    assert LogEntry.objects.filter(user__username="anna").count() == 3


def test_operator_releases_a_stuck_lock(page: Page, live_server: LiveServer) -> None:
    take("notify_late_sprs", lease=MINUTE, ceiling=60 * MINUTE)
    page.goto(f"{live_server.url}/admin/postroom_jobs/tasklock/")
    page.get_by_role("link", name="notify_late_sprs").click()
    expect(page.get_by_text("Nobody else can run this job")).to_be_visible()
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_text("it will not send anything else")).to_be_visible()
    assert not TaskLock.objects.exists()


@pytest.mark.parametrize("width", [1400, 390])
def test_pages_of_jobs_never_scroll_sideways(
    page: Page, live_server: LiveServer, job: ScheduledJob, width: int
) -> None:
    run = JobRun.objects.create(
        command=job.command, status="failed", trigger="run now", requested_by="x" * 150,
        host="a-very-long-pod-name." * 9, error="y" * 400, finished_at=timezone.now(),
    )  # fmt: skip
    JobRun.objects.create(
        command=job.command, status="due", trigger="schedule", begin_by=run.started_at
    )
    take(job.command, lease=MINUTE, ceiling=MINUTE)
    lock = TaskLock.objects.get()
    page.set_viewport_size({"width": width, "height": 844})
    pages = (
        f"scheduledjob/{job.pk}/change/", "scheduledjob/", f"jobrun/{run.pk}/change/", "jobrun/",
        f"tasklock/{lock.pk}/change/", "tasklock/",
    )  # fmt: skip
    for path in pages:
        page.goto(f"{live_server.url}/admin/postroom_jobs/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        if width < 1400:
            continue  # a list scrolls in its frame there
        # A list may scroll inside its frame: then its last column is out of sight.
        hidden = page.evaluate(
            "[...document.querySelectorAll('#result_list')].some(table =>"
            " table.getBoundingClientRect().right > window.innerWidth)"
        )
        assert not hidden, path
