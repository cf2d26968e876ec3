"""Who may do what, by table: a stranger, staff without a group, viewer, operator and admin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern

from postroom.web.emails.admin import email_urls
from postroom.web.emails.models import (
    AttachmentBlob,
    BulkAction,
    EmailAttachment,
    EmailLog,
    EmailQueue,
    Mailer,
    QueueControl,
    Suppression,
)
from postroom.web.emails.operating.deciding import bulk
from tests.support.queued_emails import make_attempt, make_email
from tests.support.users import shipped_group

pytestmark = pytest.mark.django_db
PEOPLE = ("stranger", "nobody", "viewer", "operator", "admin")
SECRET = "what was written to Ann"
EMAILS = "/admin/postroom/emailqueue"


@dataclass
class Rows:
    """One row of each kind, behind the addresses of the table."""

    email: EmailQueue
    attempt: EmailLog
    file: EmailAttachment
    asked: int
    suppressed: int


@pytest.fixture
def rows() -> Rows:
    email = make_email(
        "unknown", html_body=f"<p>{SECRET}</p>", plain_body=SECRET, context={"said": SECRET},
        metadata={"note": SECRET}, headers={"X-Note": SECRET},
    )  # fmt: skip
    blob = AttachmentBlob.objects.create(sha256="0" * 64, content=SECRET.encode(), size=len(SECRET))
    file = EmailAttachment.objects.create(email=email, blob=blob, name="a", mimetype="text/plain")
    root = User.objects.create_superuser("root")
    asked = bulk.ask(bulk.KINDS["requeue"], EmailQueue.objects.all(), "", root)
    Mailer.objects.create(name="host-a:1", version="0.1", state="running")
    QueueControl.objects.create(lane="bulk", paused_by="root")
    suppressed = Suppression.objects.create(address="gone@example.org", reason="bounced")
    return Rows(email, make_attempt(email), file, asked.pk, suppressed.pk)


def sign_in(client: Client, name: str) -> Client:
    if name != "stranger":
        user = User.objects.create_user(name, f"{name}@example.org", is_staff=True)
        if name != "nobody":
            user.groups.add(shipped_group(f"E-mail {name}"))
        client.force_login(user)
    return client


# Address, and the first of PEOPLE who may see it; those after may too.
LOOK: dict[str, tuple[Callable[[Rows], str], str]] = {
    "home": (lambda _: "/admin/", "nobody"),
    "figures": (lambda _: "/postroom/flow/", "viewer"),
    "list": (lambda _: f"{EMAILS}/", "viewer"),
    "e-mail": (lambda r: f"{EMAILS}/{r.email.pk}/change/", "viewer"),
    "frame": (lambda r: f"{EMAILS}/{r.email.pk}/content/", "operator"),
    "file": (lambda r: f"{EMAILS}/{r.email.pk}/files/{r.file.pk}/", "operator"),
    "bulk": (lambda r: f"{EMAILS}/bulk/{r.asked}/", "operator"),
    "decide": (lambda r: f"{EMAILS}/{r.email.pk}/requeue/ask/", "operator"),
    "templates": (lambda _: f"{EMAILS}/templates/", "viewer"),
    "template": (lambda _: f"{EMAILS}/templates/frame/?name=inquiry/received", "viewer"),
    "attempts": (lambda _: "/admin/postroom/emaillog/", "viewer"),
    "attempt": (lambda r: f"/admin/postroom/emaillog/{r.attempt.pk}/change/", "viewer"),
    "recipients": (lambda _: "/admin/postroom/emailrecipient/", "viewer"),
    "mailers": (lambda _: "/admin/postroom/mailer/", "viewer"),
    "pauses": (lambda _: "/admin/postroom/queuecontrol/", "viewer"),
    "suppression list": (lambda _: "/admin/postroom/suppression/", "viewer"),
    "suppress": (lambda _: "/admin/postroom/suppression/add/", "admin"),
    "history": (lambda r: f"{EMAILS}/{r.email.pk}/history/", "viewer"),
}
# The same for what a POST does, with its form.
ACT: dict[str, tuple[Callable[[Rows], str], dict[str, Any], str]] = {
    "requeue": (lambda r: f"{EMAILS}/{r.email.pk}/requeue/", {}, "operator"),
    "cancel": (lambda r: f"{EMAILS}/{r.email.pk}/cancel/", {}, "operator"),
    "arrived": (lambda r: f"{EMAILS}/{r.email.pk}/arrived/", {}, "operator"),
    "allow": (lambda r: f"{EMAILS}/{r.email.pk}/allow/", {}, "admin"),
    "again": (lambda r: f"{EMAILS}/{r.email.pk}/again/", {"address": "b@example.org"}, "operator"),
    "bulk_ask": (lambda _: f"{EMAILS}/bulk/", {"kind": "requeue"}, "operator"),
    "bulk_confirm": (lambda r: f"{EMAILS}/bulk/{r.asked}/confirm/", {}, "operator"),
    "bulk_step": (lambda r: f"{EMAILS}/bulk/{r.asked}/step/", {}, "operator"),
    "template_test": (
        lambda _: f"{EMAILS}/templates/test/", {"name": "inquiry/received"}, "operator",
    ),
    "pause": (lambda _: "/postroom/pause/", {"lane": "all"}, "admin"),
    "resume": (lambda _: "/postroom/resume/", {"lane": "bulk"}, "admin"),
    "suppress": (
        lambda _: "/admin/postroom/suppression/add/", {"address": "c@example.org"}, "admin",
    ),
    "unsuppress": (
        lambda r: f"/admin/postroom/suppression/{r.suppressed}/delete/", {"post": "yes"}, "admin",
    ),
}  # fmt: skip


def everything() -> list[Any]:
    """What a POST of the table could change."""
    return [
        list(EmailQueue.objects.order_by("pk").values("pk", "status", "published_at", "attempts")),
        list(Suppression.objects.order_by("pk").values_list("address")),
        list(QueueControl.objects.order_by("pk").values_list("lane")),
        list(BulkAction.objects.order_by("pk").values_list("pk", "confirmed_at", "done")),
    ]


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("page", LOOK)
def test_who_may_see_what(client: Client, rows: Rows, page: str, name: str) -> None:
    address, first = LOOK[page]
    sign_in(client, name)
    response = client.get(address(rows), headers={"sec-fetch-dest": "iframe"})
    if PEOPLE.index(name) >= PEOPLE.index(first):
        assert response.status_code == 200
    else:
        refused(response, name)
    if PEOPLE.index(name) < PEOPLE.index("operator"):
        assert SECRET not in response.content.decode()


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("action", ACT)
def test_who_may_do_what(client: Client, rows: Rows, action: str, name: str) -> None:
    address, form, first = ACT[action]
    sign_in(client, name)
    before = everything()
    response = client.post(address(rows), form)
    if PEOPLE.index(name) >= PEOPLE.index(first):
        assert response.status_code == 302
        # Not their state, or nothing forbids it.
        assert (everything() == before) == (action in {"cancel", "bulk_step", "allow"})
    else:
        refused(response, name)
        assert everything() == before


@pytest.mark.parametrize("action", ACT)
def test_no_get_does_anything(client: Client, rows: Rows, action: str) -> None:
    """The known mistake of others: a link that sends, pressed by a crawler or a preview."""
    address, form, _ = ACT[action]
    client.force_login(User.objects.get(username="root"))
    before = everything()
    response = client.get(address(rows), form)
    # These show a page that asks.
    assert response.status_code == (200 if action in {"suppress", "unsuppress", "pause"} else 405)
    assert everything() == before


@pytest.mark.parametrize("action", ACT)
def test_no_post_does_anything_without_the_token_of_its_form(rows: Rows, action: str) -> None:
    address, form, _ = ACT[action]
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="root"))
    before = everything()
    assert client.post(address(rows), form).status_code == 403
    assert everything() == before


def test_table_names_every_address_there_is() -> None:
    patterns: list[URLPattern] = email_urls.of(_Admin())
    named = {str(pattern.name).removeprefix("postroom_emailqueue_") for pattern in patterns}
    looked = {"content": "frame", "template_frame": "template"}
    assert {looked.get(name, name) for name in named} <= LOOK.keys() | ACT.keys()


class _Admin:
    """As much of a ModelAdmin as making the addresses takes."""

    class admin_site:
        @staticmethod
        def admin_view(view: Any) -> Any:
            return view


def refused(response: Any, name: str) -> None:
    """To the login page, or 403."""
    if name == "stranger" and response.status_code == 302:
        assert response["Location"].startswith("/admin/login/")
    else:
        assert response.status_code == 403
