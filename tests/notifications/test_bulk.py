"""Many changes at once: the helpers for updates without `save()`, and what a thousand cost."""

from typing import Any

import pytest
from django.db import connection, reset_queries, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from postroom.web.emails.models import EmailQueue
from postroom.web.notifications.bulk import bulk_update_and_notify, update_and_notify
from tests.support.queued_notices import reported, steps
from tests.support.sample_records.models import InsuredParcel, Parcel

pytestmark = pytest.mark.django_db


def test_plain_update_tells_nothing_and_its_helper_does() -> None:
    for name in ("One", "Two", "Three"):
        Parcel.objects.create(name=name)
    Parcel.objects.filter(name="Three").update(state="sent")
    assert reported() == []
    assert update_and_notify(Parcel.objects.all(), state="sent") == 3
    assert [e.context["title"] for e in EmailQueue.objects.order_by("pk")] == ["One", "Two"]
    assert update_and_notify(Parcel.objects.filter(state="new"), state="lost") == 0
    assert update_and_notify(InsuredParcel.objects.all(), state="lost") == 0


def test_bulk_update_helper_tells_what_changed() -> None:
    parcels = [Parcel.objects.create(name=str(number)) for number in range(3)]
    for parcel in parcels[1:]:
        parcel.state = "lost"
    assert bulk_update_and_notify(parcels, ["state", "note"]) == 3
    assert [e.context["title"] for e in EmailQueue.objects.order_by("pk")] == ["1", "2"]


def test_a_thousand_changes_in_one_transaction_take_few_queries_each(settings: Any) -> None:
    settings.NOTICES_PER_PERSON_HOUR = 0
    Parcel.objects.bulk_create(Parcel(name=str(number)) for number in range(1000))
    parcels = list(Parcel.objects.order_by("pk"))
    with CaptureQueriesContext(connection) as saves, transaction.atomic():
        for parcel in parcels:
            parcel.state = "sent"
            parcel.save()
    # Lock and compare, write, read afresh, savepoint, its release; the e-mail.
    assert len(saves) <= 1000 * 6 + 2
    assert EmailQueue.objects.count() == 1000

    reset_queries()  # Django keeps 9,000
    with CaptureQueriesContext(connection) as bulk:
        assert update_and_notify(Parcel.objects.all(), state="lost") == 1000
    assert len(bulk) <= 1000 * 3 + 20
    titles = [e.context["title"] for e in EmailQueue.objects.order_by("pk")[1000:]]
    assert titles == [str(number) for number in range(1000)]


def test_bulk_helpers_tell_for_children_what_their_parents_declare() -> None:
    InsuredParcel.objects.create(name="Ring")
    assert update_and_notify(InsuredParcel.objects.filter(name="Ring"), state="lost") == 1
    assert steps() == [("New", "Lost")]


def test_bulk_update_that_rolls_back_tells_nothing() -> None:
    Parcel.objects.create(name="Books")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        update_and_notify(Parcel.objects.all(), state="lost")
        raise ZeroDivisionError
    assert reported() == []


def test_sliced_queryset_is_refused() -> None:
    with pytest.raises(TypeError, match="slice"):
        update_and_notify(Parcel.objects.all()[:1], state="lost")


def test_update_in_another_database_is_only_the_update(monkeypatch: pytest.MonkeyPatch) -> None:
    Parcel.objects.create(name="Books")
    used: list[str] = []

    def update(rows: Any, **_values: Any) -> int:
        used.append(rows.db)
        return 7

    monkeypatch.setattr(QuerySet, "update", update)
    assert update_and_notify(Parcel.objects.using("archive"), state="lost") == 7
    assert used == ["archive"]
    assert reported() == []
