"""The action over selected e-mails, and what nobody can do by hand."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.emails.models import (
    EmailLog,
    EmailQueue,
    EmailRecipient,
    Mailer,
    QueueControl,
    Suppression,
)
from tests.support.queued_emails import make_attempt, make_email, status_of

pytestmark = pytest.mark.django_db
LIST = "/admin/postroom/emailqueue/"
READ_ONLY = ["emailqueue", "emaillog", "emailrecipient", "mailer", "queuecontrol"]


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def act(client: Client, action: str, ids: list[int], page: str = LIST) -> str:
    data = {"action": action, "_selected_action": [str(i) for i in ids], "index": "0"}
    return client.post(page, data, follow=True).content.decode()


def test_action_has_the_name_operators_look_for(root: Client) -> None:
    make_email("failed")
    assert "Requeue selected failed e-mails" in root.get(LIST).content.decode()


def test_action_requeues_what_plainly_can_be_and_asks_about_the_rest(root: Client) -> None:
    emails = {status: make_email(status.value) for status in Status}
    plain = {Status.FAILED, Status.PARTIAL, Status.SUPPRESSED}
    text = act(root, "requeue_failed", [email.pk for email in emails.values()])
    for status, email in emails.items():
        assert status_of(email) == ("pending" if status in plain else status)
    assert f"3 requeued. {len(Status) - len(REQUEUEABLE)} skipped" in text
    logged = set(LogEntry.objects.values_list("object_id", flat=True))
    assert logged == {str(emails[status].pk) for status in plain}
    assert set(LogEntry.objects.values_list("user__username", flat=True)) == {"root"}
    # The page that asks about the three others.
    assert "The e-mails that you selected." in text
    assert "1 e-mail may have arrived already" in text
    assert "1 e-mail was cancelled by somebody, and will be sent all the same" in text
    assert "Also send the 1 e-mail that has expired" in text


def test_action_says_how_many_stay_suppressed(root: Client) -> None:
    Suppression.objects.create(address="gone@example.org")
    email = make_email("failed", ["gone@example.org"])
    text = act(root, "requeue_failed", [email.pk, make_email("failed").pk])
    assert "1 requeued. 1 skipped. 1 e-mail cannot be sent: every address still to be tried" in text
    assert status_of(email) == "failed"


def test_action_touches_only_the_selected(root: Client) -> None:
    chosen, other = make_email("failed"), make_email("failed")
    text = act(root, "requeue_failed", [chosen.pk])
    assert "1 requeued." in text
    assert "skipped" not in text
    assert (status_of(chosen), status_of(other)) == ("pending", "failed")


def test_action_twice_requeues_once(root: Client) -> None:
    email = make_email("failed")
    act(root, "requeue_failed", [email.pk])
    assert "0 requeued. 1 skipped" in act(root, "requeue_failed", [email.pk])
    assert LogEntry.objects.count() == 1


def test_who_may_only_look_has_no_action(client: Client) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_emailqueue"))
    client.force_login(user)
    email = make_email("failed")
    assert "Requeue" not in client.get(LIST).content.decode()
    act(client, "requeue_failed", [email.pk])
    assert status_of(email) == "failed"


def test_mailers_and_pauses_are_shown(root: Client) -> None:
    Mailer.objects.create(name="host-a:12", version="0.1", state="running")
    QueueControl.objects.create(lane="bulk", reason="typo in the newsletter", paused_by="anna")
    assert "host-a:12" in root.get("/admin/postroom/mailer/").content.decode()
    Mailer.objects.update(last_seen_at=timezone.now() - timedelta(minutes=1), state="running")
    text = root.get("/admin/postroom/mailer/").content.decode()
    assert "silent" in text
    assert ">running<" not in text
    assert "typo in the newsletter" in root.get("/admin/postroom/queuecontrol/").content.decode()


@pytest.mark.parametrize("model", READ_ONLY)
def test_even_a_superuser_can_neither_add_nor_change_nor_delete(root: Client, model: str) -> None:
    email = make_email("failed")
    make_attempt(email)
    base = f"/admin/postroom/{model}/"
    row = apps.get_model("postroom", model).objects.first()
    pk = row.pk if row else 1
    assert root.get(base).status_code == 200
    assert root.get(f"{base}add/").status_code == 403
    assert root.post(f"{base}add/", {"x": "y"}).status_code == 403
    if row:
        assert root.get(f"{base}{pk}/change/").status_code == 200
        assert root.post(f"{base}{pk}/change/", {"subject": "y"}).status_code == 403
        assert root.post(f"{base}{pk}/delete/", {"post": "yes"}).status_code == 403
        act(root, "delete_selected", [pk], base)
    assert EmailQueue.objects.count() == 1
    assert EmailRecipient.objects.count() == 1
    assert EmailLog.objects.count() == 1


def test_no_page_edits_a_row_of_the_queue_beside_another() -> None:
    for model_admin in admin.site._registry.values():
        assert not any(
            inline.model._meta.app_label == "postroom" for inline in model_admin.inlines
        ), model_admin


def test_attempts_and_recipients_lead_to_their_email(root: Client) -> None:
    email = make_email("failed")
    make_attempt(email, smtp_code=550, smtp_reply="no such user", possible_repeat=True)
    for model in ("emaillog", "emailrecipient"):
        text = root.get(f"/admin/postroom/{model}/").content.decode()
        assert f"/admin/postroom/emailqueue/{email.pk}/change/" in text
    log = root.get(f"/admin/postroom/emaillog/{EmailLog.objects.get().pk}/change/").content.decode()
    assert "550 no such user" in log
    assert (
        root.get("/admin/postroom/emaillog/", {"q": str(email.pk)}).context["cl"].result_count == 1
    )


def test_staff_add_a_suppressed_address_and_delete_it(root: Client) -> None:
    base = "/admin/postroom/suppression/"
    data = {"address": " Ann@Example.ORG ", "list_id": "", "reason": "asked us"}
    assert root.post(f"{base}add/", data).status_code == 302
    row = Suppression.objects.get()
    assert row.address == "ann@example.org"
    assert root.post(f"{base}{row.pk}/change/", data).status_code == 403
    assert root.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("address", ["", "no address", "a@example.org, b@example.org", "a@b\nc"])
def test_what_is_no_address_cannot_be_suppressed(root: Client, address: str) -> None:
    response = root.post("/admin/postroom/suppression/add/", {"address": address})
    assert response.status_code == 200
    assert not Suppression.objects.exists()


def test_same_address_is_suppressed_once_a_list(root: Client) -> None:
    for _ in range(2):
        root.post("/admin/postroom/suppression/add/", {"address": "a@example.org"})
    root.post("/admin/postroom/suppression/add/", {"address": "a@example.org", "list_id": "news"})
    assert sorted(Suppression.objects.values_list("list_id", flat=True)) == ["", "news"]
