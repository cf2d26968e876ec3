"""A submission whose e-mails cannot be queued is stored, marked, shown and queued later."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client

from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing import insertion
from postroom.web.systems.submissions import mails, pages
from postroom.web.systems.submissions.models import (
    Inquiry,
    MailState,
    SpeakerSubmission,
    Submission,
)
from tests.systems.submissions.test_api import FORMS, INQUIRY, TALK, send

pytestmark = pytest.mark.django_db
LIST = "/admin/postroom_submissions/inquiry/"
Break = Callable[[Any, pytest.MonkeyPatch], None]


@pytest.fixture(autouse=True)
def _staff(settings: Any) -> None:
    settings.STAFF_EMAILS = ["office@example.org"]


def no_sender(settings: Any, _: pytest.MonkeyPatch) -> None:
    settings.DEFAULT_FROM_EMAIL = "Müller, Söhne GmbH <info@example.org>"


def no_staff_address(settings: Any, _: pytest.MonkeyPatch) -> None:
    settings.STAFF_EMAILS = ["office"]


def few_recipients(settings: Any, _: pytest.MonkeyPatch) -> None:
    settings.EMAIL_MAX_RECIPIENTS = 0


def no_templates(settings: Any, _: pytest.MonkeyPatch) -> None:
    settings.EMAIL_TEMPLATE_DIRS = [Path("/nonexisting")]


def no_policy(settings: Any, _: pytest.MonkeyPatch) -> None:
    settings.EMAIL_MAX_ATTEMPTS = "many"


def refusing_database(_: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    monkeypatch.setattr("postroom.web.emails.queueing.writing.insertion.insert", refuse)


def slow_database(_: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(*_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(60)")

    monkeypatch.setattr("postroom.web.emails.queueing.writing.insertion.insert", wait)


def broken_builder(_: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Submission) -> None:
        raise ZeroDivisionError("no such luck")

    monkeypatch.setattr(mails, "_common", fail)


BROKEN: dict[str, tuple[Break, MailState, int]] = {
    "sender": (no_sender, MailState.NONE, 0),
    "staff address": (no_staff_address, MailState.NO_NOTICE, 1),
    "limit": (few_recipients, MailState.NONE, 0),
    "templates": (no_templates, MailState.NONE, 0),
    "setting": (no_policy, MailState.NONE, 0),
    "database": (refusing_database, MailState.NONE, 0),
    "slow database": (slow_database, MailState.NONE, 0),
    "code": (broken_builder, MailState.NONE, 0),
}


@pytest.mark.parametrize("name", BROKEN)
def test_words_are_stored_whatever_goes_wrong_with_the_mail(
    settings: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    spoil, state, queued = BROKEN[name]
    with monkeypatch.context() as patch:
        spoil(settings, patch)
        answer = send("inquiries", INQUIRY)
    assert answer.status_code == 201, answer.content
    record = Inquiry.objects.get()
    assert record.message == INQUIRY["message"]
    assert record.mail_state == state
    assert record.mail_error
    assert EmailQueue.objects.count() == queued


@pytest.mark.parametrize("endpoint", FORMS)
def test_mail_is_queued_later_as_it_would_have_been(
    settings: Any, admin_client: Client, endpoint: str
) -> None:
    fields, model, _ = FORMS[endpoint]
    send(endpoint, fields)
    first = wanted()
    EmailQueue.objects.all().delete()
    record = model.objects.get()
    model.objects.update(mail_state=MailState.NONE, mail_error="EmailRequestError: x")
    path = f"/admin/postroom_submissions/{model._meta.model_name}/{record.pk}"
    assert "Queue it now" in admin_client.get(f"{path}/change/").content.decode()

    assert admin_client.post(f"{path}/queue/").status_code == 302
    assert wanted() == first
    record.refresh_from_db()
    assert (record.mail_state, record.mail_error) == (MailState.QUEUED, "")
    assert "Queue it now" not in admin_client.get(f"{path}/change/").content.decode()
    # Pressed twice, it sends nothing twice.
    admin_client.post(f"{path}/queue/")
    assert EmailQueue.objects.count() == 2


def wanted() -> list[Any]:
    rows = EmailQueue.objects.order_by("pk").prefetch_related("recipients", "attachments")
    return [
        (
            row.email_type, row.context, row.reply_to, row.related_model_id,
            [one.address for one in row.recipients.all()],
            [one.name for one in row.attachments.all()],
        )
        for row in rows
    ]  # fmt: skip


def test_list_shows_finds_and_queues_those_that_wait(settings: Any, admin_client: Client) -> None:
    sender = settings.DEFAULT_FROM_EMAIL
    send("inquiries", INQUIRY)
    settings.DEFAULT_FROM_EMAIL = "Postroom"
    send("inquiries", INQUIRY | {"message": "And another question."})
    page = admin_client.get(LIST, {"mail_state__exact": "none"}).content.decode()
    assert "Nothing queued" in page
    [record] = Inquiry.objects.filter(mail_state=MailState.NONE)
    chosen = list(Inquiry.objects.values_list("pk", flat=True))
    every = {"action": "queue_mail", "_selected_action": chosen}

    shown = admin_client.post(LIST, every, follow=True).content.decode()
    assert f"1 still cannot be queued. {record.reference}: EmailRequestError: " in shown
    assert EmailQueue.objects.count() == 2
    settings.DEFAULT_FROM_EMAIL = sender
    assert "1 submissions queued" in admin_client.post(LIST, every, follow=True).content.decode()
    assert EmailQueue.objects.count() == 4


def test_queueing_needs_the_operators_permission() -> None:
    send("inquiries", INQUIRY)
    Inquiry.objects.update(mail_state=MailState.NONE)
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_inquiry"))
    client = Client()
    client.force_login(reader)
    record = Inquiry.objects.get()
    assert "Queue it now" not in client.get(f"{LIST}{record.pk}/change/").content.decode()
    assert client.post(f"{LIST}{record.pk}/queue/").status_code == 403
    assert Client().post(f"{LIST}{record.pk}/queue/").status_code == 302
    assert EmailQueue.objects.count() == 2


def test_check_and_home_say_how_many_wait(admin_client: Client) -> None:
    for endpoint, fields, model in (
        ("inquiries", INQUIRY, Inquiry),
        ("speaker-submissions", TALK, SpeakerSubmission),
    ):
        send(endpoint, fields)
        model.objects.update(mail_state=MailState.NO_NOTICE)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_email_queue", stdout=out)
    assert ended.value.code == 1
    assert "2 submissions have an e-mail that is not queued: see Forms" in out.getvalue()
    home = admin_client.get("/postroom/").content.decode()
    assert "2 submissions have an e-mail that is not queued" in home


def test_page_keeps_what_was_typed_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(pages, "take", away)
    answer = Client().post("/inquiry/", INQUIRY)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    page = answer.content.decode()
    assert "could not be stored" in page
    assert "Is the fee lower?" in page


@pytest.mark.django_db(transaction=True)
def test_lost_connection_stores_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: Any) -> None:
        connection.connection.close()
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(insertion, "insert", lose)
    assert send("inquiries", INQUIRY).status_code == 503
    assert Inquiry.objects.count() == 0
