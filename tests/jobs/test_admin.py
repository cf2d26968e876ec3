"""The admin's pages of jobs: what they show, who may press what, and what it does."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from postroom.web.jobs.models import JobRun, ScheduledJob, TaskLock
from postroom.web.jobs.running.lock import Lock, take

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def job() -> ScheduledJob:
    return ScheduledJob.objects.create(
        command="sample_job", summary="Samples", schedule="30 2 * * *", timezone="Europe/Berlin",
        deadline=10 * MINUTE, missed="run once", next_run_at=timezone.now() + 60 * MINUTE,
    )  # fmt: skip


@pytest.fixture
def held() -> TaskLock:
    assert isinstance(take("sample_job", lease=MINUTE, ceiling=60 * MINUTE), Lock)
    return TaskLock.objects.get()


def login(client: Client, *permissions: str) -> User:
    """A member of staff with these permissions of the jobs app."""
    user = User.objects.create_user("anna", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return user


def text(response: Any) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_lists_and_pages_show_jobs_runs_and_locks(admin_client: Client, job: ScheduledJob) -> None:
    call_command("sample_job", "--items=2")
    take("sample_job", lease=MINUTE, ceiling=MINUTE)
    page = text(admin_client.get("/admin/postroom_jobs/scheduledjob/"))
    assert "At 02:30 every day Europe/Berlin" in page
    assert "Completed" in page or "completed, " in page
    page = text(admin_client.get(f"/admin/postroom_jobs/scheduledjob/{job.pk}/change/"))
    assert "found 2, queued 2, already sent 0, failed 0" in page
    assert page.count("02:30 CE") == 5
    page = text(admin_client.get("/admin/postroom_jobs/jobrun/"))
    assert "sample_job" in page
    page = text(admin_client.get(f"/admin/postroom_jobs/jobrun/{JobRun.objects.get().pk}/change/"))
    assert "command line" in page
    assert re.search(r">\s*Completed\s*</span>", page)  # a badge, not the pair it is made of
    assert "&#x27;completed&#x27;" not in page
    lock = TaskLock.objects.get()
    assert lock.owner in text(admin_client.get("/admin/postroom_jobs/tasklock/"))
    assert lock.owner in text(admin_client.get(f"/admin/postroom_jobs/tasklock/{lock.pk}/change/"))


@pytest.mark.parametrize("model", ["scheduledjob", "jobrun", "tasklock"])
def test_nobody_adds_one_by_hand(admin_client: Client, model: str) -> None:
    assert admin_client.get(f"/admin/postroom_jobs/{model}/add/").status_code == 403
    assert admin_client.post(f"/admin/postroom_jobs/{model}/add/", {}).status_code == 403


def test_run_now_is_asked_for_once_in_the_users_name(client: Client, job: ScheduledJob) -> None:
    login(client, "view_scheduledjob", "run_scheduledjob")
    for _ in range(2):
        assert (
            client.post(reverse("admin:postroom_jobs_job_run", args=(job.pk,))).status_code == 302
        )
    job.refresh_from_db()
    assert (job.requested_by, job.requested_at is not None) == ("anna", True)
    assert "requested" in text(client.get("/admin/postroom_jobs/scheduledjob/"))
    assert LogEntry.objects.get().change_message == "Requested a run now."


def test_enabling_again_makes_up_for_nothing(client: Client, job: ScheduledJob) -> None:
    login(client, "view_scheduledjob", "enable_scheduledjob")
    client.post(reverse("admin:postroom_jobs_job_disable", args=(job.pk,)))
    job.refresh_from_db()
    assert not job.enabled
    ScheduledJob.objects.update(next_run_at=timezone.now() - timedelta(days=3))
    client.post(reverse("admin:postroom_jobs_job_enable", args=(job.pk,)))
    job.refresh_from_db()
    assert job.enabled
    assert job.next_run_at is not None
    assert job.next_run_at > timezone.now()
    assert LogEntry.objects.count() == 2


def test_released_lock_is_gone_and_the_log_says_whose_it_was(
    client: Client, held: TaskLock
) -> None:
    login(client, "view_tasklock", "release_tasklock")
    url = reverse("admin:postroom_jobs_lock_release", args=(held.pk,))
    client.post(url, {"token": str(held.token)})
    assert not TaskLock.objects.exists()
    assert LogEntry.objects.get().change_message == f"Released; it was held by {held.owner}."


@pytest.mark.parametrize("token", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_lock_that_changed_hands_is_left_alone(
    admin_client: Client, held: TaskLock, token: str
) -> None:
    admin_client.post(
        reverse("admin:postroom_jobs_lock_release", args=(held.pk,)), {"token": token}
    )
    assert TaskLock.objects.exists()


@pytest.mark.parametrize("name", ["job_run", "job_enable", "job_disable", "lock_release"])
def test_buttons_need_their_permission_and_a_post(
    client: Client, admin_client: Client, job: ScheduledJob, held: TaskLock, name: str
) -> None:
    pk = held.pk if name == "lock_release" else job.pk
    url = reverse(f"admin:postroom_jobs_{name}", args=(pk,))
    assert admin_client.get(url).status_code == 405
    login(client, "view_scheduledjob", "view_tasklock")
    assert client.post(url, {"token": str(held.token)}).status_code == 403
    assert TaskLock.objects.exists()
    assert not LogEntry.objects.exists()
