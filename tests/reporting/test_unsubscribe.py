"""The unsubscribe page: one click without cookie or token of a form; GET changes nothing."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from postroom.web.emails.models import EmailQueue, Suppression
from postroom.web.reporting import subscriptions
from postroom.web.reporting.errors import RecipientError
from postroom.web.reporting.models import ReportScheduleRecipient
from tests.support.reporting.records import NOON, SITE, make_schedule, run_reports, subscribe

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def ann(settings: Any) -> ReportScheduleRecipient:
    settings.SITE_URL = SITE
    return subscribe(make_schedule(), "ann")[0]


@pytest.fixture
def client() -> Client:
    """As strict as a mail program's request: no cookie, no CSRF token."""
    return Client(enforce_csrf_checks=True)


def page(recipient: ReportScheduleRecipient) -> str:
    return reverse("postroom_reporting:unsubscribe", args=[subscriptions.token_of(recipient)])


def subscribed(recipient: ReportScheduleRecipient) -> bool:
    return ReportScheduleRecipient.objects.get(pk=recipient.pk).is_subscribed


def test_one_click_post_unsubscribes(client: Client, ann: ReportScheduleRecipient) -> None:
    answer = client.post(page(ann), ONE_CLICK)
    assert answer.status_code == 200
    assert not answer.cookies
    assert not subscribed(ann)
    assert ReportScheduleRecipient.objects.get().unsubscribed_at is not None
    assert client.post(page(ann), ONE_CLICK).status_code == 200  # mail programs repeat


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_page_changes_nothing(
    client: Client, ann: ReportScheduleRecipient, method: str
) -> None:
    answer = getattr(client, method)(page(ann))
    assert answer.status_code == 200
    assert subscribed(ann)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]


def test_person_leaves_and_comes_back_on_the_page(
    client: Client, ann: ReportScheduleRecipient
) -> None:
    assert "Unsubscribe from this report?" in client.get(page(ann)).content.decode()
    left = client.post(page(ann), {"action": "unsubscribe"}).content.decode()
    assert "You are unsubscribed" in left
    assert not subscribed(ann)
    back = client.post(page(ann), {"action": "resubscribe"}).content.decode()
    assert "You are subscribed again" in back
    assert subscribed(ann)
    assert not Suppression.objects.exists()


def test_a_post_that_asks_for_nothing_changes_nothing(
    client: Client, ann: ReportScheduleRecipient
) -> None:
    assert client.post(page(ann)).status_code == 400
    assert subscribed(ann)


def test_what_the_table_holds_is_no_token(client: Client, ann: ReportScheduleRecipient) -> None:
    other = subscribe(ann.schedule, "ben")[0]
    signature = subscriptions.token_of(other).rpartition(".")[2]
    for token in (ann.unsubscribe_token, f"{ann.unsubscribe_token}.{signature}"):
        assert client.post(f"/reports/unsubscribe/{token}/", ONE_CLICK).status_code == 404
    assert subscribed(ann)


def test_links_outlive_a_new_secret_key_while_the_old_one_is_a_fallback(
    client: Client, ann: ReportScheduleRecipient, settings: Any
) -> None:
    link, old = page(ann), settings.SECRET_KEY
    settings.SECRET_KEY = "a new one"
    assert client.get(link).status_code == 404
    settings.SECRET_KEY_FALLBACKS = [old]
    assert client.post(link, ONE_CLICK).status_code == 200
    assert not subscribed(ann)


def test_a_token_dies_with_its_recipient(client: Client, ann: ReportScheduleRecipient) -> None:
    link = page(ann)
    ann.delete()
    assert client.get(link).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("token", ["x", "0" * 43, "é", "%00"])
def test_unknown_tokens_are_not_found(client: Client, method: str, token: str) -> None:
    answer = getattr(client, method)(f"/reports/unsubscribe/{token}/")
    assert answer.status_code == 404
    assert "This link is not valid" in answer.content.decode()


def test_it_has_effect_before_the_next_mail_and_on_queued_ones(
    client: Client, ann: ReportScheduleRecipient
) -> None:
    run_reports()
    (queued,) = EmailQueue.objects.all()
    client.post(page(ann), ONE_CLICK)
    # What the mailer asks before it sends: tests/acceptance/systems/test_reports.py.
    stop = Suppression.objects.get()
    assert (stop.address, stop.list_id) == ("ann@example.org", queued.list_id)
    run_reports(NOON.replace(day=24))
    assert EmailQueue.objects.count() == 1


@pytest.mark.parametrize(
    "address",
    ["Ann@xn--strae-oqa.example", "ann@straße.example", "  ann@example.org ", "jörg@example.org"],
)
def test_queued_mail_is_stopped_however_the_address_is_written(
    client: Client, ann: ReportScheduleRecipient, address: str
) -> None:
    type(ann.user).objects.filter(pk=ann.user_id).update(email=address)
    ann = ReportScheduleRecipient.objects.get(pk=ann.pk)
    run_reports()
    (queued,) = EmailQueue.objects.all()
    client.post(page(ann), ONE_CLICK)
    # The condition of the statement `claim`.
    stopped = Suppression.objects.extra(
        tables=["postroom_emailrecipient"],
        where=[
            "postroom_suppression.address = "
            'lower(postroom_emailrecipient.address COLLATE "C") COLLATE "default"'
        ],
    )
    assert [row.list_id for row in stopped] == [queued.list_id]
    subscriptions.resubscribe(ann)
    assert not Suppression.objects.exists()


def test_one_who_left_cannot_be_added_again_by_others(ann: ReportScheduleRecipient) -> None:
    subscriptions.unsubscribe(ann)
    ann.delete()
    with pytest.raises(RecipientError, match="unsubscribed"):
        subscriptions.add(ann.schedule, ann.user)


@pytest.mark.parametrize("address", ["ann@example.org", "new@example.org", ""])
def test_one_who_left_cannot_be_added_in_the_admin_at_any_address(
    ann: ReportScheduleRecipient, address: str
) -> None:
    subscriptions.unsubscribe(ann)
    ann.delete()
    ann.user.email = address
    ann.user.save()
    with pytest.raises(RecipientError, match="unsubscribed" if address else "no active account"):
        subscriptions.check(ann.schedule, ann.user)


def test_queued_mail_to_a_former_address_is_stopped_too(
    client: Client, ann: ReportScheduleRecipient
) -> None:
    run_reports()
    ann.user.email = "new@example.org"
    ann.user.save()
    client.post(page(ann), ONE_CLICK)
    (queued,) = EmailQueue.objects.all()
    stops = Suppression.objects.filter(list_id=queued.list_id).values_list("address", flat=True)
    assert {*stops} == {"ann@example.org", "new@example.org"}
    client.post(page(ann), {"action": "resubscribe"})
    assert not Suppression.objects.exists()


def test_sent_mail_suppresses_no_former_address(
    client: Client, ann: ReportScheduleRecipient
) -> None:
    run_reports()
    EmailQueue.objects.update(status="completed", sent_at=NOON)
    ann.user.email = "new@example.org"
    ann.user.save()
    client.post(page(ann), ONE_CLICK)
    assert Suppression.objects.get().address == "new@example.org"


def test_who_comes_back_leaves_no_suppression_of_the_address_at_which_they_left(
    client: Client, ann: ReportScheduleRecipient
) -> None:
    client.post(page(ann), ONE_CLICK)
    ann.user.email = "new@example.org"
    ann.user.save()
    client.post(page(ann), {"action": "resubscribe"})
    assert not Suppression.objects.exists()
    assert not subscriptions.has_left(ann.schedule, ann.user)
