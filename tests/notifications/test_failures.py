"""A notice that cannot be built: the change stays, an operator sees it and can tell it later."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.test import Client

from postroom.web.emails.models import EmailQueue
from postroom.web.notifications.actor import acting_as
from postroom.web.notifications.declaration import notify_on_change
from postroom.web.notifications.failures import NoticeNotSentError, send_again
from postroom.web.notifications.models import NoticeFailure
from postroom.web.systems.tracker.models import Epic
from tests.support.queued_notices import reported
from tests.support.sample_records.models import FragileParcel, Parcel
from tests.support.sample_records.notices import trouble

pytestmark = pytest.mark.django_db
LIST = "/admin/postroom_notifications/noticefailure/"


@pytest.fixture(autouse=True)
def _no_trouble_left() -> Iterator[None]:
    yield
    trouble.clear()


def fail(error: BaseException) -> Parcel:
    parcel = Parcel.objects.create(name="Books")
    trouble.append(error)
    parcel.state = "sent"
    with acting_as(User.objects.create(username="ann")):
        parcel.save()
    return parcel


def test_change_is_kept_and_the_failure_recorded() -> None:
    parcel = fail(KeyError("no such thing"))
    assert Parcel.objects.get().state == "sent"
    assert reported() == []
    failure = NoticeFailure.objects.get()
    assert (failure.model, failure.object_id) == ("sample_records.parcel", str(parcel.pk))
    assert (failure.field, failure.old_label, failure.new_label) == ("state", "New", "Sent")
    assert failure.actor is not None
    assert failure.actor.username == "ann"
    assert failure.error == "KeyError: 'no such thing'"
    assert "_context" in failure.traceback


def test_failed_statement_of_a_declaration_spoils_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Parcel) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")
        return "never"

    parcel = Parcel.objects.create(name="Books")
    monkeypatch.setattr(Parcel, "__str__", broken)
    parcel.state = "sent"
    parcel.save()
    assert Parcel.objects.get().state == "sent"
    assert "no_such_column" in NoticeFailure.objects.get().error


@pytest.mark.django_db(transaction=True)
def test_database_in_trouble_fails_the_whole_change() -> None:
    parcel = Parcel.objects.create(name="Books")
    trouble.append(OperationalError("deadlock detected"))
    parcel.state = "sent"
    with pytest.raises(OperationalError):
        parcel.save()
    assert Parcel.objects.get().state == "new"
    assert not NoticeFailure.objects.exists()


def test_it_is_told_once_the_cause_is_mended() -> None:
    fail(KeyError("x"))
    failure = NoticeFailure.objects.get()
    with pytest.raises(NoticeNotSentError, match="KeyError"):
        send_again(failure.pk)
    trouble.clear()
    Parcel.objects.update(state="lost")
    assert send_again(failure.pk) == 1
    assert reported() == [("ann@example.org", "New", "Sent")]
    assert EmailQueue.objects.get().context["changed_by"] == "ann"
    with pytest.raises(NoticeNotSentError, match="already"):
        send_again(failure.pk)
    assert len(reported()) == 1


def test_row_that_is_gone_cannot_be_told() -> None:
    fail(KeyError("x"))
    Parcel.objects.all().delete()
    with pytest.raises(NoticeNotSentError, match="row does not exist"):
        send_again(NoticeFailure.objects.get().pk)


def test_operator_sees_failures_and_sends_them_again(admin_client: Client) -> None:
    fail(KeyError("no such thing"))
    failure = NoticeFailure.objects.get()
    page = admin_client.get(f"{LIST}?state=open").content.decode()
    assert "New → Sent" in page
    assert "no such thing" in admin_client.get(f"{LIST}{failure.pk}/change/").content.decode()
    action = {"action": "send_again", "_selected_action": [failure.pk]}
    assert "still cannot be sent" in admin_client.post(LIST, action, follow=True).content.decode()
    trouble.clear()
    assert "1 sent." in admin_client.post(LIST, action, follow=True).content.decode()
    assert len(reported()) == 1
    assert f"/{failure.pk}/" not in admin_client.get(f"{LIST}?state=open").content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"model": FragileParcel},
        {"field": "nonsense"},
        {"recipients": ("nobody",)},
        {"recipients": "contact"},
        {"template": "tracker/status_changed"},
    ],
    ids=str,
)
def test_nonsense_is_refused_where_it_is_declared(change: dict[str, object]) -> None:
    declaration = {
        "model": Parcel, "field": "state", "recipients": ("contact",), "template": "other",
    }  # fmt: skip
    with pytest.raises(ImproperlyConfigured):
        notify_on_change(**declaration | change)  # type: ignore[arg-type]


def test_metrics_count_failures_and_those_not_told_since(client: Client) -> None:
    def figures() -> list[str]:
        lines = client.get("/metrics").content.decode().splitlines()
        ours = [line for line in lines if line.startswith("postroom_notice_")]
        return [line.split()[-1] for line in ours if 'model="sample_records.parcel"' in line]

    assert figures() == ["0.0", "0.0"]
    fail(KeyError("no such thing"))
    assert figures() == ["1.0", "1.0"]
    trouble.clear()
    send_again(NoticeFailure.objects.get().pk)
    assert figures() == ["1.0", "0.0"]


def test_several_people_in_one_field_are_told_to_need_a_function() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"lambda row: row\.members\.all\(\)"):
        notify_on_change(Epic, field="priority", recipients=("members",), template="other")
