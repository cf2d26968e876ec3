"""Who did it, who is left out for it, and how values of every kind read."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.utils import translation

from postroom.web.emails.models import EmailQueue
from postroom.web.notifications import checks, registry
from postroom.web.notifications.actor import acting_as, current_actor
from tests.support.queued_notices import reported, steps
from tests.support.sample_records.models import Parcel
from tests.support.systems.tracker_records import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return person("ann", last_name="Lee")


@pytest.fixture
def parcel(ann: User) -> Parcel:
    person("ben")
    return Parcel.objects.create(name="Books", watchers="ann ben")


def test_whoever_made_the_change_can_be_left_out(parcel: Parcel, ann: User) -> None:
    parcel.fragile = True
    with acting_as(ann):
        parcel.save()
    assert reported() == [("ben@example.org", "no", "yes")]
    assert EmailQueue.objects.get().context["changed_by"] == "Ann Lee"


def test_other_account_with_the_same_address_is_the_same_person(parcel: Parcel, ann: User) -> None:
    User.objects.filter(username="ben").update(email="ANN@example.org")
    parcel.fragile = True
    with acting_as(ann):
        parcel.save()
    assert reported() == []


def test_without_an_actor_everybody_is_told(parcel: Parcel) -> None:
    parcel.fragile = True
    parcel.save()
    assert [address for address, _, _ in reported()] == ["ann@example.org", "ben@example.org"]


def test_innermost_actor_counts(ann: User) -> None:
    ben = person("ben")
    with acting_as(ann):
        with acting_as(ben):
            assert current_actor() == ben
        with acting_as(None):
            assert current_actor() is None
        assert current_actor() == ann
    assert current_actor() is None


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("fragile", True, ("no", "yes")),
        ("due", date(2026, 11, 22), ("-", "22 November 2026")),
        ("box", "a box", ("-", "Box")),
        ("state", "sent", ("New", "Sent")),
    ],
)
def test_values_read_as_people_say_them(
    parcel: Parcel, ann: User, field: str, value: Any, expected: tuple[str, str]
) -> None:
    setattr(parcel, field, Parcel.objects.create(name="Box") if value == "a box" else value)
    with acting_as(ann):
        parcel.save()
    assert steps() == [expected]


@pytest.mark.parametrize(
    ("site", "user", "expected"),
    [("en", "de", ("Parcel", "no", "yes")), ("de", "en", ("Parcel", "Nein", "Ja"))],
)
def test_language_is_the_templates_and_not_that_of_who_made_the_change(
    parcel: Parcel, settings: Any, site: str, user: str, expected: tuple[str, str, str]
) -> None:
    settings.LANGUAGE_CODE = site
    parcel.fragile = True
    with translation.override(user):
        parcel.save()
    email = EmailQueue.objects.earliest("pk")
    assert tuple(email.context[name] for name in ("kind", "old", "new")) == expected
    assert email.language == site


def test_address_is_the_field_that_the_user_model_names(
    parcel: Parcel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(User, "EMAIL_FIELD", "last_name")
    User.objects.filter(username="ben").update(last_name="benedict@example.org")
    parcel.fragile = True
    parcel.save()
    assert [address for address, _, _ in reported()] == ["benedict@example.org"]


def test_missing_template_is_told_at_every_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_templates() == []
    wrong = [replace(registry.all_notices()[0], template="no/such")]
    monkeypatch.setattr(checks, "all_notices", lambda: wrong)
    [warning] = checks.check_templates()
    [error] = checks.check_templates_before_deployment()
    assert not warning.is_serious(), "no command that needs no template fails for one"
    assert error.is_serious()
    for found in (warning, error):
        assert "no/such" in found.msg
        assert "subject.txt" in str(found.hint)
        assert "EMAIL_TEMPLATE_DIRS" in str(found.hint)


def test_visitor_without_an_account_is_nobody(parcel: Parcel) -> None:
    parcel.fragile = True
    with acting_as(AnonymousUser()):
        parcel.save()
    assert {email.context["changed_by"] for email in EmailQueue.objects.all()} == {""}


def test_name_in_place_of_a_user_is_refused_before_anything_is_saved() -> None:
    with pytest.raises(TypeError, match="acting_as takes a user"), acting_as("ann"):
        pass
