"""Who may open which page, what every answer carries, and where a console may be mounted."""

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
from django.utils import timezone

from postroom.web.console import registry
from postroom.web.console.access import POLICY, SEE, page
from postroom.web.console.layout import render
from postroom.web.emails.models import AttachmentBlob, EmailAttachment, EmailQueue
from postroom.web.jobs.models import JobRun, ScheduledJob, TaskLock
from tests.support.queued_emails import make_email
from tests.support.users import member, person, root

pytestmark = pytest.mark.django_db
PAGES = ("", "flow/", "emails/", "emails/more/")


def console(name: str) -> str:
    return f"/postroom/{name}"


@pytest.mark.parametrize("name", PAGES)
def test_strangers_go_to_the_login_and_a_fragment_has_none(client: Client, name: str) -> None:
    answer = client.get(console(name))
    if name in ("flow/", "emails/more/"):
        assert answer.status_code == 403
    else:
        assert answer["Location"].startswith(f"/admin/login/?next=/postroom/{name}")
    person(client)
    assert client.get(console(name)).status_code == 403


def test_who_may_not_see_emails_begins_at_the_first_page_they_may_see(client: Client) -> None:
    person(client, "view_scheduledjob")
    assert client.get(console(""))["Location"] == "/postroom/jobs/"
    answer = client.post(console("zone/"), {"zone": "UTC", "back": "/postroom/jobs/"})
    assert (answer.status_code, answer["Location"]) == (302, "/postroom/jobs/")
    person(client, name="nobody")
    assert client.get(console("")).status_code == 403


def test_jobs_and_runs_are_shown_to_those_who_may_see_each(client: Client) -> None:
    job = ScheduledJob.objects.create(
        command="sample_job", schedule="0 8 * * *", timezone="UTC", missed="run once",
        summary="Things", deadline=timedelta(minutes=1),
        next_run_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    JobRun.objects.create(
        command="sample_job",
        status="running",
        trigger="schedule",
        host="pod-7",
        lock_token=uuid4(),
    )
    TaskLock.objects.create(
        task_name="sample_job", owner="another", token=uuid4(), acquired_at=timezone.now(),
        expires_at=timezone.now() + timedelta(minutes=1), ceiling_at=timezone.now() + timedelta(1),
    )  # fmt: skip
    JobRun.objects.create(
        command="sample_job", status="refused", trigger="schedule", host="pod-8",
        error="no tables", finished_at=timezone.now(),
    )  # fmt: skip

    def words(*permissions: str) -> set[str]:
        person(client, *permissions, name="-".join(permissions))
        pages = [client.get(console("")), client.get(console(f"jobs/{job.pk}/"))]
        pages.append(client.get(console("jobs/")))
        text = "".join(one.content.decode() for one in pages if one.status_code == 200)
        return {one for one in ("sample_job", "pod-7", "no tables", "All runs") if one in text}

    assert words("view_emailqueue") == set()
    assert words("view_emailqueue", "view_scheduledjob") == {"sample_job"}
    everything = words("view_emailqueue", "view_scheduledjob", "view_jobrun")
    assert everything == {"sample_job", "pod-7", "no tables", "All runs"}


def test_trouble_is_told_to_everybody_and_leads_only_to_pages_they_may_open(
    client: Client,
) -> None:
    job = {"command": "sample_job", "trigger": "schedule", "host": "pod-7"}
    JobRun.objects.create(
        **job, status="failed", lock_token=uuid4(), error="for ann@example.org",
        finished_at=timezone.now(),
    )  # fmt: skip
    ScheduledJob.objects.create(
        command="sample_job", schedule="0 8 * * *", timezone="UTC", missed="run once",
        summary="Things", deadline=timedelta(minutes=1),
        next_run_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip

    def home(*permissions: str) -> str:
        person(client, *permissions, name="-".join(permissions))
        return client.get(console("")).content.decode()

    leads = '<a href="/postroom/jobs/?q=sample_job">'
    partly = home("view_emailqueue")
    assert "The job sample_job failed." in partly
    assert leads not in partly
    assert leads in home("view_emailqueue", "view_scheduledjob")
    assert "ann@example.org" not in home("view_emailqueue", "view_scheduledjob", "view_jobrun")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_the_strict_policy_and_is_never_cached(client: Client, name: str) -> None:
    answer = root(client).get(console(name))
    assert answer.status_code == 200
    assert answer["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Frame-Options"] == "DENY"
    assert "<style" not in answer.content.decode()
    assert " style=" not in answer.content.decode()


def test_a_refusal_has_the_consoles_look_and_a_way_back(client: Client) -> None:
    root(client)
    for name, status in (("emails/7/", 404), ("emails/?status=nonsense", 400)):
        answer = client.get(console(name))
        assert answer.status_code == status
        assert "To the home page" in answer.content.decode()


# What each group may do with one e-mail, besides seeing it.
GROUPS: dict[str, tuple[bool, bool]] = {
    "E-mail viewer": (False, False),
    "E-mail operator": (True, False),
    "E-mail admin": (True, True),
}


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_sees_and_does_what_it_may(client: Client, group: str) -> None:
    operates, pauses = GROUPS[group]
    email = make_email("failed", plain_body="the secret", html_body="<p>the secret</p>")
    blob = AttachmentBlob.objects.create(sha256="0" * 64, size=1, content=b"x")
    file = EmailAttachment.objects.create(email=email, blob=blob, name="a.txt", mimetype="text/x")
    member(client, group)
    one = console(f"emails/{email.pk}/")
    text = client.get(f"{one}?tab=text").content.decode()
    assert ("the secret" in text) == operates
    assert ("Requeue</button>" in text) == operates
    assert ("Send again</button>" in text) == operates
    for name in ("content/", f"files/{file.pk}/"):
        answer = client.get(f"{one}{name}", headers={"sec-fetch-dest": "iframe"})
        assert answer.status_code == (200 if operates else 403), name
    assert client.get(f"{one}requeue/").status_code == (200 if operates else 403)
    again = client.post(f"{one}again/", {"address": "b@example.org", "press": "1"})
    assert again.status_code == (302 if operates else 403)
    assert client.post(f"{one}requeue/").status_code == (302 if operates else 403)
    moved = EmailQueue.objects.get(pk=email.pk).status
    assert moved == ("pending" if operates else "failed")
    home = client.get(console("")).content.decode()
    assert ("Pause sending" in home) == pauses


def test_every_button_needs_the_token_of_its_form() -> None:
    email = make_email("failed")
    strict = root(Client(enforce_csrf_checks=True))
    for name in (f"emails/{email.pk}/requeue/", f"emails/{email.pk}/again/", "zone/"):
        assert strict.post(console(name)).status_code == 403
    assert EmailQueue.objects.get().status == "failed"


@pytest.fixture
def elsewhere(settings: Any) -> str:
    urls: Any = ModuleType("elsewhere_urls")
    urls.urlpatterns = [
        path("admin/", include("tests.console.only_admin")),
        path("deep/er/mail/", include("postroom.web.console.urls", namespace="theirs")),
    ]
    settings.ROOT_URLCONF = urls
    return "/deep/er/mail/"


def test_links_stay_where_the_site_mounts_the_console(client: Client, elsewhere: str) -> None:
    email = make_email("failed")
    root(client)
    for name in ("", "emails/", f"emails/{email.pk}/", f"emails/{email.pk}/requeue/", "pause/"):
        text = client.get(f"{elsewhere}{name}").content.decode()
        assert f'href="{elsewhere}emails/' in text, name
        assert "/postroom/" not in text.replace("/static/postroom/", ""), name
    answer = client.post(f"{elsewhere}emails/{email.pk}/requeue/")
    assert answer["Location"] == f"{elsewhere}emails/{email.pk}/"


def test_an_app_adds_a_section_of_its_own(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr(registry, "_sections", dict(registry._sections))

    @page(SEE)
    def mine(request: Any) -> HttpResponse:
        return render(request, "postroom_console/error.html", {"title": "Mine", "section": "mine"})

    view: Callable[..., HttpResponse] = mine
    section = registry.Section("mine", "Mine", 90, SEE, (path("mine/", view, name="mine"),), "m")
    registry.register(section)
    registry.register(section)
    assert registry.sections()[-1] is section
    assert section.routes[0] in registry.routes()
    other = registry.Section("mine", "Not mine", 90, SEE)
    with pytest.raises(ValueError, match="has a section 'mine' already"):
        registry.register(other)
