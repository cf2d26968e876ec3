"""Every kind of save: what is told is how the stored row changed, once, with the change itself."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core import serializers
from django.db import transaction
from django.db.models import Value
from django.db.models.signals import post_save

from postroom.web.emails.models import EmailQueue
from tests.support.queued_notices import reported, steps
from tests.support.sample_records.models import FragileParcel, InsuredParcel, Parcel

pytestmark = pytest.mark.django_db


@pytest.fixture
def parcel() -> Parcel:
    return Parcel.objects.create(name="Books")


def set_state(parcel: Parcel, state: str, **arguments: Any) -> None:
    parcel.state = state
    parcel.save(**arguments)


def test_changed_state_is_told_with_both_labels(parcel: Parcel) -> None:
    set_state(parcel, "sent")
    assert reported() == [("ann@example.org", "New", "Sent")]
    email = EmailQueue.objects.get()
    assert email.subject == "Parcel status changed: Books"
    assert email.email_type == "sample_records.status_changed"
    assert (email.source_app, email.related_model_id) == ("sample_records", f"parcel:{parcel.pk}")


@pytest.mark.parametrize("contact", [["Office <office@example.org>"], []])
def test_replies_go_to_the_contact(parcel: Parcel, settings: Any, contact: list[str]) -> None:
    settings.STAFF_EMAILS = []
    settings.CONTACT_EMAIL = "".join(contact)
    set_state(parcel, "sent")
    assert EmailQueue.objects.get().reply_to == contact


def test_creation_and_unchanged_saves_tell_nothing(parcel: Parcel) -> None:
    parcel.save()
    set_state(parcel, "new")
    parcel.note = "heavy"
    parcel.save()
    Parcel.objects.get_or_create(name="New one", defaults={"state": "sent"})
    Parcel(pk=parcel.pk + 1000, name="With its own key", state="lost").save()
    assert reported() == []


def test_stored_value_counts_and_not_what_an_instance_was_loaded_with(parcel: Parcel) -> None:
    stale = Parcel.objects.get(pk=parcel.pk)
    set_state(parcel, "sent")
    stale.save()  # writes its old state over the new one
    assert steps() == [("New", "Sent"), ("Sent", "New")]


def test_equal_change_from_a_stale_instance_is_told_once(parcel: Parcel) -> None:
    stale = Parcel.objects.get(pk=parcel.pk)
    set_state(parcel, "sent")
    set_state(stale, "sent")
    assert steps() == [("New", "Sent")]


def test_update_fields_without_the_field_tell_nothing(parcel: Parcel) -> None:
    set_state(parcel, "sent", update_fields=["note"])
    assert reported() == []
    set_state(parcel, "sent", update_fields=["note", "state"])
    assert steps() == [("New", "Sent")]


def test_mail_shows_the_stored_row_and_not_what_was_left_unsaved(parcel: Parcel) -> None:
    parcel.name = "never stored"
    parcel.contact = "never@example.org"
    set_state(parcel, "sent", update_fields=["state"])
    assert reported() == [("ann@example.org", "New", "Sent")]
    assert "Books" in EmailQueue.objects.get().subject


def test_deferred_field_is_compared_when_it_was_set(parcel: Parcel) -> None:
    deferred = Parcel.objects.only("name").get(pk=parcel.pk)
    deferred.save()
    assert reported() == []
    set_state(deferred, "sent")
    assert steps() == [("New", "Sent")]


def test_instance_built_by_hand_is_compared_with_its_row(parcel: Parcel) -> None:
    Parcel(pk=parcel.pk, name="Books", state="lost").save()
    assert steps() == [("New", "Lost")]


def test_expression_is_told_as_what_it_came_to(parcel: Parcel) -> None:
    parcel.state = Value("sent")
    parcel.save()
    assert steps() == [("New", "Sent")]


def test_each_change_in_a_transaction_is_told_in_order(parcel: Parcel) -> None:
    with transaction.atomic():
        for state in ("sent", "lost", "sent"):
            set_state(parcel, state)
    assert steps() == [("New", "Sent"), ("Sent", "Lost"), ("Lost", "Sent")]


def test_rolled_back_savepoint_takes_its_notices_along(parcel: Parcel) -> None:
    with transaction.atomic():
        set_state(parcel, "sent")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            set_state(parcel, "lost")
            raise ZeroDivisionError
        parcel.refresh_from_db()
        set_state(parcel, "new")
    assert steps() == [("New", "Sent"), ("Sent", "New")]


def test_fixtures_tell_nothing(parcel: Parcel) -> None:
    parcel.state = "lost"
    [row] = serializers.deserialize("json", serializers.serialize("json", [parcel]))
    row.save()
    assert Parcel.objects.get().state == "lost"
    assert reported() == []


def test_proxy_and_child_tell_like_the_model_itself() -> None:
    proxy = FragileParcel.objects.create(name="Glass")
    set_state(proxy, "sent")
    child = InsuredParcel.objects.create(name="Ring")
    set_state(child, "lost")
    child.claim = "open"
    child.save()
    assert reported() == [
        ("ann@example.org", "New", "Sent"),
        ("ann@example.org", "New", "Lost"),
        ("claims@example.org", "none", "open"),
    ]


def test_parent_saved_as_itself_tells_for_a_child(parcel: Parcel) -> None:
    child = InsuredParcel.objects.create(name="Ring")
    set_state(Parcel.objects.get(pk=child.pk), "sent")
    assert steps() == [("New", "Sent")]


@pytest.fixture
def _lost_when_sent() -> Iterator[None]:
    def lose(instance: Parcel, **_kwargs: Any) -> None:
        if instance.state == "sent":
            set_state(Parcel.objects.get(pk=instance.pk), "lost")

    post_save.connect(lose, sender=Parcel)
    yield
    post_save.disconnect(lose, sender=Parcel)


@pytest.mark.usefixtures("_lost_when_sent")
def test_save_inside_a_save_is_told_as_one_change(parcel: Parcel) -> None:
    set_state(parcel, "sent")
    assert steps() == [("New", "Lost")]


@pytest.mark.usefixtures("_lost_when_sent")
@pytest.mark.parametrize("key", [None, 1_000_000])
def test_change_that_a_signal_makes_to_a_new_row_is_told(key: int | None) -> None:
    Parcel(pk=key, name="Books", state="sent").save()
    assert steps() == [("Sent", "Lost")]


def test_only_the_values_that_matter_are_told(parcel: Parcel) -> None:
    for weight in (3, 10, "10.04", 4):
        parcel.weight = weight
        parcel.save()
    [email] = EmailQueue.objects.all()
    assert email.email_type == "sample_records.heavy"
    assert (email.context["old"], email.context["new"]) == ("3.0", "10.0")


@pytest.mark.parametrize(
    ("contact", "sender", "addresses"),
    [
        ("a@example.org", "b@example.org", ["a@example.org", "b@example.org"]),
        ("a@example.org", "A@Example.org", ["a@example.org"]),
        ("", "b@example.org", ["b@example.org"]),
        ("no address", "b@example.org", ["b@example.org"]),
        ("", "a@b@c", []),
    ],
)
def test_each_address_gets_one_and_bad_ones_none(
    parcel: Parcel, contact: str, sender: str, addresses: list[str]
) -> None:
    Parcel.objects.update(contact=contact, sender=sender)
    set_state(Parcel.objects.get(), "sent")
    assert [address for address, _, _ in reported()] == addresses


def test_other_field_that_a_signal_saves_is_told_too(parcel: Parcel) -> None:
    def weigh(sender: type, instance: Parcel, **_kwargs: Any) -> None:
        if instance.weight != 20:
            instance.weight = Decimal(20)
            instance.save(update_fields=["weight"])

    post_save.connect(weigh, sender=Parcel)
    try:
        set_state(parcel, "sent", update_fields=["state"])
    finally:
        post_save.disconnect(weigh, sender=Parcel)
    assert sorted(steps()) == [("1.0", "20.0"), ("New", "Sent")]


@pytest.mark.parametrize(
    ("contact", "sender", "reports"),
    [
        ("office@straße.example", "office@strasse.example", 2),
        ("office@straße.example", "office@xn--strae-oqa.example", 1),
        ("ann@corp.local", '"john doe"@example.com', 2),
        ("root@localhost", "ann@[192.0.2.1]", 2),
        ("jörg@example.org", " jörg@example.org ", 1),
    ],
)
def test_each_person_gets_one_report_by_address(contact: str, sender: str, reports: int) -> None:
    parcel = Parcel.objects.create(name="Books", contact=contact, sender=sender)
    set_state(parcel, "sent")
    assert len(reported()) == reports
